"""What really happened: each reply said, each message sent, each refusal heard."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOKEN = re.compile(r"\bt\d{4,}\b")


@dataclass(frozen=True)
class Said:
    """One reply of the sink, exactly as it went out."""

    at: float
    server: str
    port: int
    phase: str
    code: str
    enhanced: str | None
    text: str
    recipients: tuple[str, ...]
    sender: str | None
    token: str | None


@dataclass(frozen=True)
class Sent:
    """One message handed to a Postfix instance, and what must become of each recipient.

    `expect` maps a recipient to (agent, outcomes in the order in which they first occur).
    """

    instance: str
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    queue_id: str
    client: str
    expect: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """One negative reply that a client got from Postfix's own smtpd or postscreen."""

    at: float
    instance: str
    client: str
    phase: str
    code: str
    enhanced: str | None
    text: str
    sender: str | None
    recipient: str | None
    helo: str | None


def split_reply(lines: Iterable[str]) -> tuple[str, str | None, str]:
    """Return code, enhanced status code and text of a reply that a client read."""
    rows = list(lines)
    code = rows[-1][:3]
    texts = [row[4:] for row in rows]
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)", texts[0])
    return code, found[0] if found else None, "\n".join(texts)


def now() -> float:
    """Return the time of the records: seconds since the epoch."""
    return time.time()


def dump(path: Path, records: Iterable[Said | Sent | Refused]) -> None:
    """Write records as JSON lines."""
    with path.open("w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(dataclasses.asdict(record)) + "\n")


def rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def load_said(path: Path) -> list[Said]:
    """Read the replies of a sink."""
    return [Said(**_tuples(row, "recipients")) for row in rows(path)]


def load_sent(path: Path) -> list[Sent]:
    """Read the messages that were handed in."""
    found = []
    for row in rows(path):
        message = Sent(**_tuples(row, "recipients"))
        expect = {address: (agent, tuple(outcomes)) for address, (agent, outcomes) in message.expect.items()}
        found.append(dataclasses.replace(message, expect=expect))
    return found


def load_refused(path: Path) -> list[Refused]:
    """Read the refusals that clients heard."""
    return [Refused(**_tuples(row)) for row in rows(path)]


def _tuples(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: tuple(value) if key in names and isinstance(value, list) else value for key, value in row.items()}
