"""The causes of trouble in a summary: one problem for each reason and code, with cost, evidence and cure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from logscan import findings as report
from logscan.advice import remedy_for, settings_of
from logscan.fates import Fate, together
from logscan.filling import fill, named_in
from logscan.packs.knowledge import Knowledge

Row = dict[str, Any]
Entries = dict[tuple[str, str | None], str]  # event and cause -> entry of the report
_ENTRIES = {"event": pl.String, "cause": pl.String, "entry": pl.String}
BAD = ("deferred", "softbounced", "bounced", "expired")
_REFUSED = ("rejected", "discarded", "held")
_OLD = datetime(1, 1, 1, tzinfo=UTC)
_MOST_DOMAINS = 10
_MOST_EVIDENCE = 3
_WORD = re.compile(r"[^\W\d_]{2}")
_NAMES = re.compile(r", | \(| / ")
_MASK = re.compile(r"<[a-z]+>")


def cost(problem: report.Problem) -> tuple[object, ...]:
    """The costliest first: what can still be saved counts twice what is lost; then what came late, then attempts."""
    worth = 2 * problem.waiting + problem.lost
    return (problem.nothing_to_do, -worth, -problem.recovered, *frequency(problem))


def frequency(problem: report.Problem) -> tuple[object, ...]:
    """The most frequent first; no two causes stand at the same place."""
    names = (problem.reason, problem.reply_code or 0, problem.enhanced_code or problem.dsn or "", problem.title)
    return (-problem.count, *names, problem.rule or "", problem.providers, problem.party or "")


def concerned(domains: pl.DataFrame, entry_of: Entries) -> dict[object, tuple[list[report.DomainCount], int]]:
    """For each entry of the report the recipient domains that it concerns most, and how many there are."""
    if domains.is_empty() or not entry_of:
        return {}
    named = pl.col("outcome").is_in([*BAD, *_REFUSED]) & pl.col("recipient_domain").is_not_null()
    entries = pl.DataFrame([(*key, entry) for key, entry in entry_of.items()], schema=_ENTRIES, orient="row")
    sums = domains.filter(named).join(entries, on=["event", "cause"], how="inner", nulls_equal=True)
    sums = sums.group_by("entry", "recipient_domain").agg(pl.col("count").sum())
    ranked = sums.sort("count", "recipient_domain", descending=[True, False]).group_by("entry", maintain_order=True)
    top = ranked.agg(pl.col("recipient_domain", "count").head(_MOST_DOMAINS), pl.len())
    return {
        entry: ([report.DomainCount(*pair) for pair in zip(names, counts, strict=True)], number)
        for entry, names, counts, number in top.iter_rows()
    }


def entries(causes: list[Row], known: Knowledge) -> Entries:
    """Which causes stand in one entry of the report: a rule with a remedy has its own, others that of their reason."""
    out = {}
    for row in causes:
        rule = known.rule(row["rule"] or "")
        own = rule is not None and (rule.remedy or rule.title)
        parts = [row["event"], row["rule"] if own else row["reason"], row["provider"], row["party"]]
        if row["reason"] == "undefined":
            parts += [row["reply_code"], row["enhanced_code"], row["dsn"]]
        out[row["event"], row["cause"]] = " ".join(str(part) for part in parts if part)
    return out


def problems(
    causes: list[Row],
    fates: Mapping[str | None, Fate],
    domains: pl.DataFrame,
    known: Knowledge,
) -> list[report.Problem]:
    """One problem for each entry; an expiry belongs to the cause of its last try."""
    entry_of = entries(causes, known)
    where = concerned(domains, entry_of)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in causes:
        if row["outcome"] != "expired" or row["dsn"] or row["reply_code"]:
            groups[entry_of[row["event"], row["cause"]]].append(row)
    return [
        _problem(rows, together(fates[cause] for cause in {row["cause"] for row in rows} if cause in fates),
                 *where.get(entry, ([], 0)), known)
        for entry, rows in groups.items()
    ]  # fmt: skip


def _problem(
    rows: list[Row], fate: Fate, domains: list[report.DomainCount], domain_count: int, known: Knowledge
) -> report.Problem:
    rows = sorted(rows, key=lambda row: (-row["count"], row["source"], row["offset"]))
    top, codes, evidence = rows[0], _codes(rows), _evidence(rows)
    outcomes: dict[str, int] = defaultdict(int)
    for row in rows:
        outcomes[row["outcome"]] += row["count"]
    reason = known.reasons.get(top["reason"] or "undefined", {})
    rule = known.rule(top["rule"] or "")
    providers = sorted({known.providers[row["provider"]]["name"] for row in rows if row["provider"]})
    title = str((rule.title if rule else "") or reason.get("title", top["reason"] or "undefined"))
    return report.Problem(
        event=top["event"],
        status=top["status"],
        reason=top["reason"] or "undefined",
        title=_titled(title, providers if top["event"] == "delivery" else []),
        reply_code=codes[0].reply_code,
        enhanced_code=codes[0].enhanced_code,
        dsn=codes[0].dsn,
        rule=top["rule"],
        party=top["party"],
        count=sum(row["count"] for row in rows),
        outcomes=dict(outcomes),
        lost=fate.lost,
        waiting=fate.waiting,
        recovered=fate.recovered,
        mtas=sorted({row["mta"] for row in rows if row["mta"]}),
        providers=providers,
        domains=domains,
        domain_count=domain_count,
        first=min((row["first"] for row in rows if row["first"]), default=_OLD),
        last=max((row["last"] for row in rows if row["last"]), default=_OLD),
        example=evidence[0].reply,
        source=evidence[0].source,
        offset=evidence[0].offset,
        templates=len({row["template"] for row in rows}),
        codes=codes,
        evidence=evidence,
        waits_since=fate.waits,
        hours_to_recover=fate.hours,
        **_cure(rows, domains, known),
        nothing_to_do=bool(reason.get("nothing_to_do", False)) and not fate.lost,
    )


def _titled(title: str, providers: list[str]) -> str:
    """A title that names the one provider concerned, by the first of its names."""
    name = _NAMES.split(providers[0])[0] if len(providers) == 1 else ""
    return title if name.lower() in title.lower() else f"{title} at {name}"


def _codes(rows: list[Row]) -> list[report.Codes]:
    """The codes of a cause's replies, the most frequent first."""
    counts: dict[tuple[int | None, str | None, str | None], int] = defaultdict(int)
    for row in rows:
        verdict = row["dsn"] if row["reply_code"] is None else None
        counts[row["reply_code"], row["enhanced_code"], verdict] += row["count"]
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return [report.Codes(*codes, count) for codes, count in ranked]


