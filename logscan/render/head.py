"""The answer: did the mail get through, and if not, what cost most."""

from __future__ import annotations

from logscan.render import words
from logscan.render.page import Page
from logscan.report import Findings, Totals

_Row = tuple[str, int, str, str]  # label, count, note, colour


def answer(findings: Findings, page: Page) -> list[str]:
    """One to three sentences that a hurried reader can stop after."""
    says = [_result(findings.totals), *_cause(findings, page), *_alarms(findings)]
    return page.wrap(" ".join(says))


def _result(totals: Totals) -> str:
    if not totals.recipients:
        return f"No delivery was logged; this server refused mail {words.many(totals.rejected, 'time')}."
    lost = totals.bounced + totals.expired
    if totals.delivered == totals.recipients:
        return f"Everything went well: {_all(totals)}"
    of = words.many(totals.recipients, "recipient")
    if totals.delivered:
        first = f"{words.share(totals.delivered, totals.recipients)} of {of} got the mail."
    else:
        first = (
            f"None of {of} got the mail."
            if totals.recipients > 1
            else "The one recipient did not get the mail."
        )
    ends = []
    if lost:
        ends.append(
            f"{words.number(lost)} never will ({words.counted({'bounced': totals.bounced, 'expired': totals.expired})})"
        )
    if totals.waiting:
        ends.append(f"{words.number(totals.waiting)} {'is' if totals.waiting == 1 else 'are'} still waiting")
    return f"{first} {', '.join(ends)}." if ends else first


def _all(totals: Totals) -> str:
    if totals.recipients == 1:
        return f"the one recipient got the mail, {'after another try' if totals.delayed else 'at the first try'}."
    who = f"all {words.many(totals.recipients, 'recipient')} got their mail"
    if not totals.delayed:
        return f"{who}, each at the first try."
    return f"{who}, {words.number(totals.delayed)} of them only after another try."


def _cause(findings: Findings, page: Page) -> list[str]:
    if not findings.problems or findings.totals.delivered == findings.totals.recipients:
        return []
    first = findings.problems[0]
    cost = first.lost + first.waiting
    concerned = f", {words.many(cost, 'recipient')}" if cost else ""
    say = f"{page.log(first.title, 80)} ({page.log(words.codes(first), 40)}){concerned}"
    return [f"The costliest cause: {say}; who must act: {words.party(first).replace(': ', ', ')}."]


def _alarms(findings: Findings) -> list[str]:
    out = []
    grave = sum(notice.count for notice in findings.notices if notice.severity in ("panic", "fatal"))
    if grave:
        out.append(
            f"The mail server itself failed {words.many(grave, 'time')}: see the warnings and errors below."
        )
    covered = findings.coverage
    ours = covered.lines - covered.foreign
    if covered.unparsed * 100 > ours:
        part = words.share(covered.unparsed, ours)
        out.append(
            f"Take care: {part} of the mail server's lines were not understood and are missing from these numbers."
        )
    return out


def block(findings: Findings, page: Page) -> list[str]:
    """The totals, one under the other, and the period."""
    rows = _rows(findings.totals)
    wide = max((len(words.number(row[1])) for row in rows), default=1)
    parts = {words.share(row[1], findings.totals.recipients) for row in rows}
    wide_share = max(map(len, parts), default=0)
    out: list[str] = []
    for label, count, note, colour in rows:
        figure = page.paint(colour if count else "", f"{words.number(count):>{wide}}")
        part = words.share(count, findings.totals.recipients) if label.startswith("  ") else ""
        start = f"  {label:<15}{figure}  {part:>{wide_share}}  ".replace(words.GLUE, " ")
        out += page.wrap(note, start, " " * (21 + wide + wide_share)) if note else [start.rstrip()]
    return out + _period(findings, page)


def _rows(totals: Totals) -> list[_Row]:
    rows: list[_Row] = []
    if totals.recipients:
        others = totals.recipients - totals.delivered - totals.waiting - totals.bounced - totals.expired
        delayed = (
            f"of these {words.number(totals.delayed)} delayed: delivered after another try"
            if totals.delayed
            else ""
        )
        rows += [
            ("messages", totals.messages, "", ""),
            ("recipients", totals.recipients, "", ""),
            ("  delivered", totals.delivered, delayed, "green"),
            (
                "  waiting",
                totals.waiting,
                "in the queue, to be tried again" if totals.waiting else "",
                "yellow",
            ),
            ("  bounced", totals.bounced, "", "red"),
            ("  expired", totals.expired, "too long in the queue" if totals.expired else "", "red"),
        ]
        if others > 0:
            rows.append(("  other", others, "", ""))
        rows.append(("attempts", totals.attempts, words.counted(totals.attempts_by_outcome), ""))
    if totals.rejected or totals.recipients:
        rows.append(("refused by us", totals.rejected, "", ""))
    rows += [
        (f"{word} by us", n, "", "")
        for word, n in (("held", totals.held), ("discarded", totals.discarded))
        if n
    ]
    return rows


def _period(findings: Findings, page: Page) -> list[str]:
    covered = findings.coverage
    zone = f"times in {page.log(findings.zone, 40)}"
    when = page.period(covered.first, covered.last, year=not page.years)
    out = page.wrap(f"{when}; {zone}", f"  {'period':<15}", " " * 17)
    return out + asked(findings, page)


def asked(findings: Findings, page: Page) -> list[str]:
    """What part of the log was asked for, if not all."""
    bounds = []
    if findings.since is not None:
        bounds.append(f"since {page.moment(findings.since, year=not page.years)}")
    if findings.until is not None:
        bounds.append(f"until {page.moment(findings.until, year=not page.years)}")
    return page.wrap(f"only {' '.join(bounds)}", f"  {'asked for':<15}", " " * 17) if bounds else []


def nothing(findings: Findings, page: Page) -> list[str]:
    """What to say when there was no mail at all."""
    covered = findings.coverage
    says: list[str] = []
    if not covered.lines:
        says.append(
            "Nothing to report: the log is empty."
            if findings.sources
            else "Nothing to report: no log was read."
        )
    elif findings.since is not None or findings.until is not None:
        says.append("Nothing to report: no mail was logged in the period asked for.")
    else:
        says.append(
            f"Nothing to report: {words.many(covered.lines, 'line')} read, and none of them tells of a delivery or a refusal."
        )
    if covered.lines and covered.foreign == covered.lines:
        says.append("All of them are of other programs.")
    says.append(
        "If mail did pass, look at another file: the log may have been rotated (mail.log.1, mail.log.2.gz) or be somewhere "
        "else (/var/log/mail.log, /var/log/maillog, /var/log/exim4/mainlog, the journal)."
    )
    out = page.wrap(" ".join(says))
    if covered.first is not None:
        out += _period(findings, page)
    else:
        out += asked(findings, page)
    return out
