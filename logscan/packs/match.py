"""What one payload says, by a pack, in plain Python: the slow reader and the checker use it.

The columnar reader (``logscan.parse``) does the same on whole blocks; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import cache

import regex

from logscan import codes
from logscan.packs.mta import BRACED, Mta, Shape
from logscan.packs.part import Part

Fields = dict[str, str | None]
_REPLY = regex.compile(r"([2-5][0-9][0-9])(?:[- ]|$)")
_ENHANCED = regex.compile(rf"(?:[2-5][0-9][0-9](?:[- ]))?#?({codes.ENHANCED})(?:[^0-9.]|$)")
_NUMBER = regex.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
# As far as each unit goes, seconds may have a fraction: 1w2d3h4m5s, 3m45s, 0.304s.
_PERIOD = regex.compile(r"(?=.)(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]+)?)s)?")
_SECONDS = (604_800, 86_400, 3_600, 60, 1)
_BLANKS = " \t"
_DIGITS = 19
# Whatever the MTA has in front, this is where a domain ends.
_DOMAIN = regex.compile(r"@([^@ \t\r\n\x0b\x0c]+)$")


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """A pack's pattern for the regex package."""
    return regex.compile(pattern)


def tagged(mta: Mta, agent: str | None) -> bool:
    """Tell whether a program tag is one of this MTA's."""
    return agent is not None and bool(compiled(mta.tag).search(agent))


def match_shape(mta: Mta, shape: Shape, agent: str, payload: str) -> Fields | None:
    """The fields a shape takes from a payload, parts applied and words translated; None if it is not one."""
    if shape.anchors and not any(anchor in payload for anchor in shape.anchors):
        return None
    found = next((m for p in shape.patterns if (m := compiled(p).search(payload))), None)
    if found is None:
        return None
    # A shape that looks for the agent itself has none where it finds none.
    fields: Fields = {} if "agent" in found.groupdict() else {"agent": agent}
    fields |= {name: value for name, value in found.groupdict().items() if value is not None}
    return _completed(mta, shape, fields)


def match_row(mta: Mta, shape: Shape, taken: Fields) -> Fields:
    """The fields that a shape makes of a row's columns, which have the names that the format gives them."""
    fields: Fields = {name: value for name, value in taken.items() if value is not None}
    for name, texts in shape.take.items():
        fields[name] = made(texts, taken)
    return _completed(mta, shape, fields)


def made(texts: tuple[str, ...], columns: Mapping[str, str | None]) -> str | None:
    """The first of some columns that there is; a text with braces is made of several, if one of them is there."""
    for text in texts:
        names = BRACED.findall(text) or [text]
        if any(columns.get(name) for name in names):
            return BRACED.sub(lambda name: columns.get(name[1]) or "", text) if "{" in text else columns[text]
    return None


def chosen(mta: Mta, row: Mapping[str, str | None]) -> Shape | None:
    """The first shape whose conditions a row meets; a value that begins with ^ is a pattern."""
    for shape in mta.shapes:
        if all(_is_one(row.get(name), values) for name, values in shape.when.items()) and not any(
            _is_one(row.get(name), values) for name, values in shape.unless.items()
        ):
            return shape
    return None


def _is_one(value: str | None, values: tuple[str, ...]) -> bool:
    text = value or ""
    return any(bool(compiled(one).search(text)) if one.startswith("^") else one == text for one in values)


def _completed(mta: Mta, shape: Shape, fields: Fields) -> Fields:
    for name, suffix in shape.trim.items():
        value = fields.get(name)
        if value is not None:
            fields[name] = value.removesuffix(suffix)
    if shape.keys:
        pairs = dict(
            reversed([pair.split("=", 1) for pair in (fields.get(shape.keys_of) or "").split(", ") if "=" in pair])
        )
        fields |= {column: pairs[key] for key, column in shape.keys.items() if key in pairs}
    _translate(mta, fields, fields)
    for name, text in shape.fixed.items():
        fields.setdefault(name, text)
    for part in shape.parts:
        _apply(mta, part, fields)
    for name, values in mta.missing.items():
        if fields.get(name) in values:
            fields[name] = None
    return fields


