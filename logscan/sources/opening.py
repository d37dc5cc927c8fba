"""Opens sources: files plain or compressed, pipes, standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from logscan.errors import InputError
from logscan.sources import journal, trouble, unpack
from logscan.sources.model import Source
from logscan.sources.stream import Stream, Unpacked, decoded

_HEAD = 8 * 1024
HEAD = 16 * 1024  # enough to tell what kind of log it is
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
    try:
        raw = _open(source, source.path)
    except OSError as error:
        raise trouble.failed(source.path, error).told(source.name) from None
    with raw:
        if source.size is None:
            yield decoded(_sniffed(raw))
        elif source.compression:
            yield decoded(Unpacked(raw, source.compression, seekable=True))
        elif source.utf16:
            yield decoded(Stream(raw, seekable=True))
        else:
            yield Stream(raw, seekable=True)


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
    raise InputError(f"{source.name}: was replaced or cut while logscan was running (log rotation?); run logscan again")


def _is_same(source: Source, status: os.stat_result) -> bool:
    """Whether this is the file that was found, and still holds what it held then."""
    if source.inode is None or source.size is None:
        return True
    return status.st_ino == source.inode and status.st_size >= source.size


def modified(status: os.stat_result) -> datetime:
    """When a file was last written, in UTC."""
    return datetime.fromtimestamp(status.st_mtime, UTC)
