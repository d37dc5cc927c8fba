"""Sources that are no files of this machine: members of archives, and files behind URLs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from logscan.sources import archives, opening, remote, rotation, trouble, unpack
from logscan.sources.model import Source
from logscan.sources.rotation import Member
from logscan.sources.stream import UTF16, Stream, Unpacked
from logscan.sources.trouble import Unfit


class Met(NamedTuple):
    """What was met: a member with its beginning, or a name and why it is left out."""

    name: str
    member: Member | None
    head: bytes = b""
    why: str = ""


def members(archive: Source, kind: str, packed: str | None) -> list[Met]:
    """The logs in an archive in order of names, as in a folder; raises Unfit when nothing in it can be read."""
    return sorted(_members(archive, kind, packed), key=lambda met: met.name)


def _members(archive: Source, kind: str, packed: str | None) -> Iterator[Met]:
    found = 0
    try:
        with opening.raw(archive) as raw:
            for entry in archives.entries(_as_stream(raw, packed) if kind == "tar" else raw, kind, opening.HEAD):
                found += 1
                name = f"{archive.name}/{_text(entry.name)}"
                portion = entry.portion._replace(packed=packed)
                source = replace(archive, name=name, portion=portion, size=portion.size, modified=entry.modified)
                yield Met(name, None, why=entry.why) if entry.why else _met(source, entry.head, entry.name)
    except archives.Damaged as damage:
        if not found:
            what = f"a damaged {kind} archive ({damage})"
            raise Unfit(what, f"check it with `{trouble.tester(kind, archive.path or '')}`") from None
        yield Met(archive.name, None, why=f"damaged behind {found} members ({damage})")


def elsewhere(url: str) -> Iterator[Met]:
    """The logs that a URL names; archives among them are looked into."""
    for one in remote.find(url):
        base = Source(one.name, one.path, None, one.size, one.modified, series=one.name, url=one.url)
        with opening.raw(base) as raw:
            first = Stream(raw).peek(opening.HEAD)
        head, packed = _beginning(first)
        kind = archives.kind(head)
        if kind == "zip" and packed:
            yield Met(one.name, None, why="a zip archive, compressed once more")
        elif kind:
            yield from members(base, kind, packed)
        else:
            yield _met(base, first, one.path)


def _met(source: Source, stored: bytes, path: str) -> Met:
    """A member by its first bytes, or why it is none."""
    head, compression = _beginning(stored)
    why = ""
    if not head:
        why = "damaged" if stored else "empty"
    elif b"\0" in head and not head.startswith(UTF16):
        why = "binary, not text"
    try:
        trouble.refuse_other_formats(head, source.name)
    except Unfit as unfit:
        why = unfit.why
    why = "an archive inside an archive" if archives.kind(head) else why
    if why:
        return Met(source.name, None, why=why)
    place = rotation.place(PurePosixPath(path).name)
    series = str(Path(source.name).parent / _text(place.series))
    source = replace(source, compression=compression, utf16=head.startswith(UTF16), series=series)
    return Met(source.name, Member(source, place, hash(head)), head)


def _beginning(stored: bytes) -> tuple[bytes, str | None]:
    compression = unpack.kind(stored)
    if compression is None:
        return stored, None
    stream = Unpacked(io.BytesIO(stored), compression)  # it ends in the middle, which is no damage here
    return stream.peek(opening.HEAD), compression


def _as_stream(raw: Any, packed: str | None) -> Stream:
    return Unpacked(raw, packed) if packed else Stream(raw, seekable=True)


def _text(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
