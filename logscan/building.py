"""Turns a summary into the findings of a report: totals, causes by cost, destinations, notices, coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from logscan import codes
from logscan import findings as report
from logscan.causes import BAD, Row, cost, frequency, problems
from logscan.fates import Fates, fates_of
from logscan.hints import hints_of
from logscan.packs.knowledge import Knowledge
from logscan.packs.mta import Mta
from logscan.providers import providers
from logscan.trends import traffic_of

if TYPE_CHECKING:
    from logscan.parse.lines import Coverage
    from logscan.summary import Summary

_MOST_DESTINATIONS = 50
_MOST_HOSTS = 10
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
    since_last: report.SinceLast | None = None,
) -> report.Findings:
    """The findings of one summary."""
    causes = _rows(summary.causes)
    ledger = fates_of(summary.ledger)
    ours = [row for row in causes if row["event"] == "delivery" and row["outcome"] in BAD]
    failures = problems(ours, ledger.by_cause, summary.domains, known)
    refusals = problems([row for row in causes if row["event"] == "rejection"], {}, summary.domains, known)
    greylisted = {row["cause"] for row in ours if row["reason"] == codes.Reason.GREYLISTED}
    hours = _hours(summary.hours)
    return report.Findings(
        totals=_totals(causes, ledger),
        problems=sorted(failures, key=cost),
        refusals=sorted(refusals, key=frequency),
        hours=hours,
        destinations=_destinations(summary.domains, known),
        notices=_notices(_rows(summary.notices), packs),
        conflicts=_conflicts(causes, summary.conflicts),
        coverage=_coverage(coverage, causes, hours),
        sources=sources,
        skipped=skipped,
        mtas=sorted({row["mta"] for row in (*causes, *_rows(summary.notices)) if row["mta"]}),
        zone=zone,
        since=since,
        until=until,
        hints=hints_of(ledger, greylisted, {row["mta"] for row in causes}, known),
        since_last=since_last,
        forms=_forms(sources, natures or {}),
        providers=providers(causes, ledger, known),
        traffic=traffic_of(hours, summary, known, zone),
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


def _hours(counts: pl.DataFrame) -> list[report.Hour]:
    table: dict[datetime, report.Hour] = {}
    if counts.is_empty():
        return []
    known = counts.filter(pl.col("hour").is_not_null() & (pl.col("event") != "session"))
    for row in _rows(known.group_by("event", "outcome", "hour").agg(pl.col("count").sum())):
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
    failed = ours.filter(pl.col("outcome").is_in(BAD)).group_by("recipient_domain").agg(pl.col("count").sum())
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
        elif row["outcome"] in BAD:
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


def _conflicts(causes: list[Row], hosts: pl.DataFrame) -> list[report.Conflict]:
    """Contradictions by their kind, each with the hosts that give most of them."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in causes:
        if row["conflict"]:
            groups[row["conflict"]].append(row)
    named: dict[str, list[report.HostCount]] = defaultdict(list)
    for row in sorted(hosts.to_dicts(), key=lambda row: (-row["count"], row["remote_mta"] or "")):
        named[row["conflict"]].append(report.HostCount(row["remote_mta"] or "", row["count"]))
    out = []
    for name, rows in sorted(groups.items()):
        top = min(rows, key=lambda row: (-row["count"], row["source"], row["offset"]))
        number = sum(row["count"] for row in rows)
        by = named[name]
        out.append(
            report.Conflict(name, number, by[:_MOST_HOSTS], len(by), top["example"] or "", top["source"], top["offset"])
        )
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
        continued=coverage.continued,
        copies=coverage.copies,
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
