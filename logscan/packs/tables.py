"""Tables in log files (``reader = "delimited"``): which pack's format a file has, and its columns from each header on.

A header is a ``#Fields:`` line, or a first row that names the columns. Which table is in force can change in
mid-file, so a ``Table`` is small, picklable, and follows from the header lines alone.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logscan.packs.mta import Mta

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
    take: Mapping[str, str] = field(default_factory=dict)
    log_type: tuple[str, ...] = ()
    zone: str = ""  # of stamps without one; empty is the user's
    separator: str = ","
    starts: str = ""  # how a row begins when the stamp stands first
    columns: tuple[str, ...] = ()  # of a file without a header
    each: tuple[str, ...] = ()  # columns that hold lists: one row for each entry; the first says how many there are
    by: str = ";"
    item: str = ""  # what one entry looks like, where it may hold what parts the entries
    assemble: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The table in force: the ids of MTA and format (empty when no pack knows it), its columns, its log type."""

    mta: str = ""
    format: str = ""
    columns: tuple[str, ...] = ()
    log_type: str = ""
    row: str = ""  # the header, where it is a row of names


def detect(head: bytes, packs: Iterable[Mta]) -> Table | None:
    """The table that a file begins with, by its first bytes; None for anything that is no table of a pack."""
    table = Table()
    packs = tuple(packs)
    for n, raw in enumerate(head.removeprefix(_BOM).split(b"\n", _LINES)[:_LINES]):
        line = raw.removesuffix(b"\r").decode("utf-8", "replace")
        if line.startswith("#"):
            table = headed(table, line, packs)
        elif line.strip():
            if table.format:
                return table
            return _named(table, line, packs) or _without_header(line, packs)
        elif n == 0:
            return None
    return table if table.format else None


def headed(table: Table, line: str, packs: Iterable[Mta]) -> Table:
    """The table in force after a header line; other lines change nothing."""
    found = _KEY.match(line)
    if found is None:
        return table if line.startswith("#") else _named(table, line, packs) or table
    if found[1].lower() == "log-type":
        return replace(table, log_type=found[2].strip())
    return _of_columns(tuple(re.split(r"[,;\t]", found[2])), table.log_type, packs)


def _named(table: Table, line: str, packs: Iterable[Mta]) -> Table | None:
    """The table that a row of names heads; None when it is no such row."""
    for mta, format_ in formats(packs):
        if all(name in line.lower() for name in format_.needs):
            names = next(csv.reader([line], delimiter=format_.separator), [])
            named = _of_columns(tuple(names), table.log_type, (mta,))
            if named.format:
                return replace(named, row=line)
    return None


def _of_columns(columns: tuple[str, ...], log_type: str, packs: Iterable[Mta]) -> Table:
    columns = _distinct(columns)
    for mta, format_ in formats(packs):
        if set(format_.needs) <= set(columns) and (not format_.log_type or log_type.lower() in format_.log_type):
            return Table(mta.id, format_.id, columns, log_type)
    return Table(columns=columns, log_type=log_type)


def _distinct(columns: tuple[str, ...]) -> tuple[str, ...]:
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
            fields = next(csv.reader([line], delimiter=format_.separator), [])
            if len(fields) == len(format_.columns):
                return Table(mta.id, format_.id, format_.columns)
    return None


def formats(packs: Iterable[Mta]) -> Iterator[tuple[Mta, Format]]:
    """Every format of some packs."""
    return ((mta, format_) for mta in packs for format_ in mta.formats)


def format_of(table: Table, packs: Iterable[Mta]) -> tuple[Mta, Format] | None:
    """The pack and the format of a table; None when no pack knows it."""
    return next((both for both in formats(packs) if (both[0].id, both[1].id) == (table.mta, table.format)), None)


def begins(table: Table, packs: Iterable[Mta]) -> str:
    """An RE2-clean pattern for the first line of a row, wherever it stands.

    A row begins with its stamp where that is the first column; else only a line that is a whole row is sure to be one.
    """
    found = format_of(table, packs)
    if found is not None and found[1].starts and table.columns[0] == found[1].stamp:
        return found[1].starts
    return whole(len(table.columns), found[1].separator if found is not None else ",")


@cache
def whole(fields: int, separator: str) -> str:
    """A pattern for a well-formed row of so many fields (RFC 4180)."""
    mark = re.escape(separator)
    one = rf'(?:"(?:[^"]|"")*"|[^"{mark}][^{mark}"]*|)'
    return rf"^{one}(?:{mark}{one}){{{fields - 1}}}\r?$" if fields > 1 else rf"^{one}\r?$"


def followed(table: Table, data: bytes, packs: Iterable[Mta], pattern: re.Pattern[bytes]) -> Table:
    """The table in force after some bytes of a file that begin with a row or at the file's start.

    A line that looks like a header within quotes is none: the quotes from the row's beginning on are counted.
    """
    for found in _KEYS.finditer(data):
        at = found.start()
        if at and data[at - 1 : at] != b"\n" and data[:at] != _BOM:
            continue
        if not _within_quotes(data, at, pattern):
            end = data.find(b"\n", at)
            line = data[at : end if end >= 0 else len(data)].removesuffix(b"\r").decode("utf-8", "replace")
            table = headed(table, line, packs)
    return table


def _within_quotes(data: bytes, at: int, pattern: re.Pattern[bytes]) -> bool:
    start = at
    while start > 0:
        start = data.rfind(b"\n", 0, start - 1) + 1
        end = data.find(b"\n", start)
        if pattern.match(data[start:end].removesuffix(b"\r")):
            break
    return data.count(b'"', start, at) % 2 == 1
