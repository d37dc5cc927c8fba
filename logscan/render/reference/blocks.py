"""The few kinds of paragraph that a reference page is made of, and how each is printed.

A block is plain data; ``as_text`` writes blocks for a terminal, ``as_markdown`` as Markdown (CommonMark with tables).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from logscan.render.escape import cells, safe
from logscan.render.page import Page

SECTION = 3  # the level of a heading that its text follows without a blank line
_LABEL = 17  # cells of the label column
_NARROW = 24  # a column of a table is never narrower; the table becomes a list instead
_STYLES = {"positive": "green", "transient": "yellow", "permanent": "red"}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~&!])")
_TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Head:
    """A heading: of the page (level 1), of a code (2) or of a section (3)."""

    level: int
    text: str
    note: str = ""
    status: str = ""  # colours the note


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its text. ``kind`` is plain, log (quoted from outside) or command (never broken)."""

    label: str
    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled texts, one below the other; those without text are left out."""

    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of a log or a reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose cells are sentences."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


Block = Head | Row | Rows | Quote | Para | Items | Grid


# -------------------- for a terminal ---------------------------------------------------------------------------------


def as_text(blocks: Iterable[Block], page: Page) -> str:
    """The blocks for a terminal, ending in a newline."""
    lines: list[str] = []
    section = False  # does the heading of a section stand right above?
    for block in blocks:
        new = list(_text(block, page))
        if not new:
            continue
        lines += new if section or not lines else ["", *new]
        section = isinstance(block, Head) and block.level == SECTION
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _text(block: Block, page: Page) -> Iterator[str]:
    if isinstance(block, Head):
        yield from _head(block, page)
    elif isinstance(block, Rows):
        for row in block.rows:
            yield from _row(row, page)
    elif isinstance(block, Quote):
        yield from page.quote(block.text, "  ")
    elif isinstance(block, Para):
        yield from page.wrap(page.log(block.text), "  ", "  ", links=True)
    elif isinstance(block, Items):
        for item in block.items:
            yield from page.wrap(page.log(item), "  - ", "    ", links=True)
    elif isinstance(block, Grid):
        yield from _grid(block, page)


def _head(block: Head, page: Page) -> Iterator[str]:
    if block.level == SECTION:
        yield from page.wrap(page.log(block.text), style="bold")
        return
    if block.level == 2:
        yield from page.heading(page.log(block.text, page.width - 8))
    else:
        yield from page.wrap(page.log(block.text), style="bold")
    if block.note:
        yield from page.wrap(page.log(block.note), style=_STYLES.get(block.status, ""))


def _row(row: Row, page: Page) -> Iterator[str]:
    if not row.text:
        return
    label = f"  {row.label:<{_LABEL - 2}}"
    painted = page.paint("dim", label)
    if row.kind == "command":
        text = page.log(row.text)
        if _LABEL + cells(text) <= page.width:
            yield painted + text
        else:
            yield painted
            yield f"    {text}"
        return
    style = "dim" if row.kind == "log" else ""
    lines = page.wrap(page.log(row.text), label, " " * _LABEL, style=style, links=True)
    yield painted + lines[0][len(label) :]
    yield from lines[1:]


def _grid(block: Grid, page: Page) -> Iterator[str]:
    columns = len(block.head) - 1
    width = (page.width - _LABEL - 2 * (columns - 1)) // columns
    if width < _NARROW:
        yield from _stacked(block, page)
        return
    yield page.paint("dim", " " * _LABEL + "  ".join(f"{page.log(name):<{width}}" for name in block.head[1:]))
    for label, *texts in block.rows:
        column = Page(width=width, ascii=page.ascii)
        wrapped = [column.wrap(column.log(text)) for text in texts]
        for n in range(max(map(len, wrapped))):
            parts = [lines[n] if n < len(lines) else "" for lines in wrapped]
            padded = "  ".join(part + " " * (width - cells(part)) for part in parts)
            yield page.paint("dim", f"  {label if n == 0 else '':<{_LABEL - 2}}") + padded


def _stacked(block: Grid, page: Page) -> Iterator[str]:
    """A table too wide for the page, as a list."""
    wide = max(cells(name) for name in block.head[1:]) + 2
    for label, *texts in block.rows:
        yield page.paint("dim", f"  {label}")
        for name, text in zip(block.head[1:], texts, strict=True):
            lead = f"    {name:<{wide}}"
            yield from page.wrap(page.log(text), lead, " " * len(lead))


# -------------------- as Markdown ------------------------------------------------------------------------------------


def as_markdown(blocks: Iterable[Block]) -> str:
    """The blocks as Markdown; nothing that came from outside can become markup."""
    return "\n\n".join(text for block in blocks if (text := _markdown(block))) + "\n"


def _markdown(block: Block) -> str:
    if isinstance(block, Head):
        head = f"{'#' * block.level} {_plain(block.text)}"
        return f"{head}\n\n*{_plain(block.note)}*" if block.note else head
    if isinstance(block, Rows):
        return "\n".join(f"- **{row.label}:** {_cell(row)}" for row in block.rows if row.text)
    if isinstance(block, Quote):
        return f"> {_code(block.text)}"
    if isinstance(block, Items):
        return "\n".join(f"- {_plain(item)}" for item in block.items)
    if isinstance(block, Grid):
        rule = ["---"] * len(block.head)
        table = [block.head, rule, *([label, *map(_plain, texts)] for label, *texts in block.rows)]
        return "\n".join(f"| {' | '.join(row)} |" for row in table)
    return _plain(block.text)


def _cell(row: Row) -> str:
    return _plain(row.text) if row.kind == "plain" else _code(row.text)


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", safe(text))


def _code(text: str) -> str:
    """A code span: fenced by more backticks than stand in it anywhere (CommonMark 6.1)."""
    shown = safe(text)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
