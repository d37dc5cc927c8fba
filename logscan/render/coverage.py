"""How much of the input was understood, and what was not read."""

from __future__ import annotations

from logscan.findings import Coverage, Findings, Form
from logscan.render import words
from logscan.render.escape import cells
from logscan.render.page import Page

_NAMES = 5


def coverage(findings: Findings, page: Page) -> list[str]:
    """Lines, shares, samples of what was not understood, silences, files."""
    covered = findings.coverage
    out = page.heading("Coverage")
    out += page.wrap(sums(findings), "  ", "  ")
    out += _samples(covered, page)
    out += _gaps(covered, page)
    return out + _files(findings, page)


def sums(findings: Findings) -> str:
    """How many lines were read, and what became of them."""
    covered = findings.coverage
    ours = covered.lines - covered.foreign
    files = words.many(len(findings.sources), "file")
    says = [f"{words.many(covered.lines, 'line')} read from {files} ({words.size(covered.bytes)})."]
    if ours:
        part = words.share(covered.understood, ours)
        if ours == 1:
            says.append(f"The mail server's one line was {'' if covered.understood else 'not '}understood.")
        else:
            says.append(f"Of the mail server's {words.number(ours)} lines {part} were understood.")
    if covered.unparsed:
        says.append(f"{words.number(covered.unparsed)} {_were(covered.unparsed)} not understood.")
    if covered.foreign:
        says.append(f"{words.many(covered.foreign, 'line')} of other programs {_were(covered.foreign)} left aside.")
    if covered.continued:
        says.append(f"{words.many(covered.continued, 'line')} went on with the entry above.")
    if covered.copies:
        says.append(f"{words.many(covered.copies, 'line')} said again what another line said, and counted once.")
    if covered.cut:
        says.append(f"{words.many(covered.cut, 'line')} {_were(covered.cut)} too long to be read whole.")
    return " ".join(says)


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _samples(covered: Coverage, page: Page) -> list[str]:
    if not covered.samples:
        return []
    shown = covered.samples[: page.shown(len(covered.samples))]
    out = page.wrap("Not understood, for example (source:offset, then the line):", "  ", "  ")
    for sample in shown:
        out += page.wrap(page.place(sample.source, sample.offset), "    ", "    ")
        out += page.quote(sample.line, "      ", limit=max(200, 2 * page.width))
    return out


def _gaps(covered: Coverage, page: Page) -> list[str]:
    if not covered.gaps:
        return []
    shown = covered.gaps[:3]
    says = [f"{page.period(*gap)} ({words.hours((gap[1] - gap[0]).total_seconds())})" for gap in shown]
    left = words.listed(says, len(covered.gaps) - len(shown))
    return page.wrap(f"Silence, no line of a mail server: {left}.", "  ", "  ")


def read_as(findings: Findings, page: Page) -> list[str]:
    """Which files were read, and in which form each is written."""
    out = []
    for form in findings.forms or ([Form("", findings.sources)] if findings.sources else []):
        names = [page.file(name) for name in form.sources[:_NAMES]]
        lead = f"Read as {page.log(form.words, 120)}" if form.words else "Read"
        out.append(f"{lead}: {words.listed(names, len(form.sources) - len(names))}.")
    return out


def _files(findings: Findings, page: Page) -> list[str]:
    out = [line for text in read_as(findings, page) for line in page.wrap(text, "  ", "    ")]
    if findings.skipped:
        out.append("  Not read:")
        whys: dict[str, list[str]] = {}
        for name, why in findings.skipped:
            whys.setdefault(why, []).append(name)
        shown = page.shown(len(whys))
        for why, skipped in list(whys.items())[:shown]:
            out += _skipped(why, skipped, page)
        left = sum(len(skipped) for skipped in list(whys.values())[shown:])
        out += page.wrap(f"and {words.many(left, 'more file')}", "    ") if left else []
    return out


def _skipped(why: str, skipped: list[str], page: Page) -> list[str]:
    """Files and why they were not read: on one line if there is room, else one under the other."""
    names = [page.file(name) for name in skipped[:_NAMES]]
    listed, reason = f"{words.listed(names, len(skipped) - len(names))}:", page.log(why, 200)
    if len(names) == 1 and 5 + cells(listed) + cells(reason) <= page.width:
        return page.wrap(f"{listed} {reason}", "    ")
    return [*page.wrap(listed, "    ", "    "), *page.wrap(reason, "      ", "      ")]
