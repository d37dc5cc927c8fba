"""logscan's events of Exim's logs must equal what scripted peers and clients know to have been said."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logscan.framing import REACH

from .harness import EximRun
from .records import TOKEN, Said
from .truth import DEBATABLE

Row = dict[str, Any]
NAMES = ("default", "all", "bare")
ID = r"[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}"
HEAD = re.compile(r"\d{4}-\d\d-\d\d [0-9:.]+(?: [+-]\d{4})?(?: \[\d+\])? (.*)")
FLAGGED = re.compile(rf"({ID}) (=>|->|>>|\*>|\*\*|==) (.*)")
REFUSAL = re.compile(
    rf"(?!.* incomplete transaction )(?:(?:{ID} )?[HUF]=.*\brejected |(?:{ID} )?rejected |unqualified .* rejected:"
    r"|.* discarded by )"
)
OUTCOMES = {"=>": "delivered", "->": "delivered", ">>": "delivered", "*>": "other", "**": "bounced", "==": "deferred"}
# Parts of lines that only certain scenarios bring about; without them the tests would prove less.
FORMS = (
    "retry timeout exceeded", "retry time not reached", " defer (110): Connection timed out", " defer (111): ",
    "=> :blackhole:", "=> blackhole (", " discarded by RCPT ACL", "temporarily rejected RCPT", "rejected after DATA",
    'rejected connection in "connect" ACL', "rejected EHLO or HELO", "rejected MAIL", "authenticator failed H=",
    "authenticator failed for ", "SMTP error from remote mail server after initial connection: 421", "Frozen",
    "removed by root", "cancelled", " -> ", " *> ", " (= ", "A=plain", "F=<> ", "Unrouteable address",
    "returned 67", "Malformed SMTP reply",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of the main log."""

    offset: int
    payload: str

    @property
    def tokens(self) -> set[str]:
        return set(TOKEN.findall(self.payload))

    @property
    def flag(self) -> str:
        found = FLAGGED.match(self.payload)
        return found[2] if found else ""


def lines_of(log: Path) -> list[Line]:
    """The lines of a main log; each has a head."""
    out, offset = [], 0
    for raw in log.read_bytes().splitlines(keepends=True):
        found = HEAD.fullmatch(raw.decode("utf-8", "replace").rstrip("\n"))
        assert found, raw
        out.append(Line(offset, found[1]))
        offset += len(raw)
    return out


