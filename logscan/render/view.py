"""What the web page shows, made of findings: plain dicts of words and numbers for a template that decides nothing."""

from __future__ import annotations

import re
from typing import Any

from logscan.findings import Conflict, Findings, Hint, Notice, Problem
from logscan.render import coverage, head, words
from logscan.render.escape import safe
from logscan.render.page import EVIDENCE, Look, Page, page_for
from logscan.render.problems import all_codes, codes, cost, where

View = dict[str, Any]
_MOST_STEPS = 168
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/?%&=+#:,@!$'()*;-]*)?")
_GRAVITY = ("panic", "fatal", "error", "warning", "info")
_NAME = 120  # cells of a name


def page(findings: Findings, look: Look, most: int) -> View:
    """Everything the template asks for, but for the charts; of each list, at most so many items."""
    sheet = page_for(findings, look)
    causes = _causes(findings, sheet, most)
    at = _anchors(findings.problems, causes)
    out: View = {
        "head": _head(findings, sheet),
        "actions": [cause for cause in causes if cause["card"]],
        "causes": causes if len(causes) > 1 else [],
        "peers": _peers(findings, at)[:most],
        "destinations": _destinations(findings, at, sheet)[:most],
        "refusals": _refusals(findings, sheet, most),
        "notices": [_notice(notice, sheet) for notice in findings.notices[:most]],
        "hints": [_hint(hint, sheet) for hint in findings.hints[:most]],
        "conflicts": [_conflict(conflict, sheet) for conflict in findings.conflicts[:most]],
        "coverage": _coverage(findings, sheet, most),
        "tables": _tables(findings, sheet),
    }
    shown = len(out["actions"])
    out["actions_note"] = note(shown, len(findings.problems), "the costliest first")
    out["causes_note"] = note(len(causes), len(findings.problems), "")
    out["refusals_note"] = note(len(out["refusals"]), len(findings.refusals), "the most frequent first")
    out["notices_note"] = note(len(out["notices"]), len(findings.notices), "")
    out["sections"] = _sections(out, findings)
    return out


def _plain(text: str) -> str:
    return text.replace(words.GLUE, " ")


def note(shown: int, count: int, order: str) -> str:
    """How many of a list are shown, if not all, and in which order."""
    part = f"{shown:,} of {count:,}" if shown < count else ""
    return ", ".join(filter(None, (part, order if count > 1 else "")))


def _sections(out: View, findings: Findings) -> list[tuple[str, str]]:
    titles = {
        "actions": "What to do", "traffic": "Traffic", "peers": "Providers", "causes": "Reasons",
        "destinations": "Destinations", "refusals": "Our refusals", "notices": "Warnings", "hints": "Queue",
        "conflicts": "Contradictions", "coverage": "Coverage",
    }  # fmt: skip
    there = {**out, "traffic": len(findings.traffic.steps) > 1}
    return [("providers" if name == "peers" else name, title) for name, title in titles.items() if there[name]]


def _head(findings: Findings, sheet: Page) -> View:
    first, *more = (_plain(sentence) for sentence in head.sentences(findings, sheet))
    covered = findings.coverage
    names = [sheet.file(name, 60) for name in findings.sources[:3]]
    bar = _bar(findings)
    return {
        "first": first,
        "more": " ".join(more),
        "when": f"{_plain(sheet.period(covered.first, covered.last, year=not sheet.years))}, times in {findings.zone}",
        "asked": [_plain(line.strip()) for line in head.asked(findings, sheet)],
        "sources": _plain(words.listed(names, len(findings.sources) - len(names))) or "nothing read",
        "bar": bar,
        "bar_says": ", ".join(f"{part['name']} {part['share']}" for part in bar),
        "tiles": [] if head.no_mail(findings) else _tiles(findings),
    }


def _bar(findings: Findings) -> list[View]:
    """What became of the recipients, as parts of a hundred."""
    whole, out, x = findings.totals.recipients, [], 0.0
    for name, count in head.fates(findings.totals):
        if count and whole:
            width = 100 * count / whole
            share = _plain(words.share(count, whole))
            out.append({"name": name, "x": f"{x:.3f}", "width": f"{width:.3f}", "share": share})
            x += width
    return out


def _tiles(findings: Findings) -> list[View]:
    totals = findings.totals
    notes = {
        "delivered": f"{totals.delayed:,} after another try" if totals.delayed else "",
        "waiting": "in the queue", "bounced": "", "expired": "too long in the queue", "other": "",
    }  # fmt: skip
    out = [
        {
            "kind": name,
            "label": name.capitalize(),
            "count": f"{count:,}",
            "at": "coverage" if name == "other" else _first_of(findings, name != "delivered"),
            "note": " · ".join(filter(None, (_plain(words.share(count, totals.recipients)), notes[name]))),
        }
        for name, count in head.fates(totals)
        if totals.recipients and (count or name != "other")
    ]
    refused = totals.rejected + totals.held + totals.discarded
    kinds = {"refused": totals.rejected, "held": totals.held, "discarded": totals.discarded}
    aside = _plain(words.counted(kinds)) if totals.held or totals.discarded else "clients turned away"
    at = "refusals" if findings.refusals else "coverage"
    return [*out, {"kind": "refused", "label": "Refused by us", "count": f"{refused:,}", "at": at, "note": aside}]


