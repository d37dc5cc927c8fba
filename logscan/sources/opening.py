"""Opens sources: files plain or compressed, pipes, standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from logscan.errors import InputError
from logscan.sources import trouble, unpack
from logscan.sources.model import Source
from logscan.sources.stream import Stream, Unpacked

_HEAD = 8 * 1024


@contextmanager
def opened(source: Source) -> Iterator[Stream]:
    """The decompressed bytes of a source.

    A file that was renamed since it was found, as log rotation does, is looked for in its folder.
    Raises InputError when it cannot be opened or is gone.
    """
    if source.path is None:
        if sys.stdin is None:
            raise InputError("there is no standard input to read; name a file instead of -")
        yield _sniffed(sys.stdin.buffer)
        return
    try:
        raw: Any = Path(source.path).open("rb", buffering=0 if source.size is not None else -1)
    except OSError as error:
        raise trouble.failed(source.path, error).told(source.name) from None
    if source.inode is not None and os.fstat(raw.fileno()).st_ino != source.inode:
        raw.close()
        raw = _renamed(source)
    with raw:
        if source.size is None:
            yield _sniffed(raw)
        elif source.compression:
            yield Unpacked(raw, source.compression, seekable=True)
        else:
            yield Stream(raw, seekable=True)


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
        found = b""
        while len(found) < _HEAD and (data := stream.read(_HEAD - len(found))):
            found += data
        return found, compression, stream.damage


def _sniffed(raw: Any) -> Stream:
    first = Stream(raw).read(_HEAD // 1024)
    compression = unpack.kind(first)
    return Unpacked(raw, compression, head=first) if compression else Stream(raw, head=first)


def _renamed(source: Source) -> Any:
    """The file that had the source's path when it was found, under its new name."""
    if source.path is not None:
        folder = Path(source.path).parent
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.inode() == source.inode and stat.S_ISREG(entry.stat().st_mode):
                    return Path(entry.path).open("rb", buffering=0)
    raise InputError(
        f"{source.name}: was replaced while logscan was running, and the file that it was is gone "
        "(log rotation?); run logscan again"
    )
