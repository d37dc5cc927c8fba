"""Blocks of log lines, one record a line: events, facts about messages, notices, and what was not understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import polars as pl

from logscan import schema
from logscan.framing import Clock, Frame
from logscan.packs.mta import Mta, nameless, of_lines
from logscan.parse import head, reply, shapes, wrapped
from logscan.parse import notices as notices_
from logscan.parse.parts import any_of

_SAMPLES = 5
_SAMPLE_LENGTH = 400
_AGENT = re.compile(r"\(\?P<agent>\[\^ [^\]]*\]\+\)")


@dataclass(slots=True)
class Coverage:
    """How much of the input was understood; adds up with ``+``."""

    bytes: int = 0
    lines: int = 0
    candidates: int = 0
    events: int = 0
    facts: int = 0
    notices: int = 0
    ignored: int = 0
    foreign: int = 0
    unparsed: int = 0
    cut: int = 0
    samples: list[tuple[str, int, str]] = field(default_factory=list)  # source, offset, line

    def __add__(self, other: Coverage) -> Coverage:
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        return Coverage(**counts, samples=(self.samples + other.samples)[:_SAMPLES])


COUNTS = (
    "bytes",
    "lines",
    "candidates",
    "events",
    "facts",
    "notices",
    "ignored",
    "foreign",
    "unparsed",
    "cut",
)


@dataclass(slots=True)
class Parsed:
    """What one block held."""

    events: pl.DataFrame
    messages: pl.DataFrame
    notices: pl.DataFrame
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far to read: the event columns that are needed, and whether the facts about messages are."""

    columns: frozenset[str]
    messages: bool

    @property
    def captured(self) -> frozenset[str]:
        """The columns that must be taken out of the lines for it, with those that others are made of."""
        reply_ = {"diagnostic", "_reply"} if self.columns & {"reply_code", "enhanced_code"} else set()
        address = {"envelope_recipient"} if "recipient_domain" in self.columns else set()
        return self.columns | reply_ | address


ALL = Wanted(frozenset(schema.PARSED), messages=True)
_EVENT_TYPES = {c.name: schema.polars_type for c in schema.EVENTS}


def parse(  # noqa: PLR0913, PLR0917  # a block and all that it takes to read it
    data: bytes, offset: int, source: str, packs: tuple[Mta, ...], clock: Clock, wanted: Wanted = ALL
) -> Parsed:
    """Parse whole lines; ``offset`` is the place of the first byte in the decompressed stream."""
    packs = of_lines(packs)
    rows, ascii_only = to_rows(data, offset)
    coverage = Coverage(bytes=len(data), lines=rows.height)
    taken = _Taken([], [], [])
    frames = _frames(packs)
    inner, rows = (
        wrapped.peel(rows, frames) if wrapped.likely(rows.get_column("line"), frames) else (rows.clear(), rows)
    )
    left = _take(rows, packs, clock, wanted, ascii_only, taken, coverage)
    if inner.is_empty() and left.height:
        inner, rest = wrapped.peel(left, frames)
        if inner.height:  # they were counted by what is around them
            coverage.candidates -= _anchored(left, packs, wanted) - _anchored(rest, packs, wanted)
            left = rest
    if inner.height:
        left = pl.concat([left, _take(inner, packs, clock, wanted, wrapped.is_ascii(inner), taken, coverage)])
    events, notices, messages = taken
    coverage.events = sum(frame.height for frame in events)
    coverage.notices = sum(frame.height for frame in notices)
    coverage.facts = sum(frame.height for frame in messages)
    _leftovers(coverage, left, packs, source)
    return Parsed(
        events=finished(events, source, wanted),
        messages=loose(messages, source),
        notices=loose(notices, source),
        coverage=coverage,
    )


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
    frames, others = head.ordered((candidates if candidates.height else rest).get_column("line"), _frames(packs))
    framed = head.behead(candidates, frames + others, clock, ascii_only=ascii_only)
    before = [len(part) for part in out]
    for mta in packs:
        framed = _read(framed, mta, wanted, ascii_only, out)
    fresh = [frame.get_column("offset") for part, n in zip(out, before, strict=True) for frame in part[n:]]
    taken = pl.concat(fresh) if fresh else pl.Series("offset", [], dtype=pl.Int64)
    leftover = candidates.filter(~candidates.get_column("offset").is_in(taken.implode()))
    return pl.concat([_unknown(rest, packs, frames, others), _unknown(leftover, packs, frames, others)])


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


@cache
def _frames(packs: tuple[Mta, ...]) -> tuple[Frame, ...]:
    return tuple(dict.fromkeys(frame for mta in packs for frame in mta.frames))


