"""Hostile input: does the time a pattern takes grow no faster than its text?

The columnar reader is linear by construction. The slow reader backtracks, and it also reads lines that users paste,
so packs are held to patterns that are linear for both.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from logscan.packs.match import compiled

_LITERAL = re.compile(r"(?:[^\\()\[\]{}|^$.*+?]|\\[^0-9A-Za-z]){2,}")
_FILLERS = ("a", '"', '"\\', "<", ", ", "0.")
_GENEROUS = 10  # four times the text: a linear pattern takes 4 times the time, a quadratic one 16 times
_FAST = 1e-5  # seconds for a character; what is faster is let pass, as the clock and the matcher's own memory count too
_PATIENCE = 2.0  # seconds for one match
_TRIES = 4


def breaches(
    patterns: Sequence[str], starts: Sequence[str], anchors: Sequence[str], size: int
) -> Iterator[tuple[str, str]]:
    """Patterns that are slower than linear, with the text that makes them so.

    ``starts`` are texts that the patterns match; they are cut off within each group and filled up with a repeated text
    to ``size`` and to four times ``size`` characters.
    """
    for pattern in patterns:
        fillers = dict.fromkeys((*_FILLERS, *anchors, *_literals(pattern)))
        slow = next((text for text in _hostile(pattern, starts, tuple(fillers)) if _grows(pattern, text, size)), None)
        if slow is not None:
            yield pattern, f"{slow[0][-30:]}{slow[1]}{slow[1]}…"


def _literals(pattern: str) -> list[str]:
    """The literals within a pattern, across the borders of groups too: repeating them brings it furthest."""
    apart = re.sub(r"\(\?(?:P<[^>]*>|:)", "(", pattern)
    found = [*_LITERAL.findall(apart), *_LITERAL.findall(apart.replace("(", ""))]
    return [re.sub(r"\\(.)", r"\1", text) for text in found]


def _hostile(pattern: str, starts: Sequence[str], fillers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Beginnings of matching texts, up to and into each of the groups, each to be followed by a filler."""
    seen = {""}
    for text in starts:
        found = compiled(pattern).search(text)
        if found is None:
            continue
        for n in range(len(found.groups()) + 1):
            seen |= {text[: max(place, 0)] for place in found.span(n)}
        break
    for start in sorted(seen):
        for filler in fillers:
            yield start, filler


def _grows(pattern: str, text: tuple[str, str], size: int) -> bool:
    """Is the time for four times the text more than a generous multiple? Measured again when it seems so."""
    start, filler = text
    short, long = (start + (filler * (n // len(filler) + 1))[:n] for n in (size, 4 * size))
    for _ in range(_TRIES):
        slow = _seconds(pattern, long)
        if slow >= _PATIENCE:
            return True
        if slow < _FAST * len(long) or slow < _GENEROUS * _seconds(pattern, short):
            return False
    return True


def _seconds(pattern: str, text: str) -> float:
    begin = time.perf_counter()
    try:
        compiled(pattern).search(text, timeout=_PATIENCE)
    except TimeoutError:
        return _PATIENCE
    return time.perf_counter() - begin
