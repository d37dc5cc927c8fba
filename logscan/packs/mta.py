"""One MTA's pack: how it frames and writes its lines (``patterns/mta/*.toml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from logscan import framing, schema
from logscan.errors import PackError
from logscan.packs import find
from logscan.packs.part import Part, groups
from logscan.packs.tables import Format
from logscan.packs.talk import talk_of

_MACRO = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
BRACED = re.compile(r"\{([^{}]+)\}")  # a name that stands for its value
TABLES = ("event", "message", "notice", "ignore", "continued")
_TOP = {"mta", "define", "missing", "words", "part", "frame", "trait", "format", "session", "forged", *TABLES}
_MTA = {"id", "name", "reader", "frames", "tag", "piece", "prefixes"}
_PART = {"id", "of", "anchor", "patterns", "fixed", "when", "cut"}
_FORMAT = {
    "id", "name", "needs", "stamp", "stamps", "take", "log_type", "zone", "separator", "starts", "columns", "each",
    "assemble", "commands", "replies", "beside",
}  # fmt: skip
_SHAPE = {"id", "anchors", "layout", "patterns", "trim", "keys", "fixed", "parts", "example"}
_SHAPE |= {"when", "unless", "take", "whole"}
_KEYS = {
    "event": _SHAPE | {"copied", "told_again_in"},
    "message": _SHAPE | {"closes"},
    "notice": _SHAPE | {"severity", "title", "copied"},
    "ignore": {"id", "patterns", "examples", "when", "unless"},
    "continued": {"id", "patterns", "examples", "framed"},
}
_EVENT_NAMES = frozenset(schema.PARSED)
_MESSAGE_NAMES = frozenset(column.name for column in schema.MESSAGES)
_NOTICE_NAMES = frozenset({"client", "queue_id", "agent"})


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One kind of line or row: an event, a fact about a message, a notice, or one left alone.

    Lines are told by patterns, rows of a table by the values of columns: ``when`` and ``unless``.
    """

    id: str
    table: str
    patterns: tuple[str, ...]
    anchors: tuple[str, ...] = ()
    layout: tuple[tuple[str, str, str], ...] = ()
    trim: Mapping[str, str] = field(default_factory=dict)
    keys_of: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    take: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: bool = False
    closes: bool = False
    copied: bool = False
    told_again_in: str = ""
    framed: bool = False
    severity: str = ""
    title: str = ""
    examples: tuple[Mapping[str, Any], ...] = ()


class Trait(NamedTuple):
    """What a log's form is told by: lines whose text, without their frame, matches are of this kind."""

    name: str
    pattern: str
    example: str


