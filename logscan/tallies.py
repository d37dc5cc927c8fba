"""Logs to the table that ``logscan.summarise`` gives, without ever holding all events.

What is kept is one row for each distinct combination, and of failed tries what tells why a message expired later.
"""

from __future__ import annotations

import polars as pl

from logscan import engines, schema
from logscan.parse import join
from logscan.scan import Mapper, Options, Paths, Scan
from logscan.summary import SUMMARY, public_sum, public_tally, ranked

_MERGE_AT = 16
_TRIES = (
    "_file", "offset", "timestamp", "reporting_mta", "queue_id", "network_message_id", "envelope_recipient", "outcome",
    "reason", "rule", "basis", "party",
)  # fmt: skip


def summarise_logs(paths: Paths, options: Options, *, mapper: Mapper = engines.threads) -> pl.DataFrame:
    """One row for each distinct combination of what a summary counts by, the most frequent first.

    Raises what ``logscan.scan.read_events`` raises.
    """
    parts: list[pl.DataFrame] = []
    ended: list[pl.DataFrame] = []
    tries: list[pl.DataFrame] = []
    for number, parsed in Scan(paths, options, messages=False, columns=None).walk(mapper):
        if parsed.events.is_empty():
            continue
        rows = schema.conform(parsed.events).with_columns(_file=pl.lit(number, dtype=pl.Int32))
        expired = pl.col("outcome") == "expired"
        failed = pl.col("outcome").is_in(["deferred", "softbounced"])
        parts.append(schema.compact(public_tally(rows.filter(~expired))))
        ended.append(schema.compact(rows.filter(expired)))
        tries.append(schema.compact(rows.filter(failed).select(_TRIES)))
        if len(parts) > _MERGE_AT:
            parts = [public_sum(parts)]
    if ended:
        parts.append(public_tally(_with_causes(pl.concat(ended), pl.concat(tries))))
    whole = ranked(public_sum(parts)) if parts else pl.DataFrame()
    return schema.conform(whole, SUMMARY)


def _with_causes(ended: pl.DataFrame, tries: pl.DataFrame) -> pl.DataFrame:
    """Messages that expired, with the reason of the last try."""
    rows = pl.concat([ended, tries], how="diagonal").sort("_file", "offset", maintain_order=True)
    return join.with_causes(rows).filter(pl.col("outcome") == "expired")