def _evidence(rows: list[Row]) -> list[report.Evidence]:
    """One reply of each of the most frequent wordings, those first that say anything beside codes."""
    shown = {row["template"]: row for row in reversed(rows)}
    found = sorted(shown.values(), key=lambda row: (not _says(row["template"] or ""), rows.index(row)))
    return [report.Evidence(row["example"] or "", row["source"], row["offset"]) for row in found[:_MOST_EVIDENCE]]


def _says(template: str) -> bool:
    """Whether there are words in a template, beside what it masks."""
    return bool(_WORD.search(_MASK.sub("", template)))


def _cure(rows: list[Row], domains: list[report.DomainCount], known: Knowledge) -> dict[str, Any]:
    """What to do, what to set, what to check, where to read, with what the log says filled in."""
    top = rows[0]
    advice = remedy_for(top, known)
    settings = {mta: text for row in rows for mta, text in settings_of({**top, "mta": row["mta"]}, known).items()}
    seen = {
        **named_in(top["example"] or ""),
        "domain": next((item.domain for item in domains), None),
        "host": next((row["remote"] for row in rows if row["remote"]), None),
    }
    return {
        "remedy": advice.get("remedy", ""),
        "settings": {mta: fill(text, seen) for mta, text in sorted(settings.items())},
        "check": fill(advice.get("check", ""), seen),
        "more": advice.get("more", ""),
    }
