"""Finds which of very many literals stand in a text, without trying every one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

_HEAD = 5


class Literals:
    """Literals, found by their beginnings: a look at each place of a text is enough, however many there are."""

    def __init__(self, literals: Iterable[str]) -> None:
        self._all = frozenset(literals)
        self._short = [literal for literal in self._all if len(literal) < _HEAD]
        lengths: dict[str, set[int]] = defaultdict(set)
        for literal in self._all:
            lengths[literal[:_HEAD]].add(len(literal))
        self._lengths = {head: sorted(many) for head, many in lengths.items() if len(head) == _HEAD}

    def held(self, text: str) -> set[str]:
        """The literals that stand in a text."""
        found = {literal for literal in self._short if literal in text}
        lengths, literals = self._lengths.get, self._all
        for place in range(len(text) - _HEAD + 1):
            for length in lengths(text[place : place + _HEAD], ()):
                if (piece := text[place : place + length]) in literals:
                    found.add(piece)
        return found
