"""Tables in log files to columns: rows are told apart, broken ones set aside, the others read by polars' CSV reader.

A row may span lines where a quoted field holds them (RFC 4180). A line that begins as rows do begins one, whatever came
before, so that a quote that is never closed costs its own row only.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import polars as pl

from logscan.packs.mta import Mta
from logscan.packs.tables import Table, format_of, headed, whole

_BOM = codecs.BOM_UTF8
_LINE = pl.col("line")


@dataclass(slots=True)
class Rows:
    """What a block of a table held.

    ``frames`` holds for each stretch under one header the table and its rows: the columns of the header as text, empty
    fields as null, and ``offset``, where the row begins in the decompressed stream. ``broken`` are the rows with too
    many or too few fields or a quote that is not closed, as ``line`` and ``offset``. ``headers`` counts header lines,
    ``count`` all rows and header lines.
    """

    frames: list[tuple[Table, pl.DataFrame]] = field(default_factory=list)
    broken: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"line": pl.String, "offset": pl.Int64}))
    headers: int = 0
    foreign: int = 0  # rows under a header that no pack knows
    count: int = 0
    broken_lines: bool = False  # whether a field may hold newlines


def read(
    data: bytes,
    offset: int,
    table: Table,
    packs: tuple[Mta, ...],
    wanted: Callable[[Table], Collection[str]] | None = None,
) -> Rows:
    """Read whole rows; ``table`` is in force at their beginning, ``wanted`` says which of a table's columns are."""
    if offset == 0 and data.startswith(_BOM):
        data, offset = data[len(_BOM) :], len(_BOM)
    out = Rows()
    records, gaps, out.broken_lines = _records(_lines(data, offset), table.begins)
    out.count = records.height
    for table_, rows, same in _stretches(records, table, packs, out):
        if format_of(table_, packs) is None:
            out.foreign += rows.height
            continue
        good, bad = _sound(rows, table_, packs)
        if bad.height:
            out.broken = pl.concat([out.broken, bad])
        if good.height:
            text = data[good.item(0, "offset") - offset :] if same and not gaps and not bad.height else _text(good)
            out.frames.append(
                (table_, _fields(text, good.get_column("offset"), table_, packs, wanted and wanted(table_)))
            )
    return out


def _lines(data: bytes, offset: int) -> pl.DataFrame:
    """Lines, without line end, with the offset of their first byte; invalid UTF-8 becomes U+FFFD."""
    try:
        lines = pl.read_lines(data, name="line").with_columns(_size=_LINE.str.len_bytes().cast(pl.Int64))
    except pl.exceptions.ComputeError:  # invalid UTF-8
        return _mended(data, offset)
    end = 2 if data.endswith(b"\r\n") or data.find(b"\r\n") >= 0 else 1
    ends = lines.height * end - (0 if data.endswith(b"\n") else end)
    if lines.get_column("_size").sum() + ends != len(data):  # the ends of lines differ
        return _mended(data, offset)
    return lines.select("line", offset=(pl.col("_size") + end).cum_sum().shift(1, fill_value=0) + offset)


def _mended(data: bytes, offset: int) -> pl.DataFrame:
    pieces = data.split(b"\n")
    if pieces[-1] == b"":
        pieces.pop()
    texts = [piece.removesuffix(b"\r").decode("utf-8", "replace") for piece in pieces]
    sizes = pl.Series([len(piece) + 1 for piece in pieces], dtype=pl.Int64)
    lines = pl.DataFrame({"line": pl.Series(texts, dtype=pl.String), "_size": sizes})
    return lines.select("line", offset=pl.col("_size").cum_sum().shift(1, fill_value=0) + offset)


