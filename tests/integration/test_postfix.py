"""logscan's events must equal what scripted peers and clients know to have been said."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from . import evidence
from .evidence import Line
from .harness import PostfixRun
from .truth import Row, differences, refusal_differences

if TYPE_CHECKING:
    import pandas as pd

Rows = dict[int, Row]

# What Postfix tells clients without logging a refusal: protocol errors, and what it logs as a warning.
UNLOGGED = (
    "Error: ", "Unsupported option", "Bad recipient address syntax", "service unavailable",
    "front.example.com ", "screen.example.com ",
    "<unknown@example.com>: Recipient address rejected: User unknown",
)  # fmt: skip


@pytest.fixture(scope="module")
def lines(postfix_run: PostfixRun) -> list[Line]:
    return evidence.read(postfix_run.log)


@pytest.fixture(scope="module")
def events(postfix_run: PostfixRun) -> pd.DataFrame:
    import logscan

    return logscan.read([postfix_run.log], year=postfix_run.year, tz="UTC")


@pytest.fixture(scope="module")
def by_offset(events: pd.DataFrame) -> Rows:
    """Events of the log by the line they come from; a line never gives two."""
    rows = events.astype(object).where(events.notna(), None).to_dict("records")
    found: Rows = {int(row["offset"]): {str(name): value for name, value in row.items()} for row in rows}
    assert len(found) == len(rows)
    return found


def of_kind(events: pd.DataFrame, kind: str) -> set[int]:
    """Return the offsets of the events of one kind."""
    return {int(offset) for offset in events.loc[events["event"] == kind, "offset"]}


def probes(lines: list[Line]) -> set[int]:
    """Return the offsets of address verification probes, which are neither delivery nor failure."""
    return {line.offset for line in evidence.deliveries(lines) if line.outcome == "other"}


# What the servers did. These need no logscan: they make sure that the log holds what the others rely on.


def test_the_servers_did_what_the_scenarios_want(postfix_run: PostfixRun, lines: list[Line]) -> None:
    wrong = []
    for message in postfix_run.sent:
        for recipient, (agent, outcomes) in message.expect.items():
            mine = [line for line in evidence.deliveries(lines) if line.host == message.instance]
            mine = [line for line in mine if line.is_delivery_to(recipient)]
            seen = tuple(dict.fromkeys(line.outcome for line in mine))
            agents = {line.tag for line in mine}
            right = seen == outcomes and (not agent or agent in agents)
            if message.instance != "sys" and not right:
                wrong.append((message.instance, recipient, agent, outcomes, agents, seen))
    assert wrong == []


def test_the_log_holds_the_forms_that_are_hard_to_read(lines: list[Line]) -> None:
    texts = "\n".join(line.payload for line in lines)
    assert [form for form in evidence.FORMS if form not in texts] == []


def test_every_refusal_is_logged_or_known_not_to_be(postfix_run: PostfixRun, lines: list[Line]) -> None:
    refusals = evidence.refusals(lines)
    silent = [
        refused
        for refused in postfix_run.refused
        if refused.instance != "sys" and not any(evidence.tells(line, refused) for line in refusals)
    ]
    assert [refused for refused in silent if not any(word in refused.text for word in UNLOGGED)] == []


def test_each_reply_of_the_sink_has_a_token_of_its_own(postfix_run: PostfixRun) -> None:
    tokens = Counter(said.token for said in postfix_run.said if said.token)
    assert max(tokens.values()) == 1


# What logscan says.


def test_every_delivery_record_is_one_event_and_there_are_no_others(lines: list[Line], events: pd.DataFrame) -> None:
    records = {line.offset for line in [*evidence.deliveries(lines), *evidence.expiries(lines)]}
    assert of_kind(events, "delivery") | probes(lines) == records


def test_every_refusal_line_is_one_event_and_there_are_no_others(lines: list[Line], events: pd.DataFrame) -> None:
    assert of_kind(events, "rejection") == {line.offset for line in evidence.refusals(lines)}


def test_outcomes_are_those_of_the_records(lines: list[Line], by_offset: Rows) -> None:
    records = [*evidence.deliveries(lines), *evidence.expiries(lines)]
    wrong = []
    for line in records:
        # What discard(8) calls sent went to nobody.
        thrown_away = line.tag.endswith("/discard") and line.outcome == "delivered"
        outcome = by_offset[line.offset]["outcome"]
        if outcome != ("discarded" if thrown_away else line.outcome):
            wrong.append((line, outcome))
    assert wrong == []


def test_codes_recipient_peer_and_phase_are_what_the_sink_said(
    postfix_run: PostfixRun, lines: list[Line], by_offset: Rows
) -> None:
    told = {said.token: said for said in postfix_run.said if said.token}
    wrong = []
    for line in evidence.deliveries(lines):
        if evidence.says_suspended(line):
            continue  # an old reply, told again
        for token in line.tokens & told.keys():
            wrong += [(problem, line) for problem in differences(by_offset[line.offset], told[token], line)]
    assert wrong == []


def test_each_reply_gives_one_event_for_each_recipient_it_concerns(
    postfix_run: PostfixRun, lines: list[Line], events: pd.DataFrame
) -> None:
    logged = {
        token for line in evidence.deliveries(lines) if not evidence.says_suspended(line) for token in line.tokens
    }
    suspended = {line.offset for line in lines if evidence.says_suspended(line)}
    rows = events[
        (events["event"] == "delivery") & ~events["offset"].isin(suspended) | events["offset"].isin(probes(lines))
    ]
    texts = list(zip(rows["envelope_recipient"], rows["diagnostic"], strict=True))
    for said in postfix_run.said:
        if said.token in logged and said.recipients:
            got = Counter(recipient for recipient, text in texts if isinstance(text, str) and said.token in text)
            assert got == Counter(said.recipients), said


@pytest.mark.parametrize("box, code", [("bare550", 550), ("bare450", 450), ("bare250", 250)])
def test_replies_of_three_digits_only(box: str, code: int, events: pd.DataFrame) -> None:
    rows = events[events["envelope_recipient"] == f"{box}@example.net"]
    assert len(rows)
    assert set(rows["reply_code"]) == {code}
    assert rows["enhanced_code"].isna().all()


def test_where_nobody_replied_there_is_no_code(postfix_run: PostfixRun, lines: list[Line], by_offset: Rows) -> None:
    told = {said.token for said in postfix_run.said if said.token}
    bare = {said.recipients for said in postfix_run.said if said.code == said.text}
    quiet = [line for line in evidence.deliveries(lines) if not line.tokens & told]
    quiet = [line for line in quiet if not any(line.is_delivery_to(name) for names in bare for name in names)]
    quiet = [line for line in quiet if "busybare.example" not in line.payload]
    assert quiet
    wrong = [line for line in quiet if by_offset[line.offset]["reply_code"] is not None]
    wrong += [line for line in quiet if by_offset[line.offset]["enhanced_code"] is not None]
    assert wrong == []


def test_agents_are_as_logged(lines: list[Line], by_offset: Rows) -> None:
    both = [*evidence.deliveries(lines), *evidence.refusals(lines)]
    assert [line for line in both if by_offset[line.offset]["agent"] != line.tag] == []
    assert [line for line in both if by_offset[line.offset]["reporting_mta"] != line.host] == []


def test_sender_client_and_message_id_are_joined(postfix_run: PostfixRun, events: pd.DataFrame) -> None:
    rows = events[events["event"] == "delivery"]
    for message in postfix_run.sent:
        mine = rows[(rows["queue_id"] == message.queue_id) & (rows["reporting_mta"] == message.instance)]
        if message.instance == "sys" or not message.queue_id or mine.empty:
            continue
        assert set(mine["envelope_sender"]) == {message.sender}, message
        assert set(mine["message_id"].str.strip("<>")) == {message.message_id.strip("<>")}, message
        assert mine["client"].str.contains(f"[{message.client}]", regex=False).all(), message


def test_delays_and_dsn_are_as_logged(lines: list[Line], by_offset: Rows) -> None:
    names = ("delay", "delay_before_queue", "delay_in_queue", "delay_connect", "delay_transmit", "dsn")
    for line in evidence.deliveries(lines):
        assert tuple(by_offset[line.offset][name] for name in names) == line.numbers, line


def test_other_replies_that_were_seen_are_told_as_they_were(
    postfix_run: PostfixRun, lines: list[Line], by_offset: Rows
) -> None:
    told = {said.token: said for said in postfix_run.said if said.token}
    before_next_host = [line for line in lines if line.rest.startswith("host ") and line.tokens]
    assert before_next_host
    for line in before_next_host:
        event, said = by_offset.get(line.offset), told[line.tokens.pop()]
        if event:  # it need not be an event, but if it is one, then not a delivery, and a true one
            truth = ("session", int(said.code), said.enhanced, said.server)
            assert tuple(event[name] for name in ("event", "reply_code", "enhanced_code", "remote_ip")) == truth


def test_queue_ids_are_as_logged(lines: list[Line], by_offset: Rows) -> None:
    both = [*evidence.deliveries(lines), *evidence.expiries(lines), *evidence.refusals(lines)]
    assert [line for line in both if (by_offset[line.offset]["queue_id"] or "") != line.queue_id] == []


def test_every_logged_refusal_is_one_event_that_says_what_the_client_heard(
    postfix_run: PostfixRun, lines: list[Line], by_offset: Rows
) -> None:
    refusals = evidence.refusals(lines)
    wrong = []
    for refused in postfix_run.refused:
        for line in refusals:
            if refused.instance != "sys" and evidence.tells(line, refused):
                wrong += [(name, refused, line) for name in refusal_differences(by_offset[line.offset], refused, line)]
    assert wrong == []


def test_holds_discards_and_warnings_are_no_refusals(lines: list[Line], by_offset: Rows) -> None:
    outcomes = {"reject": "rejected", "hold": "held", "discard": "discarded"}
    for line in evidence.refusals(lines):
        found = evidence.REFUSAL.match(line.payload)
        assert found
        assert by_offset[line.offset]["outcome"] == outcomes[found[1]], line
    warned = [line for line in lines if evidence.WARNING.match(line.payload)]
    assert warned
    assert {(by_offset[line.offset]["event"], by_offset[line.offset]["outcome"]) for line in warned} == {
        ("session", "other")
    }


def test_repeated_messages_count_as_often_as_they_were_said(postfix_run: PostfixRun) -> None:
    import logscan

    columns = ["event", "envelope_recipient", "reply_code", "outcome", "smtp_command", "remote_ip"]
    counts = []
    for name in ("rsyslog-iso", "rsyslog-5424", "rsyslog-repeated"):
        events = logscan.read([postfix_run.logs[name]], year=postfix_run.year, tz="UTC")
        rows = events[columns].astype(object).where(events[columns].notna(), None)
        counts.append(Counter(rows.itertuples(index=False, name=None)))
    assert counts[0] == counts[1]
    assert counts[0] == counts[2]
    heard = [refused for refused in postfix_run.refused if refused.instance == "sys" and refused.phase == "RCPT"]
    assert sum(count for row, count in counts[0].items() if row[0] == "rejection") == len(heard)


def test_nothing_is_left_unparsed(postfix_run: PostfixRun) -> None:
    import logscan

    for log in [postfix_run.log, *postfix_run.logs.values()]:
        coverage = logscan.report([log], year=postfix_run.year, tz="UTC").to_dict()["coverage"]
        assert coverage["unparsed"] == 0, (log, coverage)
