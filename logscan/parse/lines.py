"""Blocks of log lines, one record a line: events, facts about messages, notices, and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import polars as pl

from logscan import schema
from logscan.framing import Clock
from logscan.packs.mta import Mta, of_lines
from logscan.parse import copies, head, leftovers, reply, shapes, wrapped
from logscan.parse import notices as notices_
from logscan.parse.leftovers import COUNTS, Coverage
from logscan.parse.parts import any_of


@dataclass(slots=True)
class Parsed:
    """What one block held."""

    events: pl.DataFrame
    messages: pl.DataFrame
    notices: pl.DataFrame
    coverage: Coverage
    waiting: pl.DataFrame = field(default_factory=pl.DataFrame)  # rows of sessions that other blocks go on with


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far to read: the event columns that are needed, and whether the facts about messages are.

    ``aside`` are the formats of tables whose deliveries other files tell of, too; here they are sessions.
    ``told`` are the hashes of lines that another file tells, too, which are counted there.
    """

    columns: frozenset[str]
    messages: bool
    aside: frozenset[str] = frozenset()
    told: frozenset[int] = frozenset()

    @property
    def captured(self) -> frozenset[str]:
        """The columns that must be taken out of the lines for it, with those that others are made of."""
        reply_ = {"diagnostic", "_reply"} if self.columns & {"reply_code", "enhanced_code"} else set()
        address = {"envelope_recipient"} if "recipient_domain" in self.columns else set()
        return self.columns | reply_ | address


ALL = Wanted(frozenset(schema.PARSED), messages=True)
_TELLING = Wanted(frozenset({"timestamp"}), messages=False)
__all__ = ["ALL", "COUNTS", "FACTS", "Coverage", "Parsed", "Wanted", "finished", "head", "loose", "parse", "told"]

_DELAYS = tuple(c.name for c in schema.EVENTS if c.kind == "float")


def parse(  # noqa: PLR0913, PLR0917  # a block and all that it takes to read it
    data: bytes,
    offset: int,
    source: str,
    packs: tuple[Mta, ...],
    clock: Clock,
    wanted: Wanted = ALL,
    around: tuple[bytes, bytes] = (b"", b""),
) -> Parsed:
    """Parse whole lines; ``offset`` is the place of the first byte in the decompressed stream.

    ``around`` are the lines before and behind, as far as ``framing.REACH`` goes.
    """
    packs = of_lines(packs)
    rows, ascii_only = to_rows(data, offset)
    coverage = Coverage(bytes=len(data), lines=rows.height)
    taken, left = _read_all(rows, packs, clock, wanted, ascii_only, coverage)
    events, notices, messages = taken
    if copies.possible(packs):
        beside = [
            _beside(text, at, packs, clock, wanted) if needed else []
            for text, at, needed in zip(
                around,
                (offset - len(around[0]), offset + len(data)),
                copies.near([*events, *notices], offset, offset + len(data)),
                strict=True,
            )
        ]
        kept, coverage.copies = copies.left_out([*events, *notices], *beside)
        if wanted.told:
            kept, again = copies.not_told(kept, wanted.told)
            coverage.copies += again
        events = [part for part in kept if "_kind" not in part.columns]
        notices = [part for part in kept if "_kind" in part.columns]
    coverage.events = sum(frame.height for frame in events)
    coverage.notices = sum(frame.height for frame in notices)
    coverage.facts = sum(frame.height for frame in messages)
    leftovers.count(coverage, left, packs, source)
    return Parsed(
        events=finished(events, source, wanted),
        messages=loose(messages, source),
        notices=loose(notices, source),
        coverage=coverage,
    )


