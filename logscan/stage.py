"""What is done with one piece of a log, by whichever process has it: parse, classify, summarise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from logscan import framing, sources
from logscan.classifier import classify_events, kinds_of
from logscan.errors import OptionError
from logscan.packs import Knowledge, Mta, knowledge, mtas, tables
from logscan.parse import finished, lines, records
from logscan.summary import Summary, combine_all, summary_of

BLOCK = 32 << 20  # the largest piece of a log in memory at once, for each worker
# The table is the one in force where the piece begins; None for logs of lines.
Job = tuple[sources.Block | sources.Span, framing.Clock, tables.Table | None]


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything a piece of a log needs to become events; small and picklable, so that any engine can carry it."""

    wanted: lines.Wanted
    mta: str | None = None
    folders: tuple[Path, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    tellers: frozenset[str] = frozenset()  # the files that ``wanted.told`` is of

    @property
    def packs(self) -> tuple[Mta, ...]:
        """The MTA packs to read by."""
        return chosen(mtas(self.folders), self.mta)

    @property
    def known(self) -> Knowledge:
        """What is known about codes, reasons and providers."""
        return knowledge(self.folders)

    def parsed(self, block: sources.Block, clock: framing.Clock, table: tables.Table | None = None) -> lines.Parsed:
        """Parse one block, within the period."""
        name = block.source.name
        if table is None:
            wanted = replace(self.wanted, told=frozenset()) if name in self.tellers else self.wanted
            out = lines.parse(block.data, block.offset, name, self.packs, clock, wanted, block.around)
        else:
            out = records.parse(block.data, block.offset, name, table, self.packs, clock, self.wanted)
        if block.dropped:
            out.coverage.bytes += block.dropped
            out.coverage.cut = 1
        out.events, out.notices = self._within(out.events), self._within(out.notices)
        return out

    def summed(self, job: Job) -> tuple[str, Summary, lines.Coverage, int, list[pl.DataFrame]]:
        """Parse, classify and summarise one piece: the file's name, what it adds, stored bytes read, rows that wait."""
        piece, clock, table = job
        parts, coverage, stored, waiting = [], lines.Coverage(), 0, []
        for block, table_ in self._blocks(piece, table):
            out = self.parsed(block, clock, table_)
            parts.append(self.summary(out))
            coverage += out.coverage
            stored = block.consumed
            waiting += [out.waiting] if out.waiting.height else []
        return piece.source.name, combine_all(parts), coverage, stored, waiting

    def summary(self, parsed: lines.Parsed) -> Summary:
        """The summary of what was parsed."""
        events, kinds = parsed.events, None
        if not events.is_empty():
            events, kinds = kinds_of(events, self.known, templates=False)
        return summary_of(events, parsed.notices, kinds)

    def finished(self, rows: pl.DataFrame, *, last: bool) -> tuple[list[tuple[str, lines.Parsed]], pl.DataFrame]:
        """What sessions say that several pieces told of, by file, within the period; and the rows that wait on."""
        done, left = finished.finished_sessions(rows, self.packs, self.wanted, last=last)
        for _, out in done:
            out.events, out.notices = self._within(out.events), self._within(out.notices)
        return done, left

    def framed(self, job: Job) -> tuple[str, list[lines.Parsed]]:
        """Parse and classify one piece and keep its events."""
        piece, clock, table = job
        parts = [self.parsed(block, clock, table_) for block, table_ in self._blocks(piece, table)]
        return piece.source.name, [self.classified(part) for part in parts]

    def classified(self, parsed: lines.Parsed) -> lines.Parsed:
        """The same with its events classified."""
        if not parsed.events.is_empty():
            parsed.events = classify_events(parsed.events, self.known)
        return parsed

    def _blocks(
        self, piece: sources.Block | sources.Span, table: tables.Table | None
    ) -> Iterator[tuple[sources.Block, tables.Table | None]]:
        """The blocks of a piece, each with the table in force at its beginning."""
        if isinstance(piece, sources.Block):
            yield piece, table
        elif table is None:
            yield from ((block, None) for block in sources.blocks(piece, size=BLOCK))
        else:
            pattern = tables.line_pattern(table.begins)
            for block in sources.blocks(piece, size=BLOCK, begins=lambda _: pattern):
                yield block, table
                table = tables.followed(table, block.data, self.packs)

    def _within(self, rows: pl.DataFrame) -> pl.DataFrame:
        if rows.is_empty():
            return rows
        if self.since is not None:
            rows = rows.filter(pl.col("timestamp") >= self.since)
        if self.until is not None:
            rows = rows.filter(pl.col("timestamp") < self.until)
        return rows


def chosen(packs: tuple[Mta, ...], name: str | None) -> tuple[Mta, ...]:
    """The packs of one MTA, or all; raises OptionError for one that is not known."""
    if name is None:
        return packs
    found = tuple(mta for mta in packs if mta.id == name)
    if not found:
        raise OptionError(f"--mta {name}: not known; known are {', '.join(mta.id for mta in packs)}")
    return found
