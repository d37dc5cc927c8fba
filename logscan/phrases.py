"""Finds the rules that may hold for a text without trying every one: their number does not count."""

from __future__ import annotations

from collections import defaultdict

from logscan.packs.knowledge import Rule

_STEP = 4


class Phrases:
    """An index of rules by their provider, and by some signs of each fragment of their texts.

    A text is looked at in every fourth place, four signs at a time: one such piece lies within each fragment of seven
    signs. Of the rules that concern a reply, those with a shorter one, or without a text, are always tried.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._always: dict[str, set[int]] = defaultdict(set)  # by provider
        self._by_piece: dict[str, set[int]] = defaultdict(set)
        for number, rule in enumerate(rules):
            for fragment in rule.text or ("",):
                literal = max(fragment.split("*"), key=len)
                if len(literal) < 2 * _STEP - 1:
                    self._always[rule.provider].add(number)
                    continue
                start = (len(literal) - 2 * _STEP + 1) // 2  # many begin or end alike
                for at in range(start, start + _STEP):
                    self._by_piece[literal[at : at + _STEP]].add(number)

    def rules(self, text: str, mta: str | None, provider: str | None) -> list[Rule]:
        """In their order, the rules that may hold for a text in lower case; the others do not."""
        held = {text[at : at + _STEP] for at in range(0, len(text), _STEP)}
        numbers = self._always[""].union(
            self._always.get(provider or "", ()),
            *(self._by_piece[piece] for piece in self._by_piece.keys() & held),
        )
        found = (self._rules[number] for number in sorted(numbers))
        return [r for r in found if r.mta in ("", mta) and r.provider in ("", provider)]
