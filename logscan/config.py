"""Configuration files: where they are, what they say, and what is wrong in them; TOML, as ``tomli`` reads it.

Keys at the top of a file are for every command, keys in a table named like a command are for that command and go
first. Of several files, the last one goes first. Which keys there are, the commands know: see ``logscan.configuring``.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

import tomli

from logscan.errors import InputError, OptionError

SYSTEM = Path("/etc/logscan/config.toml")
VARIABLE = "LOGSCAN_CONFIG"


class Place(NamedTuple):
    """A file that may hold settings, why it is looked at, and whether it must be there."""

    path: Path
    what: str
    needed: bool


class Setting(NamedTuple):
    """The value of one option, the file and line that give it, and its key, table included."""

    value: Any
    where: str
    key: str


class File(NamedTuple):
    """A file's settings by command and by option (dashes in names), as they stand there."""

    place: Place
    text: str
    shared: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]


def places(asked: str | None = None) -> list[Place]:
    """The files to look at, the one that goes first last: the one asked for alone, else /etc and the user's own."""
    if asked is not None:
        return [Place(Path(asked), "--config", True)]
    if named := os.environ.get(VARIABLE):
        return [Place(Path(named), VARIABLE, True)]
    own = folder("XDG_CONFIG_HOME", ".config")
    user = [Place(own / "logscan" / "config.toml", "user's file", False)] if own else []
    return [Place(SYSTEM, "system's file", False), *user]


def folder(variable: str, beside_home: str) -> Path | None:
    """A base directory of the XDG specification, which wants absolute paths; None for a user without a home."""
    given = os.environ.get(variable, "")
    if given.startswith("/"):
        return Path(given)
    home = os.environ.get("HOME", "")
    return Path(home) / beside_home if home.startswith("/") else None


def read(place: Place) -> File | None:
    """What a file says; None for one that need not be there and is not.

    Raises InputError for one that cannot be read, OptionError for one that is no TOML.
    """
    try:
        text = place.path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if not place.needed:
            return None
        raise InputError(f"{place.path}: no such configuration file ({place.what})") from None
    except UnicodeDecodeError:
        raise OptionError(f"{place.path}: not UTF-8; a configuration file is TOML text in UTF-8") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(f"{place.path}: cannot be read ({why}); look at it with `ls -l {place.path}`") from None
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise OptionError(f"{place.path}: {error}; see https://toml.io") from None
    tables = {name: _dashed(value) for name, value in data.items() if isinstance(value, dict)}
    return File(place, text, _dashed({k: v for k, v in data.items() if not isinstance(v, dict)}), tables)


def _dashed(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("_", "-"): value for key, value in table.items()}


def settings(file: File, known: Mapping[str, Collection[str]]) -> dict[str, dict[str, Setting]]:
    """What a file says for each command; ``known`` has the options of each.

    Raises OptionError for a key or table that is none, with its line and what may have been meant.
    """
    every = sorted({option for options in known.values() for option in options})
    for name in file.shared:
        if name not in every:
            raise _unknown(file, "", name, [*every, *known], "option")
    for name, table in file.tables.items():
        if name not in known:
            raise _unknown(file, None, name, list(known), "table")
        for key in table:
            if key not in known[name]:
                raise _unknown(file, name, key, known[name], f"option of logscan {name}")
    out: dict[str, dict[str, Setting]] = {}
    for command, options in known.items():
        own = file.tables.get(command, {})
        out[command] = {key: _setting(file, "", key, file.shared[key]) for key in file.shared if key in options}
        out[command] |= {key: _setting(file, command, key, value) for key, value in own.items()}
    return out


def _setting(file: File, table: str, key: str, value: Any) -> Setting:
    where = spot(file.place.path, file.text, key, table)
    return Setting(value, where, f"[{table}] {key}" if table else key)


def _unknown(file: File, table: str | None, key: str, known: Collection[str], what: str) -> OptionError:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"
    shown = f"[{key}]" if table is None else f"[{table}] {key}" if table else key
    return OptionError(f"{spot(file.place.path, file.text, key, table)}: {shown}: no such {what}{hint}")


def spot(path: Path, text: str, key: str, table: str | None = "") -> str:
    """A file, and the line of a key in a table (``""`` is the top, None means the table itself), where it is seen."""
    for number, (inside, named) in enumerate(_walked(text), 1):
        if (inside == key and named is None) if table is None else (inside == table and named == key):
            return f"{path}:{number}"
    return str(path)


_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
_HEADER = re.compile(r"""\s*\[\s*["']?([A-Za-z0-9_-]+)["']?\s*\]""")


def _walked(text: str) -> Iterator[tuple[str, str | None]]:
    """For each line: the table it is in, and the key that it sets; None for a header."""
    table = ""
    for line in text.split("\n"):
        if header := _HEADER.match(line):
            table = header[1]
            yield table, None
        else:
            key = _KEY.match(line)
            yield table, key[1].replace("_", "-") if key else ""


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, datetime | date | time):
        return "a date or time"
    names = {"str": "a text", "list": "a list", "dict": "a table"}
    return names.get(type(value).__name__, "something else")