def _records(lines: pl.DataFrame, start: str) -> tuple[pl.DataFrame, bool, bool]:
    """Rows of the table, each as one text; whether lines of nothing were left out; whether rows may span lines."""
    starts = lines.get_column("line").str.contains(start)
    if starts.all():
        return lines, False, False
    group = starts.cum_sum()
    odd = group.is_in(group.filter(~starts).unique().implode())
    some = lines.filter(odd).with_columns(_group=group.filter(odd), _start=starts.filter(odd))
    quotes = _LINE.str.count_matches('"', literal=True).cast(pl.Int64)
    some = some.with_columns(_open=(quotes.cum_sum().over("_group") - quotes) % 2 == 1)
    some = some.with_columns(_row=(pl.col("_start") | ~pl.col("_open")).cum_sum())
    joined = some.group_by("_row", maintain_order=True).agg(_LINE.str.join("\n"), pl.col("offset").first())
    kept = joined.filter(_LINE.str.strip_chars() != "").select("line", "offset")
    return pl.concat([lines.filter(~odd), kept]).sort("offset"), kept.height < joined.height, True


def _stretches(
    records: pl.DataFrame, table: Table, packs: tuple[Mta, ...], out: Rows
) -> Iterable[tuple[Table, pl.DataFrame, bool]]:
    """The rows under one header after the other, headers left out, and whether a stretch goes on to the end."""
    marked = _LINE.str.starts_with("#")
    known = format_of(table, packs)
    names = {format_.needs[0] for mta in packs for format_ in mta.formats} if table.row or known is None else set()
    for name in names:
        marked |= _LINE.str.to_lowercase().str.contains(name, literal=True)
    at = 0
    for n, line in records.with_row_index("n").filter(marked).select("n", "line").iter_rows():
        after = headed(table, line, packs)
        if not line.startswith("#") and after.row != line:
            continue  # a row that only holds such a word
        out.headers += 1
        if n > at:
            yield table, records.slice(at, n - at), False
        table, at = after, n + 1
    if at < records.height:
        yield table, records.slice(at), True


def _sound(rows: pl.DataFrame, table: Table, packs: tuple[Mta, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with the right number of fields and every quote closed, and the others."""
    known = format_of(table, packs)
    separator = known[1].separator if known is not None else ","
    right = pl.col("line").str.count_matches(separator, literal=True) == len(table.columns) - 1
    quoted = rows.get_column("line").str.contains('"', literal=True)
    plain = rows.filter(~quoted).select("offset", good=right)
    held = rows.filter(quoted)
    # Nearly all quoted fields are gone with one replacement; what is left over is looked at closely.
    mark = re.escape(separator)
    bare = held.select("offset", line=_LINE.str.replace_all(rf'(^|{mark})"(?:[^"]|"")*"', "${1}\0"))
    surely = right & ~_LINE.str.contains(rf'"|\x00[^{mark}]')
    clear = bare.select("offset", good=surely)
    doubtful = held.filter(~clear.get_column("good"))
    again = doubtful.select("offset", good=_LINE.str.contains(whole(len(table.columns), separator)))
    bad = pl.concat([frame.filter(~pl.col("good")).get_column("offset") for frame in (plain, again)])
    if bad.is_empty():
        return rows, rows.clear()
    wrong = rows.get_column("offset").is_in(bad.implode())
    return rows.filter(~wrong), rows.filter(wrong)


def _text(rows: pl.DataFrame) -> bytes:
    return str(rows.get_column("line").str.join("\n").item()).encode()


def _fields(
    data: bytes, offsets: pl.Series, table: Table, packs: tuple[Mta, ...], columns: Collection[str] | None
) -> pl.DataFrame:
    """The wanted columns of sound rows, as text."""
    known = format_of(table, packs)
    frame = pl.read_csv(
        data,
        has_header=False,
        schema=dict.fromkeys(table.columns, pl.String),
        columns=[n for n, name in enumerate(table.columns) if columns is None or name in columns],
        separator=known[1].separator if known is not None else ",",
        quote_char='"' if b'"' in data else None,
        null_values=[""] if b'""' in data else None,
    )
    return frame.with_columns(offsets.alias("offset"))
