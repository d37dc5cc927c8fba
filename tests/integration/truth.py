"""Compares one event of logscan with what a peer said or a client heard."""

from __future__ import annotations

from typing import Any

from . import hosts
from .evidence import Line
from .records import Refused, Said

NAMES = {host.address: host.name for host in hosts.all_hosts()}
Row = dict[str, Any]

# Replies whose reading is open to debate: the codes of the lines differ, or the enhanced code has a `#`.
DEBATABLE = {"twocodes@example.net", "glued@example.net"}


def differences(event: Row, said: Said, line: Line) -> list[str]:
    """Return what an event has wrong about a reply."""
    truth: Row = {
        "reply_code": int(said.code),
        "enhanced_code": said.enhanced,
        "smtp_command": said.phase,
    }
    if said.port:
        truth["remote_ip"] = said.server
    if set(said.recipients) & DEBATABLE:
        truth = {}
    # Only a quoted reply says what it answered; the same words in an accepting reply are the peer's own.
    named = said.phase == "CONNECT" or ("(in reply to " in line.payload and line.outcome != "delivered")
    if not named and event["smtp_command"] is None:
        truth.pop("smtp_command", None)  # cut off, or a command that the log does not name
    if said.phase == "EHLO" and event["smtp_command"] == "CONNECT":
        truth.pop("smtp_command")  # "refused to talk to me" is said of both
    wrong = [f"{name}: {event[name]!r}, not {value!r}" for name, value in truth.items() if event[name] != value]
    if said.port and event["remote_mta"] not in {NAMES[said.server], said.server}:
        wrong.append(f"remote_mta: {event['remote_mta']!r}, not {NAMES[said.server]!r}")
    if said.recipients and event["envelope_recipient"] not in said.recipients:
        wrong.append(f"envelope_recipient: {event['envelope_recipient']!r}, not one of {said.recipients!r}")
    if str(said.token) not in str(event["diagnostic"]):
        wrong.append(f"diagnostic: {event['diagnostic']!r} lacks {said.token}")
    return wrong


def refusal_differences(event: Row, refused: Refused, line: Line) -> list[str]:
    """Return the columns of an event that disagree with what the client heard."""
    truth: Row = {
        # cleanup logs no basic code, and what is not logged must not be invented
        "reply_code": None if "/cleanup" in line.tag else int(refused.code),
        "enhanced_code": refused.enhanced,
        "smtp_command": refused.phase,
        "outcome": "rejected",
        "remote_ip": None if "proxy-reject" in line.payload[:30] else refused.client,
    }
    if refused.recipient:
        truth["envelope_recipient"] = refused.recipient
    if refused.sender is not None and " from=<" in line.payload:
        truth["envelope_sender"] = refused.sender
    return [f"{name}: {event[name]!r}, not {value!r}" for name, value in truth.items() if event[name] != value]
