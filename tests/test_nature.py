"""What is said of a file's form, from its beginning."""

from __future__ import annotations

from pathlib import Path

import pytest

from logscan import packs, sources
from logscan.nature import nature_of

ALL = packs.mtas()
SHORT = b"mx1 postfix/qmgr[4711]: 3F2A1C0E5B: removed\n"


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"Nov 24 05:37:24 " + SHORT, "Postfix with short queue ids, syslog, local time (Europe/Vienna)"),
        (b"2026-11-24T05:37:24+01:00 " + SHORT, "Postfix with short queue ids, syslog, times with offset"),
        (b"2026-11-24T05:37:24 " + SHORT, "Postfix with short queue ids, syslog, local time (Europe/Vienna)"),
        (b"<22>Nov 24 05:37:24 " + SHORT, "Postfix with short queue ids, syslog with priorities, local time"),
        (b"Nov 24 05:37:24 mx1 cron[7]: nothing\r\n", "syslog, local time (Europe/Vienna)"),
        (b"Nov 24 05:37:24 mx1 postfix/qmgr[1]: 4jYWn33NqBz2Kl: removed", "Postfix with long queue ids, syslog"),
        (b"a line of no log\n", ""),
        (b"", ""),
        (b"\xff\xfe\x00\x01\n" * 9, ""),
    ],
)
def test_a_file_is_told_by_its_frame_its_ids_and_its_time(head: bytes, words: str) -> None:
    assert nature_of(head, ALL, "Europe/Vienna").startswith(words)
    assert bool(words) == bool(nature_of(head, ALL, "Europe/Vienna"))


def test_the_most_frequent_frame_counts() -> None:
    head = b"Nov 24 05:37:24 " + SHORT + (b"2026-11-24T05:37:24Z " + SHORT) * 2
    assert nature_of(head, ALL, "UTC") == "Postfix with short queue ids, syslog, times with offset"


@pytest.mark.parametrize(
    "log", sorted((Path(__file__).parent.parent / "sample_logs").rglob("*.log")), ids=lambda p: p.name
)
def test_every_sample_has_a_form(log: Path) -> None:
    (source,) = sources.find([log]).sources
    assert nature_of(sources.beginning(source, 16384), ALL, "UTC"), log
