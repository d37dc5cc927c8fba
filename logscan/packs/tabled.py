"""The laws of packs of tables: each shape takes its own rows only, and its examples give what they promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from logscan.packs import examples
from logscan.packs.mta import Mta, Shape
from logscan.packs.rows import Read, entries_of, read_row, taken_of
from logscan.packs.sessions import assembled, number
from logscan.packs.tables import Table, detect, format_of

Found = Iterator[tuple[str, str, str]]  # the table, what is wrong, and a text to find its line by


def breaches(mta: Mta) -> Found:
    """Everything that the examples of a pack bring to light."""
    for shape in mta.shapes:
        where = f"{shape.table} {shape.id!r}"
        if not shape.examples:
            yield where, f"no example: add [[{shape.table}.example]] with a row that it takes", ""
        for example in shape.examples:
            for message in _example(mta, shape, example):
                line = str(example["line"])
                yield where, f"example {examples.shown(line)}: {message}", line.partition("\n")[0]
    if any(shape.table == "event" for shape in mta.shapes) and not mta.forged:
        yield (
            "[[forged]]",
            "no forged rows: add [[forged]] with text that strangers may write to look like an event",
            "",
        )
    for _, line in mta.forged:
        for name in _taken_by(mta, line):
            yield "[[forged]]", f"{examples.shown(line)} is forged, but event {name!r} takes it", line


def table_of(mta: Mta, example: Mapping[str, Any], shape: Shape | None = None) -> Table | None:
    """The table that an example stands in: under its header, else in a file without one.

    A conversation stands under the header of the first format that its shape asks for.
    """
    header = str(example.get("header", ""))
    asked = shape.when.get("_format", ())[:1] if shape is not None and not header else ()
    for format_ in mta.formats:
        if format_.talk is not None and format_.id in asked:
            header = f"#Log-type: {format_.log_type[0]}\n#Fields: {','.join(format_.needs)}"
    return detect(f"{header}\n{example['line']}\n".lstrip("\n").encode(), (mta,))


def read_example(mta: Mta, table: Table, text: str) -> list[Read] | None:
    """What a row says, or the last line of a conversation; None when a row is broken."""
    known = format_of(table, (mta,))
    if known is None or known[1].talk is None:
        return read_row(text, table, (mta,))
    rows = [taken_of(line, table, (mta,)) for line in text.split("\n")]
    whole = [row for row in rows if row is not None and number(row[known[1].talk.order]) is not None]
    if len(whole) < len(rows):
        return None
    said = assembled(known[1].talk, whole, [(0, n) for n in range(len(whole))])
    return entries_of(*known, max(said, key=itemgetter(0))[1])


def _taken_by(mta: Mta, line: str) -> list[str]:
    table = table_of(mta, {"line": line})
    read = read_row(line, table, (mta,)) if table is not None else None
    return [shape.id for _, shape, _ in read or () if shape is not None and shape.table == "event"]


def _example(mta: Mta, shape: Shape, example: Mapping[str, Any]) -> Iterator[str]:
    line = str(example["line"])
    table = table_of(mta, example, shape)
    read = read_example(mta, table, line) if table is not None else None
    if table is None:
        yield "it is no row of a format of this pack: give it the header"
    elif not read:
        yield f"it is no row of {len(table.columns)} fields"
    else:
        number = int(example.get("entry", 1))
        _, taker, fields = read[min(number, len(read)) - 1]
        if number > len(read):
            yield f"it has no entry {number}, only {len(read)}"
        elif taker is not shape:
            yield f"{taker.table} {taker.id!r} takes it" if taker else "no shape takes it: look at when and unless"
        else:
            yield from examples.expected(mta, shape, example, fields)
