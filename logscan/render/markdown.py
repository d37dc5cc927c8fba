"""The report in short as GitHub-flavoured Markdown, for a ticket, a wiki or a chat.

Log text stands in code spans, where it can form neither markup nor links nor mentions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from logscan.findings import Findings, Problem
from logscan.render import coverage, head, words
from logscan.render.escape import safe
from logscan.render.page import Look, Page, page_for
from logscan.render.problems import codes, cost, where

# What begins markup anywhere in a line; and the dot and colon by which some renderers know names and links.
_MARKUP = re.compile(r"([$&*<>\[\\\]_`|~]|(?<=\w)\.(?=[^\W\d])|:(?=[^\s\d]))")
_CALLING = re.compile("[@#]+")  # who or what GitHub would call up
_LINK = re.compile(r"https://[A-Za-z0-9._~/?%&=+#:-]+")
_TICKS = re.compile("`+")
_DESTINATIONS = 15
_REPLY = 300  # cells of a reply


def to_markdown(findings: Findings, look: Look) -> str:
    """The report as Markdown (GFM), ending in a newline."""
    page = page_for(findings, look)
    first, *more = head.sentences(findings, page)
    parts = [[f"# {prose(first)}"], [prose(" ".join(more))] if more else []]
    parts += [section(findings, page) for section in (_totals, _actions, _providers, _destinations, _refusals)]
    parts += [_notices(findings, page), _coverage(findings, page)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def prose(text: object) -> str:
    """Text that reads as it is: no markup, no link, no mention, and a cell of a table stays one."""
    plain = safe(str(text).replace(words.GLUE, " "))
    pieces = [_MARKUP.sub(r"\\\1", piece) for piece in _CALLING.split(plain)]
    calls = [code(call) for call in _CALLING.findall(plain)]
    return "".join(chain.from_iterable(zip_longest(pieces, calls, fillvalue="")))


def code(text: object, limit: int | None = None, *, tail: bool = False) -> str:
    """Log text as a code span, one line, harmless; for a cell of a table see ``cell``."""
    inner = safe(text, limit, tail=tail)
    if not inner.strip(" "):
        return "(no text)"
    fence = "`" * (max((len(run) for run in _TICKS.findall(inner)), default=0) + 1)
    pad = " " if inner[0] in "` " or inner[-1] in "` " else ""
    return f"{fence}{pad}{inner}{pad}{fence}"


def cell(text: object, limit: int = 80, *, tail: bool = False) -> str:
    r"""Log text as a code span in a cell of a table: a bar, which would end the cell, is shown as ``\x7c``."""
    return code(safe(text, limit, tail=tail).replace("|", "\\x7c"))


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]], right: int) -> list[str]:
    """A table; all columns from number ``right`` on hold numbers, but for the last."""
    marks = ["---" if n < right or n == len(heads) - 1 else "---:" for n in range(len(heads))]
    lines = [heads, marks, *rows]
    return ["| " + " | ".join(str(entry) for entry in line) + " |" for line in lines]


def _totals(findings: Findings, page: Page) -> list[str]:
    totals = findings.totals
    if head.no_mail(findings):
        return []
    rows = [(name, f"{count:,}", words.share(count, totals.recipients).replace(words.GLUE, " "))
            for name, count in head.fates(totals) if count]  # fmt: skip
    rows += [(f"{word} by us", f"{n:,}", "") for word, n in
             (("refused", totals.rejected), ("held", totals.held), ("discarded", totals.discarded)) if n]  # fmt: skip
    covered = findings.coverage
    when = page.period(covered.first, covered.last, year=not page.years)
    return [
        *_table(("recipients", "count", "share"), rows, 1),
        "",
        prose(f"{when}; times in {findings.zone}."),
        *(prose(line.strip()) for line in head.asked(findings, page)),
    ]


def _actions(findings: Findings, page: Page) -> list[str]:
    ranked = findings.problems
    if not ranked:
        return []
    shown = page.shown(len(ranked))
    out = ["## What to do", ""]
    for rank, problem in enumerate(ranked[:shown], 1):
        out += _action(rank, problem, page)
    left = len(ranked) - shown
    return [*out, "", prose(f"{words.many(left, 'more cause')} not shown.")] if left else out


def _action(rank: int, problem: Problem, page: Page) -> list[str]:
    indent = " " * (len(str(rank)) + 2)
    kind = words.status(problem.status)
    title = f"{words.sentence(problem.title)} ({codes(problem, page, problem.event)}{f', {kind}' if kind else ''})"
    out = [f"{rank}. **{prose(title)}**: {prose(cost(problem, page))}. To act: {prose(words.party(problem))}."]
    concerned = where(problem, page)
    out += [f"{indent}- Where: {prose(concerned)}"] if concerned else []
    out += [f"{indent}- Remedy: {prose(' '.join(problem.remedy.split()))}"] if problem.remedy else []
    out += [f"{indent}- {prose(mta)}: {prose(' '.join(text.split()))}" for mta, text in problem.settings.items()]
    out += [f"{indent}- Check: {code(problem.check.strip())}"] if problem.check else []
    out += [f"{indent}- More: {_link(problem.more.strip())}"] if problem.more else []
    return [*out, f"{indent}- Reply: {code(problem.example, _REPLY)} at {_place(problem.source, problem.offset)}"]


def _link(address: str) -> str:
    return f"<{address}>" if _LINK.fullmatch(address) else prose(address)


def _place(source: str, offset: int) -> str:
    return code(f"{'standard input' if source == '-' else safe(source, 120, tail=True)}:{offset}")


def _providers(findings: Findings, page: Page) -> list[str]:
    some = [entry for entry in findings.traffic.peers if entry.deferred or entry.bounced][: page.shown(_DESTINATIONS)]
    if not [entry for entry in some if entry.id]:
        return []
    rows = [(prose(p.name), f"{p.attempts:,}", f"{p.delivered:,}", f"{p.deferred:,}", f"{p.bounced:,}",
             prose(p.title)) for p in some]  # fmt: skip
    heads = ("provider", "attempts", "delivered", "deferred", "bounced", "mostly because")
    return ["## Providers", "", *_table(heads, rows, 1)]


def _destinations(findings: Findings, page: Page) -> list[str]:
    some = findings.destinations
    if not some:
        return []
    shown = page.shown(min(len(some), _DESTINATIONS))
    rows = [(cell(d.domain or "(no domain)", tail=True), f"{d.attempts:,}", f"{d.delivered:,}", f"{d.deferred:,}",
             f"{d.bounced:,}", prose(d.title or d.reason)) for d in some[:shown]]  # fmt: skip
    heads = ("domain", "attempts", "delivered", "deferred", "bounced", "mostly because")
    return ["## Destinations with trouble", "", *_table(heads, rows, 1)]


def _refusals(findings: Findings, page: Page) -> list[str]:
    ranked = findings.refusals
    if not ranked:
        return []
    shown = page.shown(len(ranked))
    out = ["## Our own refusals", ""]
    for problem in ranked[:shown]:
        title = f"{words.sentence(problem.title)} ({codes(problem, page, problem.event)})"
        out.append(f"- {problem.count:,}: {prose(title)}, {code(problem.example, _REPLY)}"
                   f" at {_place(problem.source, problem.offset)}")  # fmt: skip
    left = len(ranked) - shown
    return [*out, "- " + prose(f"and {words.many(left, 'more cause')}")] if left else out


def _notices(findings: Findings, page: Page) -> list[str]:
    some = findings.notices[: page.shown(len(findings.notices))]
    if not some:
        return []
    return [
        "## Warnings and errors of the server",
        "",
        *(f"- {n.count:,}: {prose(f'{n.severity}, {n.title}')}, {code(n.example or n.template, _REPLY)}"
          f" at {_place(n.source, n.offset)}" for n in some),
    ]  # fmt: skip


def _coverage(findings: Findings, page: Page) -> list[str]:
    covered = findings.coverage
    if not (covered.lines or findings.sources or findings.skipped):
        return []
    out = ["## Coverage", "", prose(coverage.sums(findings))]
    samples = covered.samples[: page.shown(len(covered.samples))]
    out += ["", "Not understood, for example:", ""] if samples else []
    out += [f"- {code(sample.line, _REPLY)} at {_place(sample.source, sample.offset)}" for sample in samples]
    skipped = findings.skipped[: page.shown(len(findings.skipped))]
    out += ["", "Not read:", ""] if skipped else []
    return [*out, *(f"- {code(name, 120, tail=True)}: {prose(why)}" for name, why in skipped)]
