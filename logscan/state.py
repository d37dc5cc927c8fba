"""How far logs were read: a small file that says so from one good run to the next, and the lock that goes with it.

The file is JSON and is replaced whole: written beside, flushed to disk, renamed. Whoever is killed at any moment leaves
the old one or the new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from logscan import config
from logscan.errors import InputError, LogscanError

_FORM = "logscan.state/1"
SYSTEM = Path("/var/lib/logscan")
HEAD = 2048  # bytes of a file by which it is known again
_GONE = 100  # marks kept of files that are not to be seen now


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one file was read, and what tells the file again, renamed or compressed.

    ``head`` has a hash of its decompressed content up to the end of each of its first lines (see ``hashed``).
    ``offset`` is where the last whole line that was counted ends there; None: all of a file that does not grow any
    more. ``rest`` counts the bytes behind that, no whole line yet. ``last`` marks the newest file of its ``series``.
    """

    series: str
    path: str
    device: int
    inode: int
    head: dict[int, str]
    offset: int | None
    rest: int = 0
    last: bool = False

    def fits(self, head: dict[int, str]) -> bool:
        """Whether a file that begins so is this one, or a copy of its beginning: their first lines are the same."""
        shared = min(max(self.head, default=0), max(head, default=0))
        ends = [max((end for end in one if end <= shared), default=0) for one in (self.head, head)]
        return ends[0] == ends[1] > 0 and self.head[ends[0]] == head[ends[0]]


@dataclass(slots=True)
class State:
    """What a good run left: when it was, which series of files it knew, the marks, and journals' cursors by name."""

    at: datetime | None = None
    runs: int = 0
    series: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    journals: dict[str, str] = field(default_factory=dict)

    @property
    def first(self) -> bool:
        """Whether there was no good run yet."""
        return self.at is None

    def then(self, now: datetime, series: Iterable[str], marks: list[Mark], journals: dict[str, str]) -> State:
        """The state after one more run; marks of files that are not to be seen now are kept for a while."""
        gone = [
            replace(mark, last=False)
            for mark in self.marks
            if not any(mark.series == one.series and mark.fits(one.head) for one in marks)
        ]
        known = list(dict.fromkeys([*self.series, *series]))
        return State(now, self.runs + 1, known, [*gone[-_GONE:], *marks], {**self.journals, **journals})


@dataclass(slots=True)
class Last:
    """Where the last good run ended, where this one did once everything is read, and whether this one was good, too."""

    before: State
    after: State | None = None
    good: bool = False


def hashed(data: bytes) -> dict[int, str]:
    """What stands for the first bytes of a file: by the place where a line ends, a SHA-256 (cut) of all before it."""
    data = data[:HEAD]
    out: dict[int, str] = {}
    end = data.find(b"\n") + 1
    while end:
        out[end] = hashlib.sha256(data[:end]).hexdigest()[:16]
        end = data.find(b"\n", end) + 1
    return out if out or len(data) < HEAD else {HEAD: hashlib.sha256(data).hexdigest()[:16]}


def usual_path(what: str, names: list[str]) -> Path:
    """Where the state of a command that reads these logs is kept: root's below /var/lib, others' in their folder."""
    told = "\n".join([what, *(name if "://" in name or ":" in name else os.path.abspath(name) for name in names)])  # noqa: PTH100  # a name, which may be a pattern
    short = re.sub(r"[^a-z0-9]+", "-", os.path.basename(names[0]).lower()).strip("-")[:32] or "log"  # noqa: PTH119  # the same
    return folder() / f"{what}-{short}-{hashlib.sha256(told.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}.json"


def folder() -> Path:
    """The folder for states: the service's own, root's, or the user's (XDG base directory specification)."""
    service = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if service.startswith("/"):
        return Path(service)
    base = config.folder("XDG_STATE_HOME", ".local/state")
    return SYSTEM if os.geteuid() == 0 or base is None else base / "logscan"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that belongs to a state file; raises LogscanError while another run holds it."""
    beside = path.with_name(path.name + ".lock")
    try:
        beside.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        lock = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise InputError(_unwritable(path, error)) from None
    # A worker process must not hold the lock of a run that was killed.
    os.register_at_fork(after_in_child=lambda: _closed(lock))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise LogscanError(f"another run goes on from {path} just now; wait for it, or use another --state") from None
    finally:
        _closed(lock)


def _closed(file: int) -> None:
    with contextlib.suppress(OSError):
        os.close(file)


def load(path: Path) -> State:
    """The state in a file; an empty one where there is none. Raises InputError for one that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return State()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the state cannot be read ({error})") from None
    try:
        return _state(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(
            f"{path}: no state that logscan wrote; move it away, and the next report covers the whole log again"
        ) from None


def _state(data: dict[str, Any]) -> State:
    if data["form"] != _FORM:
        raise ValueError(data["form"])
    return State(
        datetime.fromisoformat(data["at"]).astimezone(UTC),
        int(data["runs"]),
        [str(name) for name in data["series"]],
        [Mark(**{**one, "head": {int(end): str(text) for end, text in one["head"].items()}}) for one in data["files"]],
        {str(name): str(cursor) for name, cursor in data["journals"].items()},
    )


def save(path: Path, state: State) -> None:
    """Replace a state file; raises InputError when that fails, and the old one stays."""
    told = {
        "form": _FORM,
        "at": (state.at or datetime.now(UTC)).isoformat(),
        "runs": state.runs,
        "series": state.series,
        "files": [asdict(mark) for mark in state.marks],
        "journals": state.journals,
    }
    new = path.with_name(path.name + ".new")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            json.dump(told, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        above = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(above)
        finally:
            os.close(above)
    except OSError as error:
        raise InputError(_unwritable(path, error)) from None


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path}: the state cannot be written ({error.strerror or error}); name another file with --state"
