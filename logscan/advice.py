"""What to do about a decided event: the remedy, the command that checks it, settings of the own MTA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logscan.bycode import parsed
from logscan.codes import Basis, Event, Status
from logscan.packs.knowledge import Knowledge


def remedy_for(row: Mapping[str, Any], known: Knowledge) -> dict[str, str]:
    """The remedy of a decided event, the command that checks it, a page to read, and the source.

    They are those of the rule; else of the code, where the code itself decided; else of the reason.
    ``settings_of`` tells what to look at or to change in the MTA itself.
    """
    rule = known.rule(str(row.get("rule") or ""))
    reason = known.reasons.get(str(row.get("reason") or "undefined"), {})
    side = "remedy_receiver" if row.get("event") == Event.REJECTION else "remedy_sender"
    code = _deciding_code(row, known)
    out = {
        "remedy": (rule.remedy if rule else "") or code.get(side, "") or reason.get("remedy", ""),
        "check": (rule.check if rule else "") or reason.get("check", ""),
        "more": rule.more if rule else "",
        "source": (rule.source if rule else "") or code.get("source", "") or reason.get("source", ""),
    }
    return {name: str(text) for name, text in out.items() if text}


def settings_of(row: Mapping[str, Any], known: Knowledge) -> dict[str, str]:
    """What to look at or to change in the own MTA, by its id, when mail that we send fails so.

    Of the event's MTA alone, where that is known.
    """
    if row.get("event") == Event.REJECTION or row.get("status") == Status.POSITIVE:
        return {}
    rule = known.rule(str(row.get("rule") or ""))
    reason = known.reasons.get(str(row.get("reason") or ""), {})
    said = (rule.settings if rule else {}) or reason.get("settings", {})
    return {mta: text for mta, text in said.items() if row.get("mta") in (None, mta)}


def _deciding_code(row: Mapping[str, Any], known: Knowledge) -> Mapping[str, Any]:
    """The entry of the code that named the reason, if it may do so alone and for this very reason."""
    entry: Mapping[str, Any] = {}
    if row.get("basis") in (Basis.ENHANCED_CODE, Basis.DSN):
        value = parsed(row.get("enhanced_code") or row.get("dsn"))
        entry = known.enhanced_codes.get(value.generic, {}) if value else {}
    elif row.get("basis") == Basis.REPLY_CODE:
        entry = known.reply_codes.get(str(row.get("reply_code")), {})
    return entry if entry.get("alone", True) and entry.get("reason") == row.get("reason") else {}
