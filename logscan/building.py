"""Turns a summary into the findings of a report: totals, causes by cost, destinations, notices, coverage."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl

from logscan import findings as report
from logscan.fates import CAUSE, Fates, fates_of
from logscan.packs.knowledge import Knowledge
from logscan.packs.mta import Mta
from logscan.rules import remedy_for

if TYPE_CHECKING:
    from logscan.parse.lines import Coverage
    from logscan.summary import Summary

Row = dict[str, Any]
_BAD = ("deferred", "softbounced", "bounced", "expired")
_REFUSED = ("rejected", "discarded", "held")
_OLD = datetime(1, 1, 1, tzinfo=UTC)
_MOST_DOMAINS = 10
# Only a plain host name goes into a command that someone may copy.
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_MOST_DESTINATIONS = 50
_SILENCE = timedelta(hours=6)


def build(  # noqa: PLR0913  # everything a report names
    summary: Summary,
    coverage: Coverage,
    known: Knowledge,
    packs: tuple[Mta, ...],
    *,
    sources: list[str],
    skipped: list[tuple[str, str]],
    zone: str,
    since: datetime | None = None,
    until: datetime | None = None,
    natures: Mapping[str, str] | None = None,
) -> report.Findings:
    """The findings of one summary."""
    causes = _rows(summary.causes)
    ledger = fates_of(summary.ledger)
    concerned = _concerned(summary.domains)
    problems = _problems([row for row in causes if row["event"] == "delivery" and row["outcome"] in _BAD],
                         ledger.by_cause, concerned, known)  # fmt: skip
    refusals = _problems([row for row in causes if row["event"] == "rejection"], {}, concerned, known)
    hours = _hours(_rows(summary.hours))
    return report.Findings(
        totals=_totals(causes, ledger),
        problems=sorted(problems, key=_cost),
        refusals=sorted(refusals, key=lambda p: (-p.count, p.reason, p.reply_code or 0, p.enhanced_code or "")),
        hours=hours,
        destinations=_destinations(summary.domains, known),
        notices=_notices(_rows(summary.notices), packs),
        conflicts=_conflicts(causes),
        coverage=_coverage(coverage, causes, hours),
        sources=sources,
        skipped=skipped,
        mtas=sorted({row["mta"] for row in (*causes, *_rows(summary.notices)) if row["mta"]}),
        zone=zone,
        since=since,
        until=until,
        forms=_forms(sources, natures or {}),
    )


def _forms(sources: list[str], natures: Mapping[str, str]) -> list[report.Form]:
    """The files by the form in which they are written, in the order in which they were read."""
    forms: dict[str, report.Form] = {}
    for name in sources:
        words = natures.get(name, "")
        forms.setdefault(words, report.Form(words)).sources.append(name)
    return list(forms.values())


def _rows(frame: pl.DataFrame) -> list[Row]:
    return frame.to_dicts()


def _cost(problem: report.Problem) -> tuple[object, ...]:
    """The costliest first: recipients lost or still waiting, then those that only came late, then attempts."""
    return (-(problem.lost + problem.waiting), -problem.recovered, -problem.count, problem.reason,
            problem.reply_code or 0, problem.enhanced_code or problem.dsn or "")  # fmt: skip


def _totals(causes: list[Row], fates: Fates) -> report.Totals:
    attempts: dict[str, int] = defaultdict(int)
    refused: dict[str, int] = defaultdict(int)
    for row in causes:
        if row["event"] == "delivery" and row["outcome"] not in ("other", "expired"):
            attempts[row["outcome"]] += row["count"]
        elif row["event"] == "rejection":
            refused[row["outcome"]] += row["count"]
    done = fates.outcomes
    return report.Totals(
        messages=fates.messages,
        recipients=fates.recipients,
        delivered=done["delivered"] + done["expanded"],
        delayed=fates.delayed,
        waiting=done["deferred"] + done["softbounced"],
        bounced=done["bounced"],
        expired=done["expired"],
        attempts=sum(attempts.values()),
        attempts_by_outcome=dict(sorted(attempts.items())),
        rejected=refused["rejected"],
        held=refused["held"],
        discarded=refused["discarded"],
    )


def _concerned(domains: pl.DataFrame) -> dict[tuple[object, ...], tuple[list[report.DomainCount], int]]:
    """For each cause the recipient domains that it concerns most, and how many there are."""
    if domains.is_empty():
        return {}
    keys = ["event", *CAUSE]
    named = pl.col("outcome").is_in([*_BAD, *_REFUSED]) & pl.col("recipient_domain").is_not_null()
    sums = domains.filter(named).group_by(*keys, "recipient_domain").agg(pl.col("count").sum())
    ranked = sums.sort("count", "recipient_domain", descending=[True, False]).group_by(keys, maintain_order=True)
    top = ranked.agg(pl.col("recipient_domain", "count").head(_MOST_DOMAINS), pl.len())
    return {
        tuple(key): ([report.DomainCount(*pair) for pair in zip(names, counts, strict=True)], number)
        for *key, names, counts, number in top.iter_rows()
    }


def _problems(
    causes: list[Row],
    fates: Mapping[tuple[object, ...], Mapping[str, int]],
    concerned: Mapping[tuple[object, ...], tuple[list[report.DomainCount], int]],
    known: Knowledge,
) -> list[report.Problem]:
    """One problem for each reason, reply code, enhanced code and dsn; an expiry belongs to its last try's cause."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in causes:
        if row["outcome"] != "expired" or row["dsn"] or row["reply_code"]:
            groups[tuple(row[name] for name in CAUSE)].append(row)
    return [
        _problem(rows, fates.get(key, {}), *concerned.get((rows[0]["event"], *key), ([], 0)), known)
        for key, rows in groups.items()
    ]