@dataclass(frozen=True, slots=True, eq=False)
class Mta:
    """A whole pack, macros expanded and names checked."""

    id: str
    name: str
    tag: str
    frames: tuple[framing.Frame, ...]
    events: tuple[Shape, ...]
    messages: tuple[Shape, ...]
    notices: tuple[Shape, ...]
    ignored: tuple[Shape, ...]
    continued: tuple[Shape, ...]
    piece: str
    prefixes: tuple[str, ...]
    words: Mapping[str, Mapping[str, str]]
    missing: Mapping[str, tuple[str, ...]]
    forged: tuple[tuple[str, str], ...]  # agent, payload
    traits: tuple[Trait, ...]
    formats: tuple[Format, ...]
    quotes: bool  # it has no lines of its own: it knows how replies and pieces of lines are quoted
    path: Path

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Every shape in the order in which lines are tried."""
        return (*self.events, *self.notices, *self.messages, *self.ignored, *self.parts_of_entries)

    @property
    def parts_of_entries(self) -> tuple[Shape, ...]:
        """What the further lines of an entry look like behind a frame."""
        return tuple(shape for shape in self.continued if shape.framed)

    @property
    def unframed(self) -> tuple[str, ...]:
        """Patterns of further lines of an entry that have no frame."""
        return tuple(pattern for shape in self.continued if not shape.framed for pattern in shape.patterns)

    @property
    def delimited(self) -> bool:
        """Whether its logs are tables and not lines."""
        return bool(self.formats)


def _listed(table: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: (value,) if isinstance(value, str) else tuple(value) for name, value in table.items()}


class _Reader:
    """Turns one TOML file into an Mta, refusing what the specification does not know."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = find.load_toml(path)
        find.refuse_unknown(path, "top level", self.data, _TOP)
        self.delimited = self.data.get("mta", {}).get("reader") == "delimited"
        self.macros: dict[str, str] = {}
        for name, text in self.data.get("define", {}).items():
            self.macros[name] = self.expand(text)

    def fail(self, needle: str, message: str) -> PackError:
        return PackError(f"{self.path}:{find.line_of(self.path, needle)}: {message}")

    def expand(self, pattern: str) -> str:
        def value(found: re.Match[str]) -> str:
            if found[1] not in self.macros:
                raise self.fail(found[0], f"{found[0]} is not in [define]")
            return self.macros[found[1]]

        return _MACRO.sub(value, pattern)

    def patterns(self, table: Mapping[str, Any], where: str, allowed: frozenset[str]) -> tuple[str, ...]:
        out = tuple(self.expand(pattern) for pattern in table.get("patterns", ()))
        for pattern in out:
            self.names(groups(pattern), where, allowed)
        return out

    def names(self, names: Sequence[str], where: str, allowed: frozenset[str]) -> None:
        for name in names:
            if not name.startswith("_") and name not in allowed:
                find.refuse_unknown(self.path, where, {name: ""}, allowed)

    def part(self, table: Mapping[str, Any]) -> Part:
        where = f"part {table.get('id', '?')!r}"
        find.refuse_unknown(self.path, where, table, _PART)
        self.names([table["of"], *table.get("fixed", {}), *table.get("when", {})], where, _EVENT_NAMES)
        return Part(
            id=table["id"],
            of=table["of"],
            patterns=self.patterns(table, where, _EVENT_NAMES),
            anchor=table.get("anchor", ""),
            fixed=table.get("fixed", {}),
            when=table.get("when", {}),
            cut=table.get("cut", False),
        )

    def shape(self, kind: str, table: Mapping[str, Any], parts: Mapping[str, Part]) -> Shape:
        where = f"{kind} {table.get('id', '?')!r}"
        find.refuse_unknown(self.path, where, table, _KEYS[kind])
        allowed = {"message": _MESSAGE_NAMES, "notice": _NOTICE_NAMES}.get(kind, _EVENT_NAMES)
        layout = tuple((name, end, self.expand(allowed)) for name, end, allowed in table.get("layout", ()))
        keys = table.get("keys", {})
        self.names([name for name, _, _ in layout], where, allowed)
        self.names([*table.get("fixed", {}), *keys.get("take", {}).values()], where, allowed)
        for name in table.get("parts", ()):
            if name not in parts:
                raise self.fail(f'"{name}"', f"{where}: there is no part {name!r}")
        if kind not in ("ignore", "continued") and not table.get("anchors") and not self.delimited:
            raise self.fail(f'id = "{table["id"]}"', f"{where}: needs anchors: literals that its lines hold")
        return Shape(
            id=table["id"],
            table=kind,
            patterns=self.patterns(table, where, allowed),
            anchors=tuple(table.get("anchors", ())),
            layout=layout,
            trim=table.get("trim", {}),
            keys_of=keys.get("of", ""),
            keys=keys.get("take", {}),
            fixed=table.get("fixed", {}),
            parts=tuple(parts[name] for name in table.get("parts", ())),
            when={name: tuple(values) for name, values in table.get("when", {}).items()},
            unless={name: tuple(values) for name, values in table.get("unless", {}).items()},
            take=_listed(table.get("take", {})),
            whole=table.get("whole", False),
            closes=table.get("closes", False),
            copied=table.get("copied", False),
            told_again_in=table.get("told_again_in", ""),
            framed=table.get("framed", False),
            severity=table.get("severity", ""),
            title=table.get("title", ""),
            examples=tuple(table.get("example", ())) or tuple({"line": line} for line in table.get("examples", ())),
        )

    def format(self, table: Mapping[str, Any]) -> Format:
        where = f"format {table.get('id', '?')!r}"
        find.refuse_unknown(self.path, where, table, _FORMAT)
        self.names([*table.get("take", {})], where, _EVENT_NAMES)
        each = table.get("each", {})
        return Format(
            id=table["id"],
            name=table["name"],
            needs=tuple(table["needs"]),
            stamp=table["stamp"],
            stamps=tuple(self.expand(pattern) for pattern in table.get("stamps", ())),
            take=_listed(table.get("take", {})),
            log_type=tuple(name.lower() for name in table.get("log_type", ())),
            zone=table.get("zone", ""),
            separator=table.get("separator", ","),
            starts=self.expand(table.get("starts", "")),
            columns=tuple(tuple(names.split(",")) for names in table.get("columns", ())),
            each=tuple(each.get("columns", ())),
            by=each.get("by", ";"),
            item=self.expand(each.get("item", "")),
            beside=tuple(table.get("beside", ())),
            talk=talk_of(self.data["session"], table, self.expand) if "assemble" in table else None,
        )

    def frames(self) -> tuple[framing.Frame, ...]:
        own = tuple(
            framing.Frame(
                frame["id"],
                self.expand(frame["pattern"]),
                frame["stamp"],
                frame.get("title", "log"),
                frame.get("agent", ""),
            )
            for frame in self.data.get("frame", ())
        )
        return own + (framing.SYSLOG if self.data["mta"].get("frames") == "syslog" else ())

    def read(self) -> Mta:
        about = self.data.get("mta", {})
        find.refuse_unknown(self.path, "[mta]", about, _MTA)
        for key in ("id", "name", *(("tag",) if about.get("reader", "lines") == "lines" else ())):
            if key not in about:
                raise PackError(f"{self.path}:1: [mta] needs {key!r}")
        parts = {table["id"]: self.part(table) for table in self.data.get("part", ())}
        shapes = {kind: tuple(self.shape(kind, table, parts) for table in self.data.get(kind, ())) for kind in TABLES}
        return Mta(
            id=about["id"],
            name=about["name"],
            tag=self.expand(about.get("tag", "^$")),  # rows of tables and quotes have no tag
            frames=self.frames(),
            events=shapes["event"],
            messages=shapes["message"],
            notices=shapes["notice"],
            ignored=shapes["ignore"],
            continued=shapes["continued"],
            piece=self.expand(about.get("piece", "")),
            prefixes=tuple(self.expand(pattern) for pattern in about.get("prefixes", ())),
            words=self.data.get("words", {}),
            missing={name: tuple(values) for name, values in self.data.get("missing", {}).items()},
            forged=tuple(
                (entry.get("agent", ""), line) for entry in self.data.get("forged", ()) for line in entry["lines"]
            ),
            traits=tuple(
                Trait(trait["name"], self.expand(trait["pattern"]), trait["example"])
                for trait in self.data.get("trait", ())
            ),
            formats=tuple(self.format(table) for table in self.data.get("format", ())),
            quotes=about.get("reader") == "quotes",
            path=self.path,
        )


def load_mta(path: Path) -> Mta:
    """Read and check one MTA pack; raises PackError naming file and line."""
    try:
        return _Reader(path).read()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PackError(f"{path}: a field is missing or of the wrong kind: {error}") from error


@cache
def of_lines(packs: tuple[Mta, ...]) -> tuple[Mta, ...]:
    """The packs for logs of lines."""
    return tuple(mta for mta in packs if not mta.delimited)


@cache
def mtas(folders: tuple[Path, ...] = ()) -> tuple[Mta, ...]:
    """Every MTA pack: the site's own folders first; a pack of the same id replaces the shipped one."""
    found: dict[str, Mta] = {}
    for folder in (*folders, find.root()):
        for path in sorted((folder / "mta").glob("*.toml")):
            pack = load_mta(path)
            found.setdefault(pack.id, pack)
    return tuple(found.values())


@cache
def for_pasting(folders: tuple[Path, ...] = ()) -> tuple[Mta, ...]:
    """Every MTA pack, and how people and programs quote replies (``pasted.toml``), the site's own folders first."""
    files = [folder / "pasted.toml" for folder in (*folders, find.root())]
    return (*mtas(folders), *(load_mta(path) for path in files if path.is_file()))
