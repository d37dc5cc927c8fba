"""The slow reader: one line after the other, with the ``regex`` package, as plainly as possible.

It runs the same packs as the columnar reader (``logscan.parse``) and shares no code with it. Tests hold the two
against each other: on any input both must give the same rows and the same coverage.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import regex

from logscan import framing, schema, wrapping
from logscan.framing import Clock, Frame
from logscan.packs import rows, sessions
from logscan.packs.match import as_expected, read_payload, tagged, whole_of, without
from logscan.packs.mta import Mta, Shape
from logscan.packs.tables import Format, Table, format_of, headed

_BOM = b"\xef\xbb\xbf"
Row = dict[str, Any]
# What a shape's table makes of a line; a line of no shape is "unparsed", one of no mail server "foreign".
_KINDS = {
    "event": "event", "notice": "notice", "message": "message", "ignore": "ignored", "continued": "continued",
}  # fmt: skip
_TEXTS = frozenset(c.name for c in schema.EVENTS if c.kind in ("str", "word"))
_FACTS = frozenset(c.name for c in schema.MESSAGES)


@dataclass(slots=True)
class Line:
    """What one line is: ``kind`` is event, notice, message, ignored, continued, copy, foreign or unparsed.

    ``times`` is how often it happened; ``shape`` is the id of the pack's entry that took it, ``row`` its fields.
    """

    offset: int
    text: str
    kind: str
    times: int = 1
    candidate: bool = False
    shape: str = ""
    row: Row = field(default_factory=dict)
    entries: list[Row] = field(default_factory=list)  # of a row of a table, which may hold several
    event: Shape | None = None
    said: str = ""  # what an event's line says, without its frame
    answer: tuple[str | None, ...] = ()  # whose reply to what it is, as the line has it
    held: tuple[Mta, Format, Row] | None = None  # a line of a conversation, until that is put together


def read_lines(data: bytes, *, source: str, offset: int, packs: tuple[Mta, ...], clock: Clock) -> list[Row]:
    """The events of whole lines, in their order, with the columns ``schema.PARSED`` plus source and offset.

    ``offset`` is the place of the first byte in the stream. Times are aware and in UTC. A line that says that it
    was repeated N times gives N rows with one offset. Columns that a line says nothing of are None.
    """
    names = (*schema.PARSED, "offset")
    return [
        {name: line.row.get(name) for name in names} | {"source": source}
        for line in explain_lines(data, offset=offset, packs=packs, clock=clock)
        if line.kind == "event"
        for _ in range(line.times)
    ]


def kinds(data: bytes, *, packs: tuple[Mta, ...], clock: Clock) -> Counter[str]:
    """How many lines are of each kind; ``candidates`` are those that hold an anchor."""
    lines = list(explain_lines(data, offset=0, packs=packs, clock=clock))
    found = Counter(line.kind for line in lines)
    found["candidates"] = sum(line.candidate for line in lines)
    return found


def explain_lines(data: bytes, *, offset: int, packs: tuple[Mta, ...], clock: Clock) -> Iterator[Line]:
    """Every line, in order, with what it is."""
    lines = list(_lines(data, offset, packs, clock))
    _leave_out_copies(lines)
    return iter(lines)


def _lines(data: bytes, offset: int, packs: tuple[Mta, ...], clock: Clock) -> Iterator[Line]:
    for raw in _split(data):
        text = raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        line = explain_line(text, packs=packs, clock=clock)
        line.offset = offset
        line.row["offset"] = offset
        yield line
        offset += len(raw)


def explain_line(text: str, *, packs: tuple[Mta, ...], clock: Clock) -> Line:
    """What one line, without its newline, is."""
    inside = wrapping.peeled(text, lambda line: _behead(line, packs) is not None or _goes_on(line, packs))
    text = inside.text if inside else text
    line = Line(0, text, "foreign", candidate=any(anchor in text for anchor in _anchors(packs)))
    framed = _behead(text, packs)
    if framed is None:
        line.kind = "continued" if _goes_on(text, packs) else "foreign"
        return line
    frame, found = framed
    head = found.groupdict()
    agent = head.get("agent", frame.agent)
    payload, line.times = _unfold(text[found.end() :])
    for mta in packs:
        if not tagged(mta, agent):
            continue
        line.kind = "unparsed"
        taken = read_payload(mta, agent or "", payload)
        if taken is not None:
            shape, fields = taken
            line.kind, line.shape = _KINDS[shape.table], shape.id
            if shape.table in ("event", "notice"):
                line.event, line.said = shape, without(mta.piece, payload)
                line.answer = tuple(fields.get(name) for name in ("queue_id", "remote_ip", "diagnostic"))
            line.row = _row(shape, fields)
            line.row |= {"mta": mta.id, "reporting_mta": head.get("reporting_mta")}
            line.row["timestamp"] = framing.to_utc(head["_stamp"], frame.stamp, clock)
            break
    return line


def read_rows(  # noqa: PLR0913  # as read_lines, and the table
    data: bytes, *, source: str, offset: int, table: Table, packs: tuple[Mta, ...], clock: Clock
) -> list[Row]:
    """The events of whole rows of a table that is in force at their beginning; else as ``read_lines``."""
    names = (*schema.PARSED, "offset")
    return [
        {name: entry.get(name) for name in names} | {"source": source}
        for row in explain_rows(data, offset=offset, table=table, packs=packs, clock=clock)
        if row.kind == "event"
        for entry in row.entries
    ]


def explain_rows(data: bytes, *, offset: int, table: Table, packs: tuple[Mta, ...], clock: Clock) -> list[Line]:
    """Every row and header of a table, in order, with what it is; lines of nothing are left out."""
    return explain_files([(data, offset, table)], packs=packs, clock=clock)[0]


def explain_files(
    files: Sequence[tuple[bytes, int, Table]], *, packs: tuple[Mta, ...], clock: Clock
) -> list[list[Line]]:
    """The same of several files of one folder, which may go on with each other's sessions."""
    found = [list(_explain_file(*file, packs, clock)) for file in files]
    held = [(n, line) for n, lines in enumerate(found) for line in lines if line.held is not None]
    for kind in dict.fromkeys((line.held[0].id, line.held[1].id) for _, line in held if line.held):
        _converse([(n, line) for n, line in held if line.held and (line.held[0].id, line.held[1].id) == kind])
    return found


