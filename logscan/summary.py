"""Events to summaries that add up: tallies by key, and the ledger of what became of each recipient.

A summary is a commutative monoid: ``combine`` in any order and any grouping gives the same, ``Summary()`` is its zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import polars as pl

from logscan import schema
from logscan.delays import step_of
from logscan.template import template_expr

if TYPE_CHECKING:
    import pandas as pd

# What logscan.summarise() hands out, one row for each distinct combination.
PUBLIC = (
    "mta", "event", "outcome", "status", "reason", "rule", "reply_code", "enhanced_code", "provider",
    "recipient_domain", "hour", "template",
)  # fmt: skip
CAUSES = (
    "mta", "event", "outcome", "status", "reason", "rule", "basis", "party", "conflict", "reply_code",
    "enhanced_code", "dsn", "smtp_command", "provider", "template", "cause",
)  # fmt: skip
HOURS = ("event", "outcome", "reason", "provider", "hour")
DOMAINS = ("event", "outcome", "status", "reason", "cause", "recipient_domain")
DELAYS = ("provider", "step")
CONFLICTS = ("conflict", "remote_mta")
NOTICES = ("mta", "kind", "severity", "template")
SUMMARY = (
    *(schema.BY_NAME.get(name, schema.Column(name, "time", "the hour, UTC")) for name in PUBLIC),
    schema.Column("count", "int", "how many events"),
    schema.Column("first", "time", "the first of them, UTC"),
    schema.Column("last", "time", "the last of them, UTC"),
    schema.Column("example", "str", "one real diagnostic"),
    schema.Column("source", "word", "the file of the example"),
    schema.Column("offset", "int", "byte offset of the example"),
)
_WHOSE = ("queue_id", "network_message_id", "envelope_recipient")
_FAILED = ("deferred", "softbounced", "bounced", "expired")
_MEASURES = ("count", "first", "last", "example", "remote", "source", "offset")


@dataclass(slots=True)
class Summary:
    """Tallies of one or more blocks; empty frames are zeros."""

    causes: pl.DataFrame = field(default_factory=pl.DataFrame)
    hours: pl.DataFrame = field(default_factory=pl.DataFrame)
    domains: pl.DataFrame = field(default_factory=pl.DataFrame)
    notices: pl.DataFrame = field(default_factory=pl.DataFrame)
    conflicts: pl.DataFrame = field(default_factory=pl.DataFrame)
    delays: pl.DataFrame = field(default_factory=pl.DataFrame)
    ledger: pl.DataFrame = field(default_factory=pl.DataFrame)


def tally(rows: pl.DataFrame, keys: Sequence[str], text: str = "diagnostic") -> pl.DataFrame:
    """Count rows by keys, with first and last time and one example (the one earliest in its file)."""
    return (
        rows.sort("source", "offset")
        .group_by(keys, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("timestamp").min().alias("first"),
            pl.col("timestamp").max().alias("last"),
            pl.col(text).first().alias("example"),
            _remote(rows).first().alias("remote"),
            pl.col("source", "offset").first(),
        )
    )


def cause() -> pl.Expr:
    """What failures are told apart by: the rule that knows it and the provider, else reason, provider, and codes."""
    evidence = [pl.col(name).cast(pl.String) for name in ("reply_code", "enhanced_code", "dsn")]
    codes = [pl.when(pl.col("reason") == "undefined").then(code) for code in evidence]
    named = pl.concat_str([pl.coalesce("rule", "reason"), pl.col("provider"), *codes], separator=" ", ignore_nulls=True)
    return pl.when(pl.col("reason").is_not_null()).then(named).alias("cause")


def _remote(rows: pl.DataFrame) -> pl.Expr:
    """The peer's host name, where the rows have one."""
    return pl.col("remote_mta") if "remote_mta" in rows.columns else pl.lit(None, dtype=pl.String)


