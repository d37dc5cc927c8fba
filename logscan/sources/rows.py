"""Blocks of whole rows, for files whose rows may span lines: cut only where a line is sure to begin one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from logscan.sources.model import Span
from logscan.sources.stream import Stream

_STEP = 1 << 20  # bytes read at a time


_LONGEST = 4 << 20  # after so many bytes without a row's beginning, any line is as good


def stretches(stream: Stream, span: Span, begins: re.Pattern[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """The rows that begin in a span, as (offset, bytes): up to ``size`` bytes, or what it takes to the next beginning.

    ``begins`` matches a line, without its line end, that is sure to begin a row.
    """
    rows = _Rows(stream, begins)
    stop = span.stop
    if span.start and span.start == span.source.start:
        stream.skip(span.start)  # a row begins there
        rows.offset = span.start
    elif span.start:
        rows.skip_to(span.start)
    while rows.more():
        if stop is not None and rows.offset >= stop:
            return
        least = size if stop is None else min(size, stop - rows.offset)
        offset = rows.offset
        yield offset, rows.take(least, exact=stop is not None and least < size)


class _Rows:
    """A stream's bytes from some row's beginning on, and where the next ones begin."""

    def __init__(self, stream: Stream, begins: re.Pattern[bytes]) -> None:
        self._stream = stream
        self._begins = begins
        self._held = b""
        self._ended = False
        self.offset = 0

    def more(self) -> bool:
        return bool(self._held) or self._fill(1)

    def _fill(self, size: int) -> bool:
        """Hold at least ``size`` bytes; False when there is nothing more."""
        pieces = [self._held]
        have = len(self._held)
        while have < size and not self._ended:
            data = self._stream.read(max(size - have, _STEP))
            self._ended = not data
            pieces.append(data)
            have += len(data)
        self._held = b"".join(pieces) if len(pieces) > 1 else self._held
        return have >= size

    def skip_to(self, start: int) -> None:
        """Go to the first row that begins at ``start`` or later."""
        self._stream.skip(start - 1)
        self.offset = start - 1
        self._fill(1)
        while self._held:
            at = self._first(1)
            if at:
                self._drop(at)
                return
            keep = self._held.rfind(b"\n") if not self._ended else len(self._held)
            self._drop(max(keep, 0) if keep >= 0 else len(self._held) - 1)
            self._fill(len(self._held) + _STEP)

    def _drop(self, count: int) -> None:
        self._held = self._held[count:]
        self.offset += count

    def take(self, least: int, *, exact: bool) -> bytes:
        """Whole rows: up to ``least`` bytes, or with ``exact`` all rows that begin within so many."""
        if not self._fill(least + 1) and len(self._held) <= least:
            at = len(self._held)
        else:
            at = 0 if exact else self._last(least)
        while not at:
            at = self._first(least)
            if not at and self._ended:
                at = len(self._held)
            elif not at and len(self._held) > least + _LONGEST:
                at = self._held.rfind(b"\n", 0, least + _LONGEST) + 1 or least + _LONGEST
            elif not at:
                self._fill(len(self._held) + _STEP)
        data = self._held[:at]
        self._drop(at)
        return data

    def _first(self, at: int) -> int:
        """The first place at or behind ``at`` where a row begins, in what is held; 0 when there is none."""
        at = self._held.find(b"\n", at - 1) + 1
        while at:
            end = self._line_end(at)
            if end < 0:
                return 0
            if self._is_start(at, end):
                return at
            at = self._held.find(b"\n", end) + 1 if end < len(self._held) else 0
        return 0

    def _last(self, before: int) -> int:
        """The last place before ``before`` where a row begins; 0 when there is none."""
        at = min(before, len(self._held)) + 1
        while (at := self._held.rfind(b"\n", 0, at - 1) + 1) > 0:
            end = self._line_end(at)
            if end >= 0 and self._is_start(at, end):
                return at
        return 0

    def _line_end(self, at: int) -> int:
        """Where the line at ``at`` ends; -1 when that is not known yet."""
        end = self._held.find(b"\n", at)
        return end if end >= 0 or not self._ended else len(self._held)

    def _is_start(self, at: int, end: int) -> bool:
        return end > at and self._begins.match(self._held[at:end].removesuffix(b"\r")) is not None
