"""Explanations and comparisons as something to read: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import json

from logscan.reference import Compared, Explained, plain
from logscan.render.page import Page
from logscan.render.reference import layout
from logscan.render.reference.blocks import Block, as_markdown, as_text

__all__ = ["as_json", "markdown", "text"]
NARROWEST = 40
WIDEST = 120  # longer lines of prose are hard to read


def text(answer: Explained | Compared, width: int = 80, *, colour: bool = False, ascii: bool = False) -> str:
    """The answer for a terminal of ``width`` cells (40 to 120 are used), ending in a newline.

    Only commands to copy and addresses of the web may be longer than a line.
    """
    page = Page(width=min(max(width, NARROWEST), WIDEST), colour=colour, ascii=ascii)
    return as_text(_blocks(answer), page)


def markdown(answer: Explained | Compared) -> str:
    """The answer as Markdown, ending in a newline."""
    return as_markdown(_blocks(answer))


def as_json(answer: Explained | Compared, *, indent: int | None = 2) -> str:
    """The answer as JSON in ASCII: what came out of a log cannot move the cursor of a terminal either."""
    return json.dumps(plain(answer), indent=indent)


def _blocks(answer: Explained | Compared) -> list[Block]:
    return list(layout.compared(answer) if isinstance(answer, Compared) else layout.explained(answer))
