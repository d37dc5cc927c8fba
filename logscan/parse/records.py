"""Rows of a table to events, facts about messages and notices; ``logscan.packs.match`` does the same with one row."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import cache

import polars as pl

from logscan.framing import Clock
from logscan.packs.mta import BRACED, Mta, Shape
from logscan.packs.part import groups
from logscan.packs.tables import Format, Table, format_of
from logscan.packs.talk import Talk
from logscan.parse import choosing, delimited, lines, sessions, shapes
from logscan.parse import clock as clocks

_TEXT = pl.String()
_SAMPLES = 5
_SAMPLE_LENGTH = 400
KINDS = ("event", "notice", "message")


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
    rows = delimited.read(data, offset, table, packs, lambda of: _columns(of, packs, wanted))
    coverage = lines.Coverage(bytes=len(data), lines=rows.count, ignored=rows.headers, foreign=rows.foreign)
    found: dict[str, list[pl.DataFrame]] = {kind: [] for kind in KINDS}
    strange = [rows.broken.get_column("offset")]
    waiting: list[pl.DataFrame] = []
    for table_, frame in rows.frames:
        known = format_of(table_, packs)
        if known is None:
            continue
        asked = frozenset(known[1].take) if known[1].talk is not None else _asked(*known, wanted)
        taken = _taken(frame, known[1], asked, broken_lines=rows.broken_lines)
        if known[1].talk is not None:
            taken, undated = _dated(taken, known[1], clock)
            taken, later, bad = _conversed(taken, known[1].talk, coverage)
            strange += [undated, bad]
            waiting += [later.with_columns(_mta=pl.lit(known[0].id), source=pl.lit(source))] if later.height else []
            shown(coverage, unshaped(taken, known, clock, wanted, coverage, found), known[1].talk, source)
        else:
            strange += _shaped(taken, known, clock, wanted, coverage, found)
    _strange(coverage, pl.concat(strange).sort(), data, offset, source)
    out = parsed(found, source, wanted, coverage)
    out.waiting = pl.concat(waiting) if waiting else out.waiting
    return out


def parsed(
    found: dict[str, list[pl.DataFrame]], source: str, wanted: lines.Wanted, coverage: lines.Coverage
) -> lines.Parsed:
    """What was found in rows of one file, and how much of them was understood."""
    coverage.candidates = coverage.events + coverage.notices + coverage.facts + coverage.unparsed
    return lines.Parsed(
        events=lines.finished(found["event"], source, wanted),
        messages=lines.loose(found["message"], source),
        notices=lines.loose(found["notice"], source),
        coverage=coverage,
    )


def _conversed(
    rows: pl.DataFrame, talk: Talk, coverage: lines.Coverage
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Rows of whole sessions put together, those of others, and the offsets of rows that have no place in any."""
    rows = sessions.numbered(rows, talk)
    placed = rows.get_column(sessions.PLACE).is_not_null() & rows.get_column(talk.session).is_not_null()
    whole, later = sessions.parted(rows.filter(placed), talk)
    return _together(whole, talk, coverage), later, rows.filter(~placed).get_column("offset")


def _together(rows: pl.DataFrame, talk: Talk, coverage: lines.Coverage) -> pl.DataFrame:
    if rows.is_empty():
        return rows
    out = sessions.assembled(rows, talk)
    coverage.ignored += rows.height - out.height  # the further lines of replies
    return out


@cache
def _columns(table: Table, packs: tuple[Mta, ...], wanted: lines.Wanted) -> frozenset[str]:
    """The columns of a file that are needed for what is wanted."""
    known = format_of(table, packs)
    if known is None:
        return frozenset()
    asked = _asked(*known, wanted) if known[1].talk is None else known[1].take
    return frozenset({known[1].stamp}.union(*(_names(t) for name, t in known[1].take.items() if name in asked)))


