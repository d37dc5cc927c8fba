"""The form of pack files: which tables and keys there are, which are required, and what each one holds.

Checked before anything is read out of a file, so that no mistake in a pack ends in a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from logscan import codes
from logscan.packs import find
from logscan.packs.talk import SCOPES


class Kind(NamedTuple):
    """What a value has to be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


class Form(NamedTuple):
    """The keys of one kind of table."""

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind]


class Fault(NamedTuple):
    """A breach of the form: the table, the key (where to look for it) and what is wrong."""

    where: str
    key: str
    message: str
    after: str  # a text on or before the line


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _table(value: Any) -> bool:
    return isinstance(value, dict)


def _of_texts(value: Any) -> bool:
    return _table(value) and all(isinstance(item, str) for item in value.values())


def _steps(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(step, list) and len(step) == 3 and all(isinstance(item, str) for item in step) for step in value
    )


TEXT = Kind("a text", lambda value: isinstance(value, str))
WORD = Kind("a text that is not empty", lambda value: isinstance(value, str) and bool(value.strip()))
TEXTS = Kind("a list of texts", _texts)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a number from 200 to 599", lambda value: type(value) is int and 200 <= value <= 599)
TABLE = Kind("a table", _table)
TEXT_TABLE = Kind("a table of texts", _of_texts)
WORD_LISTS = Kind("a table of lists of texts", lambda value: _table(value) and all(map(_texts, value.values())))
WORD_TABLES = Kind("a table of tables of texts", lambda value: _table(value) and all(map(_of_texts, value.values())))
TABLES = Kind("a list of tables", lambda value: isinstance(value, list) and all(map(_table, value)))
STEPS = Kind("a list of steps of three texts each: column, literal that ends it, pattern of what it may be", _steps)
KEYS = Kind(
    "a table with of (a text) and take (a table of texts)",
    lambda value: (
        _table(value) and set(value) == {"of", "take"} and isinstance(value["of"], str) and _of_texts(value["take"])
    ),
)


MARK = Kind("one character", lambda value: isinstance(value, str) and len(value) == 1)
COUNT = Kind("a number from 1 on", lambda value: type(value) is int and value > 0)
WORDS_TABLE = Kind(
    "a table of lists of texts",
    lambda value: (
        _table(value) and all(isinstance(v, list) and v and all(isinstance(t, str) for t in v) for v in value.values())
    ),
)
TAKE = Kind(
    "a table of texts, or of lists of texts of which the first counts that there is",
    lambda value: _table(value) and all((isinstance(v, str) and v) or (v and _texts(v)) for v in value.values()),
)
EACH = Kind(
    "a table with columns (a list of texts), by (one character) and item (a pattern)",
    lambda value: (
        _table(value)
        and {"columns"} <= set(value) <= {"columns", "by", "item"}
        and _texts(value["columns"])
        and MARK.holds(value.get("by", ";"))
        and isinstance(value.get("item", ""), str)
    ),
)


def one_of(words: type[StrEnum] | tuple[str, ...]) -> Kind:
    """One word of a closed vocabulary."""
    names = [str(word) for word in words]
    return Kind(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names)


def _commands(value: Any) -> bool:
    return _texts(value) and set(value) <= {command.value for command in codes.SmtpCommand}


