"""What a scripted peer can do when its turn comes: reply, hang up, or say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    """A reply: its code, the enhanced status code it carries (or None), its lines after the code.

    `{t}` becomes a token that no other reply has, `{rcpt}` the recipient. `close` hangs up afterwards.
    `raw` lines are sent as they are, code included. `keep` lets that many recipients through first.
    """

    code: str
    enhanced: str | None
    lines: tuple[str, ...]
    close: bool = False
    raw: bool = False
    keep: int = 0


@dataclass(frozen=True)
class Drop:
    """Hang up without a word."""


@dataclass(frozen=True)
class Silence:
    """Say nothing for some seconds, then hang up."""

    seconds: float = 8.0


Action = Reply | Drop | Silence
Script = Mapping[str, tuple[Action, ...]]


@dataclass(frozen=True)
class Host:
    """A server of the sink: its name, its address, and how it acts as a whole."""

    name: str
    address: str
    script: Script = field(default_factory=dict)
    capabilities: tuple[str, ...] = (
        "PIPELINING",
        "SIZE 52428800",
        "8BITMIME",
        "ENHANCEDSTATUSCODES",
        "SMTPUTF8",
    )
    ports: tuple[int, ...] = (25,)
    lmtp: bool = False


def say(code: int, enhanced: str | None, *texts: str, close: bool = False, keep: int = 0) -> Reply:
    """Make a reply whose every line starts with the enhanced code, with a token in its first line."""
    rows = [*texts] if any("{t}" in text for text in texts) or not texts else [f"{texts[0]} {{t}}", *texts[1:]]
    lines = tuple(f"{enhanced} {row}" if enhanced else row for row in rows)
    return Reply(str(code), enhanced, lines, close, keep=keep)


def raw(code: int, enhanced: str | None, *lines: str) -> Reply:
    """Make a reply from lines that already hold their codes."""
    return Reply(str(code), enhanced, lines, raw=True)


def at(phase: str, *actions: Action) -> Script:
    """Make a script for one phase: the n-th attempt gets the n-th action, later ones the last."""
    return {phase: actions}


def wire(reply: Reply) -> list[str]:
    """Return the lines of a reply as they go out, without line ends."""
    if reply.raw:
        return list(reply.lines)
    if not reply.lines:
        return [reply.code]
    last = len(reply.lines) - 1
    return [f"{reply.code}{'-' if number < last else ' '}{line}" for number, line in enumerate(reply.lines)]