def _read(
    framed: pl.DataFrame,
    mta: Mta,
    wanted: Wanted,
    ascii_only: bool,
    out: _Taken,
) -> pl.DataFrame:
    """Run one pack's shapes over framed lines; what is left over is returned."""
    ours = _tagged(framed, mta)
    if not ours.any():
        return framed
    mine, others = (framed, framed.clear()) if ours.all() else (framed.filter(ours), framed.filter(~ours))
    events, notices, messages = out
    for shape in mta.events:
        taken, mine = shapes.take(mine, mta, shape, wanted.captured, ascii_only=ascii_only)
        if taken.height:
            events.append(taken.with_columns(mta=pl.lit(mta.id)))
    taken, mine = notices_.take(mine, mta)
    if taken.height:
        notices.append(taken.with_columns(mta=pl.lit(mta.id)))
    for shape in mta.messages if wanted.messages else ():
        taken, mine = shapes.take(mine, mta, shape, FACTS, ascii_only=ascii_only)
        if taken.height:
            messages.append(taken.with_columns(mta=pl.lit(mta.id), _closes=pl.lit(shape.closes)))
    return pl.concat([mine, others]) if others.height else mine


FACTS = frozenset(column.name for column in schema.MESSAGES)


def _tagged(framed: pl.DataFrame, mta: Mta) -> pl.Series:
    """Which rows carry one of the MTA's program tags; decided on the few tags there are."""
    tags = framed.select(pl.col("agent").unique()).drop_nulls()
    good = tags.filter(pl.col("agent").str.contains(mta.tag)).to_series()
    return framed.get_column("agent").is_in(good.implode()).fill_null(value=False)


@cache
def _known(packs: tuple[Mta, ...], frame: Frame) -> str:
    """A pattern for whole lines of a mail server that are facts about messages or left alone on purpose."""
    lines = []
    for mta in packs:
        tag = f"(?:{mta.tag.removeprefix('^').removesuffix('$')})"
        texts = [text for shape in (*mta.messages, *mta.ignored) for text in shape.patterns]
        plain = [nameless(text).removeprefix("^") for text in texts]
        folded = [text.removesuffix("$") + r"\]?$" if text.endswith("$") else text for text in plain]
        agent = _AGENT.search(frame.pattern)
        head = nameless(frame.pattern.replace(agent[0], tag) if agent else frame.pattern)
        repeated = rf"message repeated [0-9]{{1,6}} times: \[ ?(?:{'|'.join(folded)})"
        lines.append(f"{head}(?:{'|'.join(plain)}|{repeated})")
    return "|".join(lines)


def _unknown(rows: pl.DataFrame, packs: tuple[Mta, ...], frames: list[Frame], others: list[Frame]) -> pl.DataFrame:
    """The lines that are neither facts nor left alone on purpose.

    ``frames`` are those that the block has, ``others`` those that the rest of the lines may have.
    """
    for frame in frames:
        rows = _without(rows, _known(packs, frame))
    framed = pl.lit(value=False)
    for frame in frames:
        framed |= pl.col("line").str.contains(nameless(frame.pattern))
    same, strange = rows.filter(framed), rows.filter(~framed)
    for frame in others:
        strange = _without(strange, _known(packs, frame))
    return pl.concat([same, strange])


def _without(rows: pl.DataFrame, pattern: str) -> pl.DataFrame:
    return rows if rows.is_empty() else rows.filter(~pl.col("line").str.contains(pattern))


def _leftovers(coverage: Coverage, unknown: pl.DataFrame, packs: tuple[Mta, ...], source: str) -> None:
    """Tell other programs' lines from lines of an MTA that no pattern takes."""
    rows = unknown.sort("offset")
    ours = 0
    if rows.height:
        framed = head.behead(rows, _frames(packs), Clock("UTC", 2000, 101), ascii_only=False)
        mask = pl.repeat(value=False, n=framed.height, eager=True)
        for mta in packs:
            mask |= _tagged(framed, mta)
        strange = framed.filter(mask).get_column("offset")
        ours = strange.len()
        shown = rows.filter(pl.col("offset").is_in(strange.implode())).head(_SAMPLES)
        for line, offset in shown.select("line", "offset").iter_rows():
            coverage.samples.append((source, offset, line[:_SAMPLE_LENGTH]))
    coverage.unparsed = ours
    coverage.foreign = rows.height - ours
    coverage.ignored = coverage.lines - coverage.events - coverage.notices - coverage.facts - rows.height


def finished(frames: list[pl.DataFrame], source: str, wanted: Wanted) -> pl.DataFrame:
    """The events of a block with every wanted column; in the order of lines where facts about messages are read."""
    if not frames:
        return pl.DataFrame()
    rows = pl.concat(frames, how="diagonal")
    if "diagnostic" in rows.columns:
        rows = reply.split(rows)
    if "envelope_recipient" in rows.columns:
        rows = rows.with_columns(recipient_domain=reply.domain(pl.col("envelope_recipient")))
    rows = _unfolded(rows)
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
