"""Finds the rules that may hold for a text without trying every one: their number does not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from logscan.packs.knowledge import Rule

_STEP = 3


class Phrases:
    """An index of the fragments of rules' texts by their provider, or by some of their signs.

    A text is looked at in every third place, three signs at a time: one such piece lies within each fragment of five
    signs. Shorter ones are always looked for, and a rule without a text counts as one whose text is empty.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._short: dict[str, list[tuple[int, str]]] = defaultdict(list)  # by provider
        self._long: dict[str, list[tuple[int, str]]] = defaultdict(list)  # by piece
        for number, rule in enumerate(rules):
            for fragment in rule.text or ("",):
                literal = max(fragment.split("*"), key=len)
                if len(literal) < 2 * _STEP - 1:
                    self._short[rule.provider].append((number, literal))
                    continue
                for piece in min(_runs(literal), key=lambda run: sum(len(self._long[piece]) for piece in run)):
                    self._long[piece].append((number, literal))

    def rules(self, text: str, mta: str | None, provider: str | None) -> list[Rule]:
        """In their order, the rules that may hold for a text in lower case; the others do not."""
        held = {text[at : at + _STEP] for at in range(0, len(text), _STEP)}
        near = [self._short[""], self._short.get(provider or "", [])]
        near += (self._long[piece] for piece in self._long.keys() & held)
        numbers = {number for found in near for number, literal in found if literal in text}
        rules = (self._rules[number] for number in sorted(numbers))
        return [r for r in rules if r.mta in ("", mta) and r.provider in ("", provider)]


def _runs(literal: str) -> Iterator[list[str]]:
    """Pieces of which any text that holds the literal has one, at several places of the literal: some are rarer."""
    for start in range(0, len(literal) - 2 * _STEP + 2, _STEP):
        yield [literal[at : at + _STEP] for at in range(start, start + _STEP)]
