"""What became of recipients in the end, told from a summary's ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl


@dataclass(slots=True)
class Fate:
    """What became of the recipients whose last failure had one cause.

    ``waits`` is the first try of the one that has waited longest; ``hours`` the median time from the first try to the
    delivery. ``pause`` is the median time in hours between the tries of those ``paused`` that were tried three times.
    """

    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waits: datetime | None = None
    hours: float | None = None
    pause: float | None = None
    paused: int = 0

    @property
    def lost(self) -> int:
        """Recipients that never get the message."""
        return self.outcomes["bounced"] + self.outcomes["expired"]

    @property
    def waiting(self) -> int:
        """Recipients that are still to be tried."""
        return self.outcomes["deferred"] + self.outcomes["softbounced"]

    @property
    def recovered(self) -> int:
        """Recipients that got the message at a later try."""
        return self.outcomes["delivered"] + self.outcomes["expanded"]


def together(fates: Iterable[Fate]) -> Fate:
    """What became of the recipients of several causes; the hours are those of the cause with most deliveries."""
    whole = Fate()
    most = 0
    for fate in fates:
        for outcome, number in fate.outcomes.items():
            whole.outcomes[outcome] += number
        whole.waits = min(filter(None, (whole.waits, fate.waits)), default=None)
        if fate.paused > whole.paused:
            whole.pause, whole.paused = fate.pause, fate.paused
        if fate.recovered > most:
            whole.hours, most = fate.hours, fate.recovered
    return whole


class Fates:
    """What became of recipients, in all and by the cause of their last failure."""

    def __init__(self) -> None:
        self.messages = 0
        self.recipients = 0
        self.outcomes: dict[str, int] = defaultdict(int)
        self.delayed = 0
        self.lifetime: float | None = None  # hours from the first try to the expiry, median
        self.measured = 0  # of how many recipients that is
        self.by_cause: dict[str | None, Fate] = defaultdict(Fate)


_UNSURE = timedelta(hours=2)
_LATE = pl.col("outcome").is_in(["delivered", "expanded"])
_WAITING = pl.col("outcome").is_in(["deferred", "softbounced"])


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
    failed = rows.filter(pl.col("failed_at").is_not_null())
    out.delayed = failed.filter(_LATE).height
    _measure(failed, out)
    counted = failed.group_by("cause", "outcome").agg(
        pl.len(),
        pl.col("begun").filter(_WAITING).min().alias("waits"),
        (pl.col("at") - pl.col("begun")).filter(_LATE).median().alias("took"),
    )
    for cause, outcome, number, waits, took in counted.iter_rows():
        fate = out.by_cause[cause]
        fate.outcomes[outcome] += number
        fate.waits = min(filter(None, (fate.waits, waits)), default=None)
        fate.hours = took.total_seconds() / 3600 if took is not None and outcome == "delivered" else fate.hours
    return out


def _measure(failed: pl.DataFrame, out: Fates) -> None:
    """How long the queue keeps a message, and how long it pauses between tries."""
    # What was tried already when the log began would seem younger than it is.
    young = pl.col("begun") > pl.col("begun").min() + _UNSURE
    lived = (pl.col("at") - pl.col("begun")).dt.total_seconds() / 3600
    ended = failed.filter(young & (pl.col("outcome") == "expired"))
    out.lifetime, out.measured = ended.select(lived.median()).item(), ended.height
    often = failed.filter(pl.col("tries") > 2).group_by("cause").agg((lived / (pl.col("tries") - 1)).median(), pl.len())
    for cause, pause, number in often.iter_rows():
        out.by_cause[cause].pause, out.by_cause[cause].paused = pause, number


def _expired(ledger: pl.DataFrame) -> pl.DataFrame:
    """A message that expired takes its waiting recipients with it; they keep the cause of their last try."""
    whole = ledger.filter(pl.col("whole") & (pl.col("outcome") == "expired"))
    rows = ledger.filter(~(pl.col("whole") & (pl.col("outcome") == "expired")))
    ended = pl.col("message").is_in(whole.get_column("message").implode())
    rows = rows.with_columns(outcome=pl.when(_WAITING & ended).then(pl.lit("expired")).otherwise(pl.col("outcome")))
    seen = rows.get_column("message").unique()
    orphans = whole.filter(~pl.col("message").is_in(seen.implode()))
    return pl.concat([rows, orphans])
