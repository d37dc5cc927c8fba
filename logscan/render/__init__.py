"""Findings as something to read: a terminal report, JSON, CSV, Markdown, HTML.

Renderers show what ``logscan.findings.Findings`` holds and compute nothing about mail. Text that comes out of
a log is hostile: all of it goes through ``logscan.render.escape``.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from logscan.errors import OptionError
from logscan.findings import Findings
from logscan.render.page import Look

__all__ = ["FORMATS", "Look", "ready", "render"]


def _text(findings: Findings, look: Look) -> str:
    from logscan.render.text import to_text

    return to_text(findings, look)


def _json(findings: Findings, look: Look) -> str:
    from logscan.render.data import to_json

    return to_json(findings, ascii=look.ascii)


def _csv(findings: Findings, look: Look) -> str:
    from logscan.render.data import to_csv

    return to_csv(findings, ascii=look.ascii)


def _markdown(findings: Findings, look: Look) -> str:
    from logscan.render.markdown import to_markdown

    return to_markdown(findings, look)


def _html(findings: Findings, look: Look) -> str:
    from logscan.render.html import to_html

    return to_html(findings, look)


# The name of each format, and what writes it. A renderer imports what it needs itself: start-up stays short.
FORMATS: dict[str, Callable[[Findings, Look], str]] = {
    "text": _text,
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "html": _html,
}


def render(  # noqa: PLR0913 - one door to every format, every choice by its name
    findings: Findings,
    format: str = "text",
    *,
    width: int = 80,
    colour: bool = False,
    top: int | None = 10,
    encoding: str = "utf-8",
) -> str:
    """A report in one of ``FORMATS``, as a text that ends in a newline.

    ``width`` is the terminal's, in cells (the report uses 60 to 140). ``colour`` is for the caller to decide:
    a terminal, and no NO_COLOR. ``top`` is how many items of each ranked list are shown, at least one; None
    shows all (JSON and CSV hold everything). ``encoding`` is the output's: where it is not UTF-8
    the report is written in ASCII. Raises OptionError for a format that does not exist.
    """
    if format not in FORMATS:
        raise OptionError(f"there is no format {format!r}; known are {', '.join(FORMATS)}")
    return FORMATS[format](findings, Look(width, colour, top, not _is_utf8(encoding)))


def ready(format: str) -> None:
    """Raise MissingExtraError for a format that needs a package which is not installed."""
    if format not in FORMATS:
        raise OptionError(f"there is no format {format!r}; known are {', '.join(FORMATS)}")
    if format == "html":
        from logscan.render.charts import needed

        needed()


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
    except LookupError:
        return False