@cache
def _asked(mta: Mta, format_: Format, wanted: lines.Wanted) -> frozenset[str]:
    """The names in a format's ``take`` that are needed for what is wanted, by way of shapes and their parts."""
    out = set(format_.each)
    for shape in mta.shapes:
        out |= {*shape.when, *shape.unless}
        if shape.table != "ignore" and (shape.table != "message" or wanted.messages):
            used = _used(shape, wanted)
            out |= used
            out.update(*(_names(texts) for name, texts in shape.take.items() if name in used))
    return frozenset(out)


def _used(shape: Shape, wanted: lines.Wanted) -> frozenset[str]:
    """The columns of a shape that somebody asks for, or that its parts read."""
    want = wanted.captured if shape.table == "event" else lines.FACTS | {"diagnostic"}
    return want.union(*({part.of, *part.when} for part in shapes.needed(shape, want)))


def _names(texts: tuple[str, ...]) -> list[str]:
    """The columns that some texts are made of: one by its name, or several in braces."""
    return [name for text in texts for name in BRACED.findall(text) or [text]]


def _made(texts: tuple[str, ...], have: Collection[str]) -> pl.Expr:
    """The first of some columns that there is; a text with braces is made of several, if one of them is there."""
    found = [_one(text, have) for text in texts if any(name in have for name in _names((text,)))]
    return pl.coalesce(found) if found else pl.lit(None, dtype=_TEXT)


def _one(text: str, have: Collection[str]) -> pl.Expr:
    if "{" not in text:
        return pl.col(text)
    pieces = [
        pl.lit(piece) if n % 2 == 0 else pl.col(piece).fill_null("") if piece in have else pl.lit("")
        for n, piece in enumerate(BRACED.split(text))
    ]
    some = pl.any_horizontal([pl.col(name).is_not_null() for name in BRACED.findall(text) if name in have])
    return pl.when(some).then(pl.concat_str(pieces))


def _taken(frame: pl.DataFrame, format_: Format, asked: frozenset[str], *, broken_lines: bool) -> pl.DataFrame:
    """The columns of the file under the names that the pack gives them; the time is still text."""
    names = [name for name in frame.columns if name != "offset"]
    if broken_lines:
        held = frame.select(pl.col(names).str.contains("\n", literal=True).any()).row(0)
        split = [name for name, hit in zip(names, held, strict=True) if hit]
        frame = frame.with_columns(pl.col(split).str.replace_all(r"[ \t\r]*\n[ \t\r\n]*", " "))
    taken = frame.select(
        "offset",
        pl.col(format_.stamp).alias("_stamp"),
        pl.lit(format_.id).alias("_format"),
        *(_made(texts, names).alias(name) for name, texts in format_.take.items() if name in asked),
    )
    if "size" in taken.columns:
        size = pl.col("size")
        taken = taken.with_columns(pl.when(size.str.contains("^[0-9]{1,18}$")).then(size).alias("size"))
    return taken


def _dated(rows: pl.DataFrame, format_: Format, clock: Clock) -> tuple[pl.DataFrame, pl.Series]:
    """Rows with their time, and the offsets of those that have none."""
    if "timestamp" in rows.columns:
        return rows, rows.get_column("offset").clear()
    zoned = replace(clock, zone=format_.zone) if format_.zone else clock
    rows = rows.with_columns(clocks.utc(_stamps(rows, format_), "iso", zoned).alias("timestamp")).drop("_stamp")
    undated = rows.get_column("timestamp").is_null()
    if not undated.any():
        return rows, rows.get_column("offset").clear()
    return rows.filter(~undated), rows.filter(undated).get_column("offset")