def _problem(
    rows: list[Row], fate: Mapping[str, int], domains: list[report.DomainCount], domain_count: int, known: Knowledge
) -> report.Problem:
    top = min(rows, key=lambda row: (-row["count"], row["source"], row["offset"]))
    outcomes: dict[str, int] = defaultdict(int)
    for row in rows:
        outcomes[row["outcome"]] += row["count"]
    reason = known.reasons.get(top["reason"] or "undefined", {})
    advice = remedy_for(top, known)
    return report.Problem(
        event=top["event"],
        status=top["status"],
        reason=top["reason"] or "undefined",
        title=str(reason.get("title", top["reason"] or "undefined")),
        reply_code=top["reply_code"],
        enhanced_code=top["enhanced_code"],
        dsn=top["dsn"],
        rule=top["rule"],
        party=top["party"],
        count=sum(row["count"] for row in rows),
        outcomes=dict(outcomes),
        lost=fate.get("bounced", 0) + fate.get("expired", 0),
        waiting=fate.get("deferred", 0) + fate.get("softbounced", 0),
        recovered=fate.get("delivered", 0) + fate.get("expanded", 0),
        mtas=sorted({row["mta"] for row in rows if row["mta"]}),
        providers=sorted({known.providers[row["provider"]]["name"] for row in rows if row["provider"]}),
        domains=domains,
        domain_count=domain_count,
        first=min((row["first"] for row in rows if row["first"]), default=_OLD),
        last=max((row["last"] for row in rows if row["last"]), default=_OLD),
        example=top["example"] or "",
        source=top["source"],
        offset=top["offset"],
        templates=len({row["template"] for row in rows}),
        remedy=advice.get("remedy", ""),
        check=_filled(advice.get("check", ""), domains, top["remote"]),
        more=advice.get("more", ""),
        nothing_to_do=bool(reason.get("nothing_to_do", False)),
    )


def _filled(check: str, domains: list[report.DomainCount], remote: str | None) -> str:
    """A check with the most concerned domain and a real host put in; what is not known is a word to replace."""
    domain = next((item.domain for item in domains if _NAME.fullmatch(item.domain)), None)
    host = remote if remote and _NAME.fullmatch(remote.lower()) else None
    known = {"domain": domain, "host": host}
    for word in ("domain", "host", "ip", "sender_domain", "queue_id"):
        value = known.get(word)
        check = check.replace(f"{{{word}}}", shlex.quote(value) if value else word.upper())
    return check


def _hours(rows: list[Row]) -> list[report.Hour]:
    table: dict[datetime, report.Hour] = {}
    for row in rows:
        if row["hour"] is None or row["event"] == "session":
            continue
        hour = table.setdefault(row["hour"], report.Hour(row["hour"]))
        name = {"expanded": "delivered", "softbounced": "deferred"}.get(row["outcome"], row["outcome"])
        if row["event"] == "rejection":
            hour.rejected += row["count"] if row["outcome"] == "rejected" else 0
        elif name in ("delivered", "deferred", "bounced", "expired"):
            setattr(hour, name, getattr(hour, name) + row["count"])
    if not table:
        return []
    first, last = min(table), max(table)
    span = int((last - first) / timedelta(hours=1))
    if span > 24 * 400:  # stamps years apart: no strip shows that
        return [table[at] for at in sorted(table)]
    every = (first + timedelta(hours=n) for n in range(span + 1))
    return [table.get(at, report.Hour(at)) for at in every]


