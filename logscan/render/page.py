"""The sheet a terminal report is written on: width, colour, glyphs, and times in one zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import chain

from logscan.findings import Findings
from logscan.render.escape import cells, cut, fitting, safe
from logscan.render.words import GLUE

_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_PAINT = re.compile("\x1b\\[[0-9]*m")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NARROWEST = 60
WIDEST = 140  # longer lines of prose are hard to read
EVIDENCE = 480  # cells of one reply; Postfix cuts replies at 2,048 bytes


@dataclass(frozen=True, slots=True)
class Look:
    """How a report is to look; each format takes from it what concerns it."""

    width: int = 80
    colour: bool = False
    top: int | None = 10
    ascii: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """How to write: ``width`` cells a line, colour or not, ASCII alone or not, times in ``zone``.

    ``top`` is how many items of a ranked list are shown, None for all. ``years`` says that the log spans more
    than one year, so that a date needs its year.
    """

    width: int = 80
    colour: bool = False
    top: int | None = 10
    ascii: bool = False
    zone: tzinfo = UTC
    years: bool = False

    # Text

    def log(self, text: object, limit: int | None = None, *, tail: bool = False) -> str:
        """Text that comes from outside, made harmless; of what is over-long the beginning, or the end."""
        return safe(text, limit, ascii=self.ascii, tail=tail)

    def cut(self, text: str, limit: int, *, tail: bool = False) -> str:
        """Safe text, no wider than ``limit``."""
        return cut(text, limit, ascii=self.ascii, tail=tail)

    def place(self, source: str, offset: int) -> str:
        """Where a line stands: file and byte offset; of a long path, the end."""
        return f"{self.file(source, self.width - 36)}:{offset}"

    def file(self, source: str, limit: int = 200) -> str:
        """The name of a file."""
        return self.log("standard input" if source == "-" else source, limit, tail=True)

    def paint(self, style: str, text: str) -> str:
        """Coloured text, if colour was asked for."""
        return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if self.colour and style and text else text

    def glyph(self, fine: str, plain: str) -> str:
        """One of two signs: the fine one, or the one that ASCII has."""
        return plain if self.ascii else fine

    # Lines

    def wrap(self, text: str, first: str = "", rest: str = "", *, style: str = "", links: bool = False) -> list[str]:
        """Safe text in lines no wider than the page.

        A word too long for a line is broken, except, with ``links``, an address of the web: half of one is of
        no use.
        """
        lines: list[list[str]] = [[]]
        room = self.width - span(first)
        for word in self._words(text, self.width - max(span(first), span(rest)), links):
            need = span(word) + bool(lines[-1])
            if need > room and lines[-1]:
                lines.append([])
                room, need = self.width - span(rest), span(word)
            lines[-1].append(word)
            room -= need
        joined = [" ".join(words).replace(GLUE, " ") for words in lines]
        return [(rest if n else first) + self.paint(style, line) for n, line in enumerate(joined)]

    def _words(self, text: str, room: int, links: bool) -> list[str]:
        out: list[str] = []
        loose = (part.split(GLUE) if span(part) > room else [part] for part in text.split(" "))
        for part in chain.from_iterable(loose):
            word = part
            whole = "\x1b" in word or (links and word.startswith("https://"))
            while span(word) > room and not whole:
                out.append(fitting(word, room))
                word = word[len(out[-1]) :]
            if word:
                out.append(word)
        return out

    def item(self, label: str, text: str, *, style: str = "", links: bool = False) -> list[str]:
        """A label and its text, broken so that the text stays in its column."""
        return self.wrap(text, f"    {label:<9}", " " * 13, style=style, links=links)

    def quote(self, text: str, first: str, rest: str = "", limit: int = EVIDENCE) -> list[str]:
        """A piece of a log, harmless, dim, and in its column."""
        return self.wrap(self.log(text, limit), first, rest or first, style="dim")

    def heading(self, title: str, note: str = "") -> list[str]:
        """The first line of a section, drawn across the page."""
        rule = self.glyph("─", "-")
        text = f"{rule * 2} {title} "
        aside = f"({note}) ".replace(GLUE, " ") if note else ""
        fill = rule * max(2, self.width - cells(text) - cells(aside))
        if cells(text) + cells(aside) + 2 > self.width:
            return [
                self.paint("bold", text) + rule * max(2, self.width - cells(text)),
                *self.wrap(note, "   ", "   "),
            ]
        return [self.paint("bold", text) + aside + fill]

    # Times

    def day(self, at: datetime, *, year: bool = False) -> str:
        """A day in the report's zone: ``Mon 23 Nov``, or with its year."""
        here = at.astimezone(self.zone)
        name = f"{_DAYS[here.weekday()]} {here.day:02} {_MONTHS[here.month - 1]}"
        return f"{name} {here.year}" if year or self.years else name

    def moment(self, at: datetime, *, year: bool = False) -> str:
        """A minute in the report's zone: ``Mon 23 Nov 06:12``."""
        here = at.astimezone(self.zone)
        return f"{self.day(at, year=year)} {here:%H:%M}".replace(" ", GLUE)

    def period(self, first: datetime | None, last: datetime | None, *, year: bool = False) -> str:
        """From when to when, each day named once."""
        some = first or last
        if some is None:
            return "not known"
        start, stop = self.moment(first or some), self.moment(last or some, year=year)
        if start[:-5] == self.moment(last or some)[:-5]:
            start, stop = self.moment(first or some, year=year), stop[-5:]
            if start[-5:] == stop:
                return start
        return f"{start} {self.glyph('–', '-')} {stop}"

    def shown(self, count: int) -> int:
        """How many of a list's items to show."""
        return count if self.top is None else min(count, max(1, self.top))


