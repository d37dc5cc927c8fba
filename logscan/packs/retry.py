"""Hints on how the own queue tries again, as read from ``patterns/retry.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MEASURES = ("lifetime", "greylist", "pause", "softbounced")


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint: it is given when its measure lies ``below`` or ``above`` a bound, of ``least`` so many recipients.

    Measures: ``lifetime``, hours from the first try to the expiry, median; ``greylist``, hours until greylisted mail
    was delivered, median; ``pause``, hours between the tries of greylisted mail, median; ``softbounced``, a count.
    """

    id: str
    measure: str
    title: str
    remedy: str
    source: str
    least: int = 1
    below: float | None = None
    above: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    def holds(self, value: float) -> bool:
        """Tell whether a value is out of bounds."""
        return (self.below is not None and value < self.below) or (self.above is not None and value > self.above)


def hints(tables: list[Mapping[str, Any]]) -> tuple[Hint, ...]:
    """The hints of a file's tables, in their order."""
    return tuple(Hint(**table) for table in tables)
