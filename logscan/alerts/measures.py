"""What alerts may name: measures of a report as a whole, of one provider, of a reason, of a kind of notice."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from logscan.findings import Findings, Notice, Problem, Provider

COUNT, SHARE, TIME = "count", "share", "time"
Figures = Mapping[str, float | None]  # by name; None where nothing was there to be measured


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: a count, of which a percentage may be asked (``of``); a percentage; or a time in seconds."""

    name: str
    meaning: str
    of: str = ""  # what a percentage is of: another measure
    kind: str = COUNT
    at_provider: bool = False


_ALL = (
    Measure("messages", "messages that the log tells of"),
    Measure("recipients", "recipients of messages, each counted once", at_provider=True),
    Measure("delivered", "recipients that got the mail", "recipients", at_provider=True),
    Measure("delayed", "recipients that got the mail only after another try", "recipients"),
    Measure("waiting", "recipients whose mail is in the queue, to be tried again", "recipients", at_provider=True),
    Measure("bounced", "recipients whose mail was refused for good", "recipients", at_provider=True),
    Measure("expired", "recipients whose mail was too long in the queue", "recipients", at_provider=True),
    Measure("lost", "bounced and expired together", "recipients", at_provider=True),
    Measure("oldest_waiting", "how long the oldest mail in the queue had waited when the log ends", kind=TIME,
            at_provider=True),
    Measure("attempts", "tries of a delivery", at_provider=True),
    Measure("deferred", "attempts put off to be tried again", "attempts", at_provider=True),
    Measure("failed", "attempts that did not deliver: deferred or bounced", "attempts", at_provider=True),
    Measure("refused", "mail that this server refused"),
    Measure("held", "mail that this server holds"),
    Measure("discarded", "mail that this server threw away on purpose"),
    Measure("notices", "warnings, errors and other lines of the server that are no replies"),
    Measure("fatal", "notices of the severities fatal and panic"),
    Measure("errors", "notices of the severity error"),
    Measure("warnings", "notices of the severity warning"),
    Measure("silence", "the longest time without an event, from six hours on", kind=TIME),
    Measure("server_lines", "lines of mail servers"),
    Measure("unparsed", "lines of mail servers that were not understood", "server_lines"),
    Measure("coverage", "the share of the mail servers' lines that was understood", kind=SHARE),
)  # fmt: skip
MEASURES = {measure.name: measure for measure in _ALL}
FAMILIES = {
    "reason": Measure("reason", "attempts that failed for this reason", "attempts", at_provider=True),
    "refused": Measure("refused", "mail that this server refused for this reason", "refused"),
    "notice": Measure("notice", "notices of this kind"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What measures may be asked about: providers by their id, reasons, kinds of notices."""

    providers: Mapping[str, str]
    reasons: Mapping[str, str]
    notices: Mapping[str, str]

    def of(self, family: str) -> Mapping[str, str]:
        """What may follow the name of a family."""
        return self.notices if family == "notice" else self.reasons


def kind_name(kind: str) -> str:
    """A kind of notice as alerts name it."""
    return kind.replace(" ", "_")


def whole(findings: Findings) -> Figures:
    """All figures of a report."""
    totals, covered = findings.totals, findings.coverage
    waits = [problem.waits_since for problem in findings.problems if problem.waiting]
    return {
        **{name: getattr(totals, name) for name in ("messages", "delayed", "held", "discarded")},
        **_recipients(totals.recipients, totals.delivered, totals.waiting, totals.bounced, totals.expired),
        **_attempts(totals.attempts, totals.attempts_by_outcome),
        "refused": totals.rejected,
        "oldest_waiting": _age(waits, covered.last),
        "silence": max(((after - before).total_seconds() for before, after in covered.gaps), default=None),
        "server_lines": covered.lines - covered.foreign,
        "unparsed": covered.unparsed,
        "coverage": covered.share if covered.lines > covered.foreign else None,
        **_notices(findings.notices),
        **_by_reason("reason", findings.problems),
        **_by_reason("refused", findings.refusals),
    }


def at(provider: Provider | None, last: datetime | None) -> Figures:
    """The figures of one provider; of one that the log does not tell of, zeros."""
    if provider is None:
        return {**_recipients(0, 0, 0, 0, 0), **_attempts(0, {}), "oldest_waiting": None}
    return {
        **_recipients(
            provider.recipients, provider.delivered, provider.waiting, provider.bounced, provider.expired
        ),
        **_attempts(provider.attempts, provider.attempts_by_outcome),
        "oldest_waiting": _age([provider.waits_since], last),
        **{f"reason.{reason}": count for reason, count in provider.reasons.items()},
    }  # fmt: skip


def _recipients(recipients: int, delivered: int, waiting: int, bounced: int, expired: int) -> dict[str, float | None]:
    return {
        "recipients": recipients,
        "delivered": delivered,
        "waiting": waiting,
        "bounced": bounced,
        "expired": expired,
        "lost": bounced + expired,
    }


def _attempts(attempts: int, outcomes: Mapping[str, int]) -> dict[str, float | None]:
    deferred = outcomes.get("deferred", 0) + outcomes.get("softbounced", 0)
    return {"attempts": attempts, "deferred": deferred, "failed": deferred + outcomes.get("bounced", 0)}


def _age(waits: Iterable[datetime | None], last: datetime | None) -> float | None:
    since = min((at for at in waits if at is not None), default=None)
    return (last - since).total_seconds() if since is not None and last is not None else None


def _notices(notices: Iterable[Notice]) -> dict[str, float | None]:
    out: dict[str, float | None] = {}
    kinds: dict[str, int] = defaultdict(int)
    severities: dict[str, int] = defaultdict(int)
    for notice in notices:
        kinds[f"notice.{kind_name(notice.kind)}"] += notice.count
        severities[notice.severity] += notice.count
    out["notices"] = sum(severities.values())
    out["fatal"] = severities["fatal"] + severities["panic"]
    out["errors"], out["warnings"] = severities["error"], severities["warning"]
    return {**out, **kinds}


def _by_reason(family: str, problems: Iterable[Problem]) -> dict[str, float | None]:
    counts: dict[str, int] = defaultdict(int)
    for problem in problems:
        counts[f"{family}.{problem.reason}"] += problem.count - problem.outcomes.get("expired", 0)
    return dict(counts)


def listed(names: Names, width: int = 80) -> str:
    """The measures and the rules of the language, for people, in lines of some width."""
    out = [
        *textwrap.wrap("An alert compares measures with numbers. It goes off when it holds:", width),
        "",
        *_SAMPLES,
        "",
    ]
    out += [
        *textwrap.wrap("Measures (% of what it names may be asked; * also at a provider: google.bounced):", width),
        "",
    ]
    for measure in _ALL:
        out += _row(measure.name, _meaning(measure), 18, width)
    out += ["", "Families of measures:", ""]
    for family, measure in FAMILIES.items():
        out += _row(f"{family}.NAME", _meaning(measure), 18, width)
    out += ["", "Rules:", ""]
    for sign, meaning in _RULES:
        out += _row(sign, meaning, 19, width)
    out += ["", *textwrap.wrap(_UNKNOWN, width)]
    titles = {"providers": names.providers, "reasons": names.reasons, "kinds of notices": names.notices}
    for title, known in titles.items():
        out += ["", f"Names of {title}:", ""]
        for name, words in known.items():
            out += _row(name, words, 24, width)
    return "\n".join(out)


def _meaning(measure: Measure) -> str:
    of = f" (% of {measure.of})" if measure.of else ""
    of += {SHARE: " (a percentage)", TIME: " (a time)"}.get(measure.kind, "")
    return f"{measure.meaning}{of}{' *' if measure.at_provider else ''}"


def _row(name: str, text: str, indent: int, width: int) -> list[str]:
    lead = f"  {name:<{indent - 2}}"
    lines = textwrap.wrap(text, max(20, width - indent)) or [""]
    return [(lead if n == 0 else " " * indent) + line for n, line in enumerate(lines)]


_SAMPLES = (
    "  bounced > 5% and attempts > 100",
    "  oldest_waiting > 4h",
    "  google.deferred > 20%",
    "  any provider: deferred > 20% and attempts > 50",
    "  reason.ip_blocklisted > 0 or not coverage >= 99%",
)
_RULES = (
    ("> >= < <= = !=", "between a measure and a number (100), a percentage (5%) or a time (90s, 30min, 4h, 2d, 1w)"),
    ("and, or, not", "'and' binds closer than 'or', 'not' closer than both; parentheses group"),
    ("any provider: …", "holds where one provider fulfils all that follows, up to the end or the closing parenthesis"),
)
_UNKNOWN = (
    "A percentage of nothing, and the age of what does not exist, are not known: such a comparison neither holds nor "
    "fails, whether 'not' stands before it or not. An alert goes off only when it surely holds."
)