def _converse(lines: list[tuple[int, Line]]) -> None:
    """Put sessions together, and say of each of their lines what it is; further lines of a reply say nothing."""
    held = [line.held for _, line in lines if line.held is not None]
    mta, format_, _ = held[0]
    if format_.talk is None:
        return
    places = [(n, line.offset) for n, line in lines]
    for _, line in lines:
        line.kind = "ignored"
    for n, fields in sessions.assembled(format_.talk, [row for _, _, row in held], places):
        _tell(lines[n][1], rows.entries_of(mta, format_, fields), held[n][2]["timestamp"])


def _explain_file(data: bytes, offset: int, table: Table, packs: tuple[Mta, ...], clock: Clock) -> Iterator[Line]:
    if offset == 0 and data.startswith(_BOM):
        data, offset = data[len(_BOM) :], len(_BOM)
    begins = regex.compile(table.begins)
    for text, at in _rows(data, offset, begins):
        row = Line(at, text, "foreign")
        after = headed(table, text, packs)
        if text.startswith("#") or ((table.row or not table.format) and after.row == text):
            row.kind, table = "ignored", after
        elif table.format:
            _read_row(row, table, packs, clock)
        yield row


def _rows(data: bytes, offset: int, begins: regex.Pattern[str]) -> Iterator[tuple[str, int]]:
    """Rows with their places: a line belongs to the row before it when a quote is open there."""
    held: list[str] = []
    at = offset
    for raw in _split(data):
        text = raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        is_open = sum(line.count('"') for line in held) % 2 == 1
        if not is_open or begins.search(text):
            if any(line.strip() for line in held):
                yield "\n".join(held), at
            held, at = [], offset
        held.append(text)
        offset += len(raw)
    if any(line.strip() for line in held):
        yield "\n".join(held), at


def _read_row(row: Line, table: Table, packs: tuple[Mta, ...], clock: Clock) -> None:
    """Fill in what a row is."""
    row.kind = "unparsed"
    taken = rows.taken_of(row.text, table, packs)
    known = format_of(table, packs)
    if not taken or known is None:
        return
    mta, format_ = known
    zoned = replace(clock, zone=format_.zone) if format_.zone else clock
    stamp = framing.to_utc(taken["_stamp"] or "", "iso", zoned)
    if (talk := format_.talk) is None:
        read = rows.entries_of(mta, format_, taken)
        if stamp is not None or (read[0][1] is not None and read[0][1].table == "ignore"):
            _tell(row, read, stamp)
    elif stamp is not None and taken[talk.session] and sessions.number(taken[talk.order]) is not None:
        row.held = (mta, format_, {**taken, "timestamp": stamp})


