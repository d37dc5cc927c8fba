"""The terminal report: the answer first, then what to do, then the evidence.

Built from plain strings: importing rich and laying out one table takes longer than a whole report may.
"""

from __future__ import annotations

from logscan.findings import Findings
from logscan.render import head
from logscan.render.coverage import coverage
from logscan.render.page import Look, page_for
from logscan.render.problems import problems, refusals
from logscan.render.strip import strip
from logscan.render.tables import conflicts, destinations, hints, notices


def to_text(findings: Findings, look: Look) -> str:
    """The report for people, ending in a newline; see ``logscan.render.render``."""
    page = page_for(findings, look)
    if head.no_mail(findings):
        parts = [head.nothing(findings, page)]
    else:
        parts = [head.answer(findings, page), head.block(findings, page)]
    sections = (problems, hints, strip, destinations, refusals, notices, conflicts)
    parts += [section(findings, page) for section in sections]
    if findings.coverage.lines or findings.sources or findings.skipped:
        parts.append(coverage(findings, page))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
