"""Destinations with trouble, the server's own warnings and errors, and replies that contradict themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from logscan.findings import Destination, Findings, Notice
from logscan.render import words
from logscan.render.page import Column, Page, table

_HOSTS = 4
_GRAVE = ("panic", "fatal", "error")
_SEVERITY = (*_GRAVE, "warning", "info")
_WIDE = 100  # cells from which the table shows provider and attempts
_NARROW = 76  # cells below which the reason gets a line of its own


def destinations(findings: Findings, page: Page) -> list[str]:
    """The recipient domains that refused or delayed something."""
    some = findings.destinations
    if not some:
        return []
    shown = page.shown(len(some))
    out = page.heading(
        "Destinations with trouble", f"{shown} of {words.number(len(some))}" if shown < len(some) else ""
    )
    rows = some[:shown]
    if page.width >= _WIDE:
        return out + _wide(rows, page)
    return out + _slim(rows, page)


def _wide(rows: list[Destination], page: Page) -> list[str]:
    columns = (
        Column("domain", least=12, tail=True),
        Column("provider", least=8),
        Column("attempts", right=True),
        Column("delivered", right=True, style="green"),
        Column("deferred", right=True, style="yellow"),
        Column("bounced", right=True, style="red"),
        Column("mostly because", least=16),
    )
    return table(
        page,
        columns,
        [
            (
                _domain(row, page),
                page.log(row.provider or "", 40),
                words.number(row.attempts),
                *_numbers(row),
                _why(row, page),
            )
            for row in rows
        ],
    )


def _slim(rows: list[Destination], page: Page) -> list[str]:
    columns = [
        Column("domain", least=12, tail=True),
        Column("delivered", right=True, style="green"),
        Column("deferred", right=True, style="yellow"),
        Column("bounced", right=True, style="red"),
    ]
    cells = [(_domain(row, page), *_numbers(row)) for row in rows]
    if page.width >= _NARROW:
        columns.append(Column("mostly because", least=16))
        return table(page, columns, [(*cell, _why(row, page)) for cell, row in zip(cells, rows, strict=True)])
    lines = table(page, columns, cells)
    out = lines[:1]
    for line, row in zip(lines[1:], rows, strict=True):
        out += [line, *page.wrap(f"mostly {_why(row, page)}", "    ", "    ")]
    return out


def _domain(row: Destination, page: Page) -> str:
    return page.log(row.domain or "(no domain)", 80, tail=True)


def _why(row: Destination, page: Page) -> str:
    return page.log(row.title or row.reason, 80)


def _numbers(row: Destination) -> tuple[str, str, str]:
    return words.number(row.delivered), words.number(row.deferred), words.number(row.bounced)


@dataclass(slots=True)
class _Kind:
    """All notices of one kind."""

    title: str
    severity: str
    count: int = 0
    notices: list[Notice] = field(default_factory=list)


def notices(findings: Findings, page: Page) -> list[str]:
    """Warnings, fatal errors, failed logins and the like, by kind, the gravest first, with samples."""
    kinds: dict[tuple[str, str, str], _Kind] = {}
    for notice in findings.notices:
        key = (notice.severity, notice.kind, notice.title)
        kind = kinds.setdefault(key, _Kind(notice.title or notice.kind, notice.severity))
        kind.count += notice.count
        kind.notices.append(notice)
    if not kinds:
        return []
    out = page.heading("Warnings and errors of the server")
    for kind in sorted(kinds.values(), key=_gravity):
        out += _kind(kind, page)
    return out


def _gravity(kind: _Kind) -> tuple[int, int, str]:
    known = kind.severity in _SEVERITY
    return (_SEVERITY.index(kind.severity) if known else len(_SEVERITY), -kind.count, kind.title)


def _kind(kind: _Kind, page: Page) -> list[str]:
    grave = kind.severity in _GRAVE
    indent = "    "
    first = min((notice.first for notice in kind.notices if notice.first is not None), default=None)
    last = max((notice.last for notice in kind.notices if notice.last is not None), default=None)
    when = f", {page.period(first, last)}" if first or last else ""
    label = f"{words.sentence(page.log(kind.title, 80))}: {words.number(kind.count)}{when}"
    out = page.wrap(label, "  ", indent, style="red" if grave else "")
    ranked = sorted(kind.notices, key=lambda notice: -notice.count)
    shown = 3 if grave else 1
    for notice in ranked[:shown]:
        times = f"{words.number(notice.count)} of these" if len(ranked) > 1 else ""
        out += _sample(notice, times, indent, page)
    left = len(ranked) - shown
    if left > 0:
        out += page.wrap(f"and {words.many(left, 'other wording')}", indent, indent, style="dim")
    return out


def _sample(notice: Notice, times: str, indent: str, page: Page) -> list[str]:
    out = page.quote(notice.example or notice.template, indent, limit=max(200, 2 * page.width))
    place = page.place(notice.source, notice.offset)
    return out + page.wrap(f"{place}{f' ({times})' if times else ''}", indent, indent, style="dim")


def conflicts(findings: Findings, page: Page) -> list[str]:
    """Replies whose codes, class and fate do not agree: one line each, and where to see one."""
    some = findings.conflicts
    if not some:
        return []
    out = page.heading("Replies that contradict themselves")
    wide = max(len(words.number(conflict.count)) for conflict in some)
    indent = " " * (wide + 4)
    for conflict in some:
        text = page.log(words.conflict(conflict.conflict), 120)
        out += page.wrap(text, f"  {words.number(conflict.count):>{wide}}  ", indent)
        shown = [f"{page.log(entry.host or 'no host named', 44)}{words.GLUE}{words.number(entry.count)}"
                 for entry in conflict.hosts[:_HOSTS]]  # fmt: skip
        out += page.wrap(words.listed(shown, conflict.host_count - len(shown)), indent, indent) if shown else []
        out += page.quote(conflict.example, indent, limit=page.width - len(indent))
        out += page.wrap(page.place(conflict.source, conflict.offset), indent, indent, style="dim")
    return out


def hints(findings: Findings, page: Page) -> list[str]:
    """How the own queue tries again, where that loses or delays mail."""
    if not findings.hints:
        return []
    out = page.heading("How your queue tries again")
    for hint in findings.hints:
        title = f"{page.log(hint.title, 100)} ({words.many(hint.count, 'recipient')})"
        out += page.wrap(title, "  ", "  ", style="bold")
        out += page.item("remedy", page.log(hint.remedy))
        for mta, setting in hint.settings.items():
            out += page.item(page.log(mta, 8), page.log(setting))
        out += page.item("source", page.log(hint.source), links=True)
    return out