def _first_of(findings: Findings, bad: bool) -> str:
    """Where a number of the head is told in detail."""
    if bad and findings.problems:
        return "causes" if len(findings.problems) > 1 else "actions"
    return "providers" if findings.traffic.peers else "coverage"


def _place(source: str, offset: int) -> str:
    return f"{'standard input' if source == '-' else safe(source, _NAME, tail=True)}:{offset}"


def _evidence(reply: str, source: str, offset: int) -> View:
    return {"reply": safe(reply, EVIDENCE) or "(no text)", "place": _place(source, offset)}


def _causes(findings: Findings, sheet: Page, most: int) -> list[View]:
    cards = sheet.shown(len(findings.problems))
    told: dict[str, View] = {}
    out = []
    for rank, problem in enumerate(findings.problems[:most], 1):
        cause = _cause(problem, f"p{rank}", findings, sheet)
        cause |= {"rank": rank, "card": rank <= cards, "lost": problem.lost, "waiting": problem.waiting}
        cause |= {"late": problem.recovered, "count": problem.count}
        above = told.setdefault(cause["remedy"], cause)
        if cause["remedy"] and above is not cause:
            cause |= {"remedy": "", "as_for": {"id": above["id"], "name": f"{above['rank']}. {above['title']}"}}
        out.append(cause)
    return out


def _cause(problem: Problem, id: str, findings: Findings, sheet: Page) -> View:
    kind = words.status(problem.status)
    more = problem.more.strip()
    first = [*problem.evidence[1:]] if problem.evidence else []
    return {
        "id": id,
        "title": words.sentence(safe(problem.title or problem.reason, _NAME)),
        "codes": _plain(codes(problem, sheet, problem.event)) + (f", {kind}" if kind else ""),
        "cost": _plain(cost(problem, sheet)),
        "where": _plain(where(problem, sheet)),
        "party": words.party(problem),
        "party_id": problem.party if problem.party in ("us", "peer", "recipient", "network") else "nobody",
        "remedy": " ".join(problem.remedy.split()),
        "as_for": None,
        "settings": [(words.sentence(mta), " ".join(text.split())) for mta, text in problem.settings.items()],
        "check": problem.check.strip(),
        "more": more,
        "link": bool(_LINK.fullmatch(more)),
        "facts": _facts(problem, findings, sheet),
        "evidence": [
            _evidence(problem.example, problem.source, problem.offset),
            *(_evidence(other.reply, other.source, other.offset) for other in first),
        ],
    }


def _facts(problem: Problem, findings: Findings, sheet: Page) -> list[tuple[str, str]]:
    seen = sheet.period(problem.first, problem.last)
    by = f", by {words.listed(problem.mtas)}" if len(findings.mtas) > 1 and problem.mtas else ""
    facts = [
        ("Codes", all_codes(problem, sheet) if len(problem.codes) > 1 else ""),
        ("Seen", seen + by),
        ("Late by", words.hours(problem.hours_to_recover * 3600) if problem.hours_to_recover else ""),
        ("Rule", problem.rule or ""),
        ("Wordings", f"{problem.templates:,}" if problem.templates > 1 else ""),
    ]
    return [(name, _plain(text)) for name, text in facts if text]


def _anchors(problems: list[Problem], causes: list[View]) -> dict[tuple[str, str], str]:
    """Where each reason, and each reason at a provider, is told: at the costliest of its causes."""
    out: dict[tuple[str, str], str] = {}
    for problem, cause in zip(problems, causes, strict=False):
        for provider in ("", *problem.providers):
            out.setdefault((problem.reason, provider), cause["id"])
    return out


def _because(reason: str, title: str, provider: str, at: dict[tuple[str, str], str]) -> View:
    """Why most attempts failed, and where that is told."""
    there = at.get((reason, provider)) or at.get((reason, "")) or ("causes" if len(at) > 1 else None)
    return {"title": title or reason, "at": there if title or reason else None}


def _peers(findings: Findings, at: dict[tuple[str, str], str]) -> list[View]:
    return [
        {
            "name": peer.name, "attempts": peer.attempts, "delivered": peer.delivered, "deferred": peer.deferred,
            "bounced": peer.bounced, "share": f"{100 * (peer.deferred + peer.bounced) / max(1, peer.attempts):.1f}",
            "because": _because(peer.reason, peer.title, peer.name if peer.id else "", at),
        }
        for peer in findings.traffic.peers
    ]  # fmt: skip


