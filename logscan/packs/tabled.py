"""The laws of packs of tables: each shape takes its own rows only, and its examples give what they promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from logscan.packs import examples
from logscan.packs.mta import Mta, Shape
from logscan.packs.rows import read_row
from logscan.packs.tables import Table, detect

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


def table_of(mta: Mta, header: str, line: str) -> Table | None:
    """The table that an example stands in: under its header, else in a file without one."""
    return detect(f"{header}\n{line}\n".lstrip("\n").encode(), (mta,))


def _taken_by(mta: Mta, line: str) -> list[str]:
    table = table_of(mta, "", line)
    read = read_row(line, table, (mta,)) if table is not None else None
    return [shape.id for _, shape, _ in read or () if shape is not None and shape.table == "event"]


def _example(mta: Mta, shape: Shape, example: Mapping[str, Any]) -> Iterator[str]:
    line = str(example["line"])
    table = table_of(mta, str(example.get("header", "")), line)
    read = read_row(line, table, (mta,)) if table is not None else None
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
