"""Rows of a table to events, facts about messages and notices; ``logscan.packs.match`` does the same with one row."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import polars as pl

from logscan.framing import Clock
from logscan.packs.match import chosen
from logscan.packs.mta import Mta, Shape
from logscan.packs.tables import Format, Table, format_of
from logscan.parse import clock as clocks
from logscan.parse import delimited, lines, shapes

_TEXT = pl.String()
_FIELD = re.compile(r"\{([^{}]+)\}")
_SAMPLES = 5
_SAMPLE_LENGTH = 400
_KINDS = ("event", "notice", "message")


def parse(  # noqa: PLR0913, PLR0917  # a block and all that it takes to read it
    data: bytes,
    offset: int,
    source: str,
    table: Table,
    packs: tuple[Mta, ...],
    clock: Clock,
    wanted: lines.Wanted = lines.ALL,
) -> lines.Parsed:
    """Parse whole rows; ``table`` is in force at their beginning, ``offset`` is their place in the stream."""
    rows = delimited.read(data, offset, table, packs, lambda of: _columns(of, packs))
    coverage = lines.Coverage(bytes=len(data), lines=rows.count, ignored=rows.headers)
    found: dict[str, list[pl.DataFrame]] = {kind: [] for kind in _KINDS}
    strange = [rows.broken.get_column("offset")]
    for table_, frame in rows.frames:
        known = format_of(table_, packs)
        if known is None:
            coverage.foreign += frame.height
            continue
        taken = _taken(frame, known[1], clock)
        undated = taken.get_column("timestamp").is_null()
        strange.append(taken.filter(undated).get_column("offset"))
        strange.append(_shaped(taken.filter(~undated), known, wanted, coverage, found))
    _strange(coverage, pl.concat(strange).sort(), data, offset, source)
    coverage.candidates = coverage.events + coverage.notices + coverage.facts + coverage.unparsed
    return lines.Parsed(
        events=lines.finished(found["event"], source, wanted),
        messages=lines.loose(found["message"], source),
        notices=lines.loose(found["notice"], source),
        coverage=coverage,
    )


@cache
def _columns(table: Table, packs: tuple[Mta, ...]) -> frozenset[str]:
    """The columns of a file that its format makes use of."""
    known = format_of(table, packs)
    if known is None:
        return frozenset(table.columns[:1])
    return frozenset({known[1].stamp}.union(*(_names(text) for text in known[1].take.values())))


def _names(text: str) -> list[str]:
    """The columns that a text is made of: one by its name, or several in braces."""
    return _FIELD.findall(text) or [text]


def _made(text: str, have: set[str]) -> pl.Expr:
    """A column by its name, or a text made of several; null when all of them are missing."""
    if "{" not in text:
        return pl.col(text) if text in have else pl.lit(None, dtype=_TEXT)
    names = [name for name in _names(text) if name in have]
    pieces: list[pl.Expr] = []
    for n, piece in enumerate(_FIELD.split(text)):
        if n % 2 == 0:
            pieces.append(pl.lit(piece))
        elif piece in have:
            pieces.append(pl.col(piece).fill_null(""))
    some = pl.any_horizontal([pl.col(name).is_not_null() for name in names]) if names else pl.lit(value=False)
    return pl.when(some).then(pl.concat_str(pieces))


def _taken(frame: pl.DataFrame, format_: Format, clock: Clock) -> pl.DataFrame:
    """The columns of the file under the names that the pack gives them, and the time."""
    have = set(frame.columns)
    frame = frame.with_columns(pl.col(name).replace("", None) for name in have - {"offset"})
    stamps = frame.get_column(format_.stamp)
    zoned = replace(clock, zone=format_.zone) if format_.zone else clock
    return frame.select(
        "offset",
        clocks.utc(stamps, "iso", zoned).alias("timestamp"),
        *(_made(text, have).alias(name) for name, text in format_.take.items()),
    )


def _shaped(
    rows: pl.DataFrame,
    known: tuple[Mta, Format],
    wanted: lines.Wanted,
    coverage: lines.Coverage,
    found: dict[str, list[pl.DataFrame]],
) -> pl.Series:
    """Run a pack's shapes over rows; the offsets of those that no shape takes are given back."""
    mta, format_ = known
    keys = sorted({name for shape in mta.shapes for name in (*shape.when, *shape.unless)} & set(rows.columns))
    kinds = rows.select(keys).unique()
    numbers = [_number(mta, dict(zip(keys, values, strict=True))) for values in kinds.iter_rows()]
    kinds = kinds.with_columns(_shape=pl.Series(numbers, dtype=pl.Int32))
    rows = rows.join(kinds, on=keys, how="left", nulls_equal=True, maintain_order="left")
    for (number,), group in rows.group_by("_shape", maintain_order=True):
        if number is None:
            continue
        shape = mta.shapes[int(str(number))]
        if shape.table == "ignore" or (shape.table == "message" and not wanted.messages):
            coverage.ignored += group.height
            continue
        filled = _filled(group.drop("_shape"), mta, format_, shape, wanted)
        found[shape.table].append(filled)
        name = {"event": "events", "notice": "notices", "message": "facts"}[shape.table]
        setattr(coverage, name, getattr(coverage, name) + group.height)
    return rows.filter(pl.col("_shape").is_null()).get_column("offset")