def read(run: EximRun, name: str) -> list[Row]:
    import logscan

    events = logscan.read([run.logs[name]], year=run.year, tz="UTC")
    rows = events.astype(object).where(events.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


@pytest.fixture(params=NAMES)
def run(request: pytest.FixtureRequest, exim_runs: dict[str, EximRun]) -> EximRun:
    return exim_runs[request.param]


@pytest.fixture
def lines(run: EximRun) -> list[Line]:
    return lines_of(run.logs["mainlog"])


@pytest.fixture
def rows(run: EximRun) -> list[Row]:
    return read(run, "mainlog")


def test_the_log_holds_the_forms_that_are_hard_to_read(exim_runs: dict[str, EximRun]) -> None:
    texts = "\n".join(line.payload for run in exim_runs.values() for line in lines_of(run.logs["mainlog"]))
    assert [form for form in FORMS if form not in texts] == []


def test_every_flagged_line_is_one_event_and_there_are_no_others(lines: list[Line], rows: list[Row]) -> None:
    deliveries = Counter(row["offset"] for row in rows if row["event"] == "delivery")
    assert deliveries == Counter(line.offset for line in lines if line.flag)


def test_outcomes_are_those_of_the_flags(lines: list[Line], rows: list[Row]) -> None:
    found = {row["offset"]: row["outcome"] for row in rows}
    for line in lines:
        if not line.flag:
            continue
        outcome = OUTCOMES[line.flag]
        if "retry timeout exceeded" in line.payload:
            outcome = "expired"
        if re.search("=> (?::blackhole:|blackhole )", line.payload):
            outcome = "discarded"
        assert found[line.offset] == outcome, line


def test_every_reply_that_exim_logged_is_one_event(run: EximRun, lines: list[Line], rows: list[Row]) -> None:
    told = {said.token: said for said in run.said if said.token}
    by_offset = {row["offset"]: row for row in rows}
    where: dict[str, list[Line]] = {}
    for line in lines:
        for token in line.tokens & told.keys():
            where.setdefault(token, []).append(line)
    wrong: list[object] = []
    for token, places in where.items():
        flagged = [line for line in places if line.flag]
        refusals = [line for line in places if REFUSAL.match(line.payload)]
        # An attempt whose record comes further behind than copies are looked for stays: a session, counted nowhere.
        truth = [line for line in places if line in flagged or (line not in refusals and _is_far(line, flagged))]
        seen = [line for line in places if line.offset in by_offset and line not in refusals]
        if [line.offset for line in seen] != [line.offset for line in truth]:
            wrong.append((token, [line.payload for line in places]))
        wrong += [
            (problem, line.payload) for line in seen for problem in differences(by_offset[line.offset], told[token])
        ]
    assert where
    assert wrong == []


def _is_far(line: Line, flagged: list[Line]) -> bool:
    return all(abs(other.offset - line.offset) > REACH for other in flagged)


def differences(event: Row, said: Said) -> list[str]:
    """What an event has wrong about a reply."""
    truth: Row = {"reply_code": int(said.code), "enhanced_code": said.enhanced, "smtp_command": said.phase}
    if said.port:
        truth["remote_ip"] = said.server
    if event["direction"] == "inbound":  # a callout: the peer of the event is the client
        truth.pop("remote_ip", None)
        truth.pop("smtp_command")
    if event["smtp_command"] is None:  # LMTP over a socket: which command is not said of a success
        truth.pop("smtp_command", None)
    if set(said.recipients) & DEBATABLE:
        truth = {}
    wrong = [f"{name}: {event[name]!r}, not {value!r}" for name, value in truth.items() if event[name] != value]
    if said.recipients and event["event"] == "delivery" and event["envelope_recipient"] not in said.recipients:
        wrong.append(f"envelope_recipient: {event['envelope_recipient']!r}, not one of {said.recipients!r}")
    return wrong


def test_where_nobody_replied_there_is_no_code(run: EximRun, lines: list[Line], rows: list[Row]) -> None:
    bare = {said.code for said in run.said if said.code == said.text}
    by_offset = {row["offset"]: row for row in rows}
    quiet = [line for line in lines if line.flag and not line.tokens]
    assert quiet
    for line in quiet:
        code = by_offset[line.offset]["reply_code"]
        assert code is None or str(code) in bare, line


def test_every_refusal_is_one_event(lines: list[Line], rows: list[Row]) -> None:
    refusals = {line.offset for line in lines if REFUSAL.match(line.payload)}
    assert {row["offset"] for row in rows if row["event"] == "rejection"} == refusals


def test_a_refusal_says_what_the_client_heard(run: EximRun, rows: list[Row]) -> None:
    """Where a code was logged it is the one that was heard; where none was, none is made up, and the class is right."""
    heard: dict[tuple[object, ...], list[str]] = {}
    for refused in run.refused:
        heard.setdefault((refused.client, refused.phase, refused.recipient), []).append(refused.code)
    compared = 0
    for row in rows:
        codes = heard.get((row["remote_ip"], row["smtp_command"], row["envelope_recipient"]))
        if row["event"] != "rejection" or row["outcome"] != "rejected" or codes is None:
            continue
        compared += 1
        if row["reply_code"] is not None and "SMTP error from" not in row["diagnostic"]:
            assert str(row["reply_code"]) in codes, (row, codes)
        assert (row["status"] == "transient") in {code.startswith("4") for code in codes}, (row, codes)
    assert compared > 30


@pytest.mark.parametrize("name", ["rsyslog-iso", "rsyslog-5424", "rsyslog-repeated"])
@pytest.mark.parametrize("variant", ["default", "all"])
def test_through_syslog_the_same_is_said_once(exim_runs: dict[str, EximRun], variant: str, name: str) -> None:
    run = exim_runs[variant]
    keys = ("event", "outcome", "agent", "queue_id", "envelope_recipient", "smtp_command", "reply_code", "remote_ip")

    def counted(log: str) -> Counter[tuple[Any, ...]]:
        return Counter(tuple(row[key] for key in keys) for row in read(run, log))

    # What is in the reject log alone, such as refusals of local messages, is in syslog, too.
    assert counted(name) == counted("mainlog") | counted("rejectlog")


def test_bare_syslog_lines_tell_the_same_deliveries(exim_runs: dict[str, EximRun]) -> None:
    run = exim_runs["bare"]
    keys = ("outcome", "agent", "queue_id", "envelope_recipient", "smtp_command", "reply_code", "remote_ip")
    counts = [
        Counter(tuple(row[key] for key in keys) for row in read(run, log) if row["event"] == "delivery")
        for log in ("mainlog", "rsyslog-iso")
    ]
    assert counts[0] == counts[1]


def test_sender_client_and_message_id_are_joined(run: EximRun, rows: list[Row]) -> None:
    joined = 0
    for message in run.sent:
        mine = [row for row in rows if message.queue_id and row["queue_id"] == message.queue_id]
        for row in (row for row in mine if row["event"] == "delivery"):
            assert row["envelope_sender"] == message.sender, (row, message)
            assert (row["message_id"] or "").strip("<>") == message.message_id.strip("<>"), (row, message)
            assert f"[{message.client}]" in (row["client"] or ""), (row, message)
            assert row["size"], row
            joined += 1
    assert joined > 100


def test_times_in_the_queue_are_read(exim_runs: dict[str, EximRun]) -> None:
    rows = [row for row in read(exim_runs["all"], "mainlog") if row["outcome"] == "delivered"]
    assert all(row["delay"] is not None and row["delay_transmit"] is not None for row in rows)
    assert max(row["delay"] for row in rows) < 120


def test_nothing_is_left_unparsed(run: EximRun) -> None:
    import logscan

    for name, log in run.logs.items():
        coverage = logscan.report([log], year=run.year, tz="UTC").to_dict()["coverage"]
        assert coverage["unparsed"] == 0, (name, coverage)
