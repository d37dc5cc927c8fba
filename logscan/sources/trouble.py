"""What to tell people about a path that cannot be read: what, where, and what to try next."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from pathlib import Path

from logscan.errors import InputError, LogscanError

_JOURNAL = Path("/run/systemd/journal")
_LOGINS = {"btmp", "faillog", "lastlog", "wtmp"}  # records of logins; "faillog" is spelled nearly as "mail.log" is
_TESTERS = {"gz": "gzip -t", "bz2": "bzip2 -t", "xz": "xz -t", "zst": "zstd -t", "zip": "unzip -t", "tar": "tar -tf"}
_READERS = (  # what other files begin with, what they are, and how to get at their text
    (0, b"LPKSHHRH", "a systemd journal", "logscan --journal {}"),
    (0, b"__CURSOR=", "a journal's export", "systemd-journal-remote -o x.journal {} && logscan --journal x.journal"),
    (0, b"PK\x03\x04", "a zip archive", "unzip -p {}"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so {}"),
    (0, b"\x04\x22\x4d\x18", "lz4 data", "lz4 -dc {}"),
    (0, b"\x1f\x9d", "compress(1) data", "zcat {}"),
    (257, b"ustar", "a tar archive", "tar -xOf {}"),
)


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


def refuse_other_formats(head: bytes, path: str) -> None:
    """Raises Unfit for a file that begins with ``head`` and holds its text in a form not read here."""
    for at, magic, what, reader in _READERS:
        if head.startswith(magic, at):
            command = reader.format(_quoted(path))
            raise Unfit(f"{what}, not text", f"try `{command if 'logscan' in command else command + ' | logscan -'}`")


def tester(compression: str, path: str) -> str:
    """The command that checks a compressed file."""
    return f"{_TESTERS[compression]} {_quoted(path)}"


def _missing(path: str) -> Unfit:
    if Path(path).is_symlink():
        return Unfit(f"a symbolic link to {Path(path).readlink()}, which does not exist", "name the file that you mean")
    return Unfit("no such file or folder", _nearest(path) or _elsewhere(path))


def _nearest(path: str) -> str:
    """A path that exists and is spelled nearly so: the first part that does not exist is corrected."""
    import difflib

    parts = Path(path).parts
    for depth in range(len(parts)):
        folder, part = Path(*parts[:depth]), parts[depth]
        if _exists(folder / part):
            continue
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  (names are what is compared)
        except OSError:
            return ""
        names = [name for name in names if not name.startswith(".") and name not in _LOGINS]
        close = difflib.get_close_matches(part, names, 1, 0.65)  # less would take auth.log for mail.log
        if not close:
            return ""
        whole = folder.joinpath(close[0], *parts[depth + 1 :])
        return f"did you mean {whole if _exists(whole) else folder / close[0]}?"
    return ""


def _elsewhere(path: str) -> str:
    folder = next((above for above in Path(path).absolute().parents if _exists(above)), Path("/"))
    if str(folder).startswith("/var/log") and _JOURNAL.exists():
        return "this machine may keep its mail log in the systemd journal only: `logscan --journal`"
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
        if not status.st_mode & stat.S_IRGRP or status.st_gid in (0, *os.getgroups()):
            return again
        owner = f"its group is {group}" if place == Path(path) else f"the group of {place} is {group}"
        return f"{owner}: {again}, or add yourself to that group with `sudo usermod -aG {group} $USER` and log in again"
    return again


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True


def _quoted(path: str) -> str:
    return shlex.quote(path)