def _tell(row: Line, read: list[rows.Read], stamp: datetime | None) -> None:
    """What the shape that took a row makes of it."""
    mta, shape, _ = read[0]
    row.kind = "unparsed" if shape is None else _KINDS[shape.table]
    if shape is not None:
        row.shape = shape.id
        for _, _, fields in read:
            row.entries.append(_row(shape, fields) | {"mta": mta.id, "timestamp": stamp, "offset": row.offset})


def _leave_out_copies(lines: list[Line]) -> None:
    """One reply is one event: see ``copied`` and ``told_again_in`` in patterns/README.md."""
    events = [line for line in lines if line.event is not None]
    heard = {id(line): _heard_before(line, events[:n]) for n, line in enumerate(events) if _may_be_copy(line)}
    for n, line in enumerate(events):
        again = line.event is not None and line.event.told_again_in
        if again and any(_tells_again(line, other, again) for other in _near(line, events[n + 1 :])):
            line.kind = "copy"
    for line in events:
        if id(line) in heard:
            before, times = heard[id(line)], line.times
            line.times = (before + times + 1) // 2 - (before + 1) // 2
            line.kind = line.kind if line.times or not times else "copy"


def _may_be_copy(line: Line) -> bool:
    return line.event is not None and line.event.copied and line.row.get("reporting_mta") is not None


def _near(line: Line, others: list[Line]) -> Iterator[Line]:
    """The lines, nearest first, that begin within reach of a line."""
    return itertools.takewhile(lambda other: abs(other.offset - line.offset) <= framing.REACH, others)


def _heard_before(line: Line, before: list[Line]) -> int:
    """How many equal lines of the same host, of the same second, stand before a line."""
    same = (
        other
        for other in _near(line, before[::-1])
        if _may_be_copy(other) and (other.said, other.row["reporting_mta"]) == (line.said, line.row["reporting_mta"])
    )
    return sum(other.times for other in same if _together(line, other))


def _together(one: Line, other: Line) -> bool:
    times = one.row["timestamp"], other.row["timestamp"]
    return None not in times and abs(times[0] - times[1]) <= timedelta(seconds=1)


def _tells_again(line: Line, record: Line, shape: str) -> bool:
    same_host = line.row["reporting_mta"] == record.row["reporting_mta"]
    return record.shape == shape and same_host and line.answer == record.answer


def _goes_on(text: str, packs: tuple[Mta, ...]) -> bool:
    """Whether a line without a frame goes on with an entry."""
    return any(regex.search(pattern, text) for mta in packs for pattern in mta.unframed)


def _split(data: bytes) -> list[bytes]:
    """Lines with their newlines; only a line feed ends a line."""
    pieces = data.split(b"\n")
    last = pieces.pop()
    return [piece + b"\n" for piece in pieces] + ([last] if last else [])


@cache
def _anchors(packs: tuple[Mta, ...]) -> frozenset[str]:
    shapes: list[Shape] = [shape for mta in packs for shape in (*mta.events, *mta.notices, *mta.messages)]
    return frozenset(anchor for shape in shapes for anchor in shape.anchors)


@cache
def _frames(packs: tuple[Mta, ...]) -> tuple[tuple[Frame, regex.Pattern[str]], ...]:
    frames = dict.fromkeys(frame for mta in packs for frame in mta.frames)
    return tuple((frame, regex.compile(frame.pattern)) for frame in frames)


def _behead(text: str, packs: tuple[Mta, ...]) -> tuple[Frame, regex.Match[str]] | None:
    """The frame that a line has, by the first pattern that matches."""
    for frame, pattern in _frames(packs):
        found = pattern.match(text)
        if found is not None:
            return frame, found
    return None


def _unfold(payload: str) -> tuple[str, int]:
    """What was said, and how often: syslog daemons fold equal lines into one."""
    found = regex.match(framing.REPEATED, payload)
    if found is None:
        return payload, 1
    return found["_payload"].removesuffix("]"), int(found["_times"])


def _row(shape: Shape, fields: dict[str, str | None]) -> Row:
    if shape.table == "event":
        return as_expected(fields)
    if shape.table == "message":
        row: Row = {name: value for name, value in fields.items() if name in _FACTS}
        return row | ({"size": whole_of(str(row["size"]))} if row.get("size") else {}) | {"closes": shape.closes}
    return dict(fields)
