"""Joins what a message's own lines say (client, sender, size, Message-ID) to its events.

The join is by logging host and queue id within one life of the id: short ids are used again once a message is removed.
"""

from __future__ import annotations

import polars as pl

_KEY = ("reporting_mta", "queue_id")
_WHY = ("reason", "rule", "basis", "party")
_FACTS = ("client", "envelope_sender", "size", "message_id", "network_message_id")


def with_messages(events: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Fill client, sender, size and Message-ID of events from facts; both need _file and offset."""
    facts = _complete(facts)
    if "network_message_id" in events.columns and facts.get_column("network_message_id").count():
        events = _by_network_id(events, facts)
    lived = _lives(events, facts)
    known = (
        facts.join(lived.filter(pl.col("_fact")), on=["_file", "offset"], how="inner")
        .group_by(*_KEY, "_life")
        .agg(pl.col(name).drop_nulls().first() for name in _FACTS)
    )
    of_events = lived.filter(~pl.col("_fact")).select("_row", "_life")
    rows = events.with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64))
    rows = rows.join(of_events, on="_row", how="left").join(
        known, on=[*_KEY, "_life"], how="left", suffix="_said", nulls_equal=True
    )
    filled = []
    for name in _FACTS:
        said = f"{name}_said" if name in events.columns else name
        filled.append(pl.coalesce(name, said).alias(name) if said != name else pl.col(name))
    return rows.with_columns(filled).sort("_row").drop("_row", "_life")


def _by_network_id(events: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """A message with an id that holds on every server: the first who handed it over is its client."""
    key = "network_message_id"
    said = facts.filter(pl.col(key).is_not_null()).sort("timestamp", "_file", "offset")
    names = [name for name in _FACTS if name != key]
    known = said.group_by(key, maintain_order=True).agg(pl.col(name).drop_nulls().first() for name in names)
    rows = events.join(known, on=key, how="left", suffix="_said", maintain_order="left")
    both = [name for name in names if name in events.columns]
    return rows.with_columns(pl.coalesce(name, f"{name}_said").alias(name) for name in both).drop(
        f"{name}_said" for name in both
    )


def _complete(facts: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in _FACTS if name not in facts.columns]
    facts = facts.with_columns(missing).with_columns(pl.col("size").cast(pl.Int64, strict=False))
    return facts.drop("agent", strict=False)


def _lives(events: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Number the lives of each queue id: a life ends with a line that closes the message."""
    keys = ("_file", "offset", *_KEY)
    of_events = events.with_row_index("_row").select(
        *keys, pl.col("_row").cast(pl.Int64), _closes=pl.lit(value=False), _fact=pl.lit(value=False)
    )
    of_facts = facts.select(*keys, _row=pl.lit(None, dtype=pl.Int64), _closes="_closes", _fact=pl.lit(value=True))
    whole = pl.concat([of_events, of_facts]).filter(pl.col("queue_id").is_not_null()).sort("_file", "offset")
    ended = pl.col("_closes").cast(pl.Int32).cum_sum().over(_KEY) - pl.col("_closes").cast(pl.Int32)
    return (
        whole.with_columns(_life=ended)
        .select("_file", "offset", "_row", "_fact", "_life")
        .unique(["_file", "offset", "_row", "_fact"], maintain_order=True)
    )


def with_causes(events: pl.DataFrame) -> pl.DataFrame:
    """Give an expired message the reason of its last failed attempt, which is why it expired."""
    if not events.select((pl.col("outcome") == "expired").any()).item():
        return events
    rows = events.with_row_index("_row")
    if "network_message_id" not in rows.columns:
        rows = rows.with_columns(network_message_id=pl.lit(None, dtype=pl.String))
    known = pl.col("network_message_id").is_not_null()
    # On one host lines follow each other; several servers only have the time in common, and tell of each recipient.
    recipient = pl.col("envelope_recipient").str.to_lowercase().alias("_to")
    # Some MTAs give up a whole message, others say it of each recipient.
    whole = pl.col("envelope_recipient").is_null() | ~pl.col("queue_id").is_in(_telling(rows).implode())
    causes = [
        _before(rows.filter(~known & whole), "_row", _KEY),
        _before(rows.filter(~known & ~whole).with_columns(recipient), "_row", (*_KEY, "_to")),
        _before(rows.filter(known).with_columns(recipient), "timestamp", ("network_message_id", "_to")),
    ]
    out = rows.join(pl.concat(causes), on="_row", how="left", suffix="_why", maintain_order="left")
    known = pl.col("reason_why").is_not_null()  # then all of it is said by the last try, what it leaves open, too
    out = out.with_columns(pl.when(known).then(f"{name}_why").otherwise(name).alias(name) for name in _WHY)
    return out.select(events.columns)


def _telling(rows: pl.DataFrame) -> pl.Series:
    """The ids of messages of which a recipient is said to be given up."""
    told = (pl.col("outcome") == "expired") & pl.col("envelope_recipient").is_not_null()
    return rows.filter(told).get_column("queue_id").unique()


def _before(rows: pl.DataFrame, on: str, by: tuple[str, ...]) -> pl.DataFrame:
    """The reason of the last failed attempt before each expiry, by its row."""
    order = list(dict.fromkeys((on, "_row")))
    rows = rows.with_columns(
        pl.col("reporting_mta").cast(pl.String).fill_null("")
    )  # a file of the MTA's own has no host
    ended = rows.filter(pl.col("outcome") == "expired").select(*order, *by).sort(order)
    tried = pl.col("outcome").is_in(["deferred", "softbounced"]) & (pl.col("reason") != "undefined")
    tries = rows.filter(tried).select(on, *by, *_WHY).sort(on)
    return ended.join_asof(tries, on=on, by=by, check_sortedness=False).select("_row", *_WHY)
