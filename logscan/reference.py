"""What explanations and comparisons say, as plain data: renderers show it and compute nothing.

Texts that came out of a log or from the keyboard are held as they are; whoever prints them makes control characters
visible.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

EXPLANATION = "logscan.explanation/1"
COMPARISON = "logscan.comparison/1"


@dataclass(slots=True)
class Named:
    """A code and its name."""

    code: str
    name: str


@dataclass(slots=True)
class Part:
    """What one digit of a code says: ``4xx``, ``x2x``, ``4.X.X``, ``X.7.X``."""

    code: str
    name: str
    meaning: str


@dataclass(slots=True)
class Sense:
    """A reason that a code stands for.

    ``basis`` is "alone" (the code decides by itself), "guess" (it decides when the text is not known) or "usual" (what
    it most often means: never a decision). ``commands`` restricts it to replies to these commands, ``klass`` to one
    class of an enhanced status code whose class was left open.
    """

    reason: str
    title: str
    basis: str
    commands: list[str] = field(default_factory=list)
    klass: str = ""


@dataclass(slots=True)
class Use:
    """What one provider means by a code."""

    provider: str
    title: str
    remedy: str
    source: str


@dataclass(slots=True)
class Page:
    """What one reply code (RFC 5321) or enhanced status code (RFC 3463) means."""

    code: str
    kind: str  # reply_code, enhanced_code
    name: str
    listed: bool  # in patterns/codes.toml; else read by its digits
    standard: bool  # defined in an RFC or named in the IANA registry
    status: str  # positive, transient, permanent; empty for X.7.28
    klass: Part
    group: Part  # category of a reply code, subject of an enhanced code
    sender_does: str
    meaning: str
    when: str
    commands: list[str]  # of a reply code: the commands it answers
    companions: list[Named]  # enhanced codes of a reply code, reply codes of an enhanced code
    session: bool  # a step of the session
    delivers: bool | None  # can it be a delivery? None: the reply code beside it tells
    alone: bool  # does it decide the reason by itself?
    senses: list[Sense]
    party: str  # who acts, in words
    remedy_sender: str
    remedy_receiver: str
    example: str
    source: str
    note: str = ""
    uses: list[Use] = field(default_factory=list)


@dataclass(slots=True)
class ReasonPage:
    """What a reason means, and which codes lead to it."""

    id: str
    title: str
    definition: str
    kind: str  # its class, in words
    tendency: str  # in words
    party: str  # in words
    nothing_to_do: bool
    remedy: str
    settings: dict[str, str]  # what to look at in the own MTA, by its id
    check: str
    decided_by: list[Named]  # codes that mean it by themselves
    hinted_by: list[Named]  # codes that often mean it
    source: str


@dataclass(slots=True)
class LogLine:
    """One line of a log, taken apart. ``kind`` is event, message, notice, ignore or unknown."""

    mta: str
    mta_name: str
    kind: str
    shape: str
    agent: str
    stamp: str  # as logged
    reporting_mta: str
    times: int  # "message repeated N times"
    severity: str  # of a notice
    title: str  # of a notice
    payload: str  # what the MTA wrote, the frame taken off
    fields: dict[str, str | int | float]  # columns of the events table


@dataclass(slots=True)
class Alternative:
    """The runner-up: what the reply would mean without the evidence that decided."""

    reason: str
    title: str
    basis: str
    words: str


@dataclass(slots=True)
class Finding:
    """What one reply means, with the evidence for it; the names are those of the events table."""

    reply: str
    reply_code: int | None
    enhanced_code: str | None
    dsn: str | None
    smtp_command: str | None
    event: str | None
    outcome: str | None
    reply_class: str | None
    status: str
    sender_does: str
    reason: str | None
    title: str
    definition: str
    rule: str | None
    basis: str | None
    confidence: str  # certain, likely, guess, none
    because: str  # the same in words
    assumed: list[str]  # what the rule needs and the text does not say
    party: str | None
    acts: str  # the party in words
    conflict: str | None
    disagreement: str  # the conflict in words
    provider: str | None
    provider_name: str
    provider_seen: str  # the host or domain that names it
    runner_up: Alternative | None
    remedy: str
    settings: dict[str, str]  # what to look at in the own MTA, by its id
    check: str
    more: str
    source: str
    nothing_to_do: bool
    template: str


@dataclass(slots=True)
class Explained:
    """The answer to ``explain``: what was asked, and every part that applies.

    ``form`` is reply_code, enhanced_code, codes, reply, line or reason.
    """

    asked: str
    form: str
    line: LogLine | None = None
    reply: Finding | None = None
    codes: list[Page] = field(default_factory=list)
    reason: ReasonPage | None = None


@dataclass(slots=True)
class Difference:
    """One aspect in which codes differ or agree; ``values`` in the order of the codes."""

    aspect: str
    values: list[str]


@dataclass(slots=True)
class Compared:
    """The answer to ``compare``: a page for each code, what differs, what agrees, and which applies when."""

    codes: list[Page]
    differences: list[Difference] = field(default_factory=list)
    common: list[Difference] = field(default_factory=list)
    guide: list[str] = field(default_factory=list)


def plain(answer: Explained | Compared) -> dict[str, Any]:
    """The answer as dictionaries, lists, texts and numbers, fit for JSON."""
    schema = EXPLANATION if isinstance(answer, Explained) else COMPARISON
    return {"schema": schema, **asdict(answer)}
