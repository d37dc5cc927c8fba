"""Source → Span → Block: reads lines in big pieces, and never looks at a single one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from logscan.errors import InputError
from logscan.framing import REACH
from logscan.sources import rows, trouble
from logscan.sources.model import Block, Source, Span
from logscan.sources.opening import HEAD, opened
from logscan.sources.stream import Stream

_STEP = 64 * 1024  # the least that is read at a time
_AROUND = REACH + _STEP
Begins = Callable[[bytes], re.Pattern[bytes] | None]


def spans(source: Source, size: int = 256 * 1024 * 1024) -> list[Span]:
    """Cut a source into spans of ``size`` bytes; a compressed file, UTF-16 or a stream is one span.

    The last span is open, so that lines that are written meanwhile are read too.
    """
    if size < 1:
        raise ValueError("the size of a span is at least 1 byte")
    if source.whole:
        return [Span(source, source.start)]
    end = source.end if source.end is not None else source.size or 0
    starts = range(source.start, max(end, source.start + 1), size)
    return [Span(source, start, start + size if start != starts[-1] else None) for start in starts]


def blocks(
    span: Span, size: int = 8 * 1024 * 1024, longest_line: int = 64 * 1024, begins: Begins | None = None
) -> Iterator[Block]:
    """The lines that begin in a span, as blocks of up to ``size`` bytes, or of one line that is longer.

    ``begins`` is for files of rows that may span lines. It is given the first bytes of the stream (none for a span that
    does not begin it), and says what a line looks like that is sure to begin a row, or None for files of lines.

    A line of more than ``longest_line`` bytes (newline not counted) comes as a block of its own that holds
    only its head. Memory stays bounded by ``size`` and ``longest_line``. Standard input can be read once, and
    is read until a block is full.

    Raises InputError when the file cannot be opened, or, after everything readable was given, when it cannot
    be read to its end. Raises MissingExtraError for zst data without a zstd package.
    """
    if size < 1 or longest_line < 1:
        raise ValueError("blocks and lines have at least 1 byte")
    with opened(span.source) as stream:
        pattern = begins(b"" if span.start else stream.peek(HEAD)) if begins is not None else None
        if pattern is not None:
            for offset, data in rows.stretches(stream, span, pattern, size):
                yield Block(span.source, offset, data, 0, stream.consumed)
        else:
            yield from _of_lines(span, stream, size, longest_line)
        if stream.damage:
            raise InputError(_damaged(span.source, stream))


def _of_lines(span: Span, stream: Stream, size: int, longest_line: int) -> Iterator[Block]:
    lines = _Lines(stream, span)
    offset, before = lines.offset, b""
    for data, dropped, begun in _stretches(lines, size, longest_line):
        behind = stream.look(offset + len(data), _AROUND) or begun + stream.peek(_AROUND)
        if start := max(offset - REACH - 1, 0):
            before = stream.look(start, offset - start) or before
        for start, end, cut in _pieces(data, size, longest_line):
            head = data[start : end - cut]
            around = (
                _last_lines(before + data[max(start - REACH - 1, 0) : start], offset + start),
                _next_lines(data[end : end + _AROUND] + behind),
            )
            yield Block(span.source, offset + start, head, cut + dropped, stream.consumed, around)
        before = b"" if dropped else (before + data[-REACH - 1 :])[-REACH - 1 :]
        offset += len(data) + dropped


def _last_lines(data: bytes, end: int) -> bytes:
    """The whole lines at the end of data that begin within reach; data ends at a place in the stream."""
    first = len(data) - REACH - 1
    if first < 0 and len(data) == end:
        return data
    return data[data.find(b"\n", max(first, 0)) + 1 :]


def _next_lines(data: bytes) -> bytes:
    """The whole lines at the beginning of data that begin within reach."""
    if len(data) <= REACH:
        return data
    return data[: (data.find(b"\n", REACH) if b"\n" in data[REACH:] else data.rfind(b"\n")) + 1]


class _Lines:
    """The bytes of the lines that begin in a span; ``offset`` is where the first of them does."""

    def __init__(self, stream: Stream, span: Span) -> None:
        self._stream = stream
        self._stop = span.stop
        self._ready = b""  # read already
        self.offset = span.start
        if span.start > 0 and not self._past(span.start):
            self._find_first()
        self._at = self.offset
        self._over = self._past(self.offset)
        self._end = self._last_end()

    def _past(self, at: int) -> bool:
        return self._stop is not None and at >= self._stop

    def _find_first(self) -> None:
        at = self.offset - 1  # if this byte is a newline, a line begins with the span
        if begin := self._stream.look(at, _STEP).find(b"\n") + 1:
            self.offset = at + begin
            self._stream.skip(self.offset)
            return
        self._stream.skip(at)
        while not self._past(at) and (data := self._stream.read(_STEP)):
            begin = data.find(b"\n") + 1
            at += begin or len(data)
            if begin:
                self._ready = data[begin:]
                break
        self.offset = at

    def _last_end(self) -> int | None:
        """Where the line ends that holds the last byte of the span, if that is easily seen."""
        if self._stop is None or self._over:
            return None
        end = self._stream.look(self._stop - 1, _STEP).find(b"\n") + 1
        return self._stop - 1 + end if end else None

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, which is at least _STEP; none at the end."""
        if self._over:
            return b""
        if self._end is not None:  # then a block is read at one go
            size = min(size, self._end - self._at)
        elif self._stop is not None:
            size = min(size, max(self._stop - self._at, _STEP))
        data = self._ready or self._stream.read(size)
        self._ready = b""
        if self._stop is not None and self._past(self._at + len(data)):
            end = data.find(b"\n", max(self._stop - 1 - self._at, 0)) + 1  # of the line that holds the last byte
            self._over = end > 0
            data = data[:end] if end else data
        self._at += len(data)
        return data

    def skip_line(self) -> int:
        """Pass over the rest of a line: how many bytes that were, newline included."""
        passed = 0
        while data := self.read(_STEP):
            end = data.find(b"\n") + 1
            passed += end or len(data)
            if end:
                self._ready = data[end:]
                self._at -= len(self._ready)
                self._over = self._past(self._at)
                break
        return passed


