"""Tables in log files (``reader = "delimited"``): which pack's format a file has, and its columns from each header on.

A header is a ``#Fields:`` line, or a first row that names the columns. Which table is in force can change in
mid-file, so a ``Table`` is small, picklable, and follows from the header lines alone.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logscan.packs.mta import Mta
    from logscan.packs.talk import Talk

_LINES = 50
_KEY = re.compile(r"#[ \t]*(log-type|fields)[ \t]*:[ \t]*(.*)", re.IGNORECASE)
_KEYS = re.compile(rb"#[ \t]*(?:log-type|fields)[ \t]*:", re.IGNORECASE)
_BOM = codecs.BOM_UTF8


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """One kind of table: how its header looks, what its columns give, and how its rows are cut and split."""

    id: str
    name: str
    needs: tuple[str, ...]
    stamp: str
    stamps: tuple[str, ...] = ()  # patterns of times that are not ISO 8601
    take: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_type: tuple[str, ...] = ()
    zone: str = ""  # of stamps without one; empty is the user's
    separator: str = ","
    starts: str = ""  # how a row begins when the stamp stands first
    columns: tuple[tuple[str, ...], ...] = ()  # of a file without a header, told by their number
    each: tuple[str, ...] = ()  # columns that hold lists: one row for each entry; the first says how many there are
    by: str = ";"
    item: str = ""  # what one entry looks like, where it may hold what parts the entries
    beside: tuple[str, ...] = ()  # formats that tell of the same deliveries, and count where they are read, too
    talk: Talk | None = None  # of rows that are lines of conversations


@dataclass(frozen=True, slots=True)
class Table:
    """The table in force: the ids of MTA and format (empty when no pack knows it), its columns, its log type.

    ``begins`` is an RE2-clean pattern for lines that are sure to begin a row; it holds for the whole file.
    """

    mta: str = ""
    format: str = ""
    columns: tuple[str, ...] = ()
    log_type: str = ""
    row: str = ""  # the header, where it is a row of names
    begins: str = ""


def detect(head: bytes, packs: Iterable[Mta]) -> Table | None:
    """The table that a file begins with, by its first bytes; None for anything that is no table of a pack."""
    table = Table()
    packs = tuple(packs)
    for raw in head.removeprefix(_BOM).split(b"\n", _LINES)[:_LINES]:
        line = raw.removesuffix(b"\r").decode("utf-8", "replace")
        is_header = line.startswith("#")
        if is_header:
            table = headed(table, line, packs)
        elif line.strip():
            table = _named(table, line, packs) or _without_header(line, packs) or table
        if table.format:
            return replace(table, begins=_begins(table, packs))
        if line.strip() and not is_header:
            return None
    return None


def headed(table: Table, line: str, packs: Iterable[Mta]) -> Table:
    """The table in force after a header line; other lines change nothing."""
    found = _KEY.match(line)
    if found is None:
        return table if line.startswith("#") else _named(table, line, packs) or table
    if found[1].lower() == "log-type":
        return replace(table, log_type=found[2].strip())
    return _of_columns(table, re.split(r"[,;\t]", found[2]), packs)


def _named(table: Table, line: str, packs: Iterable[Mta]) -> Table | None:
    """The table that a row of names heads; None when it is no such row."""
    for mta, format_ in formats(packs):
        if all(name in line.lower() for name in format_.needs):
            named = _of_columns(table, fields_of(line, format_.separator) or [], (mta,))
            if named.format:
                return replace(named, row=line)
    return None


def _of_columns(table: Table, columns: Iterable[str], packs: Iterable[Mta]) -> Table:
    names = _distinct(columns)
    for mta, format_ in formats(packs):
        fits = not (format_.log_type and table.log_type) or table.log_type.lower() in format_.log_type
        if fits and set(format_.needs) <= set(names):
            return replace(table, mta=mta.id, format=format_.id, columns=names, row="")
    return replace(table, mta="", format="", columns=names, row="")


def fields_of(text: str, separator: str) -> list[str] | None:
    """The fields of one row; None when a quote stands where none may (RFC 4180)."""
    found: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            value, at = _quoted(text, at + 1)
            if at < 0 or text[at : at + 1] not in ("", separator):
                return None
        else:
            end = text.find(separator, at)
            value = text[at : end if end >= 0 else len(text)]
            at += len(value)
            if '"' in value:
                return None
            value = value.removesuffix("\r")
        found.append(value)
        if at >= len(text):
            return found
        at += 1


def _quoted(text: str, at: int) -> tuple[str, int]:
    """A quoted field, and the place behind its closing quote; -1 when there is none."""
    value = ""
    while (end := text.find('"', at)) >= 0:
        value += text[at:end]
        if text[end + 1 : end + 2] != '"':
            return value, end + 1
        value, at = value + '"', end + 2
    return value, -1


def _distinct(columns: Iterable[str]) -> tuple[str, ...]:
    """Names in lower case; one that comes again gets a number."""
    names: list[str] = []
    for name in columns:
        plain = name.strip().lower()
        names.append(plain if plain not in names else f"{plain}#{len(names)}")
    return tuple(names)


def _without_header(line: str, packs: Iterable[Mta]) -> Table | None:
    """A file that was cut: its rows tell by how they begin, and by the number of their fields."""
    for mta, format_ in formats(packs):
        if format_.columns and re.match(format_.starts, line):
            fields = fields_of(line, format_.separator) or []
            for columns in format_.columns:
                if len(fields) == len(columns):
                    return Table(mta.id, format_.id, columns)
    return None


def formats(packs: Iterable[Mta]) -> Iterator[tuple[Mta, Format]]:
    """Every format of some packs."""
    return ((mta, format_) for mta in packs for format_ in mta.formats)


def format_of(table: Table, packs: Iterable[Mta]) -> tuple[Mta, Format] | None:
    """The pack and the format of a table; None when no pack knows it."""
    return next((both for both in formats(packs) if (both[0].id, both[1].id) == (table.mta, table.format)), None)


def told_elsewhere(heads: Iterable[bytes], packs: Iterable[Mta]) -> dict[str, str]:
    """The formats whose deliveries other files that are read tell of, too, and what those are called.

    ``heads`` are how the files begin.
    """
    packs = tuple(packs)
    found = {known for head in heads if (table := detect(head, packs)) and (known := format_of(table, packs))}
    names = {format_.id: format_.name for _, format_ in found}
    return {
        format_.id: next(names[one] for one in format_.beside if one in names)
        for _, format_ in found
        if names.keys() & set(format_.beside)
    }


def _begins(table: Table, packs: Iterable[Mta]) -> str:
    """A row begins with its stamp where that is the first column; else only a line that is a whole row is sure."""
    found = format_of(table, packs)
    if found is not None and found[1].starts and table.columns[0] == found[1].stamp:
        return found[1].starts
    return whole(len(table.columns), found[1].separator if found is not None else ",")


@cache
def whole(fields: int, separator: str) -> str:
    """A pattern for a well-formed row of so many fields (RFC 4180)."""
    mark = re.escape(separator)
    one = rf'(?:"(?:[^"]|"")*"|[^"{mark}][^{mark}"]*|)'
    return rf"^{one}(?:{mark}{one}){{{fields - 1}}}$" if fields > 1 else rf"^{one}$"


@cache
def line_pattern(begins: str) -> re.Pattern[bytes]:
    """A table's ``begins`` for bytes."""
    return re.compile(begins.encode())


def followed(table: Table, data: bytes, packs: Iterable[Mta]) -> Table:
    """The table in force after some bytes of a file that begin with a row or at the file's start.

    A line that looks like a header within quotes is none: the quotes from the row's beginning on are counted.
    """
    at = data.find(b"#")
    while at >= 0:
        if _is_header(data, at) and not _within_quotes(data, at, line_pattern(table.begins)):
            end = data.find(b"\n", at)
            line = data[at : end if end >= 0 else len(data)].removesuffix(b"\r").decode("utf-8", "replace")
            table = headed(table, line, packs)
        at = data.find(b"#", at + 1)
    return table


def _is_header(data: bytes, at: int) -> bool:
    """Does a line that tells of a table begin here?"""
    begins = at == 0 or data[at - 1 : at] == b"\n" or (at == len(_BOM) and data.startswith(_BOM))
    return begins and _KEYS.match(data, at) is not None


def _within_quotes(data: bytes, at: int, pattern: re.Pattern[bytes]) -> bool:
    start = at
    while start > 0:
        start = data.rfind(b"\n", 0, start - 1) + 1
        if pattern.match(data[start : data.find(b"\n", start)].removesuffix(b"\r")):
            break
    return data.count(b'"', start, at) % 2 == 1
