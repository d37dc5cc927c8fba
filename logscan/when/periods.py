"""Times as people write them: ``yesterday``, ``2h``, ``last week``, ``2026-11-01 12:30``, ``Nov 24``.

Every form is a period. A day, week, month or year begins and ends at local midnight, so that a day has 23 or
25 hours when the clocks change; a time of day is an instant, whose start is its end.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from logscan.errors import OptionError

_FORMS = "2026-11-01, 2026-11-01 12:30, 2026-11, Nov 24, 12:30, yesterday, monday, last week, 3 days ago or 2h"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_UNIT = "s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?"  # "m" is a minute
_AGO = re.compile(rf"(?:(last|past) )?([0-9]+|an?) ?({_UNIT})(?: ago)?")
_CALENDAR = re.compile("(this|last) (week|month|year)")
_TIME = re.compile(
    r"(?:(?P<day>.+?)(?:,? (?:at )?|(?<=[0-9])t))?"
    r"(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
    r" ?(?P<offset>z|utc|[+-][0-9]{2}:?[0-9]{2})?"
)
_DATE = re.compile("([0-9]{4})([-/])([0-9]{1,2})\\2([0-9]{1,2})")
_MONTH = re.compile("(20[0-9]{2}|19[0-9]{2})(?:-([0-9]{1,2}))?")
_NAMED = re.compile("(?:([a-z]{3,9})\\.? ([0-9]{1,2})|([0-9]{1,2})\\.? ([a-z]{3,9}))(?:,? ([0-9]{4}))?")
_TWO_WAYS = re.compile("([0-9]{1,2})([./-])([0-9]{1,2})\\2([0-9]{4}|[0-9]{2})(?:[ t].*)?")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, in UTC: from ``start`` up to, but without, ``end``; an instant has start == end."""

    start: datetime
    end: datetime


def period(text: str, *, now: datetime, tz: tzinfo) -> Period:
    """The period that a person means by ``text``.

    ``now`` is an aware time, ``tz`` the zone in which days begin and end. A weekday, and a date without a
    year, is the latest one that is not in the future. A time that occurs twice because the clocks went back
    stands for both, and so for the hour between them.

    Raises OptionError when the text is no time, or a date that can be read in two ways (01.11.2026).
    """
    words = " ".join(text.lower().split())
    local = now.astimezone(tz)
    try:
        found = _ago(words, local) or _calendar(words, local) or _moment(words, local) or _day(words, local)
    except (ValueError, OverflowError):
        raise OptionError(f"{text!r} is a date or time that does not exist; write for example {_FORMS}") from None
    if found is None:
        raise OptionError(_refusal(text, words))
    return found


