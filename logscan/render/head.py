"""The answer: did the mail get through, and if not, what cost most."""

from __future__ import annotations

from logscan.findings import Findings, Totals
from logscan.render import words
from logscan.render.page import Page
from logscan.render.problems import codes

_Row = tuple[str, int, str, str]  # label, count, note, colour


def answer(findings: Findings, page: Page) -> list[str]:
    """One to three sentences that a hurried reader can stop after."""
    return page.wrap(" ".join(sentences(findings, page)))


def sentences(findings: Findings, page: Page) -> list[str]:
    """The sentences of the answer; the first says the result."""
    if no_mail(findings):
        return _nothing(findings, page)
    return [_result(findings.totals), *_cause(findings, page), *_alarms(findings, page)]


def no_mail(findings: Findings) -> bool:
    """Whether nothing was delivered, refused, held or discarded."""
    totals = findings.totals
    counts = (totals.recipients, totals.messages, totals.attempts, totals.rejected, totals.held, totals.discarded)
    return not any(counts)


def _result(totals: Totals) -> str:
    if not totals.recipients:
        return f"No delivery was logged{_our_acts(totals)}."
    if totals.delivered == totals.recipients:
        return f"Everything went well: {_all(totals)}"
    if totals.recipients == 1:
        return _the_one(totals)
    got = words.share(totals.delivered, totals.recipients) if totals.delivered else "None"
    says = [f"{got} of {words.many(totals.recipients, 'recipient')} got the mail."]
    ends = []
    if totals.bounced or totals.expired:
        why = words.counted({"bounced": totals.bounced, "expired": totals.expired})
        ends.append(f"{words.number(totals.bounced + totals.expired)} never will ({why})")
    if totals.waiting:
        ends.append(f"{words.number(totals.waiting)} {'is' if totals.waiting == 1 else 'are'} still waiting")
    return " ".join([*says, f"{', '.join(ends)}."] if ends else says)


def _our_acts(totals: Totals) -> str:
    acts = (("refused", totals.rejected), ("held", totals.held), ("discarded", totals.discarded))
    some = [f"{word} mail {words.many(count, 'time')}" for word, count in acts if count]
    return f"; this server {words.listed(some)}" if some else ""


def _all(totals: Totals) -> str:
    if totals.recipients == 1:
        tries = "after another try" if totals.delayed else "at the first try"
        return f"the one recipient got the mail, {tries}."
    who = f"all {words.many(totals.recipients, 'recipient')} got the mail"
    if not totals.delayed:
        return f"{who}, each at the first try."
    return f"{who}, {words.number(totals.delayed)} of them only after another try."


def _the_one(totals: Totals) -> str:
    if totals.waiting:
        return "The one recipient is still waiting for the mail."
    why = ": it bounced" if totals.bounced else ": it expired in the queue" if totals.expired else ""
    return f"The one recipient did not get the mail{why}."


def _cause(findings: Findings, page: Page) -> list[str]:
    if not findings.problems or findings.totals.delivered == findings.totals.recipients:
        return []
    first = findings.problems[0]
    cost = first.lost + first.waiting
    concerned = f", {words.many(cost, 'recipient')}" if cost else ""
    say = f"{page.log(first.title, 80)} ({codes(first, page)}){concerned}"
    return [f"The costliest cause: {say}; who must act: {words.party(first).replace(': ', ', ')}."]


def _alarms(findings: Findings, page: Page) -> list[str]:
    out = []
    grave = sum(notice.count for notice in findings.notices if notice.severity in ("panic", "fatal"))
    if grave:
        out.append(f"The server logged {words.many(grave, 'fatal error')} of its own (see below).")
    covered = findings.coverage
    ours = covered.lines - covered.foreign
    if covered.unparsed * 100 > ours:
        part = words.share(covered.unparsed, ours)
        out.append(f"Take care: {part} of the mail server's lines were not understood, so they do not count here.")
    if findings.since_last is not None and findings.since_last.gone:
        names = words.listed([page.file(name) for name in findings.since_last.gone])
        out.append(f"Take care: the last report ended in {names}, which is not to be found now; lines may be missing.")
    return out


def fates(totals: Totals) -> list[tuple[str, int]]:
    """What became of the recipients, each counted once."""
    named = {"delivered": totals.delivered, "waiting": totals.waiting, "bounced": totals.bounced,
             "expired": totals.expired}  # fmt: skip
    return [*named.items(), ("other", max(0, totals.recipients - sum(named.values())))]


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
        others = dict(fates(totals))["other"]
        delayed = f"{words.number(totals.delayed)} of them only after another try" if totals.delayed else ""
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
        if others:
            rows.append(("  other", others, "", ""))
        rows.append(("attempts", totals.attempts, words.counted(totals.attempts_by_outcome), ""))
    if totals.rejected or totals.recipients:
        rows.append(("refused by us", totals.rejected, "", ""))
    rows += [(f"{word} by us", n, "", "") for word, n in (("held", totals.held), ("discarded", totals.discarded)) if n]
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
    out = page.wrap(f"only {' '.join(bounds)}", f"  {'asked for':<15}", " " * 17) if bounds else []
    last = findings.since_last
    if last is None:
        return out
    if last.at is None:
        says = "the first report of this kind: all that was logged" + (" in that period" if bounds else "")
    else:
        says = f"what was logged since the last report of {page.moment(last.at, year=not page.years)}"
    return [*out, *page.wrap(says, f"  {'covers':<15}", " " * 17)]


def nothing(findings: Findings, page: Page) -> list[str]:
    """What to say when there was no mail at all."""
    timing = _period(findings, page) if findings.coverage.first is not None else asked(findings, page)
    timing = timing if findings.sources or findings.coverage.lines else []
    return [*page.wrap(" ".join(_nothing(findings, page))), *([""] if timing else []), *timing]


def _nothing(findings: Findings, page: Page) -> list[str]:
    covered = findings.coverage
    if not findings.sources and not covered.lines and findings.since_last is None:
        return ["No log was read."]
    if not covered.lines:
        again = findings.since_last is not None and findings.since_last.at is not None
        says = ["Nothing was logged since the last report." if again else "The log is empty."]
    elif findings.since is not None or findings.until is not None:
        says = ["No mail was logged in the period asked for."]
    else:
        read = words.many(covered.lines, "line")
        says = [f"No mail was logged: {read} read, none of a delivery or a refusal."]
    if covered.lines and covered.foreign == covered.lines:
        says.append("All of it is of other programs.")
    return [
        *says,
        *_alarms(findings, page),
        "If mail did pass, look at another file: the log may have been rotated (mail.log.1, mail.log.2.gz) "
        "or be elsewhere (/var/log/mail.log, /var/log/maillog, /var/log/exim4/mainlog, the journal).",
    ]
