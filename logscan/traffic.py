"""How mail went over time, as plain data; a part of the findings. All times are UTC and aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Hour:
    """One hour of traffic; zeros included between the first and the last."""

    hour: datetime
    delivered: int = 0
    deferred: int = 0
    bounced: int = 0
    expired: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Delays:
    """How long delivered mail was in the queue: seconds within which half, 90 % and 99 % of it was through.

    Taken from counts in steps of a quarter of a doubling, so each is true to about 10 %.
    """

    count: int
    p50: float
    p90: float
    p99: float


@dataclass(slots=True)
class Peer:
    """A provider over time; all hosts of no known one together have an empty id. Counts are attempts.

    ``delivered_by_step`` and ``failed_by_step`` have one number for each of ``Traffic.steps``.
    """

    id: str
    name: str
    attempts: int
    delivered: int
    deferred: int
    bounced: int
    reason: str  # the most frequent one of its failures; empty without failures
    title: str
    delays: Delays | None
    delivered_by_step: list[int]
    failed_by_step: list[int]


@dataclass(slots=True)
class ReasonCount:
    """Why deliveries failed: how many attempts for this reason, in all and in each of ``Traffic.steps``."""

    reason: str
    title: str
    count: int
    failed_by_step: list[int]


@dataclass(slots=True)
class Traffic:
    """How mail went over time: in at most 168 steps, which follow clock and calendar of the report's zone."""

    step_hours: int = 1  # how many hours a step is long
    steps: list[Hour] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)  # the one with most failures first
    reasons: list[ReasonCount] = field(default_factory=list)  # the most frequent first
    delays: Delays | None = None  # of all delivered mail
