"""Hostile input: does the time a pattern takes grow no faster than its text?

The columnar reader is linear by construction; it is measured on long texts. The slow reader backtracks, and it reads
the lines that users paste; it is measured on texts of the length of a log line, as the ``regex`` package itself is not
quite linear on longer ones.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence

from logscan.packs.match import compiled

LINE = 4_000  # characters; Postfix cuts its lines at 2,000
_LITERAL = re.compile(r"(?:[^\\()\[\]{}|^$.*+?]|\\[^0-9A-Za-z]){2,}")
_FILLERS = ("a", '"', '"\\', "<", ", ", "0.")
_GENEROUS = 10  # four times the text: a linear pattern takes 4 times the time, a quadratic one 16 times
_FAST = 1e-5  # seconds for a character: what is faster is let pass, as the clock is not that good
_PATIENCE = 2.0  # seconds for one match
_TRIES = 4
_Seconds = Callable[[str, str], float]


def breaches(
    patterns: Sequence[str], texts: Sequence[str], anchors: Sequence[str], size: int
) -> Iterator[tuple[str, str]]:
    """Patterns that are slower than linear, with the text that makes them so.

    ``texts`` are ones that the patterns match. They are cut off before, in and after each group and go on with a
    repeated filler: to LINE and four times LINE characters for the slow reader, to ``size`` and four times ``size`` for
    the columnar one.
    """
    for pattern in patterns:
        fillers = tuple(dict.fromkeys((*_FILLERS, *anchors, *_literals(pattern))))
        for start, filler in _hostile(pattern, texts, fillers):
            if _grows(_slow, pattern, start, filler, LINE) or (
                size and _grows(_columnar, pattern, start, filler, size)
            ):
                yield pattern, f"{start[-30:]}{filler}{filler}…"
                break


def _literals(pattern: str) -> list[str]:
    """The literals within a pattern, across the borders of groups too: repeating them brings it furthest."""
    apart = re.sub(r"\(\?(?:P<[^>]*>|:)", "(", pattern)
    found = [*_LITERAL.findall(apart), *_LITERAL.findall(apart.replace("(", ""))]
    return [re.sub(r"\\(.)", r"\1", text) for text in found]


def _hostile(pattern: str, texts: Sequence[str], fillers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Beginnings of the first matching text, up to and into each of the groups, each to be followed by a filler."""
    starts = {""}
    found = next((match for text in texts if (match := compiled(pattern).search(text))), None)
    if found is not None:
        places = (place for n in range(len(found.groups()) + 1) for place in found.span(n))
        starts |= {found.string[: max(place, 0)] for place in places}
    return ((start, filler) for start in sorted(starts) for filler in fillers)


def _grows(seconds: _Seconds, pattern: str, start: str, filler: str, size: int) -> bool:
    """Is the time for four times the text more than a generous multiple? Measured again when it seems so."""
    short, long = (start + (filler * (n // len(filler) + 1))[:n] for n in (size, 4 * size))
    for _ in range(_TRIES):
        slow = seconds(pattern, long)
        if slow >= _PATIENCE:
            return True
        if slow < _FAST * len(long) or slow < _GENEROUS * seconds(pattern, short):
            return False
    return True


def _slow(pattern: str, text: str) -> float:
    begin = time.thread_time()
    try:
        compiled(pattern).search(text, timeout=_PATIENCE)
    except TimeoutError:
        return _PATIENCE
    return time.thread_time() - begin


def _columnar(pattern: str, text: str) -> float:
    try:
        import polars as pl
    except ImportError:
        return 0.0
    column = pl.Series([text])
    begin = time.process_time()
    column.str.extract_groups(f"(?P<_whole>{pattern})")
    return time.process_time() - begin
