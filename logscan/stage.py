"""What is done with one piece of a log, by whichever process has it: parse, classify, summarise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from logscan import framing, sources
from logscan.classifier import classify_events
from logscan.errors import OptionError
from logscan.packs import Knowledge, Mta, knowledge, mtas
from logscan.parse import lines
from logscan.summary import Summary, combine_all, summary_of

BLOCK = 32 << 20  # the largest piece of a log in memory at once, for each worker
Job = tuple[sources.Block | sources.Span, framing.Clock]


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything a piece of a log needs to become events; small and picklable, so that any engine can carry it."""

    wanted: lines.Wanted
    mta: str | None = None
    folders: tuple[Path, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def packs(self) -> tuple[Mta, ...]:
        """The MTA packs to read by."""
        return _chosen(mtas(self.folders), self.mta)

    @property
    def known(self) -> Knowledge:
        """What is known about codes, reasons and providers."""
        return knowledge(self.folders)

    def parsed(self, block: sources.Block, clock: framing.Clock) -> lines.Parsed:
        """Parse and classify one block."""
        out = lines.parse(block.data, block.offset, block.source.name, self.packs, clock, self.wanted)
        if block.dropped:
            out.coverage.bytes += block.dropped
            out.coverage.cut = 1
        out.events, out.notices = self._within(out.events), self._within(out.notices)
        if not out.events.is_empty():
            out.events = classify_events(out.events, self.known, templates=self.wanted.messages)
        return out

    def summed(self, job: Job) -> tuple[str, Summary, lines.Coverage, int]:
        """Parse, classify and summarise one piece: the file's name, what it adds, stored bytes read."""
        piece, clock = job
        parts, coverage, stored = [], lines.Coverage(), 0
        for block in _blocks(piece):
            out = self.parsed(block, clock)
            parts.append(summary_of(out.events, out.notices))
            coverage += out.coverage
            stored = block.consumed
        return piece.source.name, combine_all(parts), coverage, stored

    def framed(self, job: Job) -> tuple[str, list[lines.Parsed]]:
        """Parse and classify one piece and keep its events."""
        piece, clock = job
        return piece.source.name, [self.parsed(block, clock) for block in _blocks(piece)]

    def _within(self, rows: pl.DataFrame) -> pl.DataFrame:
        if rows.is_empty():
            return rows
        if self.since is not None:
            rows = rows.filter(pl.col("timestamp") >= self.since)
        if self.until is not None:
            rows = rows.filter(pl.col("timestamp") < self.until)
        return rows


def _blocks(piece: sources.Block | sources.Span) -> Iterator[sources.Block]:
    return iter((piece,)) if isinstance(piece, sources.Block) else sources.blocks(piece, size=BLOCK)


def _chosen(packs: tuple[Mta, ...], name: str | None) -> tuple[Mta, ...]:
    if name is None:
        return packs
    found = tuple(mta for mta in packs if mta.id == name)
    if not found:
        raise OptionError(f"--mta {name}: not known; known are {', '.join(mta.id for mta in packs)}")
    return found