_SHAPE_REQUIRED = {"id": WORD, "anchors": TEXTS, "patterns": TEXTS, "example": TABLES}
_SHAPE = {"layout": STEPS, "trim": TEXT_TABLE, "keys": KEYS, "fixed": TEXT_TABLE, "parts": TEXTS}
_SEVERITY = one_of(("panic", "fatal", "error", "warning", "info"))
_TOP = Form(
    {"mta": TABLE},
    {"define": TEXT_TABLE, "missing": WORDS_TABLE, "words": WORD_TABLES, "session": TABLE}
    | dict.fromkeys(("event", "message", "notice", "ignore", "continued", "part"), TABLES)
    | dict.fromkeys(("frame", "trait", "format", "forged"), TABLES),
)
_MTA = Form(
    {"id": WORD, "name": WORD},
    {"tag": WORD, "reader": one_of(("lines", "delimited", "quotes")), "frames": one_of(("syslog",)), "prefixes": TEXTS}
    | {"piece": WORD},
)
_TABLES = {
    "part": Form(
        {"id": WORD, "of": WORD, "patterns": TEXTS},
        {"anchor": TEXT, "fixed": TEXT_TABLE, "when": TEXT_TABLE, "cut": FLAG},
    ),
    "event": Form(_SHAPE_REQUIRED, _SHAPE | {"copied": FLAG, "told_again_in": WORD}),
    "message": Form(_SHAPE_REQUIRED, _SHAPE | {"closes": FLAG}),
    "notice": Form(_SHAPE_REQUIRED | {"severity": _SEVERITY, "title": WORD}, _SHAPE | {"copied": FLAG}),
    "ignore": Form({"id": WORD, "patterns": TEXTS, "examples": TEXTS}, {}),
    "continued": Form({"id": WORD, "patterns": TEXTS, "examples": TEXTS}, {"framed": FLAG}),
    "frame": Form(
        {"id": WORD, "pattern": WORD, "stamp": one_of(("bsd", "iso")), "example": WORD}, {"title": WORD, "agent": WORD}
    ),
    "trait": Form({"name": WORD, "pattern": WORD, "example": WORD}, {}),
    "format": Form(
        {"id": WORD, "name": WORD, "needs": TEXTS, "stamp": WORD},
        {
            "take": TAKE,
            "stamps": TEXTS,
            "log_type": TEXTS,
            "zone": WORD,
            "separator": MARK,
            "starts": WORD,
            "columns": TEXTS,
        }
        | {"each": EACH, "assemble": one_of(("sessions",)), "commands": WORD, "replies": WORD, "beside": TEXTS},
    ),
    "forged": Form({"agent": WORD, "lines": TEXTS}, {}),
}
# Rows of a table are told by the values of columns; lines by anchors and patterns.
_ROW = {"when": WORDS_TABLE, "unless": WORDS_TABLE, "take": TAKE, "fixed": TEXT_TABLE, "parts": TEXTS, "whole": FLAG}
_ROW_TABLES = _TABLES | {
    "event": Form({"id": WORD, "example": TABLES}, _ROW),
    "message": Form({"id": WORD, "example": TABLES}, _ROW | {"closes": FLAG}),
    "notice": Form({"id": WORD, "example": TABLES, "severity": _SEVERITY, "title": WORD}, _ROW),
    "ignore": Form({"id": WORD, "examples": TEXTS}, {"when": WORDS_TABLE, "unless": WORDS_TABLE}),
    "forged": Form({"lines": TEXTS}, {}),
}
_ROW_EXAMPLE = Form({"line": WORD, "expect": TABLE}, {"lacks": TEXTS, "header": WORD, "entry": COUNT})
_SESSION = Form(
    {"id": WORD, "order": WORD, "mark": WORD, "text": WORD, "opens": WORD, "ends": WORDS_TABLE, "verbs": TEXT_TABLE},
    {"goes_on": WORD, "last": WORD, "resets": TEXTS, "notes": STEPS, "fact": TABLES},
)
_FACT = Form({"of": WORD, "rows": TEXTS, "holds": one_of(SCOPES), "patterns": TEXTS}, {})
_EXAMPLE = Form({"line": WORD, "agent": WORD, "expect": TABLE}, {"lacks": TEXTS})
_BY_READER = {
    "lines": (_TABLES, _EXAMPLE),
    "delimited": (_ROW_TABLES, _ROW_EXAMPLE),
    "quotes": (_TABLES | {"forged": _ROW_TABLES["forged"]}, Form({"line": WORD, "expect": TABLE}, {"lacks": TEXTS})),
}
_RULE = Form(
    {"id": WORD, "reason": one_of(codes.Reason), "source": WORD, "example": TABLE},
    {
        "mta": WORD,
        "provider": WORD,
        "event": one_of(codes.Event),
        "outcome": one_of(codes.Outcome),
        "commands": Kind(f"a list of {', '.join(codes.SmtpCommand)}", _commands),
        "codes": TEXTS,
        "text": TEXTS,
        "weak": FLAG,
        "party": one_of(codes.Party),
        "status": one_of(codes.Status),
        "title": WORD,
        "remedy": WORD,
        "settings": TEXT_TABLE,
        "check": WORD,
        "more": WORD,
    },
)
_REPLY = Form(
    {},
    {
        "diagnostic": WORD,
        "mta": WORD,
        "provider": WORD,
        "event": one_of(codes.Event),
        "outcome": one_of(codes.Outcome),
        "smtp_command": one_of(codes.SmtpCommand),
        "reply_code": NUMBER,
        "enhanced_code": WORD,
        "dsn": WORD,
    },
)
_PROVIDER = Form({"id": WORD, "name": WORD}, {"hosts": TEXTS, "domains": TEXTS, "said": TEXTS, "postmaster": WORD})


