"""Writes docs/schema/*.json from the dataclasses of ``logscan.findings`` and the columns of ``logscan.schema``.

Run it after a field or a column was added, and read the difference before it is committed::

    python tests/make_schema.py && git diff docs/schema

What programs rely on stays: it refuses to write a schema in which something was taken away, renamed or given another
type. Such a change makes a new version (docs/schema/README.md).
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from logscan import findings, published, schema

FOLDER = Path(__file__).parent.parent / "docs" / "schema"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    type(None): {"type": "null"},
    Any: {},
    datetime: {"type": "string", "format": "date-time", "pattern": "Z$"},
}
_COLUMNS: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "word": {"type": "string"},
    "int": {"type": "integer"},
    "uint16": {"type": "integer", "minimum": 0, "maximum": 65535},
    "float": {"type": "number"},
    "time": {"type": "string", "format": "date-time", "pattern": "Z$"},
}


class ChangedError(Exception):
    """A schema would no longer hold what it promised."""


def report(published_: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a report; what the published one requires stays required, what is new to it is optional."""
    kinds: dict[str, dict[str, Any]] = {}
    before = {"Findings": published_, **published_.get("$defs", {})}
    _kind(findings.Findings, kinds, before)
    top = kinds.pop("Findings")
    top["properties"] = {"schema": {"const": findings.SCHEMA}, **top["properties"]}
    top["required"] = list(dict.fromkeys(["schema", *top["required"]]))
    return {
        "$schema": _DIALECT,
        "$id": f"urn:logscan:schema:{findings.SCHEMA.replace('/', ':')}",
        "title": "A report of logscan, as --format json writes it",
        **top,
        "$defs": dict(sorted(kinds.items())),
    }


def events(_published: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one line of ``logscan events --format jsonl``; --columns may leave out any of them."""
    columns = {column.name: _column(column) for column in schema.EVENTS}
    return {
        "$schema": _DIALECT,
        "$id": "urn:logscan:schema:logscan.events:1",
        "title": "One event, as a line of logscan events --format jsonl",
        "type": "object",
        "properties": columns,
    }


def _column(column: schema.Column) -> dict[str, Any]:
    kind = dict(_COLUMNS[column.kind])
    if column.words is not None:
        kind["enum"] = [*(word.value for word in column.words), None]
    return {"description": column.meaning, **kind, "type": [kind["type"], "null"]}


def _kind(cls: type, kinds: dict[str, dict[str, Any]], before: Mapping[str, Any]) -> dict[str, str]:
    """Describe a dataclass once; gives the reference to it."""
    name = cls.__name__
    if name not in kinds:
        kinds[name] = {}
        said, hints = _said(cls), get_type_hints(cls)
        names = [field.name for field in fields(cls)]
        kinds[name] = {
            "description": (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ").replace("``", ""),
            "type": "object",
            "properties": {
                key: {**({"description": said[key]} if key in said else {}), **_type(hints[key], kinds, before)}
                for key in names
            },
            "required": before.get(name, {}).get("required", names),
        }
    return {"$ref": f"#/$defs/{name}"}


def _type(  # noqa: PLR0911  # one return for each kind of type
    hint: Any, kinds: dict[str, dict[str, Any]], before: Mapping[str, Any]
) -> dict[str, Any]:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if is_dataclass(hint) and isinstance(hint, type):
        return dict(_kind(hint, kinds, before))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [word.value for word in hint]}
    origin, inner = get_origin(hint), [arg for arg in get_args(hint) if arg is not Ellipsis]
    if origin is Literal:
        return {"enum": list(inner)}
    made = [_type(arg, kinds, before) for arg in inner]
    if origin in (Union, types.UnionType):
        plain = [one for one in made if set(one) == {"type"}]
        return {"type": [one["type"] for one in made]} if len(plain) == len(made) else {"anyOf": made}
    if origin is tuple and get_args(hint)[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": made, "minItems": len(made), "maxItems": len(made)}
    if origin in (list, tuple):
        return {"type": "array", "items": made[0]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": made[1]}
    raise TypeError(f"no JSON Schema is known for the type {hint!r} of a finding; teach tests/make_schema.py")


def _said(cls: type) -> dict[str, str]:
    """The comment behind each field."""
    source = inspect.getsource(cls)
    return {found[1]: found[2] for found in re.finditer(r"^    (\w+): [^#\n]+#(?!: ) *(.+)$", source, re.MULTILINE)}


def changes(before: Any, after: Any, where: str = "") -> list[str]:
    """What of a published schema no longer holds: anything but additions and other words of description."""
    if isinstance(before, dict) and isinstance(after, dict):
        out = [f"{where}/{key} is gone" for key in before if key not in after and key != "description"]
        if where.rpartition("/")[2] not in ("", "properties", "$defs"):  # a condition more is no addition
            out += [f"{where}/{key} is new" for key in after if key not in before and key != "description"]
        for key in before.keys() & after.keys() - {"description", "title"}:
            out += changes(before[key], after[key], f"{where}/{key}")
        return sorted(out)
    if where.endswith("/enum") and isinstance(before, list) and isinstance(after, list):
        return [f"{where}: {word} is gone" for word in before if word not in after]  # vocabularies may grow
    return [] if before == after else [f"{where} was {json.dumps(before)} and is {json.dumps(after)}"]


MAKERS = {"report": report, "events": events}


def current(name: str) -> dict[str, Any]:
    """The published schema, or an empty one."""
    path = FOLDER / published.FILES[name]
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def made(name: str) -> dict[str, Any]:
    """The schema as the code wants it; raises ChangedError where that takes back what was published."""
    before = current(name)
    after = MAKERS[name](before)
    if before and (broken := changes(before, after)):
        raise ChangedError(
            f"{published.FILES[name]} promises otherwise, so this needs the next version, in a file of its own "
            f"(docs/schema/README.md): {'; '.join(broken)}"
        )
    return after


def main() -> None:
    """Write every schema."""
    for name, file in published.FILES.items():
        try:
            text = json.dumps(made(name), indent=2, ensure_ascii=False) + "\n"
        except ChangedError as error:
            sys.exit(str(error))
        (FOLDER / file).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{FOLDER / file}\n")


if __name__ == "__main__":
    main()