def page_for(findings: Findings, look: Look) -> Page:
    """The sheet for a report: times in its zone, with the year where the log spans several."""
    seen = (findings.coverage.first, findings.coverage.last)
    return Page(
        width=min(max(look.width, NARROWEST), WIDEST),
        colour=look.colour,
        top=look.top,
        ascii=look.ascii,
        zone=_zone(findings.zone),
        years=len({at.year for at in seen if at is not None}) > 1,
    )


def _zone(name: str) -> tzinfo:
    """The zone by its name; UTC for one this machine does not know (reports may come from elsewhere)."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return UTC


def span(text: str) -> int:
    """The cells of a text of which some may be painted."""
    return cells(_PAINT.sub("", text) if "\x1b" in text else text)


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: heading, numbers to the right, how narrow it may get (0: not at all), colour."""

    head: str
    right: bool = False
    least: int = 0
    style: str = ""
    tail: bool = False  # keep the end of what is too long


def table(page: Page, columns: Sequence[Column], rows: Sequence[Sequence[str]], indent: int = 2) -> list[str]:
    """Safe texts in aligned columns no wider than the page; the column with most to spare is cut first."""
    widths = [max(cells(column.head), *(cells(row[n]) for row in rows)) for n, column in enumerate(columns)]
    over = indent + sum(widths) + 2 * (len(widths) - 1) - page.width
    while over > 0:
        spare = [width - column.least if column.least else 0 for column, width in zip(columns, widths, strict=True)]
        if max(spare) <= 0:
            break
        widths[spare.index(max(spare))] -= 1
        over -= 1
    head = page.paint("dim", _row(page, columns, [c.head for c in columns], widths, painted=False))
    return [" " * indent + line for line in (head, *(_row(page, columns, row, widths) for row in rows))]


def _row(
    page: Page, columns: Sequence[Column], row: Sequence[str], widths: Sequence[int], *, painted: bool = True
) -> str:
    out = []
    for column, text, width in zip(columns, row, widths, strict=True):
        fitted = page.cut(text, width, tail=column.tail)
        blanks = " " * (width - cells(fitted))
        style = column.style if painted and text not in ("0", "") else ""
        out.append(blanks + page.paint(style, fitted) if column.right else page.paint(style, fitted) + blanks)
    return "  ".join(out).rstrip()