def _read_all(  # noqa: PLR0913, PLR0917  # rows and all that it takes to read them
    rows: pl.DataFrame,
    packs: tuple[Mta, ...],
    clock: Clock,
    wanted: Wanted,
    ascii_only: bool,
    coverage: Coverage,
) -> tuple[_Taken, pl.DataFrame]:
    """What the shapes take out of lines, wrapped or not, and the lines that nothing takes."""
    taken = _Taken([], [], [])
    inner = rows.clear()
    if wrapped.likely(rows.get_column("line"), packs):
        inner, rows = wrapped.peel(rows, packs)
    left = _take(rows, packs, clock, wanted, ascii_only, taken, coverage)
    if inner.is_empty() and left.height:
        inner, rest = wrapped.peel(left, packs)
        if inner.height:  # they were counted by what is around them
            coverage.candidates -= _anchored(left, packs, wanted) - _anchored(rest, packs, wanted)
            left = rest
    if inner.height:
        left = pl.concat([left, _take(inner, packs, clock, wanted, wrapped.is_ascii(inner), taken, coverage)])
    return taken, left


def _beside(data: bytes, offset: int, packs: tuple[Mta, ...], clock: Clock, wanted: Wanted) -> list[pl.DataFrame]:
    """The events and notices of lines that stand around a block."""
    if not data:
        return []
    rows, ascii_only = to_rows(data, offset)
    taken, _ = _read_all(rows, packs, clock, wanted, ascii_only, Coverage())
    return [*taken.events, *taken.notices]


def told(data: bytes, offset: int, packs: tuple[Mta, ...], clock: Clock) -> list[int]:
    """Hashes of the lines that another file of the same server may hold, too: for ``Wanted.told``."""
    return copies.hashes(_beside(data, offset, packs, clock, _TELLING)).to_list()


class _Taken(NamedTuple):
    """What the shapes took out of a block, by kind."""

    events: list[pl.DataFrame]
    notices: list[pl.DataFrame]
    messages: list[pl.DataFrame]


def _take(  # noqa: PLR0913, PLR0917  # rows and all that it takes to read them
    rows: pl.DataFrame,
    packs: tuple[Mta, ...],
    clock: Clock,
    wanted: Wanted,
    ascii_only: bool,
    out: _Taken,
    coverage: Coverage,
) -> pl.DataFrame:
    """Run all packs over lines; those that nothing takes and that are not left alone on purpose are returned."""
    mask = rows.get_column("line").str.contains(_anchors(packs, wanted.messages))
    candidates, rest = rows.filter(mask), rows.filter(~mask)
    coverage.candidates += candidates.height
    frames, others = head.ordered(
        (candidates if candidates.height else rest).get_column("line"), leftovers.frames_of(packs)
    )
    framed = head.behead(candidates, frames + others, clock, ascii_only=ascii_only)
    before = [len(part) for part in out]
    for mta in packs:
        framed = _read(framed, mta, wanted, ascii_only, out)
    fresh = [frame.get_column("offset") for part, n in zip(out, before, strict=True) for frame in part[n:]]
    taken = pl.concat(fresh) if fresh else pl.Series("offset", [], dtype=pl.Int64)
    leftover = candidates.filter(~candidates.get_column("offset").is_in(taken.implode()))
    return pl.concat(
        [leftovers.unknown(rest, packs, frames, others), leftovers.unknown(leftover, packs, frames, others)]
    )


def _anchored(rows: pl.DataFrame, packs: tuple[Mta, ...], wanted: Wanted) -> int:
    return int(rows.get_column("line").str.contains(_anchors(packs, wanted.messages)).sum())


def to_rows(data: bytes, offset: int) -> tuple[pl.DataFrame, bool]:
    """Lines with the offset of their first byte, and whether all is ASCII; invalid UTF-8 becomes U+FFFD."""
    ascii_only = data.isascii()
    plain = ascii_only or _valid(data)
    if plain and b"\r" not in data:
        lines = pl.read_lines(data, name="line")
        start = (pl.col("line").str.len_bytes().cast(pl.Int64) + 1).cum_sum().shift(1, fill_value=0) + offset
        return lines.with_columns(offset=start), ascii_only
    pieces = data.split(b"\n")
    if pieces[-1] == b"":
        pieces.pop()
    lengths = pl.Series([len(piece) + 1 for piece in pieces], dtype=pl.Int64)
    texts = [piece.removesuffix(b"\r").decode("utf-8", "replace") for piece in pieces]
    rows = pl.DataFrame({"line": pl.Series(texts, dtype=pl.String), "_length": lengths})
    start = pl.col("_length").cum_sum().shift(1, fill_value=0) + offset
    return rows.select("line", offset=start), ascii_only


