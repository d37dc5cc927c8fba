"""Checks pack files against the laws of ``patterns/README.md``; ``logscan packs check`` and the tests call it.

Everything found is handed back as troubles, each with its file and line. No pack file, however malformed, raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from logscan import schema
from logscan.errors import PackError
from logscan.packs import examples, find, form, remedies, strain, tabled, wiring
from logscan.packs.knowledge import Knowledge, knowledge, load_rules
from logscan.packs.mta import Mta, Shape, load_mta
from logscan.packs.trouble import Trouble, Troubles

__all__ = ["Trouble", "check_all", "check_file", "check_mta", "check_providers", "check_rules"]

SHORT = 4_000  # characters of hostile input for the columnar reader; tests take more
_KNOWLEDGE = ("codes.toml", "concepts.toml", "reasons.toml", "retry.toml")
_NOT_READ = "is not read: a folder of packs holds mta/*.toml, remedies/*.toml, providers.toml and pasted.toml"


def check_file(path: Path, size: int = SHORT) -> list[Trouble]:
    """Check one file, of whichever kind it is by its place or its content."""
    found = Troubles(path)
    try:
        data = find.load_toml(path)
        home = path.resolve().parent.parent
        known = knowledge(() if home == find.root() else (home,)) if "rule" in data else None
    except PackError as error:
        found.refused(error)
        return found.found
    if "mta" in data or path.parent.name == "mta":
        return check_mta(path, size)
    if known is not None:
        return check_rules(path, known)
    if "provider" in data or path.name == "providers.toml":
        return check_providers(path)
    if path.name not in _KNOWLEDGE:
        found.add("file", "is no pack: a pack file holds [mta], [[rule]] or [[provider]]")
    return found.found


def check_all(folders: Iterable[Path] = (), size: int = SHORT) -> list[Trouble]:
    """Check every pack file of a site's own folders, as they are used together, and every shipped one."""
    own = tuple(folders)
    found: list[Trouble] = []
    for folder in (*own, find.root()):
        for path in sorted(folder.rglob("*.toml")):
            if _is_read(path.relative_to(folder), shipped=folder == find.root()):
                found += check_file(path, size)
            else:
                found.append(Trouble(path, 1, "file", _NOT_READ))
    return found


def _is_read(place: Path, *, shipped: bool) -> bool:
    if len(place.parts) == 2:
        return place.parts[0] in ("mta", "remedies")
    return place.as_posix() in ("providers.toml", "pasted.toml", *(_KNOWLEDGE if shipped else ()))


def check_mta(path: Path, size: int = SHORT) -> list[Trouble]:
    """Check one MTA pack; ``size`` is the length of hostile input for the columnar reader, 0 leaves that law out."""
    found = Troubles(path)
    try:
        data = find.load_toml(path)
        faults = form.of_mta(data)
        for fault in faults:
            found.add(fault.where, fault.message, fault.key, fault.after)
        if faults:
            return found.found
        for where, message, needle in wiring.of_names(data):
            found.add(where, message, needle, f"[{where.split(maxsplit=1)[0].strip('[]')}")
        mta = load_mta(path)
    except PackError as error:
        found.refused(error)
        return found.found
    for where, message, needle in (*wiring.of_patterns(mta), *wiring.of_frames(mta, data), *wiring.of_traits(mta)):
        found.add(where, message, needle, _place(where))
    if not found.found:
        _laws(mta, found)
    if not found.found and size:
        _strain(mta, found, size)
    return found.found


def _place(where: str) -> str:
    """The line by which a table is found."""
    kind, _, name = where.partition(" ")
    return f'id = "{name[1:-1]}"' if name else kind


def _laws(mta: Mta, found: Troubles) -> None:
    """The laws that need patterns which compile."""
    if mta.delimited:
        for where, message, needle in tabled.breaches(mta):
            found.add(where, message, needle, _place(where))
        return
    for shape in mta.shapes:
        where = f"{shape.table} {shape.id!r}"
        for message in wiring.of_shape(shape):
            found.add(where, message, after=_place(where))
        for message, needle in examples.of_shape(mta, shape):
            found.add(where, message, needle.partition("\n")[0], _place(where))
    for part, message in examples.of_parts(mta):
        found.add(f"part {part.id!r}", message, after=_place(f"part {part.id!r}"))
    for message, needle in examples.of_forged(mta):
        found.add("[[forged]]", message, needle, "[[forged]]")
    for where, message, needle in examples.of_words(mta, wiring.things(mta)):
        found.add(where, message, needle, _place(where))


def _strain(mta: Mta, found: Troubles, size: int) -> None:
    values = examples.values_of_parts(mta)
    for where, thing in wiring.things(mta):
        if isinstance(thing, Shape):
            texts, anchors = [str(example["line"]) for example in thing.examples], thing.anchors
        else:
            texts, anchors = values.get(thing.id, []), (thing.anchor,) if thing.anchor else ()
        for pattern, text in strain.breaches(thing.patterns, texts, anchors, size):
            number = thing.patterns.index(pattern) + 1
            found.add(where, f"pattern {number} is slower than linear on {text!r}", after=_place(where))


def check_rules(path: Path, known: Knowledge) -> list[Trouble]:
    """Check one file of rules, as part of ``known``, or in front of it when its rules are not in there."""
    found = Troubles(path)
    try:
        faults = form.of_rules(find.load_toml(path))
        for fault in faults:
            found.add(fault.where, fault.message, fault.key, fault.after)
        if faults:
            return found.found
        own = load_rules(path)
    except PackError as error:
        found.refused(error)
        return found.found
    if not {rule.id for rule in own} <= {rule.id for rule in known.rules}:
        known = replace(known, rules=(*own, *known.rules))
    names = {*schema.MTAS, *(file.stem for file in (path.parent.parent / "mta").glob("*.toml"))}
    for rule in own:
        where = f"rule {rule.id!r}"
        for message, needle in remedies.of_rule(rule, known, names):
            found.add(where, message, needle, _place(where))
    return found.found


def check_providers(path: Path) -> list[Trouble]:
    """Check a file of providers: form, host suffixes and domains in lower case, and none of them twice."""
    found = Troubles(path)
    try:
        data = find.load_toml(path)
    except PackError as error:
        found.refused(error)
        return found.found
    faults = form.of_providers(data)
    for fault in faults:
        found.add(fault.where, fault.message, fault.key, fault.after)
    for where, message, needle in remedies.of_providers(data) if not faults else ():
        found.add(where, message, needle, _place(where))
    return found.found
