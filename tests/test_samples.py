"""The sample logs give the rows beside them, and ``logscan.read`` keeps its promises about tables, years and zones."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import make_expected
import pandas as pd
import pytest

import logscan
from logscan import schema

HOW = "wrong? If the new rows are better: python tests/make_expected.py, and read the difference"
DTYPES = {"str": "str", "int": "Int64", "uint16": "UInt16", "float": "float64", "time": "datetime64[us, UTC]"}


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in make_expected.logs()],
)
def test_sample(path: Path) -> None:
    found = make_expected.expected(path).split("\n")
    expected = path.with_suffix(".expected.csv").read_text(encoding="utf-8").split("\n")
    for row, wanted in zip(found, expected, strict=False):
        assert row == wanted, f"{path}: {HOW}"
    assert len(found) == len(expected), f"{path}: {HOW}"


def test_every_sample_has_its_rows_and_all_rows_their_sample() -> None:
    logs = {path.with_suffix("") for path in make_expected.logs()}
    rows = {path.with_suffix("").with_suffix("") for path in make_expected.SAMPLES.glob("*/*.expected.csv")}
    assert logs == rows and len(logs) >= 9


def test_nothing_in_the_samples_is_left_unread() -> None:
    for path in make_expected.logs():
        coverage = logscan.report(path, year=2026, tz="UTC").to_dict()["coverage"]
        assert coverage["unparsed"] == 0, coverage["samples"]


def test_what_is_unknown_is_missing_and_not_empty() -> None:
    """Only a sender may be an empty text: the null sender."""
    for path in make_expected.logs():
        rows = logscan.read(path, year=2026, tz="UTC")
        for column in schema.EVENTS:
            if column.kind in ("str", "word") and column.name not in ("envelope_sender", "diagnostic"):
                assert not (rows[column.name] == "").any(), f"{path}: {column.name}"


def test_what_the_discard_service_takes_is_discarded_whatever_the_text() -> None:
    """The text is the one that the transport map gives, see discard(8)."""
    for path in make_expected.logs():
        rows = logscan.read(path, year=2026, tz="UTC")
        thrown = rows[rows["agent"].astype("str").str.endswith("/discard") & (rows["event"] == "delivery")]
        assert set(thrown["outcome"]) <= {"discarded"}, f"{path}: {set(thrown['diagnostic'])}"


# --- The table ------------------------------------------------------------------------------------------------------


def delivery(stamp: str, number: int = 0, host: str = "mx1") -> str:
    return (
        f"{stamp} {host} postfix/smtp[1]: ABCDEF{number}: to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, "
        "delay=0.5, delays=0.1/0.1/0.2/0.1, dsn=2.0.0, status=sent (250 2.0.0 ok)\n"
    )


def write(path: Path, *stamps: str, modified: str | None = None) -> Path:
    """A log with one delivery for each stamp, last written at some time."""
    text = "".join(delivery(stamp, number) for number, stamp in enumerate(stamps))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    if modified:
        at = datetime.fromisoformat(modified).replace(tzinfo=UTC).timestamp()
        os.utime(path, (at, at))
    return path


def times(*args: object, **options: object) -> list[str]:
    rows = logscan.read(*args, **{"tz": "UTC", **options})  # type: ignore[arg-type]  # whatever read takes
    return [at.strftime("%Y-%m-%d %H:%M:%S") for at in rows["timestamp"]]


def assert_typed(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == list(schema.NAMES)
    assert isinstance(rows.index, pd.RangeIndex) and rows.index.equals(pd.RangeIndex(len(rows)))
    for column in schema.EVENTS:
        dtype = rows[column.name].dtype
        if column.kind == "word":
            assert isinstance(dtype, pd.CategoricalDtype), column.name
            assert dtype.categories.dtype == "str", column.name
            if column.words is not None:
                assert list(dtype.categories) == [word.value for word in column.words]
        else:
            assert dtype == DTYPES[column.kind], column.name


def test_every_column_is_typed() -> None:
    for path in make_expected.logs():
        assert_typed(logscan.read(path, year=2026, tz="UTC"))


def test_an_empty_log_gives_every_column(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"")
    rows = logscan.read(path)
    assert len(rows) == 0
    assert_typed(rows)
    assert_typed(schema.empty_events())


def test_a_log_without_events_gives_every_column(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text("Nov 24 05:37:24 mx1 postfix/smtpd[1]: connect from x.example[192.0.2.1]\n")
    rows = logscan.read(path)
    assert len(rows) == 0
    assert_typed(rows)


def test_columns_in_the_order_asked_for() -> None:
    path = make_expected.logs()[0]
    rows = logscan.read(path, year=2026, tz="UTC", columns=["outcome", "timestamp"])
    assert list(rows.columns) == ["outcome", "timestamp"]
    with pytest.raises(logscan.OptionError, match="reply_kode"):
        logscan.read(path, columns=["reply_kode"])


def test_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "mail.log", "Nov 24 05:00:00", "Nov 24 06:00:00")
    write(tmp_path / "mail.log.1", "Nov 23 05:00:00")
    write(tmp_path / "mail.log.2.gz", "Nov 22 05:00:00")
    (tmp_path / "auth.log").write_text("Nov 24 05:00:00 mx1 sshd[1]: Accepted publickey for root\n")
    (tmp_path / "empty.log").write_bytes(b"")
    rows = logscan.read(tmp_path, year=2026, tz="UTC")
    assert [Path(name).name for name in rows["source"]] == ["mail.log.2.gz", "mail.log.1", "mail.log", "mail.log"]
    assert rows["timestamp"].is_monotonic_increasing
    assert_typed(rows)


def test_a_named_file_must_be_a_mail_log(tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text("Nov 24 05:00:00 mx1 sshd[1]: Accepted publickey for root\n")
    with pytest.raises(logscan.NoMailLogError, match=r"auth\.log"):
        logscan.read(path)
    with pytest.raises(logscan.InputError, match=r"gone\.log"):
        logscan.read(tmp_path / "gone.log")


# --- Years ----------------------------------------------------------------------------------------------------------


def test_the_year_steps_from_december_to_january(tmp_path: Path) -> None:
    path = write(tmp_path / "mail.log", "Dec 31 23:59:59", "Jan  1 00:00:00", modified="2026-01-01T00:00:01")
    assert times(path) == ["2025-12-31 23:59:59", "2026-01-01 00:00:00"]
    assert times(path, year=2020) == ["2020-12-31 23:59:59", "2021-01-01 00:00:00"]


def test_the_year_is_that_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "mail.log", "Mar  1 00:00:00", "Nov 24 05:00:00", modified="2019-11-24T06:00:00")
    assert times(path) == ["2019-03-01 00:00:00", "2019-11-24 05:00:00"]
    late = write(tmp_path / "late.log", "Nov 24 23:30:00", modified="2019-11-24T23:00:00")  # its clock ran ahead
    assert times(late) == ["2019-11-24 23:30:00"]


def test_lines_a_little_out_of_order_at_the_start_stay_in_their_year(tmp_path: Path) -> None:
    path = write(tmp_path / "mail.log", "Nov 24 00:00:01", "Nov 23 23:59:59", "Jan  2 00:00:00")
    assert times(path, year=2025) == ["2025-11-24 00:00:01", "2025-11-23 23:59:59", "2026-01-02 00:00:00"]
    new_year = write(tmp_path / "new.log", "Jan  1 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01")
    assert times(new_year, year=2025)[::2] == ["2025-01-01 00:00:00", "2025-01-01 00:00:01"]


def test_29_february(tmp_path: Path) -> None:
    path = write(tmp_path / "mail.log", "Feb 28 12:00:00", "Feb 29 12:00:00", "Mar  1 12:00:00")
    assert times(path, year=2024) == ["2024-02-28 12:00:00", "2024-02-29 12:00:00", "2024-03-01 12:00:00"]
    os.utime(path, (at := datetime(2024, 3, 1, 13, tzinfo=UTC).timestamp(), at))
    assert times(path) == ["2024-02-28 12:00:00", "2024-02-29 12:00:00", "2024-03-01 12:00:00"]
    first = write(tmp_path / "first.log", "Feb 29 12:00:00", "Mar  1 12:00:00")
    assert times(first, year=2024) == ["2024-02-29 12:00:00", "2024-03-01 12:00:00"]


def test_a_rotated_series_whose_times_were_lost(tmp_path: Path) -> None:
    """Copied files all look as new as the copy: no file may begin after the one that follows it."""
    now = "2026-02-01T00:00:00"
    write(tmp_path / "mail.log", "Jan 20 00:00:00", "Jan 31 00:00:00", modified=now)
    write(tmp_path / "mail.log.1", "Dec 20 00:00:00", "Jan 19 00:00:00", modified=now)
    write(tmp_path / "mail.log.2.gz", "Feb 10 00:00:00", "Dec 19 00:00:00", modified=now)
    write(tmp_path / "mail.log.3.gz", "Nov 10 00:00:00", "Feb  9 00:00:00", modified=now)
    expected = [
        "2024-11-10 00:00:00", "2025-02-09 00:00:00", "2025-02-10 00:00:00", "2025-12-19 00:00:00",
        "2025-12-20 00:00:00", "2026-01-19 00:00:00", "2026-01-20 00:00:00", "2026-01-31 00:00:00",
    ]  # fmt: skip
    assert times(tmp_path) == expected
    assert times(tmp_path, year=2024) == expected


def test_stamps_with_a_year_need_no_guess(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mail.log", "2019-12-31T23:59:59.5+01:00", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00-0500"
    )
    assert times(path, year=1999) == ["2019-12-31 22:59:59", "2020-01-01 00:00:00", "2020-01-01 05:00:00"]


# --- Zones and periods ----------------------------------------------------------------------------------------------


def test_zone_and_summer_time(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mail.log",
        "Mar 29 01:59:59",
        "Mar 29 02:30:00",
        "Mar 29 03:00:00",
        "Oct 25 02:30:00",
        "Oct 25 03:00:00",
    )
    assert times(path, year=2026, tz="Europe/Berlin") == [
        "2026-03-29 00:59:59", "2026-03-29 01:30:00", "2026-03-29 01:00:00",
        "2026-10-25 00:30:00", "2026-10-25 02:00:00",
    ]  # fmt: skip
    assert times(path, year=2026, tz="America/New_York")[0] == "2026-03-29 05:59:59"
    iso = write(tmp_path / "iso.log", "2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")
    assert times(iso, tz="Europe/Berlin") == ["2026-10-25 00:30:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00"]


def test_since_and_until(tmp_path: Path) -> None:
    path = write(tmp_path / "mail.log", "Nov 23 23:59:59", "Nov 24 00:00:00", "Nov 24 12:30:00", "Nov 25 00:00:00")
    options = {"year": 2026, "tz": "Europe/Berlin"}
    assert times(path, since="2026-11-24", **options) == times(path, **options)[1:]
    assert times(path, until="2026-11-24", **options) == times(path, **options)[:3]
    assert times(path, since="2026-11-24", until="2026-11-24", **options) == times(path, **options)[1:3]
    assert times(path, since="2026-11-24 12:30", **options) == times(path, **options)[2:]
    assert times(path, until="2026-11-24 12:30", **options) == times(path, **options)[:2]
    assert times(path, since="2027-01-01", **options) == []
    with pytest.raises(logscan.OptionError):
        logscan.read(path, since="2026-11-25", until="2026-11-24")


def test_a_period_keeps_what_lines_before_it_said(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(
        "Nov 24 05:00:00 mx1 postfix/qmgr[1]: ABCDEF0: from=<s@c.example>, size=77, nrcpt=1 (queue active)\n"
        + delivery("Nov 24 06:00:00")
    )
    rows = logscan.read(path, year=2026, tz="UTC", since="2026-11-24 05:30")
    assert rows["envelope_sender"].tolist() == ["s@c.example"]
    assert rows["size"].tolist() == [77]


def test_one_queue_id_on_two_hosts(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text("".join(
        f"Nov 24 05:00:00 {host} postfix/qmgr[1]: ABCDEF0: from=<{host}@c.example>, size=7, nrcpt=1 (queue active)\n"
        for host in ("mx1", "mx2")
    ) + delivery("Nov 24 06:00:00", host="mx2") + delivery("Nov 24 06:00:00", host="mx1"))  # fmt: skip
    rows = logscan.read(path, year=2026, tz="UTC")
    assert rows["envelope_sender"].tolist() == ["mx2@c.example", "mx1@c.example"]


# --- Reasons --------------------------------------------------------------------------------------------------------

RULES = """
[[rule]]
id = "own-one"
text = ["blocked using one.bl.example"]
reason = "ip_blocklisted"
[[rule]]
id = "own-two"
text = ["blocked using two.bl.example"]
reason = "poor_reputation"
"""


def test_a_rule_may_look_at_what_templates_mask(tmp_path: Path) -> None:
    """Two replies of one template may mean different things: neither is decided by the other."""
    (tmp_path / "remedies").mkdir()
    (tmp_path / "remedies" / "own.toml").write_text(RULES)
    said = [f"554 5.7.1 Service unavailable; blocked using {word}.bl.example" for word in ("one", "two") * 3]
    rows = logscan.classify(pd.DataFrame({"diagnostic": said}), patterns=[str(tmp_path)])
    assert rows["rule"].tolist() == ["own-one", "own-two"] * 3
