"""The slow reader: one line after the other, with the ``regex`` package, as plainly as possible.

It runs the same packs as the columnar reader (``logscan.parse``) and shares no code with it. Tests hold the two
against each other: on any input both must give the same rows and the same coverage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import regex

from logscan import framing, schema, wrapping
from logscan.framing import Clock, Frame
from logscan.packs.match import as_expected, read_payload, tagged
from logscan.packs.mta import Mta, Shape

Row = dict[str, Any]
# What a shape's table makes of a line; a line of no shape is "unparsed", one of no mail server "foreign".
_KINDS = {"event": "event", "notice": "notice", "message": "message", "ignore": "ignored"}
_TEXTS = frozenset(c.name for c in schema.EVENTS if c.kind in ("str", "word"))
_FACTS = frozenset(c.name for c in schema.MESSAGES)


@dataclass(slots=True)
class Line:
    """What one line is: ``kind`` is event, notice, message, ignored, foreign or unparsed.

    ``times`` is how often it happened; ``shape`` is the id of the pack's entry that took it, ``row`` its fields.
    """

    offset: int
    text: str
    kind: str
    times: int = 1
    candidate: bool = False
    shape: str = ""
    row: Row = field(default_factory=dict)


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
    for raw in _split(data):
        text = raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        line = explain_line(text, packs=packs, clock=clock)
        line.offset = offset
        line.row["offset"] = offset
        yield line
        offset += len(raw)


def explain_line(text: str, *, packs: tuple[Mta, ...], clock: Clock) -> Line:
    """What one line, without its newline, is."""
    inside = wrapping.peeled(text, lambda line: _behead(line, packs) is not None)
    text = inside.text if inside else text
    line = Line(0, text, "foreign", candidate=any(anchor in text for anchor in _anchors(packs)))
    framed = _behead(text, packs)
    if framed is None:
        return line
    frame, found = framed
    head = found.groupdict()
    agent = head.get("agent")
    payload, line.times = _unfold(text[found.end() :])
    for mta in packs:
        if not tagged(mta, agent):
            continue
        line.kind = "unparsed"
        taken = read_payload(mta, agent or "", payload)
        if taken is not None:
            shape, fields = taken
            line.kind, line.shape = _KINDS[shape.table], shape.id
            line.row = _row(shape, fields)
            line.row |= {"mta": mta.id, "reporting_mta": head.get("reporting_mta")}
            line.row["timestamp"] = framing.to_utc(head["_stamp"], frame.stamp, clock)
            break
    return line


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
        return row | ({"size": int(str(row["size"]))} if row.get("size") else {}) | {"closes": shape.closes}
    return dict(fields)
