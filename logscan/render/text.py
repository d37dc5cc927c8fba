"""The terminal report: the answer first, then what to do, then the evidence.

Built from plain strings: importing rich and laying out one table takes longer than a whole report may.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from logscan.findings import Findings
from logscan.render import head
from logscan.render.coverage import coverage
from logscan.render.page import Page
from logscan.render.problems import problems, refusals
from logscan.render.strip import strip
from logscan.render.tables import conflicts, destinations, hints, notices

NARROWEST = 60
WIDEST = 140  # longer lines of prose are hard to read


def to_text(
    findings: Findings, *, width: int = 80, colour: bool = False, top: int | None = 10, ascii: bool = False
) -> str:
    """The report for people, ending in a newline; see ``logscan.render.render``."""
    page = Page(
        width=min(max(width, NARROWEST), WIDEST),
        colour=colour,
        top=top,
        ascii=ascii,
        zone=_zone(findings.zone),
        years=_spans_years(findings),
    )
    if _no_mail(findings):
        parts = [head.nothing(findings, page)]
    else:
        parts = [head.answer(findings, page), head.block(findings, page)]
    sections = (problems, hints, strip, destinations, refusals, notices, conflicts)
    parts += [section(findings, page) for section in sections]
    if findings.coverage.lines or findings.sources or findings.skipped:
        parts.append(coverage(findings, page))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _no_mail(findings: Findings) -> bool:
    totals = findings.totals
    counts = (
        totals.recipients,
        totals.messages,
        totals.attempts,
        totals.rejected,
        totals.held,
        totals.discarded,
    )
    return not any(counts)


def _zone(name: str) -> tzinfo:
    """The zone by its name; UTC for one this machine does not know (reports may come from elsewhere)."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return UTC


def _spans_years(findings: Findings) -> bool:
    """Whether a date needs its year."""
    times: list[datetime] = [at for at in (findings.coverage.first, findings.coverage.last) if at is not None]
    return len({at.year for at in times}) > 1
