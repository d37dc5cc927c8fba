"""Numbers, shares and vocabularies in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from logscan.findings import Problem

# Holds words together where lines are broken; the page turns it into a blank. Log text comes without it.
GLUE = "\xa0"

_PARTY = {
    "us": "you",
    "recipient": "the recipient",
    "peer": "the other server",
    "network": "the network between (DNS, line, firewall)",
    "nobody": "nobody: wait",
}
_PARTY_REFUSED = {**_PARTY, "peer": "the sending server"}
_STATUS = {"transient": "temporary", "permanent": "permanent", "positive": "accepted"}
_CONFLICT = {
    "class_mismatch": "the reply code says one class, the enhanced status code another",
    "softbounce": "a permanent reply that our own server kept for another try (soft_bounce)",
    "greeting_5xx": "a server refused to talk with 5xx, and the message was tried again all the same",
    "expired_transient": "expired in the queue although every reply was temporary",
    "wrapped_reply": "our server reports one reply and holds another one inside it",
}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def number(count: int) -> str:
    """A count with its thousands apart: ``1,234``."""
    return f"{count:,}"


def many(count: int, one: str, more: str = "") -> str:
    """A count with its noun in the right number: ``1 line``, ``1,234 lines``, ``2 tries``."""
    return f"{count:,}{GLUE}{one if count == 1 else more or one + 's'}"


def share(part: int, whole: int) -> str:
    """A part in per cent, ``95.1 %``: all of it alone is 100 %, nothing alone is 0 %."""
    if whole <= 0:
        return ""
    if part in (0, whole):
        return f"{100 if part else 0}{GLUE}%"
    tenths = part * 1000 / whole
    if tenths < 1:
        return f"<0.1{GLUE}%"
    return f"{tenths / 10:.1f}{GLUE}%" if tenths < 999 else f">99.9{GLUE}%" if tenths > 999 else f"99.9{GLUE}%"


def listed(parts: Sequence[str], left_out: int = 0) -> str:
    """Parts in one sentence: ``a``, ``a and b``, ``a, b and 12 more``."""
    items = [*parts, f"{left_out:,}{GLUE}more"] if left_out > 0 else list(parts)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(counts: Mapping[str, int]) -> str:
    """Counts by word, the greatest first: ``2,100 deferred, 12 bounced``; zeros are left out."""
    some = sorted(((n, word) for word, n in counts.items() if n), key=lambda pair: (-pair[0], pair[1]))
    return ", ".join(f"{n:,}{GLUE}{word}" for n, word in some)


def party(problem: Problem) -> str:
    """Who must act, in words."""
    if problem.nothing_to_do:
        return "nobody: wait"
    known = _PARTY_REFUSED if problem.event == "rejection" else _PARTY
    return known.get(problem.party or "", "not known")


def status(word: str) -> str:
    """Whether a reply is temporary or permanent; nothing where that is not known."""
    return _STATUS.get(word, "")


def conflict(word: str) -> str:
    """How the evidence disagrees, in words."""
    return _CONFLICT.get(word, word)


def size(count: int) -> str:
    """Bytes in the unit that suits them: ``512 bytes``, ``104.9 MB``."""
    if count < 1000:
        return many(count, "byte")
    value = float(count)
    for unit in _UNITS[1:]:
        value /= 1000
        if value < 999.95 or unit == _UNITS[-1]:
            break
    return f"{value:,.1f}{GLUE}{unit}"


def hours(seconds: float) -> str:
    """A length of time in the unit that suits it: ``40 min``, ``5 h``, ``3 days``."""
    if seconds < 5400:
        return f"{round(seconds / 60):,}{GLUE}min"
    if seconds < 172800:
        return f"{round(seconds / 3600):,}{GLUE}h"
    return many(round(seconds / 86400), "day")


def sentence(text: str) -> str:
    """The text with a capital letter in front."""
    return text[:1].upper() + text[1:]