def _stretches(lines: _Lines, size: int, longest: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Whole lines, about ``size`` bytes at a time; or the head of a line and how much was dropped of it.

    The third is what was read of the line behind.

    An over-long line is only told apart when its end has not been read yet; see ``_pieces`` for the others.
    """
    whole: list[bytes | memoryview] = []
    rest: list[bytes | memoryview] = []  # the beginning of a line
    room = size
    while data := lines.read(max(room, _STEP)):
        end = data.rfind(b"\n") + 1
        if end:
            whole += [*rest, data if end == len(data) else memoryview(data)[:end]]
            rest = [data[end:]] if end < len(data) else []
        else:
            rest.append(data)
        room -= len(data)
        begun = sum(map(len, rest))
        if room < _STEP or begun > longest:
            if whole:
                yield b"".join(whole), 0, b"".join(rest)
            whole, room = [], size - begun
        if begun > longest:
            yield b"".join(rest)[:longest], begun - longest + lines.skip_line(), b""
            rest, room = [], size
    if whole or any(rest):
        yield b"".join([*whole, *rest]), 0, b""


def _pieces(data: bytes, size: int, longest: int) -> Iterator[tuple[int, int, int]]:
    """Cut whole lines into (start, end, cut): ``size`` bytes, or an over-long line that loses ``cut``."""
    start = at = 0
    while len(data) - at > longest:
        newline = data.rfind(b"\n", at, at + longest + 1)
        if newline >= 0:
            at = newline + 1
            continue
        yield from _sized(data, start, at, size)
        start, at = at, data.find(b"\n", at + longest + 1) + 1 or len(data)
        yield start, at, at - start - longest
        start = at
    yield from _sized(data, start, len(data), size)


def _sized(data: bytes, start: int, end: int, size: int) -> Iterator[tuple[int, int, int]]:
    while end - start > size:
        cut = data.rfind(b"\n", start, start + size) + 1 or data.find(b"\n", start + size, end) + 1 or end
        yield start, cut, 0
        start = cut
    if end > start:
        yield start, end, 0


def _damaged(source: Source, stream: Stream) -> str:
    where = f"{source.name}: cannot be read further than byte {stream.position:,}"
    if not stream.packed:
        return f"{where} ({stream.damage}); check the disk or mount that it is on"
    check = f"check it with `{trouble.tester(stream.packed, source.path)}`" if source.path else "send it again"
    return (
        f"{where} of its decompressed data ({stream.damage}); everything before was read. "
        f"The {stream.packed} data are damaged, cut off or still being written: {check}"
    )
