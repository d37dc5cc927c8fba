"""Writes a file so that whoever looks sees the old one or the whole new one."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from logscan.errors import OutputError


def writable(path: Path) -> None:
    """Raise OutputError where a file could not be written, before work is done for it."""
    folder = path.resolve().parent
    if path.is_dir():
        raise OutputError(f"{path}: that is a folder; name a file in it")
    if not folder.is_dir():
        raise OutputError(f"{path}: there is no folder {folder}; make it first: mkdir -p {folder}")
    if not os.access(path if _special(path) else folder, os.W_OK):
        raise OutputError(f"{path}: no permission to write in {folder}; choose another place, or use sudo")


def replace(path: Path, text: str) -> None:
    """Write a text in UTF-8 beside the file and put it in its place; it keeps the mode of a file that was there.

    A device, a pipe and the like is written to as it is. Raises OutputError.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        if _special(path):
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_mode(path))
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mode(path: Path) -> int:
    """The mode of a file that is there, else that of any new file."""
    with suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
