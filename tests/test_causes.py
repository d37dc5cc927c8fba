"""The ranked causes of a report: what is one entry, what it cost, and what can still be saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import logscan
from logscan import causes
from logscan.causes import cost
from logscan.findings import Findings, Problem

HEAD = "Nov 24 {at} mx1 postfix/smtp[7]: "
LINE = "{id}: to=<{to}>, relay={host}[192.0.2.25]:25, delay=1, delays=0/0/0/1, dsn={dsn}, status={status} ({text})\n"


def line(  # noqa: PLR0917  # the fields of a line
    at: str, id: str, to: str, status: str, text: str, dsn: str = "5.0.0", host: str = "mx.example.net"
) -> str:
    said = f"host {host}[192.0.2.25] said: {text} (in reply to RCPT TO command)" if status != "sent" else text
    return HEAD.format(at=at) + LINE.format(id=id, to=to, host=host, dsn=dsn, status=status, text=said)


def found(tmp_path: Path, *lines: str) -> Findings:
    path = tmp_path / "mail.log"
    path.write_text("".join(lines))
    return logscan.report(path, year=2026, tz="UTC").findings


def test_equal_causes_with_other_codes_are_one_entry(tmp_path: Path) -> None:
    out = found(
        tmp_path,
        line("05:00:00", "3F2A1C0E01", "a@example.net", "bounced", "550 5.1.1 User unknown"),
        line("05:00:01", "3F2A1C0E02", "b@example.net", "bounced", "550 5.1.1 No such user"),
        line("05:00:02", "3F2A1C0E03", "c@example.org", "bounced", "554 no such user here"),
        line("05:00:03", "3F2A1C0E04", "d@example.org", "bounced", "550 5.1.1 zzz"),
    )
    (problem,) = out.problems
    assert (problem.reason, problem.lost, problem.count, problem.templates) == ("user_unknown", 4, 4, 4)
    assert [(code.reply_code, code.enhanced_code, code.count) for code in problem.codes] == [
        (550, "5.1.1", 3),
        (554, None, 1),
    ]
    assert [(entry.domain, entry.count) for entry in problem.domains] == [("example.net", 2), ("example.org", 2)]
    assert len(problem.evidence) == 3
    assert len({piece.reply for piece in problem.evidence}) == 3


def test_rules_with_a_remedy_of_their_own_are_entries_of_their_own(tmp_path: Path) -> None:
    refused, timeout = (
        HEAD.format(at="05:00:00") + f"{id}: to=<a@{name}>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, "
        f"status=deferred (connect to mx.{name}[192.0.2.25]:25: {why})\n"
        for id, name, why in (
            ("3F2A1C0E01", "example.net", "Connection refused"),
            ("3F2A1C0E02", "example.org", "Connection timed out"),
        )
    )
    out = found(tmp_path, refused, timeout)
    assert sorted(problem.title for problem in out.problems) == ["connection refused", "connection timed out"]
    assert {problem.check for problem in out.problems} >= {"nc -vz -w 10 mx.example.net 25"}


def test_one_reason_at_two_providers_is_two_entries(tmp_path: Path) -> None:
    texts = ("mx.google.com", "mta7.am0.yahoodns.net")
    out = found(
        tmp_path,
        *(
            line("05:00:00", f"3F2A1C0E0{n}", "a@example.net", "bounced", "550 5.1.1 zzz", host=host)
            for n, host in enumerate(texts)
        ),
    )
    assert sorted(problem.providers[0] for problem in out.problems)[0].startswith("Gmail")
    assert len(out.problems) == 2


def test_what_waits_and_what_came_late(tmp_path: Path) -> None:
    full = "452 4.2.2 Mailbox full"
    out = found(
        tmp_path,
        line("05:00:00", "3F2A1C0E01", "a@example.net", "deferred", full),
        line("07:00:00", "3F2A1C0E01", "a@example.net", "sent", "250 2.0.0 Ok", "2.0.0"),
        line("06:00:00", "3F2A1C0E02", "b@example.net", "deferred", full),
        line("09:00:00", "3F2A1C0E02", "b@example.net", "sent", "250 2.0.0 Ok", "2.0.0"),
        line("08:00:00", "3F2A1C0E03", "c@example.net", "deferred", full),
        line("09:30:00", "3F2A1C0E03", "c@example.net", "deferred", full),
    )
    (problem,) = out.problems
    assert (problem.waiting, problem.recovered, problem.lost) == (1, 2, 0)
    assert problem.waits_since is not None
    assert problem.waits_since.isoformat() == "2026-11-24T08:00:00+00:00"
    assert problem.hours_to_recover == 2.5


def test_what_time_heals_comes_last_unless_it_lost_mail(tmp_path: Path) -> None:
    grey = "450 4.2.0 Greylisted, try again later"
    lines = [
        *(line("05:00:00", f"3F2A1C0E0{n}", f"a{n}@example.net", "deferred", grey, "4.2.0") for n in range(5)),
        line("05:00:00", "3F2A1C0E09", "b@example.net", "bounced", "550 5.1.1 User unknown"),
    ]
    out = found(tmp_path, *lines)
    assert [problem.reason for problem in out.problems] == ["user_unknown", "greylisted"]
    assert [problem.nothing_to_do for problem in out.problems] == [False, True]


def ranked(**changes: Any) -> tuple[object, ...]:
    base: dict[str, Any] = {
        "event": "delivery", "status": "transient", "reason": "policy", "title": "x", "reply_code": 450,
        "enhanced_code": None, "dsn": None, "rule": None, "party": "us", "count": 1, "outcomes": {}, "lost": 0,
        "waiting": 0, "recovered": 0, "mtas": [], "providers": [], "domains": [], "domain_count": 0, "first": None,
        "last": None, "example": "", "source": "", "offset": 0, "templates": 1,
    }  # fmt: skip
    return cost(Problem(**base | changes))


def test_what_can_still_be_saved_counts_twice() -> None:
    assert ranked(waiting=3) < ranked(lost=5) < ranked(waiting=2, recovered=9)
    assert ranked(lost=1) < ranked(recovered=99) < ranked(count=500)
    assert ranked(count=2) < ranked(waiting=100, nothing_to_do=True)


def test_evidence_with_words_is_shown_before_bare_codes() -> None:
    rows = [
        {"template": "550", "example": "550", "source": "m", "offset": 1},
        {"template": "550 5.1.1 <addr> <id>", "example": "550 5.1.1 <x@y.example> t12345", "source": "m", "offset": 2},
        {"template": "550 no such user", "example": "550 no such user", "source": "m", "offset": 3},
        {"template": "550 нет", "example": "550 нет", "source": "m", "offset": 4},
    ]
    assert [one.offset for one in causes._evidence(rows)] == [3, 4, 1]
