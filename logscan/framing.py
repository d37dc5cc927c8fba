"""How log lines are framed in front of what the MTA wrote, and how their stamps are to be understood.

A frame is an RE2-clean pattern for everything before the payload: priority, stamp, host, program tag, process id.
``Clock`` holds what a stamp does not say: its year (RFC 3164 stamps have none) and its zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_D2 = "[0-9][0-9]"
_BSD = rf"(?P<_stamp>[A-Z][a-z][a-z] [ 0-3][0-9] {_D2}:{_D2}:{_D2}(?:\.[0-9]{{1,6}})?)"
_ISO = (
    rf"(?P<_stamp>[0-9]{{4}}-{_D2}-{_D2}T{_D2}:{_D2}:{_D2}(?:[.,][0-9]{{1,9}})?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)"
)
# How far apart, in bytes from line to line, two lines that tell of the same thing may stand (``parse.copies``).
REACH = 16 * 1024
# The stamps alone, whole.
STAMPS = {"bsd": f"^{_BSD}$", "iso": f"^{_ISO}$"}
_HOST = r"(?P<reporting_mta>[^ ]+)"
# Solaris puts "[ID 197553 mail.info] " behind the tag.
_TAG = r"(?P<agent>[^ \[:]+)(?:\[[0-9]+\])?: (?:\[ID [0-9]+ [a-z0-9]+\.[a-z]+\] )?"
_PRI = r"<[0-9]{1,3}>"
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Frame:
    """A way to frame lines: the pattern (anchored, with groups _stamp, reporting_mta, agent) and its stamp's kind."""

    name: str
    pattern: str
    stamp: str  # "bsd" (no year, local) or "iso" (RFC 3339 and its relatives)
    title: str = "syslog"  # for people
    agent: str = ""  # the program tag that lines count with where the frame holds none


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a pack for single lines, in Python's own dialect: ``packs.match.compiled`` is the slow reader's."""
    return re.compile(pattern)


def _both(name: str, before: str, after: str, title: str = "syslog") -> tuple[Frame, Frame]:
    return (
        Frame(f"{name}bsd", f"^{before}{_BSD}{after}", "bsd", title),
        Frame(f"{name}iso", f"^{before}{_ISO}{after}", "iso", title),
    )


SYSLOG: tuple[Frame, ...] = (
    *_both("", "", f" {_HOST} {_TAG}"),
    *_both("priority-", _PRI, f" {_HOST} {_TAG}", "syslog with priorities"),
    # RFC 5424 section 6: PRI VERSION STAMP HOST APP-NAME PROCID MSGID STRUCTURED-DATA [BOM] MSG
    Frame(
        "rfc5424",
        rf"^{_PRI}1 {_ISO} {_HOST} (?P<agent>[^ ]+) [^ ]+ [^ ]+ (?:-|(?:\[[^\]]*\])+) {_BOM}? ?",
        "iso",
        "syslog of RFC 5424",
    ),
    *_both("facility-", "", rf" {_HOST} [a-z0-9]+\.[a-z]+ {_TAG}", "syslog with facilities"),
    *_both("bsd-facility-", "", rf" <[a-z0-9]+\.[a-z]+> {_HOST} {_TAG}", "syslog with facilities"),
)

# syslogd and rsyslogd fold equal lines into one ("$RepeatedMsgReduction on").
REPEATED = r"^message repeated (?P<_times>[0-9]{1,6}) times: \[ ?(?P<_payload>.*)$"
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = {name: n for n, name in enumerate(_NAMES, 1)}
_BSD_RE = re.compile(r"([A-Z][a-z]{2}) ([ 0-3][0-9]) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?")
_ISO_RE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,9}))?"
    r"(?: ?(Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """Zone and year for stamps that do not say them.

    A stamp at or after ``pivot`` (month * 100 + day) lies in ``year``, one before it in the next year.
    """

    zone: str
    year: int
    pivot: int

    @classmethod
    def ending(cls, at: datetime, zone: str) -> Clock:
        """The latest years that put every stamp no later than ``at`` plus a day."""
        last = (at + _SLACK).astimezone(ZoneInfo(zone)) + timedelta(days=1)
        return cls(zone, last.year - 1, last.month * 100 + last.day)

    @classmethod
    def starting(cls, year: int, month_day: int, zone: str) -> Clock:
        """The first line of a file lies in ``year``; lines up to a week earlier in the calendar do, too."""
        leap = month_day == 229
        first = datetime(2000 if leap else 2001, month_day // 100, month_day % 100, tzinfo=UTC)
        slack = first - timedelta(days=7)
        if slack.year < first.year:
            return cls(zone, year, 101)
        return cls(zone, year, slack.month * 100 + slack.day)

    def year_of(self, month: int, day: int) -> int:
        """The year of a stamp that has none; 29 February falls into a leap year at or before it."""
        year = self.year if month * 100 + day >= self.pivot else self.year + 1
        while (month, day) == (2, 29) and not _leap(year):
            year -= 1
        return year


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_day(stamp: str) -> int | None:
    """Month * 100 + day of a stamp without a year, else None."""
    found = _BSD_RE.match(stamp)
    if not found or found[1] not in MONTHS:
        return None
    return MONTHS[found[1]] * 100 + int(found[2])


def to_utc(stamp: str, kind: str, clock: Clock) -> datetime | None:
    """One stamp as an aware UTC time with microseconds; None when it is no date.

    In the hour that daylight saving time repeats, the first pass is meant; a time that it skips is read with the
    offset before the jump.
    """
    found = (_BSD_RE if kind == "bsd" else _ISO_RE).fullmatch(stamp)
    if not found:
        return None
    try:
        if kind == "bsd":
            month, day = MONTHS[found[1]], int(found[2])
            year, clock_at, offset = clock.year_of(month, day), 3, None
        else:
            year, month, day = int(found[1]), int(found[2]), int(found[3])
            clock_at, offset = 4, found[8]
        hour, minute, second = (int(found[clock_at + n]) for n in range(3))
        micro = int((found[clock_at + 3] or "0")[:6].ljust(6, "0"))
        leap = second == 60  # a leap second is the first of the next minute
        naive = datetime(year, month, day, hour, minute, 59 if leap else second, micro) + timedelta(seconds=leap)
        if offset is None:
            return naive.replace(tzinfo=ZoneInfo(clock.zone)).astimezone(UTC)
        return (naive - _offset(offset)).replace(tzinfo=UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timedelta(minutes=-minutes if text[0] == "-" else minutes)


def as_iso(parts: Mapping[str, str | None]) -> str:
    """A time in ISO 8601 from its parts: year, month, day, hour, minute, second, half (AM or PM)."""
    hour = int(parts["hour"] or 0)
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"] == "PM" else 0)
    day = "-".join((parts[name] or "").zfill(2) for name in ("year", "month", "day"))
    return f"{day}T{hour:02}:{parts['minute']}:{parts['second']}"
