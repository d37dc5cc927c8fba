"""Counts what a generated log says, while it is written."""

from collections import Counter
from typing import NamedTuple


class Fact(NamedTuple):
    """What one line says: `kind` is delivery, rejection, warning, probe or expiry."""

    kind: str
    outcome: str
    code: int | None
    enhanced: str | None
    dsn: str | None
    suspended: bool


# What a line says, and the number of the message it says it of.
Said = tuple[Fact, int]
# Microseconds since the start, the line behind its stamp, and what it says; a row may tell of several recipients.
Line = tuple[int, str, Said | list[Said] | None]


class Truth:
    """The counts of the lines written so far."""

    def __init__(self) -> None:
        """Start at zero."""
        self.lines = 0
        self.bytes = 0
        self._facts: Counter[Fact] = Counter()
        self._messages: set[int] = set()

    def add(self, fact: Fact, message: int) -> None:
        """Count a line that says something."""
        self._facts[fact] += 1
        if fact.kind == "delivery":
            self._messages.add(message)

    def to_dict(self) -> dict[str, object]:
        """Give the counts as plain data, ready for JSON."""
        deliveries = self._of("delivery")
        rejections = self._of("rejection")
        return {
            "lines": self.lines,
            "bytes": self.bytes,
            "messages": len(self._messages),
            "deliveries": {
                "total": sum(deliveries.values()),
                "by_outcome": count(deliveries, "outcome"),
                "by_reply_code": count(deliveries, "code"),
                "by_enhanced_code": count(deliveries, "enhanced"),
                "by_dsn": count(deliveries, "dsn"),
                "suspended_by_reply_code": count(
                    Counter({fact: n for fact, n in deliveries.items() if fact.suspended}), "code"
                ),
            },
            "rejections": {
                "total": sum(rejections.values()),
                "by_outcome": count(rejections, "outcome"),
                "by_reply_code": count(rejections, "code"),
                "by_enhanced_code": count(rejections, "enhanced"),
            },
            "reject_warnings": sum(self._of("warning").values()),
            "probes": count(self._of("probe"), "outcome"),
            "expired_messages": sum(self._of("expiry").values()),
        }

    def _of(self, kind: str) -> Counter[Fact]:
        """Keep the facts of one kind."""
        return Counter({fact: n for fact, n in self._facts.items() if fact.kind == kind})


def count(facts: Counter[Fact], field: str) -> dict[str, int]:
    """Count facts by one field, `none` where it is missing, in the order of the keys."""
    result: Counter[str] = Counter()
    for fact, number in facts.items():
        value = getattr(fact, field)
        result["none" if value is None else str(value)] += number
    return dict(sorted(result.items()))