def _causes(rows: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """Tally of one block by CAUSES, which all follow from the classifier's key."""
    measured = rows.group_by("_key").agg(
        pl.len().cast(pl.Int64).alias("count"),
        pl.col("timestamp").min().alias("first"),
        pl.col("timestamp").max().alias("last"),
        pl.col("offset").min(),
    )
    shown = rows.filter(pl.col("offset").is_in(measured.get_column("offset").implode()))
    named = shown.select("_key", "offset", "source", example=pl.col("diagnostic"), remote=_remote(rows))
    rows = (
        measured.join(named.unique(["_key", "offset"]), on=["_key", "offset"], how="left")
        .join(kinds, on="_key", how="left")
        .select(*CAUSES, *_MEASURES)
    )
    return _added(rows, CAUSES)  # several keys of the classifier may have one cause


def _by_kind(rows: pl.DataFrame, kinds: pl.DataFrame | None, name: str, keys: Sequence[str]) -> pl.DataFrame:
    """Count by keys that follow from the classifier's key, all but one of them."""
    if kinds is None:
        return count(rows, keys)
    pairs = count(rows, ("_key", name)).join(kinds, on="_key", how="left")
    return pairs.group_by(keys).agg(pl.col("count").sum())


def _delays(rows: pl.DataFrame) -> pl.DataFrame:
    """How long delivered mail was in the queue, by provider, in steps (``logscan.delays``)."""
    if "delay" not in rows.columns:
        return pl.DataFrame()
    done = rows.filter((pl.col("event") == "delivery") & (pl.col("outcome") == "delivered"))
    timed = done.select("provider", step=step_of(pl.col("delay").cast(pl.Float64, strict=False)))
    return count(timed.filter(pl.col("step").is_not_null()), DELAYS)


def _conflicts(rows: pl.DataFrame, kinds: pl.DataFrame | None) -> pl.DataFrame:
    """Count of one block's contradictions by who gave them."""
    rows = rows.with_columns(_remote(rows).alias("remote_mta"))
    if kinds is None:
        return count(rows.filter(pl.col("conflict").is_not_null()), CONFLICTS)
    torn = kinds.filter(pl.col("conflict").is_not_null()).select("_key", "conflict")
    return count(rows.select("_key", "remote_mta").join(torn, on="_key", how="inner"), CONFLICTS)


def count(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Count rows by keys alone."""
    return rows.group_by(keys).agg(pl.len().cast(pl.Int64).alias("count"))


def summary_of(events: pl.DataFrame, notices: pl.DataFrame, kinds: pl.DataFrame | None = None) -> Summary:
    """The summary of classified events and of notices.

    With ``kinds``, the events of one block need not be classified: they have a ``_key``, and kinds says the rest of it.
    """
    out = Summary()
    if not events.is_empty():
        rows = events.with_columns(hour=pl.col("timestamp").dt.truncate("1h"))
        rows, kinds = (rows.with_columns(cause()), None) if kinds is None else (rows, kinds.with_columns(cause()))
        out.causes = tally(rows, CAUSES) if kinds is None else _causes(rows, kinds)
        out.hours = _by_kind(rows, kinds, "hour", HOURS)
        out.domains = _by_kind(rows, kinds, "recipient_domain", DOMAINS)
        out.conflicts = _conflicts(rows, kinds)
        out.delays = _delays(rows)
        out.ledger = _ledger(rows, kinds)
    if not notices.is_empty():
        texts = notices.select(pl.col("_text").unique()).drop_nulls()
        texts = texts.with_columns(template=template_expr(pl.col("_text")))
        rows = notices.rename({"_kind": "kind", "_severity": "severity"})
        rows = rows.join(texts, on="_text", how="left", maintain_order="left")
        out.notices = tally(rows, NOTICES, text="_payload")
    return out


def combine(one: Summary, other: Summary) -> Summary:
    """Add two summaries."""
    return combine_all([one, other])


def combine_all(parts: Sequence[Summary]) -> Summary:
    """Add any number of summaries."""
    whole = {
        f.name: [frame for part in parts if not (frame := getattr(part, f.name)).is_empty()] for f in fields(Summary)
    }
    return Summary(
        causes=_merge(whole["causes"], CAUSES),
        hours=_merge(whole["hours"], HOURS),
        domains=_merge(whole["domains"], DOMAINS),
        notices=_merge(whole["notices"], NOTICES),
        conflicts=_merge(whole["conflicts"], CONFLICTS),
        delays=_merge(whole["delays"], DELAYS),
        ledger=_merge_ledger(whole["ledger"]),
    )


def _merge(frames: list[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    if len(frames) < 2:
        return frames[0] if frames else pl.DataFrame()
    return _added(pl.concat(frames), keys)


def _added(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Tallies of equal keys as one."""
    if "first" not in rows.columns:
        return rows.group_by(keys).agg(pl.col("count").sum())
    rows = rows.sort("source", "offset")
    return rows.group_by(keys, maintain_order=True).agg(
        pl.col("count").sum(),
        pl.col("first").min(),
        pl.col("last").max(),
        pl.col("example", "remote", "source", "offset").first(),
    )


def _ledger(rows: pl.DataFrame, kinds: pl.DataFrame | None) -> pl.DataFrame:
    """What became of each recipient of each message so far: one row for each, keyed by hashes."""
    # A server that turned us away at the door said it of no message that is known.
    known = pl.any_horizontal(pl.col(name).is_not_null() for name in _WHOSE if name in rows.columns)
    tries = rows.filter((pl.col("event") == "delivery") & (pl.col("outcome") != "other") & known)
    if kinds is not None:
        tries = tries.join(kinds.select("_key", "cause"), on="_key", how="left")
    failed = pl.col("outcome").is_in(_FAILED)
    message, recipient = _identity(tries)
    tries = tries.select(
        message.alias("message"),
        recipient.alias("recipient"),
        "outcome",
        (pl.col("outcome") == "expired").alias("final"),
        pl.col("envelope_recipient").is_null().alias("whole"),
        pl.when(failed).then(pl.col("timestamp")).alias("failed_at"),
        pl.when(failed).then(pl.col("offset")).alias("failed_offset"),
        pl.when(failed).then(pl.col("cause")).alias("cause"),
        begun=pl.col("timestamp"),
        at=pl.col("timestamp"),
        offset=pl.col("offset"),
        tries=pl.lit(1, dtype=pl.Int64),
    )
    return _settle(tries)


def _identity(tries: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """Hashes that tell messages and their recipients apart.

    A message has one id on all servers where it has a network-message-id, else one on each host.
    """
    host = pl.struct("reporting_mta", "queue_id").hash()
    at_host = pl.struct("reporting_mta", "queue_id", "envelope_recipient").hash()
    if "network_message_id" not in tries.columns or tries.get_column("network_message_id").null_count() == len(tries):
        return host, at_host
    everywhere = pl.struct("network_message_id").hash()
    address = pl.col("envelope_recipient").str.to_lowercase().alias("to")
    known = pl.col("network_message_id").is_not_null()
    return (
        pl.when(known).then(everywhere).otherwise(host),
        pl.when(known).then(pl.struct("network_message_id", address).hash()).otherwise(at_host),
    )


def _settle(tries: pl.DataFrame) -> pl.DataFrame:
    """The last outcome of each recipient, and why it last failed; the place in the file tells within one second.

    That a message expired says nothing of why: the failure before does.
    """
    again = tries.get_column("recipient").is_duplicated()
    if not again.any():
        return tries
    rows = tries.filter(again)
    failing = rows.filter(pl.col("failed_at").is_not_null())
    failing = failing.sort(~pl.col("final"), "failed_at", "failed_offset", "cause")
    why = failing.group_by("recipient", maintain_order=True).agg(
        pl.col("final", "failed_at", "failed_offset", "cause").last()
    )
    last = rows.sort("at", "offset", "outcome").group_by("recipient", maintain_order=True)
    last_try = last.agg(
        pl.col("message", "outcome", "whole", "at", "offset").last(), pl.col("begun").min(), pl.col("tries").sum()
    )
    settled = last_try.join(why, on="recipient", how="left").select(tries.columns)
    return pl.concat([tries.filter(~again), settled])


def _merge_ledger(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return _settle(pl.concat(frames)) if frames else pl.DataFrame()


def public_frame(events: pd.DataFrame) -> pd.DataFrame:
    """One row for each distinct combination of PUBLIC, with count, first, last and example; the most frequent first."""
    return schema.to_pandas(ranked(public_tally(from_pandas(events))), SUMMARY)


def public_tally(events: pl.DataFrame) -> pl.DataFrame:
    """Count classified events by PUBLIC."""
    return tally(events.with_columns(hour=pl.col("timestamp").dt.truncate("1h")), PUBLIC)


def public_sum(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Tallies by PUBLIC, added."""
    return _added(pl.concat(parts), PUBLIC)


def ranked(rows: pl.DataFrame) -> pl.DataFrame:
    """The most frequent first."""
    return rows.sort("count", "first", "offset", descending=[True, False, False])


def from_pandas(events: pd.DataFrame) -> pl.DataFrame:
    """An events table as the engine wants it: categories as text, columns that are missing added."""
    columns = {}
    for column in schema.EVENTS:
        if column.name in events.columns:
            values = events[column.name]
            plain = values.astype("object") if column.kind == "word" else values
            kind = pl.String() if column.kind in ("word", "str") else schema.polars_type(column)
            columns[column.name] = pl.Series(column.name, pl.from_pandas(plain)).cast(kind)
        else:
            columns[column.name] = pl.repeat(None, len(events), dtype=schema.polars_type(column), eager=True)
    return pl.DataFrame(columns)
