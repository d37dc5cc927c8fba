"""What programs that keep or show logs put around each line: the systemd journal, Docker, Podman, Kubernetes.

``peeled`` takes that off one line; the columnar reader does the same with whole columns, by the same tables.
A line counts as wrapped when no frame takes it as it stands and one takes what is inside (``framed`` tells that).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"


@dataclass(frozen=True, slots=True)
class Prefix:
    """Something in front of a line: an RE2-clean pattern, anchored and without groups, and a title for people."""

    pattern: str
    title: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A line inside a JSON object: the keys that the object must have, and the one whose text is the line."""

    needs: tuple[str, ...]
    text: str
    title: str


# In this order: the first that matches is meant.
PREFIXES = (
    Prefix(r"\[[a-z]+/[^ \[\]/]+/[^ \[\]]+\] ", "from kubectl logs --prefix"),
    # Kubernetes' Container Runtime Interface, and Podman's k8s-file; P is a part of a long line.
    Prefix(rf"{_STAMP} (?:stdout|stderr) [FP](?::[^ ]*)? ", "from a container's log file"),
    Prefix(rf"{_STAMP} ", "with the stamps of docker or kubectl logs"),
    Prefix(r"[A-Za-z0-9_.@-]+ +\| ", "from docker compose logs"),
)
STAMP, MESSAGE = "__REALTIME_TIMESTAMP", "MESSAGE"
HOST, TAGS, PIDS = "_HOSTNAME", ("SYSLOG_IDENTIFIER", "_COMM"), ("_PID", "SYSLOG_PID")
CONTAINER = "CONTAINER_NAME"  # what a container writes comes with a frame of its own
JOURNAL = Envelope((STAMP, MESSAGE), MESSAGE, "from the systemd journal (JSON)")
ENVELOPES = (
    JOURNAL,
    Envelope(("log",), "log", "from docker's log file (JSON)"),
    Envelope(("message",), "message", "from a log shipper (JSON)"),
)
DEPTH = 3  # compose with time stamps, say, has two
_PREFIXES = tuple((re.compile(prefix.pattern), prefix.title) for prefix in PREFIXES)
_DIGITS = re.compile("[0-9]{1,16}")  # of microseconds: until 2286
_START = datetime(1970, 1, 1, tzinfo=UTC)


class Peeled(NamedTuple):
    """The line that was inside, and what was around it, in words."""

    text: str
    title: str


def peeled(text: str, framed: Callable[[str], bool]) -> Peeled | None:
    """The log line inside a line that no frame takes; None when there is none."""
    if framed(text):
        return None
    titles: list[str] = []
    for _ in range(DEPTH):
        layer = inner(text)
        if layer is None:
            return None
        text = layer.text
        titles.append(layer.title)
        if framed(text):
            return Peeled(text, ", ".join(titles))
    return None


def inner(text: str) -> Peeled | None:
    """What one layer of a line holds, framed or not; None when it has none."""
    if text.startswith("{"):
        return _from_json(text)
    for pattern, title in _PREFIXES:
        found = pattern.match(text)
        if found:
            return Peeled(text[found.end() :], title)
    return None


def _from_json(text: str) -> Peeled | None:
    try:
        entry = json.loads(text, object_pairs_hook=_first)
    except (ValueError, RecursionError):
        return None
    for envelope in ENVELOPES:
        if any(name not in entry for name in envelope.needs):
            continue
        line = _journal(entry) if envelope is JOURNAL else _text(entry[envelope.text])
        if line is not None:
            return Peeled(line, envelope.title)
    return None


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _journal(entry: Mapping[str, Any]) -> str | None:
    """An entry of the journal as syslog would write it (systemd.journal-fields(7)); the stamp is in UTC."""
    message = _text(entry[MESSAGE]) or ""  # null: too large for journalctl without --all
    if isinstance(entry.get(CONTAINER), str):
        return message
    stamp = entry[STAMP]
    if not isinstance(stamp, str) or not _DIGITS.fullmatch(stamp):
        return None
    time = _START + timedelta(microseconds=int(stamp))
    tag = next((entry[name] for name in TAGS if isinstance(entry.get(name), str)), "unknown")
    pids = (entry[name] for name in PIDS if isinstance(entry.get(name), str))
    pid = next((f"[{pid}]" for pid in pids if pid.isascii() and pid.isdigit()), "")
    host = entry.get(HOST) if isinstance(entry.get(HOST), str) else "-"
    return plain(f"{time:%Y-%m-%dT%H:%M:%S.%f}Z {host} {tag}{pid}: {message}")


def _text(value: Any) -> str | None:
    """A text, which the journal gives as a list of bytes when it is no UTF-8; of several fields, the first."""
    if isinstance(value, list) and value and all(type(item) is int and 0 <= item < 256 for item in value):
        return plain(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, list) and value:
        return _text(value[0])
    return plain(value) if isinstance(value, str) else None


def plain(text: str) -> str:
    """One line: the line end that Docker keeps taken off, others turned into blanks, half surrogates replaced."""
    text = text.removesuffix("\n").removesuffix("\r").replace("\n", " ")
    return text.encode("utf-8", "replace").decode("utf-8")
