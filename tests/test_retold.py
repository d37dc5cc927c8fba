"""A main log and the logs of refusals and alerts beside it: what several of them tell is counted once."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from logscan import result, scan

OPTIONS = scan.Options(tz="UTC", year=2026)
ROOT = Path(__file__).parent.parent
LINES = {
    "mainlog": """\
2026-01-05 03:04:05 1tABCD-0000aB-1A <= a@example.com H=c.example [192.0.2.7] P=esmtp S=812
2026-01-05 03:04:05 H=c.example [192.0.2.7] F=<a@example.com> rejected RCPT <x@example.net>: no such user
2026-01-05 03:04:05 H=c.example [192.0.2.7] F=<a@example.com> rejected RCPT <x@example.net>: no such user
2026-01-05 03:04:06 H=c.example [192.0.2.7] F=<a@example.com> rejected RCPT <main@example.net>: only here
2026-01-05 03:04:07 ALERT: damaged retry record
2026-01-05 03:04:08 1tABCD-0000aB-1A => b@example.net R=dns T=remote_smtp H=mx.example.net [192.0.2.25] C="250 OK"
2026-01-05 03:04:08 1tABCD-0000aB-1A Completed
""",
    "rejectlog": """\
2026-01-05 03:04:05 H=c.example [192.0.2.7] F=<a@example.com> rejected RCPT <x@example.net>: no such user
2026-01-05 03:04:05 H=c.example [192.0.2.7] F=<a@example.com> rejected RCPT <x@example.net>: no such user
2026-01-05 03:04:09 H=c.example [192.0.2.7] F=<a@example.com> rejected RCPT <other@example.net>: only there
""",
    "paniclog": "2026-01-05 03:04:07 ALERT: damaged retry record\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in LINES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def refused(*paths: Path) -> list[str]:
    rows = scan.read_events([str(path) for path in paths], OPTIONS)
    return rows.filter(pl.col("event") == "rejection").get_column("envelope_recipient").sort().to_list()


def test_each_refusal_is_counted_once(folder: Path) -> None:
    x = "x@example.net"
    assert refused(folder / "mainlog") == ["main@example.net", x, x]
    assert refused(folder / "rejectlog") == ["other@example.net", x, x]
    both = ["main@example.net", "other@example.net", x, x]
    assert refused(folder) == both
    assert refused(folder / "rejectlog", folder / "mainlog") == both


def test_report_and_events_agree(folder: Path) -> None:
    found = result.of([str(folder)], OPTIONS).findings
    assert found.totals.rejected == 4
    assert [(notice.kind, notice.count) for notice in found.notices] == [("alert", 1)]
    assert found.coverage.copies == 3
    assert found.coverage.unparsed == 0
    assert found.coverage.lines == sum(text.count("\n") for text in LINES.values())


def test_rotated_and_compressed_logs_of_refusals(folder: Path) -> None:
    (folder / "rejectlog.1.gz").write_bytes(gzip.compress((folder / "rejectlog").read_bytes()))
    (folder / "rejectlog").unlink()
    assert len(refused(folder)) == 4


def test_two_main_logs_are_left_alone(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(LINES["mainlog"])
    assert len(refused(tmp_path)) == 6


def test_the_logs_of_a_real_server() -> None:
    files = [ROOT / "sample_logs" / "exim" / name for name in ("mainlog.log", "rejectlog.log")]
    main, rejected = (Counter(refused_lines(path)) for path in files)
    assert Counter(refused_lines(*files)) == Counter(main - rejected) | rejected  # a server may say a line twice
    assert main & rejected


def refused_lines(*paths: Path) -> list[bytes]:
    rows = scan.read_events([str(path) for path in paths], OPTIONS).filter(pl.col("event") == "rejection")
    texts = {str(path): path.read_bytes() for path in paths}
    return [texts[source][offset:].split(b"\n", 1)[0] for source, offset in rows.select("source", "offset").iter_rows()]
