"""Times and zones as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.errors import OptionError
from logscan.when import Period, period, window, zone, zones

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 10, 30, tzinfo=BERLIN)  # a Wednesday


def local(text: str, now: datetime = NOW, tz: ZoneInfo = BERLIN) -> tuple[str, str]:
    found = period(text, now=now, tz=tz)
    assert found.start.tzinfo is UTC
    assert found.end.tzinfo is UTC
    return f"{found.start.astimezone(tz):%Y-%m-%d %H:%M:%S}", f"{found.end.astimezone(tz):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-11-25", "2026-11-26"),
        ("Yesterday", "2026-11-24", "2026-11-25"),
        ("this week", "2026-11-23", "2026-11-30"),
        ("last week", "2026-11-16", "2026-11-23"),
        ("this month", "2026-11-01", "2026-12-01"),
        ("last  month", "2026-10-01", "2026-11-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("last year", "2025-01-01", "2026-01-01"),
        ("monday", "2026-11-23", "2026-11-24"),
        ("wednesday", "2026-11-25", "2026-11-26"),
        ("thu", "2026-11-19", "2026-11-20"),
        ("last monday", "2026-11-23", "2026-11-24"),
        ("last wednesday", "2026-11-18", "2026-11-19"),
        ("2026-11-01", "2026-11-01", "2026-11-02"),
        ("2026/11/1", "2026-11-01", "2026-11-02"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024", "2024-01-01", "2025-01-01"),
        ("Nov 24", "2026-11-24", "2026-11-25"),
        ("24 November", "2026-11-24", "2026-11-25"),
        ("Nov  4", "2026-11-04", "2026-11-05"),
        ("Nov 25", "2026-11-25", "2026-11-26"),
        ("Nov 26", "2025-11-26", "2025-11-27"),
        ("Feb 29", "2024-02-29", "2024-03-01"),
        ("Nov 24, 2023", "2023-11-24", "2023-11-25"),
    ],
)
def test_days_and_longer_periods_begin_and_end_at_local_midnight(text: str, start: str, end: str) -> None:
    assert local(text) == (f"{start} 00:00:00", f"{end} 00:00:00")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now", "2026-11-25 10:30:00"),
        ("2h", "2026-11-25 08:30:00"),
        ("90m", "2026-11-25 09:00:00"),
        ("45s", "2026-11-25 10:29:15"),
        ("3d", "2026-11-22 10:30:00"),
        ("1w", "2026-11-18 10:30:00"),
        ("2 hours ago", "2026-11-25 08:30:00"),
        ("an hour ago", "2026-11-25 09:30:00"),
        ("3 days ago", "2026-11-22 10:30:00"),
        ("2 months ago", "2026-09-25 10:30:00"),
        ("1 year ago", "2025-11-25 10:30:00"),
        ("12:30", "2026-11-25 12:30:00"),
        ("5:30", "2026-11-25 05:30:00"),
        ("yesterday 12:30", "2026-11-24 12:30:00"),
        ("monday at 05:30:15", "2026-11-23 05:30:15"),
        ("wednesday 11:00", "2026-11-18 11:00:00"),
        ("2026-11-01 12:30", "2026-11-01 12:30:00"),
        ("2026-11-01T12:30:15", "2026-11-01 12:30:15"),
        ("2026-11-01 12:30:15Z", "2026-11-01 13:30:15"),
        ("2026-11-01T12:30-05:00", "2026-11-01 18:30:00"),
        ("2026-11-01T12:30:00+0530", "2026-11-01 08:00:00"),
        ("Nov 24 05:30", "2026-11-24 05:30:00"),
        ("Nov 25 10:31", "2025-11-25 10:31:00"),
    ],
)
def test_a_time_of_day_is_an_instant(text: str, at: str) -> None:
    assert local(text) == (at, at)


def test_last_three_days_lead_up_to_now() -> None:
    assert local("last 3 days") == ("2026-11-22 10:30:00", "2026-11-25 10:30:00")


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)]
)
def test_days_in_berlin_have_23_or_25_hours_when_the_clocks_change(day: str, hours: int) -> None:
    found = period(day, now=NOW, tz=BERLIN)
    assert found.end - found.start == timedelta(hours=hours)


def test_a_day_is_24_hours_only_for_durations() -> None:
    now = datetime(2026, 3, 29, 12, tzinfo=BERLIN)  # the clocks went forward this morning
    assert local("1d", now) == ("2026-03-28 11:00:00", "2026-03-28 11:00:00")
    assert local("yesterday", now) == ("2026-03-28 00:00:00", "2026-03-29 00:00:00")


def test_a_time_that_occurs_twice_stands_for_both_and_one_that_is_jumped_over_for_the_time_after() -> None:
    assert period("2026-10-25 02:30", now=NOW, tz=BERLIN) == Period(
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    )
    assert local("2026-03-29 02:30") == ("2026-03-29 03:30:00", "2026-03-29 03:30:00")


@given(
    st.dates(date(1971, 1, 1), date(2037, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/Santiago", "Asia/Beirut", "America/Havana", "Asia/Kolkata"]),
)
def test_a_day_holds_exactly_the_times_of_that_date(day: date, name: str) -> None:
    tz = ZoneInfo(name)
    found = period(day.isoformat(), now=NOW, tz=tz)
    tick = timedelta(microseconds=1)
    assert found.start.astimezone(tz).date() == (found.end - tick).astimezone(tz).date() == day
    assert (found.start - tick).astimezone(tz).date() < day < found.end.astimezone(tz).date()


@given(st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31)), st.sampled_from(["monday", "fri", "Feb 29"]))
def test_names_of_days_are_never_in_the_future(at: datetime, text: str) -> None:
    now = at.replace(tzinfo=UTC)
    assert period(text, now=now, tz=BERLIN).start <= now
    assert period(f"{text} 12:00", now=now, tz=BERLIN).start <= now


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("01.11.2026", "write 2026-11-01 or 2026-01-11"),
        ("11/24/26", "write 2026-11-24"),
        ("1/1/2026 12:30", "write 2026-01-01"),
        ("yesteday", "did you mean yesterday"),
        ("2026-02-30", "does not exist"),
        ("25:00", "does not exist"),
        ("2026-11-01 12:30+99:00", "does not exist"),
        ("9999-12-31", "does not exist"),
        ("99999999999999d", "does not exist"),
        ("99999999999999999999 years ago", "does not exist"),
        *((text, "write for example 2026-11-01, ") for text in ("", "soon", "m", "40.40.2026", "last", "Nov")),
    ],
)
def test_what_cannot_be_understood_is_refused_with_the_forms_that_can(text: str, told: str) -> None:
    with pytest.raises(OptionError) as error:
        period(text, now=NOW, tz=BERLIN)
    assert repr(text) in str(error.value)
    assert told in str(error.value)


@given(st.text(st.sampled_from("0123456789-:./ tzhdmnovlastweekago+,")))
def test_any_text_is_a_time_or_an_option_error(text: str) -> None:
    try:
        found = period(text, now=NOW, tz=BERLIN)
    except OptionError:
        return
    assert found.start <= found.end


def test_since_yesterday_until_yesterday_is_exactly_yesterday() -> None:
    start, end = window("yesterday", "yesterday", now=NOW, tz=BERLIN)
    assert (start, end) == (
        datetime(2026, 11, 24, tzinfo=BERLIN),
        datetime(2026, 11, 25, tzinfo=BERLIN),
    )


def test_a_window_may_be_open_on_either_side() -> None:
    assert window(None, None, now=NOW, tz=BERLIN) == (None, None)
    assert window("now", None, now=NOW, tz=BERLIN) == (NOW, None)
    assert window(None, "2026-11-24", now=NOW, tz=BERLIN) == (None, datetime(2026, 11, 25, tzinfo=BERLIN))


@pytest.mark.parametrize(("since", "until"), [("today", "yesterday"), ("12:30", "12:30"), ("2h", "3h")])
def test_a_window_that_holds_nothing_is_refused(since: str, until: str) -> None:
    with pytest.raises(OptionError, match=f"since '{since}'.*until '{until}'"):
        window(since, until, now=NOW, tz=BERLIN)


def test_a_window_says_which_end_is_wrong() -> None:
    with pytest.raises(OptionError, match=r"^until: 'soon'"):
        window("today", "soon", now=NOW, tz=BERLIN)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("europe/berlin", "did you mean Europe/Berlin"),
        ("Europe/Berln", "did you mean Europe/Berlin"),
        ("Berlin", "did you mean Europe/Berlin"),
        ("New York", "did you mean America/New_York"),
        ("UTC+2", "Etc/GMT-2"),
        ("-05:00", "Etc/GMT\\+5"),
        *((name, "such as Europe/Berlin") for name in ("", "Europe", "CEST", "/etc/passwd", "a\0b")),
    ],
)
def test_an_unknown_zone_is_refused_with_a_name_that_is_known(name: str, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        zone(name)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Europe/Berlin", "Europe/Berlin"),
        (":/usr/share/zoneinfo/posix/Europe/Berlin", "Europe/Berlin"),
        ("", "UTC"),
        ("EST5", "Etc/GMT+5"),
        ("<+03>-3", "Etc/GMT-3"),
    ],
)
def test_the_machines_zone_is_that_of_tz(setting: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", setting)
    assert zone(None) == ZoneInfo(key)


def test_rules_in_tz_that_have_no_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    with pytest.raises(OptionError, match="TZ=CET-1CEST"):
        zone(None)


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without $TZ, whose /etc is empty."""
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(zones, "_LOCALTIME", tmp_path / "localtime")
    monkeypatch.setattr(zones, "_TIMEZONE", tmp_path / "timezone")
    return tmp_path


def test_a_machine_that_says_nothing_is_in_utc(etc: Path) -> None:
    assert zone(None) == ZoneInfo("UTC")


def test_the_machines_zone_is_where_localtime_links_to(etc: Path) -> None:
    (etc / "localtime").symlink_to("/usr/share/zoneinfo/right/Europe/Berlin")
    (etc / "timezone").write_text("Asia/Kolkata\n")
    assert zone(None) == BERLIN


def test_the_machines_zone_is_read_from_timezone(etc: Path) -> None:
    (etc / "timezone").write_text("Asia/Kolkata\n")
    assert zone(None) == ZoneInfo("Asia/Kolkata")


def test_a_localtime_that_is_a_file_is_compared_with_the_zone_database(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = etc / "zoneinfo" / "Europe"
    rules.mkdir(parents=True)
    (rules / "Berlin").write_bytes(b"TZif of Berlin")
    monkeypatch.setattr(zones, "TZPATH", (str(etc / "zoneinfo"),))
    (etc / "localtime").write_bytes(b"TZif of Berlin")
    (etc / "timezone").write_text("Etc/UTC\n")  # as in a container that has the host's localtime mounted
    assert zone(None) == BERLIN
