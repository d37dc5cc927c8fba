"""How the own queue tries again: what a log tells of it, and when that is worth a word."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

import logscan
from logscan.findings import Findings
from logscan.hints import span

START = datetime(2026, 11, 20)
GREY = "host mx.example.net[192.0.2.25] said: 450 4.2.0 Greylisted, try again later (in reply to RCPT TO command)"
DOWN = "connect to mx.example.net[192.0.2.25]:25: Connection refused"


def line(hours: float, number: int, status: str, text: str, relay: str = "mx.example.net[192.0.2.25]:25") -> str:
    at = (START + timedelta(hours=hours)).strftime("%b %d %H:%M:%S")
    return (
        f"{at} mx1 postfix/smtp[7]: 3F2A1C0E{number:02X}: to=<u{number}@example.net>, relay={relay}, delay=1, "
        f"delays=0/0/0/1, dsn=4.0.0, status={status} ({text})\n"
    )


def ended(hours: float, number: int) -> str:
    at = (START + timedelta(hours=hours)).strftime("%b %d %H:%M:%S")
    return f"{at} mx1 postfix/qmgr[7]: 3F2A1C0E{number:02X}: from=<a@example.com>, status=expired, returned to sender\n"


def found(tmp_path: Path, lines: list[str]) -> Findings:
    path = tmp_path / "mail.log"
    first = line(0, 99, "sent", "250 2.0.0 Ok")
    path.write_text("".join([first, *lines]))
    return logscan.report(path, year=2026, tz="UTC").findings


def test_a_queue_that_gives_up_within_hours(tmp_path: Path) -> None:
    lines = [line(0.1, 50, "deferred", DOWN)]
    for n in range(4):
        lines += [line(5 + n, n, "deferred", DOWN), line(9 + n, n, "deferred", DOWN), ended(9.1 + n, n)]
    (hint,) = found(tmp_path, lines).hints
    assert (hint.id, hint.value, hint.count) == ("gives-up-early", 4.0, 4)
    assert hint.title == "The queue gives up after 4 hours"
    assert list(hint.settings) == ["postfix"]


def test_what_was_in_the_queue_before_the_log_began_says_nothing(tmp_path: Path) -> None:
    lines = []
    for n in range(4):
        lines += [line(0.1, n, "deferred", DOWN), line(1, n, "deferred", DOWN), ended(1.2, n)]
    assert found(tmp_path, lines).hints == []


def test_five_days_are_right(tmp_path: Path) -> None:
    lines = [line(0.1, 50, "deferred", DOWN)]
    for n in range(4):
        lines += [line(5 + 24 * day, n, "deferred", DOWN) for day in range(5)] + [ended(120, n)]
    assert found(tmp_path, lines).hints == []


def test_greylists_that_are_met_late_or_too_often(tmp_path: Path) -> None:
    late = [
        text for n in range(3) for text in (line(3, n, "deferred", GREY), line(6, n, "sent", "250 2.0.0 Ok"))
    ]  # fmt: skip
    assert [hint.id for hint in found(tmp_path, late).hints] == ["waits-too-long-for-greylists"]
    hasty = [line(3 + 0.01 * k, n, "deferred", GREY) for n in range(3) for k in range(6)]
    (hint,) = found(tmp_path, hasty).hints
    assert (hint.id, hint.title) == ("tries-too-often", "Greylisted mail is tried again every 36 seconds")


def test_soft_bounce_left_on(tmp_path: Path) -> None:
    said = "host mx.example.net[192.0.2.25] said: 550 5.1.1 no (in reply to RCPT TO command)"
    (hint,) = found(tmp_path, [line(3, 1, "SOFTBOUNCE", said)]).hints
    assert (hint.id, hint.title) == ("soft-bounce-left-on", "Permanent replies kept for another try: 1")
    assert "How your queue tries again" in str(logscan.report(tmp_path / "mail.log", year=2026, tz="UTC"))


def test_contradictions_are_laid_at_their_hosts_door(tmp_path: Path) -> None:
    said = "host {host}[192.0.2.25] said: 550 4.7.1 later (in reply to RCPT TO command)"
    lines = [
        line(3, n, "bounced", said.format(host=host), f"{host}[192.0.2.25]:25")
        for n, host in enumerate(["a.example.net", "b.example.net", "a.example.net"])
    ]
    (conflict,) = found(tmp_path, lines).conflicts
    assert (conflict.conflict, conflict.count, conflict.host_count) == ("class_mismatch", 3, 2)
    assert [(entry.host, entry.count) for entry in conflict.hosts] == [("a.example.net", 2), ("b.example.net", 1)]


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.01, "36 seconds"), (0.02, "a minute"), (0.5, "30 minutes"), (4, "4 hours"), (47, "47 hours"), (120, "5 days")],
)
def test_lengths_of_time_have_the_unit_that_suits_them(hours: float, words: str) -> None:
    assert span(hours) == words
