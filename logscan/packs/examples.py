"""The laws of examples: each shape takes its own and no other, gives what they expect, and has no part that is dead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from logscan import schema
from logscan.packs.match import Fields, as_expected, compiled, match_shape, read_payload, tagged
from logscan.packs.mta import Mta, Shape
from logscan.packs.part import Part

Found = Iterator[tuple[str, str]]  # what is wrong, and a text to find its line by


def of_shape(mta: Mta, shape: Shape) -> Found:
    """Everything that the examples of one shape bring to light."""
    if not shape.examples:
        yield f"no example: add [[{shape.table}.example]] with a line that it takes", ""
    for example in shape.examples:
        for message in _example(mta, shape, example):
            yield f"example {shown(example['line'])}: {message}", str(example["line"])
    yield from _unused(shape)
    yield from _layout(mta, shape)


def _example(mta: Mta, shape: Shape, example: Mapping[str, Any]) -> Iterator[str]:
    line, agent = str(example["line"]), str(example.get("agent", ""))
    if "agent" in example and not tagged(mta, agent):
        yield f"the agent {agent!r} is none that tag knows"
    fields = match_shape(mta, shape, agent, line)
    if fields is None:
        held = not shape.anchors or any(anchor in line for anchor in shape.anchors)
        yield "no pattern matches it" if held else "it holds none of the anchors"
        return
    first = read_payload(mta, agent, line)
    if first is not None and first[0] is not shape:
        yield f"{first[0].table} {first[0].id!r} takes it first"
    elif shape.table == "event":
        for other in mta.events:
            if other is not shape and match_shape(mta, other, agent, line) is not None:
                yield f"event {other.id!r} would take it, too: tell the two apart"
    yield from expected(mta, shape, example, fields)


def expected(mta: Mta, shape: Shape, example: Mapping[str, Any], fields: Fields) -> Iterator[str]:
    """Does an example give what it promises?"""
    if shape.table in ("ignore", "continued"):
        return
    try:
        given = ({} if mta.quotes else {"mta": mta.id}) | as_expected(fields)
    except ValueError as error:
        yield f"a field is no number: {error}"
        return
    expect = example["expect"]
    if not expect:
        yield "expect is empty: say which columns it gives"
    for name, value in expect.items():
        if name not in (*schema.NAMES, *(column.name for column in schema.MESSAGES), *fields):
            yield f"expect names {name!r}, which is no column and no group"
        elif given.get(name) != value:
            yield f"expects {name} = {value!r}, but gives {given.get(name)!r}"
    for name in example.get("lacks", ()):
        if given.get(name) is not None:
            yield f"should lack {name}, but gives {given[name]!r}"
    if shape.table == "event" and not mta.quotes:
        for name in ("event", "outcome"):
            if given.get(name) is None:
                yield f"gives no {name}: every event has one (fixed, or a group with [words.{name}])"


def _unused(shape: Shape) -> Found:
    """Anchors and patterns that no example of the shape needs."""
    lines = [str(example["line"]) for example in shape.examples]
    for anchor in shape.anchors:
        if not any(anchor in line for line in lines):
            yield f"no example holds the anchor {anchor!r}: add one, or take the anchor out", anchor
    used = {next((p for p in shape.patterns if compiled(p).search(line)), "") for line in lines}
    for n, pattern in enumerate(shape.patterns, 1):
        if pattern not in used:
            yield f"pattern {n} takes no example: add one, or take the pattern out: {shown(pattern)}", ""


def by_layout(shape: Shape, payload: str) -> dict[str, str] | None:
    """The fields of a payload by the shape's layout, as the columnar reader splits it; None where it does not fit."""
    fields: dict[str, str] = {}
    rest = payload
    for name, end, allowed in shape.layout:
        if end:
            value, literal, rest = rest.partition(end)
            if not literal:
                return None
        else:
            value = rest
        if allowed and not compiled(allowed).search(value):
            return None
        fields[name] = value
    return fields


def disagreement(mta: Mta, shape: Shape, payload: str) -> str:
    """How the layout of a shape and its patterns differ on a payload; empty when they agree or the layout passes."""
    cut = _cut_up(shape, payload)
    if cut is None or not any(anchor in payload for anchor in shape.anchors):
        return ""
    steps = match_shape(mta, cut, "", payload) or {}
    given = match_shape(mta, shape, "", payload)
    if given is None:
        return "the layout takes it, but no pattern does"
    for name in sorted(name for name in {*given, *steps} if not name.startswith("_")):
        if given.get(name) != steps.get(name):
            return f"the layout gives {name} = {steps.get(name)!r}, the pattern {given.get(name)!r}"
    return ""


