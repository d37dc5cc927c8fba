"""What a log tells of how the own queue tries again: measures of a summary held against ``patterns/retry.toml``."""

from __future__ import annotations

from collections.abc import Iterable

from logscan import findings as report
from logscan.fates import Fates
from logscan.packs.knowledge import Knowledge
from logscan.packs.retry import Hint


def hints_of(
    fates: Fates, greylisted: Iterable[str | None], mtas: Iterable[str], known: Knowledge
) -> list[report.Hint]:
    """The hints whose measure is out of bounds; ``greylisted`` are the causes that a greylist explains."""
    delayed = [fates.by_cause[cause] for cause in greylisted if cause in fates.by_cause]
    measures: dict[str, tuple[float | None, int]] = {  # hours or a count, and of how many recipients
        "lifetime": (fates.lifetime, fates.measured),
        "greylist": _middle([(fate.hours, fate.recovered) for fate in delayed]),
        "pause": _middle([(fate.pause, fate.paused) for fate in delayed]),
        "softbounced": (float(fates.outcomes["softbounced"]), fates.outcomes["softbounced"]),
    }
    out = []
    for hint in known.hints:
        value, count = measures[hint.measure]
        if value is not None and count >= hint.least and hint.holds(value):
            out.append(_told(hint, value, count, set(mtas)))
    return out


def _middle(values: list[tuple[float | None, int]]) -> tuple[float | None, int]:
    """The mean of medians, each weighed by how many it is of."""
    known = [(value, count) for value, count in values if value is not None and count]
    total = sum(count for _, count in known)
    return (sum(value * count for value, count in known) / total, total) if total else (None, 0)


def _told(hint: Hint, value: float, count: int, mtas: set[str]) -> report.Hint:
    words = f"{count:,}" if hint.measure == "softbounced" else span(value)
    return report.Hint(
        id=hint.id,
        title=hint.title.replace("{value}", words),
        value=value,
        count=count,
        remedy=hint.remedy,
        settings={mta: text for mta, text in hint.settings.items() if mta in mtas},
        source=hint.source,
    )


def span(hours: float) -> str:
    """A length of time in the unit that suits it: ``40 minutes``, ``5 hours``, ``3 days``."""
    for unit, length in (("day", 24.0), ("hour", 1.0), ("minute", 1 / 60)):
        if hours >= 2 * length:
            return f"{round(hours / length)} {unit}s"
    return f"{round(hours * 3600)} seconds" if hours < 1 / 60 else "a minute"