def _stamps(rows: pl.DataFrame, format_: Format) -> pl.Series:
    """Times as ISO 8601; those that the pack has patterns for are written anew."""
    stamp = pl.col("_stamp")
    found = []
    for pattern in format_.stamps:
        names = groups(pattern)
        at = {name: stamp.str.extract_groups(pattern).struct.field(name) for name in names}
        hour = at["hour"].cast(pl.Int32)
        if "half" in at:
            hour = hour % 12 + pl.when(at["half"] == "PM").then(12).otherwise(0)
        day = pl.concat_str([at[name].str.zfill(2) for name in ("year", "month", "day")], separator="-")
        time = pl.concat_str([hour.cast(_TEXT).str.zfill(2), at["minute"], at["second"]], separator=":")
        found.append(day + "T" + time)
    return rows.select(pl.coalesce(*found, stamp).alias("stamp")).to_series()


def _shaped(  # noqa: PLR0913, PLR0917  # what rows are made of, and where they go
    rows: pl.DataFrame,
    known: tuple[Mta, Format],
    clock: Clock,
    wanted: lines.Wanted,
    coverage: lines.Coverage,
    found: dict[str, list[pl.DataFrame]],
) -> list[pl.Series]:
    """Run a pack's shapes over rows; the offsets of those that no shape takes, or that have no time, are given back."""
    mta, format_ = known
    rows = choosing.numbered(rows, mta, format_)
    numbers = rows.get_column("_shape").unique().drop_nulls().sort().to_list()
    strange = [rows.filter(pl.col("_shape").is_null()).get_column("offset")]
    for number in numbers:
        shape = mta.shapes[number]
        group = rows.filter(pl.col("_shape") == number).drop("_shape")
        if shape.table == "ignore" or (shape.table == "message" and not wanted.messages):
            coverage.ignored += group.height
            continue
        group, undated = _dated(group, format_, clock)
        strange.append(undated)
        found[shape.table].append(_filled(group, mta, format_, shape, wanted))
        name = {"event": "events", "notice": "notices", "message": "facts"}[shape.table]
        setattr(coverage, name, getattr(coverage, name) + group.height)
    return strange


def _filled(rows: pl.DataFrame, mta: Mta, format_: Format, shape: Shape, wanted: lines.Wanted) -> pl.DataFrame:
    """One row for each entry of lists, then what a shape makes of it."""
    rows = (rows if shape.whole or shape.table != "event" else _listed(rows, format_)).with_row_index("_entry")
    used = _used(shape, wanted)
    rows = rows.with_columns(
        _made(texts, rows.columns).alias(name) for name, texts in shape.take.items() if name in used
    )
    want = wanted.captured if shape.table == "event" else lines.FACTS
    rows = shapes.filled(rows, mta, shape, want, ascii_only=False)
    rows = rows.with_columns(mta=pl.lit(mta.id), _times=pl.lit(1, dtype=pl.UInt32))
    if format_.id in wanted.aside and shape.fixed.get("event") == "delivery":
        rows = rows.with_columns(event=pl.lit("session"), outcome=pl.lit("other"))
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


def unshaped(  # noqa: PLR0913, PLR0917  # as _shaped
    rows: pl.DataFrame,
    known: tuple[Mta, Format],
    clock: Clock,
    wanted: lines.Wanted,
    coverage: lines.Coverage,
    found: dict[str, list[pl.DataFrame]],
) -> pl.DataFrame:
    """As ``_shaped``, but the rows that no shape takes are given back."""
    if rows.is_empty():
        return rows
    strange = pl.concat(_shaped(rows, known, clock, wanted, coverage, found))
    return rows.filter(pl.col("offset").is_in(strange.implode()))


def shown(coverage: lines.Coverage, rows: pl.DataFrame, talk: Talk, source: str) -> None:
    """The same of lines of conversations, whose bytes may be gone: what was said is all that is left."""
    coverage.unparsed += rows.height
    shown = rows.sort("offset").head(_SAMPLES)
    for place, mark, text in shown.select("offset", talk.mark, talk.text).iter_rows():
        coverage.samples.append((source, place, f"{mark or ''},{text or ''}"[:_SAMPLE_LENGTH]))
