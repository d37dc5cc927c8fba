"""What alerts are made of: comparisons joined by three-valued logic, and how they are judged by a report."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from logscan.alerts import measures
from logscan.alerts.measures import SHARE, TIME, Figures, Measure
from logscan.findings import Findings

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scopes:
    """The figures of a report: of the whole, and of each provider by its id; and how an id is shown."""

    whole: Figures
    providers: Mapping[str, Figures]
    nowhere: Figures
    shown: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an expression holds, None where that is not known; and the figures that decide it."""

    holds: bool | None
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure, perhaps of a family (``of``) or at a provider, compared with a number."""

    measure: Measure
    key: str
    provider: str
    operator: str
    value: float
    percent: bool

    def judge(self, scopes: Scopes, within: str) -> Verdict:
        """Compare; ``within`` is the provider of an ``any provider:`` around it."""
        provider = self.provider or within
        figures = scopes.providers.get(provider, scopes.nowhere) if provider else scopes.whole
        at = self.provider or (scopes.shown(within) if within else "")
        name = f"{at}.{self.key}" if at else self.key
        seen = figures.get(self.key, 0)
        compare = OPERATORS[self.operator]
        if seen is None:
            return Verdict(None)
        if not self.percent or self.measure.kind == SHARE:
            return Verdict(compare(seen, self.value), (f"{name} {_shown(seen, self.measure)}",))
        whole = figures[self.measure.of]
        if not whole:
            return Verdict(None)
        part = f"{name} {100 * seen / whole:.1f} % ({seen:,.0f} of {whole:,.0f} {self.measure.of.replace('_', ' ')})"
        return Verdict(compare(100 * seen, self.value * whole), (part,))


@dataclass(frozen=True, slots=True)
class Not:
    """What holds where the other does not."""

    node: Node

    def judge(self, scopes: Scopes, within: str) -> Verdict:
        """Turn the verdict round; what is not known stays so."""
        one = self.node.judge(scopes, within)
        return Verdict(None if one.holds is None else not one.holds, one.figures)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several that must hold all (``decisive`` False: one that fails decides), or of which one is enough (True)."""

    decisive: bool
    nodes: tuple[Node, ...]

    def judge(self, scopes: Scopes, within: str) -> Verdict:
        """Kleene's and, or: what is not known matters only where nothing else decides."""
        return _joined([node.judge(scopes, within) for node in self.nodes], self.decisive)


@dataclass(frozen=True, slots=True)
class AnyProvider:
    """What holds where it holds at one provider."""

    node: Node

    def judge(self, scopes: Scopes, within: str) -> Verdict:
        """Try every provider that the log tells of."""
        return _joined([self.node.judge(scopes, provider) for provider in scopes.providers], decisive=True)


Node = Comparison | Not | Joined | AnyProvider


def _joined(verdicts: list[Verdict], decisive: bool) -> Verdict:
    holds = [verdict.holds for verdict in verdicts]
    result = decisive if decisive in holds else None if None in holds else not decisive
    return Verdict(result, tuple(text for one in verdicts if one.holds is result for text in one.figures))


def _shown(value: float, measure: Measure) -> str:
    if measure.kind == SHARE:
        return f"{value:.1f} %"
    if measure.kind == TIME:
        minutes = int(value // 60)
        days, hours = divmod(minutes // 60, 24)
        return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
    return f"{value:,.0f}"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it was written, and as it is understood."""

    text: str
    node: Node


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that holds, and the figures for which it does."""

    text: str
    figures: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text}: {', '.join(self.figures)}"


def held(alerts: Iterable[Alert], findings: Findings, shown: Callable[[str], str] = str) -> list[Held]:
    """The alerts that surely hold for a report; ``shown`` says how to name a provider that an alert does not name."""
    last = findings.coverage.last
    providers = {provider.id: measures.at(provider, last) for provider in findings.providers}
    scopes = Scopes(measures.whole(findings), providers, measures.at(None, last), shown)
    verdicts = [(alert, alert.node.judge(scopes, "")) for alert in alerts]
    return [Held(alert.text, verdict.figures) for alert, verdict in verdicts if verdict.holds]
