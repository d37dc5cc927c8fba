"""Traffic over time, by provider and by reason, in as many steps as a chart can show; and how long mail was queued."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import polars as pl

from logscan import when
from logscan.causes import BAD
from logscan.delays import quantile
from logscan.packs.knowledge import Knowledge
from logscan.traffic import Delays, Hour, Peer, ReasonCount, Traffic

if TYPE_CHECKING:
    from logscan.summary import Summary

MOST_STEPS = 168  # a week of hours
_STEPS = (1, 2, 3, 4, 6, 12, 24, 48, 168, 336, 672)
_GOOD = ("delivered", "expanded")
_OTHERS = "all others"


def traffic_of(hours: Sequence[Hour], summary: Summary, known: Knowledge, zone: str) -> Traffic:
    """How traffic went over time and with whom."""
    step, places = _steps([hour.hour for hour in hours], when.zone(zone))
    counts = _placed(summary.hours, places)
    number = len(set(places.values()))
    return Traffic(
        step_hours=step,
        steps=_traffic(hours, places),
        peers=_peers(counts, summary.delays, known, number),
        reasons=_reasons(counts, known, number),
        delays=_delays(summary.delays),
    )


def _steps(hours: Sequence[datetime], zone: tzinfo) -> tuple[int, dict[datetime, int]]:
    """How many hours a step is long, and in which step each hour is; steps follow clock and calendar of the zone."""
    step = _STEPS[0]
    for step in _STEPS:
        places = _grouped(hours, step, zone)
        if len(set(places.values())) <= MOST_STEPS:
            return step, places
    while True:
        step *= 2
        places = _grouped(hours, step, zone)
        if len(set(places.values())) <= MOST_STEPS:
            return step, places


def _grouped(hours: Sequence[datetime], step: int, zone: tzinfo) -> dict[datetime, int]:
    order: dict[tuple[int, int], int] = {}
    out = {}
    for hour in hours:
        here = hour.astimezone(zone)
        day = (here.toordinal() - 1) // max(1, step // 24)  # day 1 of the calendar is a Monday
        key = (day, here.hour // step if step < 24 else 0)
        # An hour that the clock shows twice is two steps of one hour.
        key = key if step > 1 else (int(hour.timestamp()) // 3600, 0)
        out[hour] = order.setdefault(key, len(order))
    return out


def _traffic(hours: Sequence[Hour], places: dict[datetime, int]) -> list[Hour]:
    out: list[Hour] = []
    for hour in hours:
        if places[hour.hour] == len(out):
            out.append(Hour(hour.hour))
        for name in ("delivered", "deferred", "bounced", "expired", "rejected"):
            setattr(out[-1], name, getattr(out[-1], name) + getattr(hour, name))
    return out


def _placed(counts: pl.DataFrame, places: dict[datetime, int]) -> pl.DataFrame:
    """Counts of deliveries by outcome, reason, provider and step."""
    if counts.is_empty() or not places:
        return pl.DataFrame()
    steps = pl.DataFrame(
        {"hour": list(places), "step": list(places.values())},
        schema={"hour": counts.schema["hour"], "step": pl.Int64},
    )
    ours = counts.filter((pl.col("event") == "delivery") & pl.col("outcome").is_in([*_GOOD, *BAD]))
    return (
        ours.join(steps, on="hour", how="inner")
        .group_by("outcome", "reason", pl.col("provider").fill_null(""), "step")
        .agg(pl.col("count").sum())
    )


def _by_step(counts: pl.DataFrame, key: str, number: int) -> dict[str, list[int]]:
    """The counts of each value of a column, one for each step."""
    out: dict[str, list[int]] = {}
    for name, step, count in counts.group_by(key, "step").agg(pl.col("count").sum()).iter_rows():
        out.setdefault(name, [0] * number)[step] = count
    return out


def _sums(counts: pl.DataFrame, *keys: str) -> dict[Any, int]:
    rows = counts.group_by(keys).agg(pl.col("count").sum()).iter_rows()
    return {row[:-1] if len(keys) > 1 else row[0]: row[-1] for row in rows}


def _peers(counts: pl.DataFrame, delays: pl.DataFrame, known: Knowledge, steps: int) -> list[Peer]:
    if counts.is_empty():
        return []
    good = counts.filter(pl.col("outcome").is_in(_GOOD))
    bad = counts.filter(pl.col("outcome").is_in(BAD))
    outcomes = _sums(counts, "provider", "outcome")
    whys = _sums(bad.filter(pl.col("reason").is_not_null()), "provider", "reason")
    through, failed = _by_step(good, "provider", steps), _by_step(bad, "provider", steps)
    out = []
    for id in sorted({provider for provider, _ in outcomes}):
        count = {outcome: number for (provider, outcome), number in outcomes.items() if provider == id}
        mine = [(number, reason) for (provider, reason), number in whys.items() if provider == id]
        reason = max(mine)[1] if mine else ""
        out.append(
            Peer(
                id=id,
                name=str(known.providers[id]["name"]) if id else _OTHERS,
                attempts=sum(count.values()),
                delivered=sum(count.get(outcome, 0) for outcome in _GOOD),
                deferred=sum(count.get(outcome, 0) for outcome in ("deferred", "softbounced")),
                bounced=sum(count.get(outcome, 0) for outcome in ("bounced", "expired")),
                reason=reason,
                title=_title(reason, known),
                delays=_delays(delays, id),
                delivered_by_step=through.get(id, [0] * steps),
                failed_by_step=failed.get(id, [0] * steps),
            )
        )
    return sorted(out, key=lambda entry: (-(entry.deferred + entry.bounced), -entry.attempts, entry.id))


def _reasons(counts: pl.DataFrame, known: Knowledge, steps: int) -> list[ReasonCount]:
    if counts.is_empty():
        return []
    bad = counts.filter(pl.col("outcome").is_in(BAD) & pl.col("reason").is_not_null())
    rows = _by_step(bad, "reason", steps)
    out = [ReasonCount(reason, _title(reason, known), sum(each), each) for reason, each in rows.items()]
    return sorted(out, key=lambda entry: (-entry.count, entry.reason))


def _title(reason: str, known: Knowledge) -> str:
    return str(known.reasons.get(reason, {}).get("title", reason))


def _delays(counts: pl.DataFrame, provider: str | None = None) -> Delays | None:
    """Percentiles of the delays of one provider, or of all."""
    if counts.is_empty():
        return None
    mine = counts if provider is None else counts.filter(pl.col("provider").fill_null("") == provider)
    steps = sorted(mine.group_by("step").agg(pl.col("count").sum()).iter_rows())
    if not steps:
        return None
    return Delays(sum(count for _, count in steps), *(quantile(steps, share) for share in (0.5, 0.9, 0.99)))