def _destinations(domains: pl.DataFrame, known: Knowledge) -> list[report.Destination]:
    if domains.is_empty():
        return []
    ours = domains.filter((pl.col("event") == "delivery") & pl.col("recipient_domain").is_not_null())
    failed = ours.filter(pl.col("outcome").is_in(_BAD)).group_by("recipient_domain").agg(pl.col("count").sum())
    worst = failed.sort("count", "recipient_domain", descending=[True, False]).head(_MOST_DESTINATIONS)
    rows = ours.filter(pl.col("recipient_domain").is_in(worst.get_column("recipient_domain").implode())).to_dicts()
    table: dict[str, report.Destination] = {}
    reasons: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        domain = row["recipient_domain"]
        entry = table.setdefault(domain, report.Destination(domain, None, 0, 0, 0, 0, "", ""))
        if row["outcome"] == "other":
            continue
        entry.attempts += row["count"]
        if row["outcome"] in ("delivered", "expanded"):
            entry.delivered += row["count"]
        elif row["outcome"] in _BAD:
            reasons[domain][row["reason"] or "undefined"] += row["count"]
            if row["outcome"] == "bounced":
                entry.bounced += row["count"]
            else:
                entry.deferred += row["count"]
    troubled = [entry for entry in table.values() if entry.bounced or entry.deferred]
    troubled.sort(key=lambda e: (-(e.bounced + e.deferred), e.domain))
    for entry in troubled:
        entry.reason = max(reasons[entry.domain].items(), key=lambda item: (item[1], item[0]))[0]
        entry.title = str(known.reasons.get(entry.reason, {}).get("title", entry.reason))
        provider = known.provider_of(None, entry.domain)
        entry.provider = known.providers[provider]["name"] if provider else None
    return troubled


_SEVERITY = {"panic": 0, "fatal": 1, "error": 2, "warning": 3, "info": 4}


def _notices(rows: list[Row], packs: tuple[Mta, ...]) -> list[report.Notice]:
    titles: dict[tuple[str, str], str] = {(mta.id, shape.id): shape.title for mta in packs for shape in mta.notices}
    out = [
        report.Notice(
            mta=row["mta"],
            severity=row["severity"],
            kind=row["kind"],
            title=titles.get((row["mta"], row["kind"])) or str(row["kind"]),
            template=row["template"] or "",
            count=row["count"],
            first=row["first"],
            last=row["last"],
            example=row["example"] or "",
            source=row["source"],
            offset=row["offset"],
        )
        for row in rows
    ]
    return sorted(out, key=lambda n: (_SEVERITY.get(n.severity, 9), -n.count, n.kind, n.template))


def _conflicts(causes: list[Row]) -> list[report.Conflict]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in causes:
        if row["conflict"]:
            groups[row["conflict"]].append(row)
    out = []
    for name, rows in sorted(groups.items()):
        top = min(rows, key=lambda row: (-row["count"], row["source"], row["offset"]))
        number = sum(row["count"] for row in rows)
        out.append(report.Conflict(name, number, top["example"] or "", top["source"], top["offset"]))
    return out


def _coverage(coverage: Coverage, causes: list[Row], hours: list[report.Hour]) -> report.Coverage:
    first = min((row["first"] for row in causes if row["first"]), default=None)
    last = max((row["last"] for row in causes if row["last"]), default=None)
    return report.Coverage(
        bytes=coverage.bytes,
        lines=coverage.lines,
        understood=coverage.lines - coverage.foreign - coverage.unparsed,
        events=coverage.events,
        notices=coverage.notices,
        ignored=coverage.ignored + coverage.facts,
        foreign=coverage.foreign,
        unparsed=coverage.unparsed,
        cut=coverage.cut,
        candidates=coverage.candidates,
        samples=[report.Sample(*sample) for sample in coverage.samples],
        first=first,
        last=last,
        gaps=_gaps(hours),
    )


def _gaps(hours: list[report.Hour]) -> list[tuple[datetime, datetime]]:
    """Silences of at least six hours, the longest first, at most five."""
    busy = [hour.hour for hour in hours if hour.delivered + hour.deferred + hour.bounced + hour.expired + hour.rejected]
    silent = [(before + timedelta(hours=1), after) for before, after in pairwise(busy) if after - before > _SILENCE]
    return sorted(silent, key=lambda gap: gap[0] - gap[1])[:5]