def _translate(mta: Mta, fields: Fields, columns: Container[str]) -> None:
    """Put the logged words of some columns into the vocabulary; values that a pack fixes are in it already."""
    for column, words in mta.words.items():
        value = fields.get(column) if column in columns else None
        if value is not None and value not in words.values():
            fields[column] = words.get(value, words.get("*"))


def _apply(mta: Mta, part: Part, fields: Fields) -> None:
    value = fields.get(part.of)
    if value is None or part.anchor not in value or any(fields.get(k) != v for k, v in part.when.items()):
        return
    found = next((m for p in part.patterns if (m := compiled(p).search(value))), None)
    if found is None:
        return
    if part.cut:
        fields[part.of] = value[: found.start()]
    taken = {name: text for name, text in found.groupdict().items() if text is not None}
    fixed = {name: BRACED.sub(lambda one: taken.get(one[1], ""), text) for name, text in part.fixed.items()}
    fields.update({**fixed, **taken})
    _translate(mta, fields, taken)


def bare(mta: Mta, payload: str) -> str:
    """A payload without what the MTA puts in front of each message."""
    for pattern in (mta.piece, *mta.prefixes):
        payload = without(pattern, payload)
    return payload


def without(prefix: str, payload: str) -> str:
    """A payload without what a pattern describes, where that stands in front."""
    found = compiled(prefix).match(payload) if prefix else None
    return payload[found.end() :] if found else payload


def read_payload(mta: Mta, agent: str, payload: str) -> tuple[Shape, Fields] | None:
    """The first shape that takes a payload, and its fields; events first, then notices, messages, ignored."""
    payload = bare(mta, payload)
    for shape in mta.shapes:
        fields = match_shape(mta, shape, agent, payload)
        if fields is not None:
            return shape, fields
    return None


def split_reply(text: str | None) -> tuple[int | None, str | None, str | None]:
    """Reply code, enhanced code and the reply on one line, continuation prefixes taken off (RFC 5321 4.2.1)."""
    if text is None:
        return None, None, None
    found = _REPLY.match(text)
    if found is None:
        enhanced = _ENHANCED.match(text)
        return None, enhanced[1] if enhanced else None, text
    code = found[1]
    enhanced = _ENHANCED.match(text)
    if text[3:4] == "-":
        prefix = rf"(?: +|\?\?|\\+n){code}[- ](?:#?({codes.ENHANCED})(?: |$))?"
        later = regex.search(prefix, text)
        text = f"{code} " + regex.sub(prefix, " ", text[4:])
        if enhanced is None and later is not None and later[1]:
            return int(code), later[1], text.strip(_BLANKS)
    return int(code), enhanced[1] if enhanced else None, text.strip(_BLANKS)


def domain_of(address: str | None) -> str | None:
    """The domain of an address in lower case; None where it has none."""
    found = _DOMAIN.search(address or "")
    return found[1].lower() if found else None


def as_expected(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields of an event as the table will show them: codes split off, numbers as numbers."""
    code, enhanced, text = split_reply(fields.get("diagnostic"))  # type: ignore[arg-type]  # a text or None
    if (said := fields.get("_reply")) is not None:
        code, enhanced, _ = split_reply(str(said))
        whole = fields.get("diagnostic")
        text = whole.strip(_BLANKS) if isinstance(whole, str) and code is not None else whole  # type: ignore[assignment]
    out: dict[str, object] = dict(fields)
    out |= {"reply_code": code, "enhanced_code": enhanced, "diagnostic": text}
    out["recipient_domain"] = domain_of(fields.get("envelope_recipient"))  # type: ignore[arg-type]  # a text or None
    for name in ("delay", "delay_before_queue", "delay_in_queue", "delay_connect", "delay_transmit"):
        if fields.get(name) is not None:
            out[name] = number_of(str(fields[name]))
    if out.get("size") is not None:
        out["size"] = whole_of(str(out["size"]))
    return out


def whole_of(text: str) -> int | None:
    """A whole number; None for anything else, and for one that is too long for any message."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None


def number_of(text: str) -> float | None:
    """A number as MTAs write them (``75``, ``0.03``, ``.5``, ``3m45s``); None for anything else."""
    if _NUMBER.fullmatch(text):
        return float(text)
    found = _PERIOD.fullmatch(text)
    return sum(float(n or 0) * unit for n, unit in zip(found.groups(), _SECONDS, strict=True)) if found else None