def faults(table: Mapping[str, Any], form: Form, where: str, after: str = "") -> Iterator[Fault]:
    """Keys that are missing, unknown, or of another kind than the form says."""
    known = {**form.required, **form.optional}
    for key in form.required:
        if key not in table:
            yield Fault(where, "", f"needs {key!r}, {known[key].words}", after)
    for key, hint in find.unknown(table, known):
        yield Fault(where, key, f"unknown key {key!r}; {hint}", after)
    for key, value in table.items():
        if key in known and not known[key].holds(value):
            yield Fault(
                where,
                key,
                f"{key} has to be {known[key].words}, not {_shown(value)}{_near(value, known[key])}",
                after,
            )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _near(value: Any, kind: Kind) -> str:
    if not isinstance(value, str) or not kind.words.startswith("one of "):
        return ""
    near = difflib.get_close_matches(value, kind.words.removeprefix("one of ").split(", "), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def of_mta(data: Mapping[str, Any]) -> list[Fault]:
    """The form of ``mta/NAME.toml``."""
    found = list(faults(data, _TOP, "top level"))
    if _table(data.get("mta")):
        found += faults(data["mta"], _MTA, "[mta]", "[mta]")
    reader = data["mta"].get("reader", "lines") if _table(data.get("mta")) else "lines"
    forms, example_form = _BY_READER.get(str(reader), _BY_READER["lines"])
    if reader == "lines" and _table(data.get("mta")) and "tag" not in data["mta"]:
        found.append(Fault("[mta]", "", "needs 'tag', a text that is not empty", "[mta]"))
    for kind, form in forms.items():
        if not TABLES.holds(data.get(kind, [])):
            continue
        for n, table in enumerate(data.get(kind, []), 1):
            where, after = _named(kind, n, table)
            found += faults(table, form, where, after)
            if kind in ("event", "message", "notice") and TABLES.holds(table.get("example")):
                for example in table["example"]:
                    found += faults(example, example_form, f"{where}, example", after)
    return [*found, *_of_session(data), *_twice(data, _TABLES)]


def _of_session(data: Mapping[str, Any]) -> Iterator[Fault]:
    """The form of ``[session]``, which formats that assemble sessions need."""
    table = data.get("session")
    formats = [one for one in data.get("format", ()) if isinstance(one, dict) and "assemble" in one]
    for one in formats:
        if not _table(table):
            yield Fault(f"format {one.get('id')!r}", "assemble", "needs a table [session]", "assemble")
        for key in ("commands", "replies"):
            if key not in one:
                yield Fault(f"format {one.get('id')!r}", "", f"needs {key!r}, a text that is not empty", "assemble")
    if isinstance(table, dict):
        yield from faults(table, _SESSION, "[session]", "[session]")
        for fact in table["fact"] if TABLES.holds(table.get("fact")) else ():
            yield from faults(fact, _FACT, "[[session.fact]]", "[[session.fact]]")


def of_rules(data: Mapping[str, Any]) -> list[Fault]:
    """The form of ``remedies/NAME.toml``."""
    found = list(faults(data, Form({"rule": TABLES}, {"words": WORD_LISTS}), "top level"))
    for n, table in enumerate(data["rule"] if not found else [], 1):
        where, after = _named("rule", n, table)
        found += faults(table, _RULE, where, after)
        if _table(table.get("example")):
            found += faults(table["example"], _REPLY, f"{where}, example", after)
    return [*found, *_twice(data, ("rule",))]


def of_providers(data: Mapping[str, Any]) -> list[Fault]:
    """The form of ``providers.toml``."""
    found = list(faults(data, Form({"provider": TABLES}, {}), "top level"))
    for n, table in enumerate(data["provider"] if not found else [], 1):
        where, after = _named("provider", n, table)
        found += faults(table, _PROVIDER, where, after)
    return [*found, *_twice(data, ("provider",))]


def _named(kind: str, number: int, table: Mapping[str, Any]) -> tuple[str, str]:
    """What a table is called, and the line that it can be found by."""
    name = table.get("id")
    if isinstance(name, str) and name:
        return f"{kind} {name!r}", f'id = "{name}"'
    return f"{kind} number {number}", f"[[{kind}]]"


def _twice(data: Mapping[str, Any], kinds: Iterator[str] | Mapping[str, Form] | tuple[str, ...]) -> Iterator[Fault]:
    """Ids are unique within their kind."""
    for kind in kinds:
        tables = data.get(kind, ())
        seen: set[str] = set()
        for table in tables if TABLES.holds(tables) else ():
            name = table.get("id")
            if isinstance(name, str) and name in seen:
                yield Fault(f"{kind} {name!r}", "", "there is another one of this id", f'id = "{name}"')
            elif isinstance(name, str):
                seen.add(name)