def _cut_up(shape: Shape, payload: str) -> Shape | None:
    """The shape with a pattern that cuts this one payload as the layout does, so that keys, parts, words run on it."""
    fields = by_layout(shape, payload)
    if fields is None:
        return None
    pieces = (f"(?P<{name}>.{{{len(fields[name])}}}).{{{len(end)}}}" for name, end, _ in shape.layout)
    return replace(shape, patterns=(f"^{''.join(pieces)}$",))


def _layout(mta: Mta, shape: Shape) -> Found:
    """A layout is a short cut: wherever it takes a line, a pattern takes it and gives the same."""
    if not shape.layout:
        return
    if not any(by_layout(shape, str(example["line"])) for example in shape.examples):
        yield "the layout takes no example of its own", "layout"
    lines = {str(example["line"]) for other in mta.shapes for example in other.examples}
    for line in sorted({*lines, *(line for _, line in mta.forged)}):
        if line.isascii() and (message := disagreement(mta, shape, line)):
            yield f"{shown(line)}: {message}", "layout"


def of_parts(mta: Mta) -> Iterator[tuple[Part, str]]:
    """Parts, and patterns of parts, that no example of any event comes to."""
    used = {(part.id, pattern) for part, pattern, _ in _all_applied(mta)}
    for part in {part.id: part for shape in mta.shapes for part in shape.parts}.values():
        for n, pattern in enumerate(part.patterns, 1):
            if (part.id, pattern) not in used:
                yield part, f"pattern {n} takes no example: add one, or take the pattern out: {shown(pattern)}"


def values_of_parts(mta: Mta) -> dict[str, list[str]]:
    """What each part reads in the examples, by the part's id."""
    out: dict[str, list[str]] = {}
    for part, _, value in _all_applied(mta):
        out.setdefault(part.id, []).append(value)
    return out


def _all_applied(mta: Mta) -> Iterator[tuple[Part, str, str]]:
    for shape in mta.shapes:
        for example in shape.examples:
            yield from _applied(mta, shape, example)


def _applied(mta: Mta, shape: Shape, example: Mapping[str, Any]) -> Iterator[tuple[Part, str, str]]:
    """Which pattern of which part an example uses, and on what, read by pattern and by layout."""
    line, agent = str(example["line"]), str(example.get("agent", ""))
    for way in (shape, _cut_up(shape, line)):
        for n, part in enumerate(shape.parts if way else ()):
            fields = match_shape(mta, replace(way or shape, parts=shape.parts[:n]), agent, line) or {}
            value = fields.get(part.of)
            if value is None or part.anchor not in value or any(fields.get(k) != v for k, v in part.when.items()):
                continue
            if found := next((pattern for pattern in part.patterns if compiled(pattern).search(value)), None):
                yield part, found, value


def of_forged(mta: Mta) -> Iterator[tuple[str, str]]:
    """Forged lines that an event takes after all."""
    if mta.events and not mta.forged:
        yield "no forged lines: add [[forged]] with text that strangers may write to look like an event", ""
    for agent, line in mta.forged:
        for shape in mta.events:
            if match_shape(mta, shape, agent, line) is not None:
                yield f"{shown(line)} is forged, but event {shape.id!r} takes it", line


def of_words(mta: Mta, things: Iterable[tuple[str, Shape | Part]]) -> Iterator[tuple[str, str, str]]:
    """Words outside the closed vocabularies: where, what, and a text to find the line by."""
    for column, words in mta.words.items():
        for word, value in words.items():
            if column in _CLOSED and value not in _CLOSED[column]:
                yield f"[words.{column}]", f"{value!r} is no {column}: {', '.join(_CLOSED[column])}", value
            elif words.get(value, value) != value:
                yield f"[words.{column}]", f"{word!r} becomes {value!r}, which itself becomes {words[value]!r}", word
    for where, thing in things:
        for column, value in thing.fixed.items():
            if column in _CLOSED and value not in _CLOSED[column]:
                yield where, f"fixed {column} = {value!r}, which is none of {', '.join(_CLOSED[column])}", value
        for column in sorted(_CLOSED.keys() & captured(thing) - mta.words.keys()):
            yield where, f"takes {column} out of the line: [words.{column}] has to put it into the vocabulary", column


_CLOSED = {column.name: [str(word) for word in column.words] for column in schema.EVENTS if column.words}


def captured(thing: Shape | Part) -> set[str]:
    """The columns that come out of the text of a line."""
    names = {name for pattern in thing.patterns for name in compiled(pattern).groupindex}
    if isinstance(thing, Shape):
        names |= {name for name, _, _ in thing.layout} | set(thing.keys.values())
    return names


def shown(text: str) -> str:
    """A text in quotes, cut to a length that fits into a message."""
    return repr(text if len(text) <= 60 else text[:57] + "…")