def _destinations(findings: Findings, at: dict[tuple[str, str], str], sheet: Page) -> list[View]:
    return [
        {
            "domain": sheet.log(row.domain or "(no domain)", _NAME, tail=True),
            "provider": row.provider or "",
            "attempts": row.attempts, "delivered": row.delivered, "deferred": row.deferred, "bounced": row.bounced,
            "because": _because(row.reason, row.title, row.provider or "", at),
        }
        for row in findings.destinations
    ]  # fmt: skip


def _refusals(findings: Findings, sheet: Page, most: int) -> list[View]:
    out = []
    for rank, problem in enumerate(findings.refusals[:most], 1):
        cause = _cause(problem, f"r{rank}", findings, sheet)
        cause |= {"count": problem.count}
        if problem.party != "us":
            cause |= {"remedy": "", "settings": [], "check": "", "more": ""}
        out.append(cause)
    return out


def _notice(notice: Notice, sheet: Page) -> View:
    known = notice.severity if notice.severity in _GRAVITY else "info"
    return {
        "severity": notice.severity,
        "severity_id": known,
        "order": str(_GRAVITY.index(known)),
        "title": words.sentence(notice.title or notice.kind),
        "count": notice.count,
        "evidence": _evidence(notice.example or notice.template, notice.source, notice.offset),
        "first": notice.first.isoformat() if notice.first else "",
        "seen": _plain(sheet.period(notice.first, notice.last)) if notice.first or notice.last else "",
    }


def _hint(hint: Hint, sheet: Page) -> View:
    source = hint.source.strip()
    return {
        "title": sheet.log(f"{hint.title} ({_plain(words.many(hint.count, 'recipient'))})", 200),
        "remedy": " ".join(hint.remedy.split()),
        "as_for": None,
        "settings": [(words.sentence(mta), text) for mta, text in hint.settings.items()],
        "check": "",
        "more": source,
        "link": bool(_LINK.fullmatch(source)),
    }


def _conflict(conflict: Conflict, sheet: Page) -> View:
    hosts = [f"{sheet.log(entry.host or 'no host named', 60)} {entry.count:,}" for entry in conflict.hosts]
    return {
        "title": words.sentence(words.conflict(conflict.conflict)),
        "count": f"{conflict.count:,}",
        "hosts": _plain(words.listed(hosts, conflict.host_count - len(hosts))),
        "evidence": _evidence(conflict.example, conflict.source, conflict.offset),
    }


def _coverage(findings: Findings, sheet: Page, most: int) -> View | None:
    covered = findings.coverage
    if not (covered.lines or findings.sources or findings.skipped):
        return None
    gaps = [f"{sheet.period(*gap)} ({words.hours((gap[1] - gap[0]).total_seconds())})" for gap in covered.gaps]
    skipped = [f"{sheet.file(name, _NAME)}: {safe(why, 200)}" for name, why in findings.skipped[:most]]
    left = len(findings.skipped) - len(skipped)
    return {
        "sums": _plain(coverage.sums(findings)),
        "gaps": f"Silence, no line of a mail server: {_plain(words.listed(gaps))}." if gaps else "",
        "samples": [_evidence(sample.line, sample.source, sample.offset) for sample in covered.samples[:most]],
        "forms": [_plain(line) for line in coverage.read_as(findings, sheet)],
        "skipped": [*skipped, *([_plain(f"and {words.many(left, 'more file')}")] if left > 0 else [])],
    }


def _tables(findings: Findings, sheet: Page) -> View:
    """The numbers of the charts."""
    traffic = findings.traffic
    when = [_plain(sheet.moment(step.hour)) for step in traffic.steps[:_MOST_STEPS]]
    counts = [(s.delivered, s.deferred, s.bounced, s.expired, s.rejected) for s in traffic.steps[:_MOST_STEPS]]
    peers = [peer for peer in traffic.peers if peer.deferred or peer.bounced][:12]
    delays = [(peer.name, peer.delays) for peer in traffic.peers if peer.delays]
    return {
        "traffic": _table("Traffic", ["From", "Delivered", "Deferred", "Bounced", "Expired", "Refused by us"],
                          [(at, *row) for at, row in zip(when, counts, strict=True)]),
        "heat": _table("Failed attempts by provider and time", ["From", *(peer.name for peer in peers)],
                       zip(when, *(peer.failed_by_step for peer in peers), strict=True)) if len(peers) > 1 else None,
        "reasons": _table("Reasons of failed attempts", ["Reason", "Failed attempts"],
                          [(reason.title, reason.count) for reason in traffic.reasons]),
        "delays": _table("Time in the queue", ["Provider", "Delivered", "Half within", "90 % within", "99 % within"],
                         [(name, d.count, *map(_time, (d.p50, d.p90, d.p99))) for name, d in delays]),
    }  # fmt: skip


def _table(title: str, heads: list[str], rows: Any) -> View | None:
    told = [[f"{entry:,}" if isinstance(entry, int) else entry for entry in row] for row in rows]
    return {"title": title, "heads": heads, "rows": told} if told else None


def _time(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else _plain(words.hours(seconds))
