"""The causes of trouble in a summary: one problem for each reason and code, with cost, evidence and cure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from logscan import findings as report
from logscan.fates import CAUSE
from logscan.filling import fill
from logscan.packs.knowledge import Knowledge
from logscan.rules import remedy_for, settings_of

Row = dict[str, Any]
BAD = ("deferred", "softbounced", "bounced", "expired")
_REFUSED = ("rejected", "discarded", "held")
_OLD = datetime(1, 1, 1, tzinfo=UTC)
_MOST_DOMAINS = 10


def cost(problem: report.Problem) -> tuple[object, ...]:
    """The costliest first: recipients lost or still waiting, then those that only came late, then attempts."""
    return (-(problem.lost + problem.waiting), -problem.recovered, -problem.count, problem.reason,
            problem.reply_code or 0, problem.enhanced_code or problem.dsn or "")  # fmt: skip


def concerned(domains: pl.DataFrame) -> dict[tuple[object, ...], tuple[list[report.DomainCount], int]]:
    """For each cause the recipient domains that it concerns most, and how many there are."""
    if domains.is_empty():
        return {}
    keys = ["event", *CAUSE]
    named = pl.col("outcome").is_in([*BAD, *_REFUSED]) & pl.col("recipient_domain").is_not_null()
    sums = domains.filter(named).group_by(*keys, "recipient_domain").agg(pl.col("count").sum())
    ranked = sums.sort("count", "recipient_domain", descending=[True, False]).group_by(keys, maintain_order=True)
    top = ranked.agg(pl.col("recipient_domain", "count").head(_MOST_DOMAINS), pl.len())
    return {
        tuple(key): ([report.DomainCount(*pair) for pair in zip(names, counts, strict=True)], number)
        for *key, names, counts, number in top.iter_rows()
    }


def problems(
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
    seen = {"domain": next((item.domain for item in domains), None), "host": top["remote"]}
    settings = {mta: text for row in rows for mta, text in settings_of({**top, "mta": row["mta"]}, known).items()}
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
        settings={mta: fill(text, seen) for mta, text in sorted(settings.items())},
        check=fill(advice.get("check", ""), seen),
        more=advice.get("more", ""),
        nothing_to_do=bool(reason.get("nothing_to_do", False)),
    )
