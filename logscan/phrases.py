"""Finds the rules that may hold for a text without trying every one: their number does not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from logscan.literals import Literals
from logscan.packs.knowledge import Rule


class Phrases:
    """An index of the rules by the longest literal piece of each fragment of their texts.

    A rule without a text counts as one whose piece is empty, which every text holds.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._always: list[int] = []
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(rules):
            for fragment in rule.text or ("",):
                literal = max(fragment.split("*"), key=len) if "*" in fragment else fragment
                (numbers[literal] if literal else self._always).append(number)
        self._numbers = dict(numbers)
        self._pieces = Literals(numbers)

    def held(self, text: str) -> set[str]:
        """The pieces that a text in lower case holds."""
        return self._pieces.held(text)

    def rules(self, held: Iterable[str], mta: str | None, provider: str | None) -> list[Rule]:
        """In their order, the rules that may hold for a text with these pieces; the others do not."""
        numbers = {number for literal in held for number in self._numbers[literal]}.union(self._always)
        rules = (self._rules[number] for number in sorted(numbers))
        return [r for r in rules if r.mta in ("", mta) and r.provider in ("", provider)]
