"""The report as a page for mail programs: tables, inline styles, pictures within the mail, no scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from logscan.findings import Findings
from logscan.render import charts, view, words
from logscan.render.escape import safe
from logscan.render.page import Look
from logscan.render.templates import template

LIMIT = 95_000  # bytes; Gmail cuts off what is longer than 102 kB
_TOPS = (10, 7, 5, 3, 2, 1)
_LISTED = 10
_REPLY = 300  # characters of a reply
_SHOWN = ("volume", "trouble", "reasons")  # charts that can be read in a narrow column
_WIDTH = 560


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page, and the pictures that it names ``cid:NAME``: each with its name, as PNG."""

    html: str
    pictures: tuple[tuple[str, bytes], ...]


def to_mail(findings: Findings, look: Look, alarms: Sequence[str], host: str, version: str) -> Drawn:
    """The page; raises MissingExtraError where the packages for it are not installed.

    Of each list at most ``look.top`` items are shown, and fewer where the page would be too long for mail programs.
    """
    charts.needed()
    drawn = [chart for chart in charts.charts(findings) if chart.id in _SHOWN]
    fixed = {
        "alarms": list(alarms),
        "host": host,
        "version": version,
        "pictures": [{"id": chart.id, "title": chart.title} for chart in drawn],
    }
    html = ""
    asked = len(findings.problems) if look.top is None else look.top
    for top in [asked, *(top for top in _TOPS if top < asked)]:
        html = _page(findings, Look(look.width, top=top), fixed)
        if len(html.encode()) <= LIMIT:
            break
    return Drawn(html, tuple((chart.id, charts.png(chart, width=_WIDTH)) for chart in drawn))


def _page(findings: Findings, look: Look, fixed: dict[str, Any]) -> str:
    most = look.top or 1
    page = view.page(findings, look, most)
    page["destinations_note"] = view.note(min(_LISTED, len(page["destinations"])), len(findings.destinations), "")
    page["destinations"] = page["destinations"][: min(_LISTED, most)]
    left = len(findings.problems) - len(page["actions"])
    page["more"] = f"{words.sentence(words.many(left, 'more cause'))} that are not shown.".replace(words.GLUE, " ")
    page["more"] = page["more"] if left else ""
    for entry in (*page["actions"], *page["refusals"], *page["notices"]):
        for evidence in entry["evidence"] if isinstance(entry["evidence"], list) else [entry["evidence"]]:
            evidence["reply"] = safe(evidence["reply"], _REPLY)
    return template("mail.html.j2").render(title=page["head"]["first"], **page, **fixed) + "\n"