def window(
    since: str | None, until: str | None, *, now: datetime, tz: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """The two ends of a selection: the start of ``since``, and the end of ``until``, both in UTC.

    So ``since="yesterday", until="yesterday"`` is exactly yesterday. None stays None: no limit on that side.

    Raises OptionError when one of them is no time, or when nothing can lie between them.
    """
    start = _named("since", since, now, tz)
    end = _named("until", until, now, tz)
    if start and end and start.start >= end.end:
        ends = " and ".join(
            f"{at.astimezone(tz):%Y-%m-%d %H:%M:%S} ({word} {text!r})"
            for at, word, text in ((start.start, "since", since), (end.end, "until", until))
        )
        raise OptionError(f"nothing lies between {ends}; the first must be the earlier one")
    return (start.start if start else None), (end.end if end else None)


def _named(word: str, text: str | None, now: datetime, tz: tzinfo) -> Period | None:
    if text is None:
        return None
    try:
        return period(text, now=now, tz=tz)
    except OptionError as error:
        raise OptionError(f"{word}: {error}") from None


def _utc(day: date, tz: tzinfo | None, at: time = time()) -> datetime:
    return datetime.combine(day, at, tz).astimezone(UTC)


def _days(first: date, after: date, tz: tzinfo | None) -> Period:
    return Period(_utc(first, tz), _utc(after, tz))


def _ago(words: str, local: datetime) -> Period | None:
    """``2h``, ``3 days ago``: an instant. ``last 3 days``: from that instant until now."""
    now = local.astimezone(UTC)
    if words == "now":
        return Period(now, now)
    match = _AGO.fullmatch(words)
    if match is None:
        return None
    last, number, unit = match.groups()
    count = int(number) if number.isdigit() else 1
    if unit.startswith(("mo", "y")):
        months = local.year * 12 + local.month - 1 - count * (12 if unit[0] == "y" else 1)
        year, month = months // 12, months % 12 + 1
        day = min(local.day, monthrange(year, month)[1])
        start = local.replace(year=year, month=month, day=day).astimezone(UTC)
    else:
        start = now - timedelta(seconds=count * _SECONDS[unit[0]])
    return Period(start, now if last else start)


def _calendar(words: str, local: datetime) -> Period | None:
    """``this week``, ``last month``, ``2026-11``, ``2026``; weeks begin on Monday (ISO 8601)."""
    if match := _MONTH.fullmatch(words):
        year, month = match.groups()
        first = date(int(year), int(month or 1), 1)
        return _days(first, _after(first, "month" if month else "year"), local.tzinfo)
    match = _CALENDAR.fullmatch(words)
    if match is None:
        return None
    which, unit = match.groups()
    first = _first(local.date(), unit)
    if which == "last":
        first = _first(first - timedelta(days=1), unit)
    return _days(first, _after(first, unit), local.tzinfo)


def _first(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def _after(first: date, unit: str) -> date:
    return _first(first + timedelta(days={"week": 7, "month": 31, "year": 366}[unit]), unit)


def _moment(words: str, local: datetime) -> Period | None:
    """``12:30``, ``2026-11-01T12:30:15+02:00``, ``Nov 24 05:30``, ``yesterday 12:30``."""
    match = _TIME.fullmatch(words)
    if match is None:
        return None
    clock = match["time"].replace(",", ".").rjust(8 if match["time"].count(":") == 2 else 5, "0")
    at = time.fromisoformat(clock[:15])
    tz = _offset(match["offset"]) if match["offset"] else local.tzinfo
    today, day = local.date(), match["day"] or "today"
    found = _fixed_day(day, today)
    if found is None:
        found = _recurring_day(day, today)
        if found and _utc(found, tz, at) > local:
            found = _recurring_day(day, today - timedelta(days=1))
    if found is None:
        return None
    first, second = _utc(found, tz, at), _utc(found, tz, at.replace(fold=1))
    return Period(first, max(first, second))  # fold=1 lies earlier for a time that the clocks jump over


def _offset(text: str) -> tzinfo:
    if text in ("z", "utc"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _day(words: str, local: datetime) -> Period | None:
    today = local.date()
    day = _fixed_day(words, today) or _recurring_day(words, today)
    return _days(day, day + timedelta(days=1), local.tzinfo) if day else None


def _fixed_day(words: str, today: date) -> date | None:
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    if match := _DATE.fullmatch(words):
        return date(int(match[1]), int(match[3]), int(match[4]))
    match = _NAMED.fullmatch(words)
    if match and match[5] and (month := _index(match[1] or match[4], _MONTHS)) is not None:
        return date(int(match[5]), month + 1, int(match[2] or match[3]))
    return None


def _recurring_day(words: str, latest: date) -> date | None:
    """The latest weekday, or day of a month, of that name that is not after ``latest``."""
    if words.startswith("last "):
        words, latest = words.removeprefix("last "), latest - timedelta(days=1)
    weekday = _index(words, _WEEKDAYS)
    if weekday is not None:
        return latest - timedelta(days=(latest.weekday() - weekday) % 7)
    match = _NAMED.fullmatch(words)
    month = _index(match[1] or match[4], _MONTHS) if match else None
    if match is None or month is None:
        return None
    day = int(match[2] or match[3])
    date(2000, month + 1, day)  # a day that no year has is an error
    for year in range(latest.year, max(latest.year - 9, 0), -1):  # 29 February: up to eight years back
        if day <= monthrange(year, month + 1)[1] and date(year, month + 1, day) <= latest:
            return date(year, month + 1, day)
    return None


def _index(word: str, names: tuple[str, ...]) -> int | None:
    """Where a name, or its first letters (``nov``, ``thurs``), stands in a tuple."""
    word = word.removesuffix(".")
    return next((n for n, name in enumerate(names) if len(word) >= 3 and name.startswith(word)), None)


def _refusal(text: str, words: str) -> str:
    match = _TWO_WAYS.fullmatch(words)
    if match:
        first, _, second, year = match.groups()
        readings = []
        for month, day in ((second, first), (first, second)):
            try:
                reading = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)).isoformat()
            except ValueError:
                continue
            readings += [reading] if reading not in readings else []
        if readings:
            return f"{text!r} means different days in different countries; write {' or '.join(readings)}"
    import difflib

    known = ["now", "today", "yesterday", "last week", "this week", "last month", *_WEEKDAYS]
    close = difflib.get_close_matches(words, known, 1, 0.75)
    return f"{text!r} is no time: {f'did you mean {close[0]}? ' if close else ''}write for example {_FORMS}"
