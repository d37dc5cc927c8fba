"""Goes back to lines as they stand in their files: evidence for what was counted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from logscan.sources.model import Source, Span
from logscan.sources.reading import blocks

_BLOCK = 8 << 20


def lines_at(source: Source, offsets: Collection[int]) -> Iterator[tuple[int, bytes]]:
    """The lines that begin at these offsets of a source's decompressed stream, in order, without their line ends.

    Raises InputError when the source cannot be read.
    """
    wanted = sorted(set(offsets))
    at = 0
    for block in blocks(Span(source), size=_BLOCK):
        end = block.offset + len(block.data)
        while at < len(wanted) and wanted[at] < end:
            if (start := wanted[at] - block.offset) >= 0:
                yield wanted[at], block.data[start:].split(b"\n", 1)[0].rstrip(b"\r")
            at += 1
        if at == len(wanted):
            return


def lines_with(source: Source, word: str, most: int) -> Iterator[tuple[int, bytes]]:
    """At most so many lines that hold a word, each with its offset; raises InputError as ``lines_at`` does."""
    pattern = re.compile(rb"(?<![\w-])" + re.escape(word.encode()) + rb"(?![\w-])")
    for block in blocks(Span(source), size=_BLOCK):
        last = -1
        for found in pattern.finditer(block.data):
            start = block.data.rfind(b"\n", 0, found.start()) + 1
            if start != last and most > 0:
                last, most = start, most - 1
                yield block.offset + start, block.data[start:].split(b"\n", 1)[0].rstrip(b"\r")
        if most <= 0:
            return
