"""Sources cut into the pieces that an engine works on: each with the clock for its stamps, and its table."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from logscan import clocks, framing, sources, stage
from logscan.packs import Mta, tables

_LEAST = 4 << 20
HEAD = 16 << 10  # of a file: enough to see of what kind it is


@dataclass(frozen=True, slots=True)
class Pieces:
    """Cuts sources; ``heads`` has how each file begins, and is filled for streams.

    ``passed`` is told of every block of a source that is read by this process.
    """

    packs: tuple[Mta, ...]
    clocks: dict[str, framing.Clock]
    heads: dict[str, bytes]
    year: int | None
    now: datetime
    passed: Callable[[sources.Source, bytes], None] | None = None

    def of(self, found: Iterable[sources.Source], zone: str) -> Iterator[stage.Job]:
        """Spans of what can be read from the middle, else blocks."""
        for source in found:
            clock = self.clocks.get(source.name)
            spans = sources.spans(source, size=_size(source.size))
            if clock is not None and not source.whole:
                yield from self._spans(source, spans, clock)
                continue
            opened = _Opened(self.packs, self._table(source) if source.start else None)
            for block in sources.blocks(spans[0], size=stage.BLOCK, begins=opened):
                if self.passed is not None:
                    self.passed(source, block.data)
                if clock is None:
                    self.heads[source.name] = block.data[:HEAD]
                    clock = clocks.beginning_with(block.data, source, zone, self.year, self.now)
                yield block, clock, opened.table
                if opened.table is not None:
                    opened.table = tables.followed(opened.table, block.data, self.packs)

    def _spans(self, source: sources.Source, spans: list[sources.Span], clock: framing.Clock) -> Iterator[stage.Job]:
        """Spans of a plain file, each with the table in force at its beginning: headers may stand anywhere."""
        table = self._table(source)
        for span in spans:
            yield span, clock, table
            if table is not None and span is not spans[-1]:
                table = self._followed(span, table)

    def _table(self, source: sources.Source) -> tables.Table | None:
        """The table in force where a file is read from; None for logs of lines."""
        table = tables.detect(self.heads.get(source.name, b""), self.packs)
        if table is None or not source.start:
            return table
        return self._followed(sources.Span(replace(source, start=0, end=source.start)), table)

    def _followed(self, span: sources.Span, table: tables.Table) -> tables.Table:
        """The table in force behind a span."""
        pattern = tables.line_pattern(table.begins)
        for block in sources.blocks(span, size=stage.BLOCK, begins=lambda _: pattern):
            table = tables.followed(table, block.data, self.packs)
        return table


class _Opened:
    """Tells by the first bytes of a stream whether it is a table, and keeps which one."""

    def __init__(self, packs: tuple[Mta, ...], table: tables.Table | None) -> None:
        self.packs = packs
        self.table = table  # known where a file is not read from its beginning

    def __call__(self, head: bytes) -> re.Pattern[bytes] | None:
        self.table = self.table or tables.detect(head, self.packs)
        return None if self.table is None else tables.line_pattern(self.table.begins)


def _size(size: int | None) -> int:
    """Bytes of a piece: enough pieces for every processor, none larger than a block."""
    shares = 2 * (os.cpu_count() or 1)
    return max(_LEAST, min(stage.BLOCK, -(-(size or 0) // shares)))
