"""What to tell people about a path that cannot be read: what, where, and what to try next."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from pathlib import Path

from logscan.errors import InputError, LogscanError

_JOURNAL = Path("/run/systemd/journal")


class Unfit(Exception):  # noqa: N818  (not an error yet: inside folders it is a reason to skip)
    """Why a file cannot be taken: a few words, and advice for whoever named it."""

    def __init__(self, why: str, advice: str = "", error: type[LogscanError] = InputError) -> None:
        super().__init__(why)
        self.why = why
        self.advice = advice
        self.error = error

    def told(self, name: str) -> LogscanError:
        """The exception for whoever named the file."""
        return self.error(f"{name}: {self.why}{f'; {self.advice}' if self.advice else ''}")


def failed(path: str, error: OSError) -> Unfit:
    """Why opening or reading ``path`` failed."""
    if isinstance(error, PermissionError):
        return Unfit("no permission to read it", _permission(path))
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _missing(path)
    if error.errno == errno.ELOOP:
        return Unfit("a symbolic link that leads back to itself", f"look at it with `ls -l {_quoted(path)}`")
    return Unfit(f"cannot be read ({error.strerror or error})", f"look at it with `ls -l {_quoted(path)}`")


def no_match(pattern: str) -> Unfit:
    """That a pattern of names matches no file."""
    plain = "".join(letter for letter in pattern if letter not in "*?[]")
    return Unfit("no file matches this pattern", _nearest(plain) or "check the folder with `ls`")


def _missing(path: str) -> Unfit:
    if Path(path).is_symlink():
        return Unfit(
            f"a symbolic link to {Path(path).readlink()}, which does not exist", "name the file that you mean"
        )
    return Unfit("no such file or folder", _nearest(path) or _elsewhere(path))


def _nearest(path: str) -> str:
    """A path that exists and is spelled nearly so: the first part that does not exist is corrected."""
    import difflib

    parts = Path(path).parts
    for depth in range(len(parts)):
        folder, part = Path(*parts[:depth]), parts[depth]
        if (folder / part).exists():
            continue
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  (names are what is compared)
        except OSError:
            return ""
        close = difflib.get_close_matches(part, [name for name in names if not name.startswith(".")], 1, 0.6)
        if not close:
            return ""
        whole = folder.joinpath(close[0], *parts[depth + 1 :])
        return f"did you mean {whole if whole.exists() else folder / close[0]}?"
    return ""


def _elsewhere(path: str) -> str:
    folder = next((above for above in Path(path).absolute().parents if above.is_dir()), Path("/"))
    if str(folder).startswith("/var/log") and _JOURNAL.exists():
        return (
            "this machine may keep its mail log in the systemd journal only: "
            "`journalctl --facility=mail --output=short-iso | logscan -`"
        )
    return f"see what there is with `ls {_quoted(str(folder))}`"


def _permission(path: str) -> str:
    """``sudo``, and the group that may read the file, or the first folder on its way that is closed."""
    again = f"run `sudo logscan {_quoted(path)}`"
    for place in (Path(path), *Path(path).absolute().parents):
        try:
            status = place.stat()
        except OSError:
            continue
        try:
            group = place.group()
        except (KeyError, NotImplementedError, OSError):
            return again
        if not status.st_mode & stat.S_IRGRP or status.st_gid == 0:
            return again
        owner = f"its group is {group}" if place == Path(path) else f"the group of {place} is {group}"
        return (
            f"{owner}: {again}, or add yourself to that group with `sudo usermod -aG {group} $USER` "
            "and log in again"
        )
    return again


def _quoted(path: str) -> str:
    return shlex.quote(path)
