"""How the pieces of an MTA pack fit together: patterns are clean, names are columns, parts find what they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import regex

from logscan import framing, schema
from logscan.packs import find
from logscan.packs.clean import Bound, faults
from logscan.packs.examples import captured
from logscan.packs.mta import Mta, Shape
from logscan.packs.part import Part, groups

Found = Iterator[tuple[str, str, str]]  # the table, what is wrong, and a text to find its line by
_COLUMNS = (*schema.PARSED, *(column.name for column in schema.MESSAGES if column.name not in schema.PARSED))
# Names that the readers use themselves.
_TAKEN = frozenset(
    ["_whole", "_payload", "_at", "_rest", "_good", "_kind", "_closes", "_severity", "_times", "_head", "_stamp", "_g"]
)
_FRAME = frozenset({"_stamp", "reporting_mta", "agent"})
_CLOCK = framing.Clock("UTC", 2025, 101)


def of_patterns(mta: Mta) -> Found:
    """Every pattern is one that both readers understand alike, and anchored."""
    yield from (("[mta]", f"tag: {fault}", "tag") for fault in faults(mta.tag))
    for name, pattern in (("piece", mta.piece), *(("prefixes", prefix) for prefix in mta.prefixes)):
        yield from (("[mta]", f"{name}: {fault}", name) for fault in faults(pattern) if pattern)
        if pattern and regex.compile(pattern).search(""):
            yield "[mta]", f"{name}: {pattern!r} matches nothing at all, too: say what stands there", name
    for where, thing in things(mta):
        bound = Bound.EITHER if isinstance(thing, Part) and (thing.cut or thing.of == "agent") else Bound.START
        for n, pattern in enumerate(thing.patterns, 1):
            yield from ((where, f"pattern {n}: {fault}", "patterns") for fault in faults(pattern, bound))
            if isinstance(thing, Part) and thing.cut and not pattern.endswith("$"):
                yield where, f"pattern {n}: cut takes something off the end: the pattern has to end in $", "patterns"
            for name in sorted(_TAKEN & {*groups(pattern)}):
                yield where, f"pattern {n}: the readers use {name!r} themselves: take another name", name
        if isinstance(thing, Shape):
            for name, _, allowed in thing.layout:
                yield from ((where, f"layout, {name}: {fault}", name) for fault in faults(allowed) if allowed)


def things(mta: Mta) -> Iterator[tuple[str, Shape | Part]]:
    """Every shape, and every part that one of them uses, with the table it is in."""
    yield from ((f"{shape.table} {shape.id!r}", shape) for shape in mta.shapes)
    parts = {part.id: part for shape in mta.shapes for part in shape.parts}
    yield from ((f"part {name!r}", part) for name, part in parts.items())


def of_names(data: Mapping[str, Any]) -> Found:
    """Names in words, missing, trim and frames; those in patterns are checked when the pack is read."""
    for table in ("words", "missing"):
        for name, hint in find.unknown(data.get(table, {}), _COLUMNS):
            yield f"[{table}]", f"{name!r} is no column; {hint}", name
    shapes = [table for kind in ("event", "message", "notice") for table in data.get(kind, ())]
    used = {name for table in shapes for name in table.get("parts", ())}
    for table in data.get("part", ()):
        if table["id"] not in used:
            yield f"part {table['id']!r}", "no shape uses it", f'id = "{table["id"]}"'
    for frame in data.get("frame", ()):
        for name, hint in find.unknown(groups(frame["pattern"]), _FRAME):
            yield f"frame {frame['id']!r}", f"unknown group {name!r}; {hint}", name


def of_traits(mta: Mta) -> Found:
    """A trait takes its own example and no other trait's."""
    for trait in mta.traits:
        where = "[[trait]]"
        wrong = faults(trait.pattern)
        yield from ((where, f"{trait.name}: {fault}", trait.name) for fault in wrong)
        for other in mta.traits if not wrong else ():
            if bool(regex.search(trait.pattern, other.example)) != (other is trait):
                whose = "its own example" if other is trait else f"the example of {other.name!r}"
                takes = "does not take" if other is trait else "takes"
                yield where, f"{trait.name!r} {takes} {whose}", trait.name


def of_frames(mta: Mta, data: Mapping[str, Any]) -> Found:
    """A frame of the pack's own takes its example, and its stamp is a time."""
    own = {table["id"]: table for table in data.get("frame", ())}
    if not mta.frames and not mta.delimited and not mta.quotes:
        yield "[mta]", 'no frame: write frames = "syslog", or a [[frame]] of your own', "mta"
    for frame in mta.frames:
        if frame.name not in own:
            continue
        where, example = f"frame {frame.name!r}", own[frame.name]["example"]
        wrong = faults(frame.pattern)
        yield from ((where, fault, frame.name) for fault in wrong)
        if wrong:
            continue
        found = regex.compile(frame.pattern).search(example)
        if "_stamp" not in groups(frame.pattern):
            yield where, "needs a group _stamp", frame.name
        elif found is None:
            yield where, f"does not take its example {example!r}", frame.name
        elif framing.to_utc(found["_stamp"] or "", frame.stamp, _CLOCK) is None:
            yield where, f"{found['_stamp']!r} is no stamp of the kind {frame.stamp}", frame.name


def of_shape(shape: Shape, names: frozenset[str] = frozenset()) -> Iterator[str]:
    """What a shape takes out of a line, fixes, trims and hands to its parts has to fit together."""
    taken = captured(shape) | names
    for name in sorted(captured(shape) & shape.fixed.keys()):
        yield f"{name} is fixed and taken out of the line: one of the two"
    for name in sorted(shape.trim.keys() - taken):
        yield f"trim names {name!r}, which no pattern takes"
    if shape.keys and shape.keys_of not in taken:
        yield f"keys are to be taken of {shape.keys_of!r}, which no pattern takes"
    for key in shape.keys:
        if not regex.fullmatch("[A-Za-z0-9_-]+", key):
            yield f"the key {key!r} has to be of letters, digits, - and _"
    yield from _layout(shape.layout)
    yield from _parts(shape.parts, taken | shape.fixed.keys() | {"agent"})


def _layout(layout: tuple[tuple[str, str, str], ...]) -> Iterator[str]:
    for name, end, _ in layout[:-1]:
        if not end:
            yield f"layout, {name}: only the last field goes on to the end of the line"
    if layout and layout[-1][1]:
        yield f"layout, {layout[-1][0]}: the last field goes on to the end of the line: leave its literal empty"
    names = [name for name, _, _ in layout]
    if len(set(names)) != len(names):
        yield "layout: the same column twice"


def _parts(parts: Iterable[Part], have: set[str]) -> Iterator[str]:
    """The columnar reader runs parts without an anchor first, each once for every distinct value."""
    anchored = ""
    filled = set(have)
    for part in parts:
        if part.of not in have:
            yield f"part {part.id!r} reads {part.of!r}, which this shape does not take out of the line"
        for name in sorted(part.when.keys() - filled):
            yield f"part {part.id!r} asks for {name!r}, which nothing before it fills"
        if not part.anchor:
            if anchored:
                yield f"part {part.id!r} has no anchor, so it has to stand before {anchored!r}, which has one"
            if part.when or part.of in part.fills:
                yield f"part {part.id!r} needs an anchor, as it has a condition or rewrites what it reads"
        anchored = anchored or (part.id if part.anchor else "")
        filled |= part.fills
