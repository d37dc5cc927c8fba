"""How much of a log was understood, and what the lines are that no event, notice or fact came of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

import polars as pl

from logscan.framing import Clock, Frame
from logscan.packs.mta import Mta
from logscan.packs.part import nameless
from logscan.parse import head

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
    untagged: int = 0  # of the unparsed: those without a program tag, which any program may have written
    continued: int = 0
    copies: int = 0
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
    "untagged",
    "continued",
    "copies",
    "cut",
)


@cache
def frames_of(packs: tuple[Mta, ...]) -> tuple[Frame, ...]:
    """Every frame that lines of these MTAs may have, in the order in which they are tried."""
    return tuple(dict.fromkeys(frame for mta in packs for frame in mta.frames))


def tagged(framed: pl.DataFrame, mta: Mta) -> pl.Series:
    """Which rows carry one of the MTA's program tags; decided on the few tags there are."""
    tags = framed.select(pl.col("agent").unique()).drop_nulls()
    good = tags.filter(pl.col("agent").str.contains(mta.tag)).to_series()
    return framed.get_column("agent").is_in(good.implode()).fill_null(value=False)


def bare(rows: pl.DataFrame, prefixes: tuple[str, ...]) -> pl.DataFrame:
    """Payloads without what the MTA puts in front of each message."""
    for prefix in prefixes:
        if prefix and rows.select(pl.col("_payload").str.contains(prefix).any()).item():
            rows = rows.with_columns(pl.col("_payload").str.replace(prefix, ""))
    return rows


@cache
def _known(packs: tuple[Mta, ...], frame: Frame) -> str:
    """A pattern for whole lines of a mail server that are facts about messages or left alone on purpose."""
    lines = []
    for mta in packs:
        if frame.agent and not re.search(mta.tag, frame.agent):
            continue
        tag = f"(?:{mta.tag.removeprefix('^').removesuffix('$')})"
        texts = [text for shape in (*mta.messages, *mta.ignored) for text in shape.patterns]
        plain = [nameless(text).removeprefix("^") for text in texts]
        folded = [text.removesuffix("$") + r"\]?$" if text.endswith("$") else text for text in plain]
        agent = _AGENT.search(frame.pattern)
        head = nameless(frame.pattern.replace(agent[0], tag) if agent else frame.pattern)
        before = "".join(
            f"(?:{nameless(prefix).removeprefix('^')})?" for prefix in (mta.piece, *mta.prefixes) if prefix
        )
        repeated = rf"message repeated [0-9]{{1,6}} times: \[ ?{before}(?:{'|'.join(folded)})"
        lines.append(f"{head}(?:{before}(?:{'|'.join(plain)})|{repeated})")
    return "|".join(lines)


def unknown(rows: pl.DataFrame, packs: tuple[Mta, ...], frames: list[Frame], others: list[Frame]) -> pl.DataFrame:
    """The lines that are neither facts nor left alone on purpose.

    ``frames`` are those that the block has, ``others`` those that the rest of the lines may have.
    """
    for frame in frames:
        rows = _without(rows, _known(packs, frame))
    framed = pl.lit(value=False)
    for frame in frames:
        framed |= pl.col("line").str.contains(nameless(frame.pattern))
    same, strange = rows.filter(framed), rows.filter(~framed)
    for frame in head.present(strange, others):
        strange = _without(strange, _known(packs, frame))
    return pl.concat([same, strange])


def _without(rows: pl.DataFrame, pattern: str) -> pl.DataFrame:
    return rows if rows.is_empty() else rows.filter(~pl.col("line").str.contains(pattern))


def count(coverage: Coverage, unknown: pl.DataFrame, packs: tuple[Mta, ...], source: str) -> None:
    """Tell other programs' lines from lines of an MTA that no pattern takes."""
    rows = unknown.sort("offset")
    rows, coverage.continued = _continued(rows, packs)
    ours = 0
    if rows.height:
        framed = head.behead(rows, frames_of(packs), Clock("UTC", 2000, 101), ascii_only=False)
        mask = pl.repeat(value=False, n=framed.height, eager=True)
        for mta in packs:
            mask |= tagged(framed, mta)
        strange = framed.filter(mask).get_column("offset")
        coverage.untagged = framed.filter(mask & framed.get_column("reporting_mta").is_null()).height
        ours = strange.len()
        shown = rows.filter(pl.col("offset").is_in(strange.implode())).head(_SAMPLES)
        for line, offset in shown.select("line", "offset").iter_rows():
            coverage.samples.append((source, offset, line[:_SAMPLE_LENGTH]))
    coverage.unparsed = ours
    coverage.foreign = rows.height - ours
    known = coverage.events + coverage.notices + coverage.facts + coverage.copies + coverage.continued
    coverage.ignored = coverage.lines - known - rows.height


def _continued(rows: pl.DataFrame, packs: tuple[Mta, ...]) -> tuple[pl.DataFrame, int]:
    """Rows without the further lines of entries, and how many those were."""
    more = [pattern for mta in packs for pattern in mta.unframed]
    if rows.is_empty() or not more:
        return rows, 0
    line = pl.col("line")
    held = rows.select(line.str.contains("|".join(f"(?:{pattern})" for pattern in more))).to_series()
    begun = [nameless(frame.pattern) for frame in frames_of(packs)]
    alike = rows.filter(held)
    strange = alike.filter(~pl.any_horizontal(line.str.contains(pattern) for pattern in begun)).get_column("offset")
    rest = rows.filter(~pl.col("offset").is_in(strange.implode()))
    within: list[pl.Series] = []
    framed = head.behead(rest, frames_of(packs), Clock("UTC", 2000, 101), ascii_only=False)
    for mta in packs:
        texts = [pattern for shape in mta.parts_of_entries for pattern in shape.patterns]
        if texts:
            mine = bare(framed.filter(tagged(framed, mta)), (mta.piece, *mta.prefixes))
            found = pl.col("_payload").str.contains("|".join(f"(?:{nameless(text)})" for text in texts))
            within.append(mine.filter(found).get_column("offset"))
    inside = pl.concat(within) if within else strange.clear()
    return rest.filter(~pl.col("offset").is_in(inside.implode())), strange.len() + inside.n_unique()
