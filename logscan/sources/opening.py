"""Opens sources: files plain or compressed, pipes, standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from logscan.errors import ChangedError, InputError
from logscan.sources import archives, journal, remote, trouble, unpack
from logscan.sources.model import Source
from logscan.sources.stream import Stream, Unpacked, decoded

_HEAD = 8 * 1024
HEAD = 16 * 1024  # enough to tell what kind of log it is
_CHANGED = "{}: was replaced or cut while logscan was running (log rotation?); run logscan again"
_MAGIC = 8  # enough for the longest


@contextmanager
def opened(source: Source) -> Iterator[Stream]:
    """The decompressed bytes of a source; UTF-16 comes as UTF-8.

    A file that was renamed since it was found, as log rotation does, is looked for in its folder.
    Raises InputError when it cannot be opened or is gone.
    """
    if source.command:
        with journal.opened(source) as stream:
            yield stream
        return
    if source.path is None:
        if sys.stdin is None:
            raise InputError("there is no standard input to read; name a file instead of -")
        yield decoded(_sniffed(sys.stdin.buffer))
        return
    with raw(source) as file, _inside(source, file) as inner:
        if source.portion or source.url:
            yield decoded(Unpacked(inner, source.compression) if source.compression else Stream(inner))
        elif source.size is None:
            yield decoded(_sniffed(inner))
        elif source.compression:
            end = None if source.utf16 else source.end
            yield decoded(Unpacked(inner, source.compression, seekable=True, end=end), source.end)
        elif source.utf16:
            yield decoded(Stream(inner, seekable=True), source.end)
        else:
            yield Stream(inner, seekable=True, end=source.end)


@contextmanager
def raw(source: Source) -> Iterator[Any]:
    """The stored bytes of the file that a source is, or is in; raises InputError when it cannot be opened."""
    if source.url:
        with remote.opened(source.url, source.path or "") as file:
            yield file
        return
    try:
        file = _open(source, source.path or "")
    except OSError as error:
        raise trouble.failed(source.path or "", error).told(source.name) from None
    with file:
        yield file
        if source.inode is not None and not _is_same(source, os.fstat(file.fileno())):
            raise ChangedError(_CHANGED.format(source.name))
        if source.head and not source.compression and os.pread(file.fileno(), len(source.head), 0) != source.head:
            raise ChangedError(_CHANGED.format(source.name))


@contextmanager
def _inside(source: Source, file: Any) -> Iterator[Any]:
    """The file itself, or the member of it that a source is."""
    if source.portion is None:
        yield file
        return
    packed, tar = source.portion.packed, source.portion.kind == "tar"
    whole = (Unpacked(file, packed) if packed else Stream(file, seekable=True)) if tar else file
    with ExitStack() as stack:
        try:
            inner = stack.enter_context(archives.opened(whole, source.portion))
        except OSError as error:
            raise InputError(f"{source.name}: cannot be read ({error})") from None
        yield inner


def beginning(source: Source, size: int) -> bytes:
    """The first bytes of a source, decompressed; raises InputError when it cannot be opened."""
    with opened(source) as stream:
        return _first(stream, size)


def _first(stream: Stream, size: int) -> bytes:
    found = b""
    while len(found) < size and (data := stream.read(size - len(found))):
        found += data
    return found


def head(path: str) -> tuple[bytes, str | None, str]:
    """The first 8 KiB of a file, decompressed; its compression; and what is wrong with it, if anything.

    Raises OSError when it cannot be read, and MissingExtraError.
    """
    with Path(path).open("rb", buffering=0) as raw:
        first = raw.read(_HEAD)
        compression = unpack.kind(first)
        if compression is None:
            return first, None, ""
        raw.seek(0)
        stream = Unpacked(raw, compression, seekable=True)
        return _first(stream, _HEAD), compression, stream.damage


def _sniffed(raw: Any) -> Stream:
    first = Stream(raw).read(_MAGIC)
    compression = unpack.kind(first)
    return Unpacked(raw, compression, head=first) if compression else Stream(raw, head=first)


def _open(source: Source, path: str) -> Any:
    """The file that had this path when it was found; it may have another name now."""
    try:
        raw = Path(path).open("rb", buffering=-1 if source.size is None else 0)  # noqa: SIM115  (see opened)
    except FileNotFoundError:
        if source.inode is None:
            raise
    else:
        status = os.fstat(raw.fileno())
        if _is_same(source, status) or (status.st_size, modified(status)) == (source.size, source.modified):
            return raw
        raw.close()
    with os.scandir(Path(path).resolve().parent) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and _is_same(source, entry.stat()):
                return Path(entry.path).open("rb", buffering=0)
    raise ChangedError(_CHANGED.format(source.name))


def _is_same(source: Source, status: os.stat_result) -> bool:
    """Whether this is the file that was found, and still holds what it held then."""
    if source.inode is None or source.size is None:
        return True
    if source.portion:  # whose size is not that of the file
        return status.st_ino == source.inode
    return status.st_ino == source.inode and status.st_size >= source.size


def modified(status: os.stat_result) -> datetime:
    """When a file was last written, in UTC."""
    return datetime.fromtimestamp(status.st_mtime, UTC)
