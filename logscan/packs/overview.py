"""What ``logscan packs list`` and ``logscan packs check`` print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from logscan.errors import PackError
from logscan.packs import check as laws
from logscan.packs import find
from logscan.packs.knowledge import knowledge
from logscan.packs.mta import mtas


def text(patterns: Sequence[str]) -> str:
    """Every MTA pack with its counts, then codes, reasons, providers and rules; raises PackError."""
    folders = find.site_folders(patterns)
    out = ["MTA packs"]
    out += [
        f"  {mta.id:10} {mta.name:12} {len(mta.events)} kinds of events, {len(mta.messages)} facts, "
        f"{len(mta.notices)} notices, {len(mta.ignored)} left alone   {mta.path}"
        for mta in mtas(folders)
    ]
    known = knowledge(folders)
    out += [
        "Knowledge",
        f"  {len(known.reply_codes)} reply codes, {len(known.enhanced_codes)} enhanced status codes, "
        f"{len(known.reasons)} reasons, {len(known.providers)} providers, {len(known.rules)} rules",
        f"  {find.root()}",
        *(f"  {folder} (yours, tried first)" for folder in folders),
    ]
    return "\n".join(out)


def check(files: Sequence[str], patterns: Sequence[str]) -> tuple[str, bool]:
    """Check the files named, or all packs, against the laws; the text, and whether all hold."""
    folders = find.site_folders(patterns)
    try:
        troubles = [t for name in files for t in laws.check_file(Path(name))] if files else laws.check_all(folders)
    except PackError as error:
        return str(error), False
    if not troubles:
        what = ", ".join(files) if files else "all packs"
        return f"{what}: every law holds", True
    return "\n".join(f"{t.path}:{t.line}: {t.where}: {t.message}" for t in troubles), False
