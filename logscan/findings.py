"""What a report says, as plain data: every renderer shows the same findings, and none computes any.

All times are UTC and aware; ``zone`` names the zone in which to show them. All counts are of events unless a field
says recipients or messages.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from logscan.traffic import Hour as Hour  # noqa: PLC0414  # a part of the findings
from logscan.traffic import Traffic as Traffic  # noqa: PLC0414  # likewise

SCHEMA = "logscan.report/1"


@dataclass(slots=True)
class Totals:
    """The answer in numbers.

    ``messages`` and ``recipients`` count each message and each of its recipients once, by what became of them in
    the end; ``attempts`` counts every try of a delivery.
    """

    messages: int = 0
    recipients: int = 0
    delivered: int = 0  # recipients
    delayed: int = 0  # recipients delivered after at least one failed try
    waiting: int = 0  # recipients whose last try was deferred
    bounced: int = 0  # recipients
    expired: int = 0  # recipients
    attempts: int = 0
    attempts_by_outcome: dict[str, int] = field(default_factory=dict)
    rejected: int = 0  # refusals that we gave to clients
    held: int = 0
    discarded: int = 0


@dataclass(slots=True)
class DomainCount:
    """How often a recipient domain is concerned."""

    domain: str
    count: int


@dataclass(slots=True)
class Codes:
    """How often replies of one cause had these codes; ``dsn`` is the MTA's own verdict where there was no reply."""

    reply_code: int | None
    enhanced_code: str | None
    dsn: str | None
    count: int


@dataclass(slots=True)
class Evidence:
    """One real reply, and where it stands: file and byte offset."""

    reply: str
    source: str
    offset: int


@dataclass(slots=True)
class Problem:
    """One cause of trouble: what one rule knows, else one reason at one provider.

    ``reply_code``, ``enhanced_code``, ``dsn`` and ``status`` are those of most of its replies; ``codes`` has all.
    """

    event: str  # delivery: others refused our mail; rejection: we refused theirs
    status: str
    reason: str
    title: str  # the reason in words, and the provider where it is one alone
    reply_code: int | None
    enhanced_code: str | None
    dsn: str | None
    rule: str | None
    party: str | None
    count: int  # events
    outcomes: dict[str, int]
    lost: int  # recipients bounced or expired for this cause
    waiting: int  # recipients still in the queue for this cause
    recovered: int  # recipients delivered later
    mtas: list[str]
    providers: list[str]
    domains: list[DomainCount]  # the most concerned first
    domain_count: int
    first: datetime
    last: datetime
    example: str  # one real reply
    source: str  # where the example stands: file and byte offset
    offset: int
    templates: int  # how many different wordings
    codes: list[Codes] = field(default_factory=list)  # the most frequent first
    evidence: list[Evidence] = field(default_factory=list)  # of different wordings
    waits_since: datetime | None = None  # the first try of the recipient that has waited longest
    hours_to_recover: float | None = None  # from the first try to the delivery, median
    remedy: str = ""
    settings: dict[str, str] = field(default_factory=dict)  # what to look at in the own MTA, by its id
    check: str = ""
    more: str = ""
    nothing_to_do: bool = False


@dataclass(slots=True)
class Destination:
    """A recipient domain that refused something."""

    domain: str
    provider: str | None
    attempts: int
    delivered: int
    deferred: int
    bounced: int
    reason: str  # the most frequent one
    title: str


@dataclass(slots=True)
class Provider:
    """How mail fares at one provider: recipients by what became of them, tries of a delivery, why tries failed."""

    id: str
    name: str
    recipients: int
    delivered: int  # recipients
    waiting: int  # recipients
    bounced: int  # recipients
    expired: int  # recipients
    attempts: int
    attempts_by_outcome: dict[str, int]
    reasons: dict[str, int]  # of attempts that failed, the most frequent first
    waits_since: datetime | None = None  # the first try of the recipient that has waited longest


@dataclass(slots=True)
class Notice:
    """Lines that are no replies but matter: warnings, fatal errors, failed logins, lost connections."""

    mta: str
    severity: str
    kind: str
    title: str
    template: str
    count: int
    first: datetime | None
    last: datetime | None
    example: str
    source: str
    offset: int


@dataclass(slots=True)
class Hint:
    """How the own queue tries again, where that loses or delays mail; ``value`` in hours, or a count."""

    id: str
    title: str
    value: float
    count: int  # of how many recipients it is
    remedy: str
    settings: dict[str, str]  # what to change in the own MTA, by its id
    source: str


@dataclass(slots=True)
class HostCount:
    """How often a host is concerned; the host is empty where the log names none."""

    host: str
    count: int


@dataclass(slots=True)
class Conflict:
    """Replies whose pieces of evidence disagree."""

    conflict: str
    count: int
    hosts: list[HostCount]  # who gave them, the most frequent first
    host_count: int
    example: str
    source: str
    offset: int


@dataclass(slots=True)
class Sample:
    """A line that was not understood."""

    source: str
    offset: int
    line: str


@dataclass(slots=True)
class Coverage:
    """How much of the input was understood.

    lines = understood (events + notices + facts and lines left alone on purpose) + foreign + unparsed.
    """

    bytes: int = 0
    lines: int = 0
    understood: int = 0
    events: int = 0
    notices: int = 0
    ignored: int = 0
    foreign: int = 0  # lines of other programs
    unparsed: int = 0  # lines of a mail server that no pattern takes
    cut: int = 0  # lines too long to be read whole
    candidates: int = 0
    samples: list[Sample] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)  # silences of hours, the longest first
    continued: int = 0  # further lines of an entry: headers in a reject log, pieces in syslog
    copies: int = 0  # lines that say again what another line says

    @property
    def share(self) -> float:
        """The share (%) of the mail servers' own lines that was understood; 100 when there are none."""
        ours = self.lines - self.foreign
        return 100.0 * (ours - self.unparsed) / ours if ours else 100.0


@dataclass(slots=True)
class Form:
    """Files that are written in the same form; ``words`` says in which, and is empty where that is not known."""

    words: str
    sources: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Covered:
    """What was read of a file: the bytes of its decompressed content from one to another; None is its end."""

    source: str
    start: int
    end: int | None


@dataclass(slots=True)
class SinceLast:
    """That only what is new since the last good report was read; ``at`` is when that was, None for a first report."""

    at: datetime | None
    files: list[Covered]
    gone: list[str]  # where the last report ended, and what was not to be found any more


@dataclass(slots=True)
class Findings:
    """A whole report as data."""

    totals: Totals
    problems: list[Problem]  # our deliveries that failed, the costliest first
    refusals: list[Problem]  # what we refused, the most frequent first
    hours: list[Hour]
    destinations: list[Destination]
    notices: list[Notice]
    conflicts: list[Conflict]
    coverage: Coverage
    sources: list[str]
    skipped: list[tuple[str, str]]  # name, why
    mtas: list[str]
    zone: str
    since: datetime | None = None
    until: datetime | None = None
    since_last: SinceLast | None = None
    hints: list[Hint] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    providers: list[Provider] = field(default_factory=list)
    traffic: Traffic = field(default_factory=Traffic)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, texts and numbers; times as ISO 8601 in UTC."""
        return {"schema": SCHEMA, **_plain(asdict(self))}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value
