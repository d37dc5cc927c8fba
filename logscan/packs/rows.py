"""What one row of a table says, by a pack, in plain Python: the slow reader and the checker use it.

The columnar reader (``logscan.parse.records``) does the same on whole blocks; tests hold the two together.
"""

from __future__ import annotations

import regex

from logscan import framing
from logscan.packs.match import Fields, chosen, compiled, made, match_row
from logscan.packs.mta import Mta, Shape
from logscan.packs.tables import Format, Table, fields_of, format_of

_NEWLINES = regex.compile(r"[ \t\r]*\n[ \t\r\n]*")
_SIZE = regex.compile("[0-9]{1,18}")
Read = tuple[Mta, Shape | None, Fields]


def read_row(text: str, table: Table, packs: tuple[Mta, ...]) -> list[Read] | None:
    """What each entry of a row says, and the shape that took the row; None for a row that is broken."""
    known = format_of(table, packs)
    if known is None:
        return []
    taken = taken_of(text, table, packs)
    return None if taken is None else entries_of(*known, taken)


def taken_of(text: str, table: Table, packs: tuple[Mta, ...]) -> Fields | None:
    """The columns of a row by the names that the pack gives them, its time as ``_stamp``; None if it is broken."""
    known = format_of(table, packs)
    if known is None:
        return {}
    format_ = known[1]
    values = fields_of(text, format_.separator)
    if values is None or len(values) != len(table.columns):
        return None
    row = {name: _NEWLINES.sub(" ", value) or None for name, value in zip(table.columns, values, strict=True)}
    taken: Fields = {"_format": format_.id, **{name: made(texts, row) for name, texts in format_.take.items()}}
    if not _SIZE.fullmatch(taken.get("size") or ""):
        taken["size"] = None
    return taken | {"_stamp": _iso(row[format_.stamp] or "", format_)}


def entries_of(mta: Mta, format_: Format, taken: Fields) -> list[Read]:
    """What each entry of a row says, and the shape that took it."""
    shape = chosen(mta, taken)
    if shape is None or shape.table == "ignore":
        return [(mta, shape, taken)]
    stamp: Fields = {"_stamp": taken["_stamp"]}
    entries = [taken] if shape.whole or shape.table != "event" else _entries(taken, format_)
    return [(mta, shape, match_row(mta, shape, entry) | stamp) for entry in entries]


def _iso(stamp: str, format_: Format) -> str:
    """A time in ISO 8601, by the first of the pack's patterns that matches it."""
    found = next((match for pattern in format_.stamps if (match := compiled(pattern).search(stamp))), None)
    return stamp if found is None else framing.as_iso(found.groupdict())


def _entries(taken: Fields, format_: Format) -> list[Fields]:
    """One copy for each entry of the first list; lists of another length are left whole."""
    if not format_.each:
        return [taken]
    first, *others = format_.each
    whole = taken.get(first) or ""
    if format_.by not in whole:
        return [taken]
    names = whole.split(format_.by)
    out: list[Fields] = [{**taken, first: name or None} for name in names]
    for other in others:
        text = taken.get(other) or ""
        found = _split(text, format_)
        for entry, value in zip(out, found if len(found) == len(names) else [text] * len(names), strict=True):
            entry[other] = value or None
    return out


def _split(text: str, format_: Format) -> list[str]:
    if not format_.item:
        return text.split(format_.by)
    item = compiled(f"(?s:(?P<_item>{format_.item})){format_.by}")
    return [one["_item"] for one in item.finditer(text + format_.by)]