def _valid(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@cache
def _anchors(packs: tuple[Mta, ...], messages: bool) -> str:
    kinds = [shape for mta in packs for shape in (*mta.events, *mta.notices, *(mta.messages if messages else ()))]
    anchors = {anchor for shape in kinds for anchor in shape.anchors}
    # An anchor that holds another one is found where that one is.
    return any_of({a for a in anchors if not any(b != a and b in a for b in anchors)})


def _read(
    framed: pl.DataFrame,
    mta: Mta,
    wanted: Wanted,
    ascii_only: bool,
    out: _Taken,
) -> pl.DataFrame:
    """Run one pack's shapes over framed lines; what is left over is returned."""
    ours = leftovers.tagged(framed, mta)
    if not ours.any():
        return framed
    mine, others = (framed, framed.clear()) if ours.all() else (framed.filter(ours), framed.filter(~ours))
    events, notices, messages = out
    copied = copies.possible((mta,))
    mine = leftovers.bare(mine, (mta.piece,))
    if copied:
        mine = mine.with_columns(_said=shapes.PAYLOAD)
    mine = leftovers.bare(mine, mta.prefixes)
    want = wanted.captured | copies.NEEDED if copied else wanted.captured
    for shape in mta.events:
        taken, mine = shapes.take(mine, mta, shape, want, ascii_only=ascii_only)
        if taken.height:
            taken = taken.with_columns(mta=pl.lit(mta.id))
            events.append(copies.marked(taken, shape) if copied else taken)
    taken, mine = notices_.take(mine, mta)
    if taken.height:
        notices.append(taken.with_columns(mta=pl.lit(mta.id)))
    for shape in mta.messages if wanted.messages else ():
        taken, mine = shapes.take(mine, mta, shape, FACTS, ascii_only=ascii_only)
        if taken.height:
            messages.append(taken.with_columns(mta=pl.lit(mta.id), _closes=pl.lit(shape.closes)))
    mine = mine.drop("_said", strict=False)
    return pl.concat([mine, others]) if others.height else mine


FACTS = frozenset(column.name for column in schema.MESSAGES)


def finished(frames: list[pl.DataFrame], source: str, wanted: Wanted) -> pl.DataFrame:
    """The events of a block with every wanted column; in the order of lines where facts about messages are read."""
    if not frames:
        return pl.DataFrame()
    rows = pl.concat(frames, how="diagonal")
    if "diagnostic" in rows.columns:
        rows = reply.split(rows)
    if "envelope_recipient" in rows.columns:
        rows = rows.with_columns(recipient_domain=reply.domain(pl.col("envelope_recipient")))
    rows = _unfolded(rows).with_columns(
        reply.seconds(pl.col(name)).alias(name)
        for name in _DELAYS
        if rows.schema.get(name) == pl.String and rows.get_column(name).str.contains("[smhdw]$").any()
    )
    if wanted.messages:
        rows = rows.sort("offset", *(["_entry"] if "_entry" in rows.columns else []))
    drop = [name for name in rows.columns if name.startswith("_")]
    rows = rows.drop(drop).with_columns(source=pl.lit(source))
    missing = [name for name in sorted(wanted.columns) if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)
    return rows


def _unfolded(rows: pl.DataFrame) -> pl.DataFrame:
    """A line that stands for N equal lines becomes N rows."""
    if (rows.get_column("_times") == 1).all():
        return rows
    rows = rows.filter(pl.col("_times") > 0)
    return rows.select(pl.all().repeat_by("_times")).explode(rows.columns)


def loose(frames: list[pl.DataFrame], source: str) -> pl.DataFrame:
    """Facts about messages, or notices, of a block in the order of lines."""
    if not frames:
        return pl.DataFrame()
    return _unfolded(pl.concat(frames, how="diagonal")).sort("offset").with_columns(source=pl.lit(source))