def _number(mta: Mta, row: dict[str, str | None]) -> int | None:
    shape = chosen(mta, row)
    return None if shape is None else mta.shapes.index(shape)


def _filled(rows: pl.DataFrame, mta: Mta, format_: Format, shape: Shape, wanted: lines.Wanted) -> pl.DataFrame:
    """One row for each entry of lists, then what a shape makes of it."""
    have = set(rows.columns)
    rows = _listed(rows, format_).with_columns(_made(text, have).alias(name) for name, text in shape.take.items())
    want = wanted.captured if shape.table == "event" else lines.FACTS
    rows = shapes.filled(rows, mta, shape, want, ascii_only=False)
    rows = rows.with_columns(mta=pl.lit(mta.id), _times=pl.lit(1, dtype=pl.UInt32))
    if shape.table == "message":
        return rows.with_columns(_closes=pl.lit(shape.closes))
    if shape.table == "notice":
        text = rows.get_column("diagnostic") if "diagnostic" in rows.columns else pl.lit(None, dtype=_TEXT)
        return rows.with_columns(_kind=pl.lit(shape.id), _severity=pl.lit(shape.severity), _text=text, _payload=text)
    return rows


def _listed(rows: pl.DataFrame, format_: Format) -> pl.DataFrame:
    """One row for each entry of the lists; lists of another length than the first are left whole."""
    if not format_.each:
        return rows
    first, *others = format_.each
    many = rows.get_column(first).str.contains(format_.by, literal=True).fill_null(value=False)
    if not many.any():
        return rows
    some = rows.filter(many).with_columns(pl.col(name).str.split(format_.by) for name in (first,))
    some = some.with_columns(_entries(pl.col(name), format_).alias(name) for name in others)
    for name in others:
        fits = pl.col(name).list.len() == pl.col(first).list.len()
        whole = pl.col(name).list.join(format_.by).repeat_by(pl.col(first).list.len())
        some = some.with_columns(pl.when(fits).then(pl.col(name)).otherwise(whole).alias(name))
    some = some.explode(first, *others)
    return pl.concat([rows.filter(~many), some.with_columns(pl.col(n).replace("", None) for n in format_.each)])


def _entries(column: pl.Expr, format_: Format) -> pl.Expr:
    """The entries of a list, each with all that the pack says may stand in one."""
    by = re.escape(format_.by)
    if not format_.item:
        return column.fill_null("").str.split(format_.by)
    found = (column.fill_null("") + format_.by).str.extract_all(rf"(?s:{format_.item}){by}")
    return found.list.eval(pl.element().str.strip_suffix(format_.by))


def _strange(coverage: lines.Coverage, offsets: pl.Series, data: bytes, offset: int, source: str) -> None:
    """Count the rows that were not understood, and show some."""
    coverage.unparsed += offsets.len()
    for place in offsets.head(_SAMPLES).to_list():
        at = place - offset
        line = data[at : at + 4 * _SAMPLE_LENGTH].split(b"\n", 1)[0].removesuffix(b"\r")
        coverage.samples.append((source, place, line.decode("utf-8", "replace")[:_SAMPLE_LENGTH]))
