"""What the codes of a reply say by themselves (``patterns/codes.toml``), without a look at its words."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from logscan import codes
from logscan.codes import Basis, Reason
from logscan.packs.knowledge import Knowledge

Said = list[tuple[Reason, Basis]]
_RANGE = re.compile(r"(.*?)([0-9]+)-([0-9]+)")


@lru_cache(maxsize=4096)
def parsed(code: str | None) -> codes.EnhancedStatusCode | None:
    """An enhanced code as a value; None for what only looks like one, which a log may hold."""
    try:
        return codes.EnhancedStatusCode.parse(code) if code else None
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def is_one_of(wanted: tuple[str, ...], reply_code: int | None, enhanced: str | None) -> bool:
    """Tell whether a reply has one of the codes that a rule names."""
    return any(code == str(reply_code) or (enhanced is not None and _in_range(code, enhanced)) for code in wanted)


@cache
def _in_range(wanted: str, code: str) -> bool:
    """``5.7.606-649`` is a range of the last number, ``X.5.3`` any class."""
    if wanted.startswith("X."):
        return wanted[1:] == code[1:]
    found = _RANGE.fullmatch(wanted)
    if not found:
        return wanted == code
    head, _, tail = code.rpartition(".")
    return f"{head}." == found[1] and tail.isdigit() and int(found[2]) <= int(tail) <= int(found[3])


def alone(reply_code: int | None, enhanced: str | None, dsn: str | None, known: Knowledge) -> Said:
    """The reasons that codes which may decide alone stand for, strongest first; ``dsn`` where nobody else spoke."""
    entry = known.reply_codes.get(str(reply_code))
    return [
        *_registered(enhanced, Basis.ENHANCED_CODE, known),
        *_registered(dsn, Basis.DSN, known),
        *(_told(entry.get("reason"), Basis.REPLY_CODE) if entry and entry.get("alone", True) else ()),
    ]


def likely(
    reply_code: int | None, enhanced: str | None, dsn: str | None, command: str | None, known: Knowledge
) -> Said:
    """The reasons that vague codes make likely, with the command that was answered."""
    return [
        *_subject(enhanced, Basis.ENHANCED_CODE, command, known),
        *_subject(dsn, Basis.DSN, command, known),
        *_answering(reply_code, enhanced, command, known),
    ]


def _registered(code: str | None, basis: Basis, known: Knowledge) -> Said:
    """The registered meaning of an enhanced code, where it may decide alone."""
    value = parsed(code)
    entry = known.enhanced_codes.get(value.generic) if value else None
    if value is None or not entry or not entry.get("alone", True):
        return []
    return _told(entry.get(f"reason_{value.klass}", entry.get("reason")), basis)


def _subject(code: str | None, basis: Basis, command: str | None, known: Knowledge) -> Said:
    """What the second number says (RFC 3463 section 3), with the command that was answered."""
    value = parsed(code)
    if value is None or value.subject == 0:
        return []
    subject = known.enhanced_subjects.get(f"X.{value.subject}.X", {})
    entry = known.enhanced_codes.get(value.generic, {})
    for table in (entry, subject):
        if named := table.get("reason_after", {}).get(command):
            return _told(named, basis)
    by_class = f"reason_{value.klass}"
    return _told(entry.get(by_class) or entry.get("reason") or subject.get(by_class) or subject.get("reason"), basis)


def _answering(reply_code: int | None, enhanced: str | None, command: str | None, known: Knowledge) -> Said:
    """What a vague reply code means after the command it answered; an enhanced code beside it knows better."""
    own = parsed(enhanced)
    if own is not None and own.subject != 0:
        return []
    entry = known.reply_codes.get(str(reply_code), {})
    return _told(entry.get("reason_after", {}).get(command), Basis.REPLY_CODE)


def _told(reason: str | None, basis: Basis) -> Said:
    return [] if not reason or reason in (Reason.UNDEFINED, Reason.DELIVERED) else [(Reason(reason), basis)]
