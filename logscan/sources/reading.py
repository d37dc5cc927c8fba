"""Source → Span → Block: reads lines in big pieces, and never looks at a single one of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from logscan.errors import InputError
from logscan.sources.model import Block, Source, Span
from logscan.sources.opening import opened
from logscan.sources.stream import Stream

_STEP = 64 * 1024  # the least that is read at a time
_TESTERS = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}


def spans(source: Source, size: int = 256 * 1024 * 1024) -> list[Span]:
    """Cut a source into spans of ``size`` bytes; a compressed file or a stream is one span.

    The last span is open, so that lines that are written meanwhile are read too.
    """
    if size < 1:
        raise ValueError("the size of a span is at least 1 byte")
    if source.compression or source.size is None:
        return [Span(source)]
    starts = range(0, max(source.size, 1), size)
    return [Span(source, start, start + size if start != starts[-1] else None) for start in starts]


def blocks(span: Span, size: int = 16 * 1024 * 1024, longest_line: int = 64 * 1024) -> Iterator[Block]:
    """The lines that begin in a span, as blocks of up to ``size`` bytes, or of one line that is longer.

    A line of more than ``longest_line`` bytes (newline not counted) comes as a block of its own that holds only
    its head. Memory stays bounded by ``size`` and ``longest_line``. Standard input can be read only once, and
    is read until a block is full.

    Raises InputError when the file cannot be opened, or, after everything readable was given, when it cannot
    be read to its end. Raises MissingExtraError for zst data without a zstd package.
    """
    if size < 1 or longest_line < 1:
        raise ValueError("blocks and lines have at least 1 byte")
    with opened(span.source) as stream:
        lines = _Lines(stream, span)
        offset = lines.offset
        for data, dropped in _stretches(lines, size, longest_line):
            for start, end, cut in _pieces(data, size, longest_line):
                head = data[start : end - cut]
                yield Block(span.source, offset + start, head, cut + dropped, stream.consumed)
            offset += len(data) + dropped
        if stream.damage:
            raise InputError(_damaged(span.source, stream, offset))


class _Lines:
    """The bytes of the lines that begin in a span, from ``offset`` on."""

    def __init__(self, stream: Stream, span: Span) -> None:
        self._stream = stream
        self._stop = span.stop
        self._ready = b""
        self.offset = self._at = span.start
        if span.start > 0 and not self._ended():
            self._find_first()

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; none at the end."""
        if self._ended() and not self._ready:
            return b""
        if self._stop is not None:
            size = min(size, max(self._stop - self._at, _STEP))
        data = self._ready or self._stream.read(size)
        self._ready = b""
        begin, self._at = self._at, self._at + len(data)
        if self._stop is None or self._at < self._stop:
            return data
        # The line that holds the span's last byte is its last line.
        end = data.find(b"\n", max(self._stop - 1 - begin, 0)) + 1
        if end:
            self._stop = self._done = 0
        return data[:end] if end else data
