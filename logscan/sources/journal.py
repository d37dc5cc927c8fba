"""The systemd journal, read through journalctl(1) as JSON lines; ``logscan.wrapping`` makes log lines of them.

Only entries of the syslog facility "mail" are asked for, by the journal's own index. Where the journal has none of
them (containers log without), all entries are read.
"""

from __future__ import annotations

import math
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from logscan import wrapping
from logscan.errors import InputError
from logscan.sources.model import Source
from logscan.sources.stream import Stream

PREFIX = "journal:"  # in front of a journal's file or folder, or alone for this machine's own
_MAIL = "SYSLOG_FACILITY=2"  # RFC 5424 section 6.2.1
_FIELDS = (wrapping.MESSAGE, wrapping.HOST, *wrapping.TAGS, *wrapping.PIDS, wrapping.CONTAINER)
_MOST = 8192  # bytes of what journalctl complains about
_CLOSED = ("insufficient permissions", "not seeing messages from", "Permission denied")


def source(name: str, since: datetime | None, until: datetime | None) -> Source:
    """The journal that a name means, from and until some time.

    Raises InputError when there is no journalctl, no journal, or no permission to read it.
    """
    path = name.removeprefix(PREFIX)
    command = ["journalctl", "--no-pager", *_place(path)]
    shown = path or "the systemd journal"
    mail = _asked([*command, "--output=cat", "--output-fields=PRIORITY", "--lines=1", _MAIL], shown)
    command += ["--output=json", "--all", f"--output-fields={','.join(_FIELDS)}"]
    command += [f"--since=@{math.floor(since.timestamp())}"] if since else []
    command += [f"--until=@{math.ceil(until.timestamp())}"] if until else []
    told = f"{shown} (facility mail)" if mail else f"{shown} (all entries)"
    return Source(told, None, None, None, None, series=shown, command=(*command, *([_MAIL] if mail else [])))


@contextmanager
def opened(source: Source) -> Iterator[Stream]:
    """What a source's command writes; raises InputError afterwards when the command failed."""
    with tempfile.TemporaryFile() as said, _running(source.command, said.fileno()) as process:
        try:
            yield Stream(process.stdout)
            if process.stdout is not None and process.stdout.read(1):
                return  # whoever reads has enough
            _check(process.wait(), _text(said), source.name)
        finally:
            process.kill()


def _place(path: str) -> list[str]:
    if not path:
        return []
    try:
        folder = Path(path).is_dir()
        there = folder or Path(path).exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise InputError(f"{path}: no such journal file or folder; without a path, --journal reads this machine's own")
    return ["--directory", path] if folder else ["--file", path]


def _running(command: tuple[str, ...] | list[str], errors: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, "LC_ALL": "C"}
        )
    except OSError as error:
        raise InputError(
            f"journalctl cannot be run ({error.strerror}): on a machine without systemd there is no journal; "
            "name a log file, or a journal's text: `journalctl -o json > FILE` where it is, then `logscan FILE`"
        ) from None


def _asked(command: list[str], name: str) -> bool:
    """Whether a command has anything to say; raises InputError when it fails."""
    with tempfile.TemporaryFile() as said, _running(command, said.fileno()) as process:
        out, _ = process.communicate()
        _check(process.returncode, _text(said), name)
    return bool(out.strip())


def _text(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read(_MOST).decode("utf-8", "replace").strip()


def _check(status: int, said: str, name: str) -> None:
    if any(words in said for words in _CLOSED):
        raise InputError(
            f"{name}: no permission to read it; run `sudo logscan --journal`, or add yourself to a group that may, "
            "with `sudo usermod -aG systemd-journal $USER`, and log in again"
        )
    if "No journal files were" in said:
        raise InputError(f"{name}: there is none here; name a log file, or a journal's file or folder")
    if status:
        last = said.splitlines()[-1] if said else f"exit status {status}"
        raise InputError(f"{name}: journalctl cannot read it ({last}); check it with `journalctl --verify`")
