"""What became of recipients in the end, told from a summary's ledger."""

from __future__ import annotations

from collections import defaultdict

import polars as pl

# What a failure is told apart by.
CAUSE = ("reason", "reply_code", "enhanced_code", "dsn")


class Fates:
    """What became of recipients, in all and by the cause of their last failure."""

    def __init__(self) -> None:
        self.messages = 0
        self.recipients = 0
        self.outcomes: dict[str, int] = defaultdict(int)
        self.delayed = 0
        self.by_cause: dict[tuple[object, ...], dict[str, int]] = {}


def fates_of(ledger: pl.DataFrame) -> Fates:
    """Count what became of each recipient in a summary's ledger."""
    out = Fates()
    if ledger.is_empty():
        return out
    rows = _expired(ledger)
    out.messages = ledger.get_column("message").n_unique()
    out.recipients = rows.height
    for name, number in rows.group_by("outcome").len().iter_rows():
        out.outcomes[name] = number
    late = pl.col("outcome").is_in(["delivered", "expanded"]) & pl.col("failed_at").is_not_null()
    out.delayed = rows.filter(late).height
    failed = rows.filter(pl.col("failed_at").is_not_null())
    for row in failed.group_by(*CAUSE, "outcome").len().iter_rows(named=True):
        fate = out.by_cause.setdefault(tuple(row[name] for name in CAUSE), defaultdict(int))
        fate[row["outcome"]] += row["len"]
    return out


def _expired(ledger: pl.DataFrame) -> pl.DataFrame:
    """A message that expired takes its waiting recipients with it; they keep the cause of their last try."""
    whole = ledger.filter(pl.col("whole") & (pl.col("outcome") == "expired"))
    rows = ledger.filter(~(pl.col("whole") & (pl.col("outcome") == "expired")))
    waiting = pl.col("outcome").is_in(["deferred", "softbounced"])
    ended = pl.col("message").is_in(whole.get_column("message").implode())
    rows = rows.with_columns(outcome=pl.when(waiting & ended).then(pl.lit("expired")).otherwise(pl.col("outcome")))
    seen = rows.get_column("message").unique()
    orphans = whole.filter(~pl.col("message").is_in(seen.implode()))
    return pl.concat([rows, orphans])
