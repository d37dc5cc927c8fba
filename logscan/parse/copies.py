"""Lines that say once more what another line says: which to leave out, so that one reply is one event.

Both rules look at lines that begin within ``framing.REACH`` bytes of each other, never further: so a block needs only
as much of what stands around it, and any cut of a log gives the same.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from logscan.framing import REACH
from logscan.packs.mta import Mta, Shape

_TOGETHER = timedelta(seconds=1)
_WHO = ["reporting_mta", "_said"]
_REPLY = ["reporting_mta", "queue_id", "remote_ip", "diagnostic"]
# What has to be taken out of lines to tell copies.
NEEDED = frozenset(_REPLY)
Frames = list[pl.DataFrame]


def possible(packs: tuple[Mta, ...]) -> bool:
    """Tell whether lines of these MTAs may be copies of each other."""
    return any(shape.copied or shape.told_again_in for mta in packs for shape in (*mta.events, *mta.notices))


def marked(rows: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """Events of one shape with _shape, and _said or _again_in where they may be copies."""
    rows = rows.with_columns(_shape=pl.lit(shape.id))
    if shape.told_again_in:
        rows = rows.with_columns(_again_in=pl.lit(shape.told_again_in))
    return rows if shape.copied else rows.drop("_said")


def near(events: Frames, start: int, end: int) -> tuple[bool, bool]:
    """Whether what stands before, and behind, the bytes from start to end has a say about the events within."""
    before = any("_said" in rows.columns and rows.get_column("offset").min() <= start + REACH for rows in events)  # type: ignore[operator]  # a number
    after = any("_again_in" in rows.columns and rows.get_column("offset").max() >= end - REACH for rows in events)  # type: ignore[operator]  # a number
    return before, after


def left_out(events: Frames, before: Frames, after: Frames) -> tuple[Frames, int]:
    """Events and notices without copies, and how many lines were copies; before and after hold those that stand around.

    Frames with _said may hold copies, frames with _again_in replies that a record of that kind (_shape) tells again.
    """
    told = pl.all_horizontal(pl.col(name).is_not_null() for name in _WHO)
    heard = [rows.filter(told) for rows in (*events, *before) if "_said" in rows.columns]
    share = shares(pl.concat([_shown(rows) for rows in heard])) if any(rows.height for rows in heard) else None
    out, count = [], 0
    for rows in events:
        kept = rows
        if "_again_in" in rows.columns:
            records = [other for other in (*events, *after) if _is_of(other, rows.get_column("_again_in")[0])]
            if records:
                again = told_again(rows, pl.concat([_replies(other) for other in records]))
                kept = rows.filter(~pl.col("offset").is_in(again.implode()))
        if "_said" in rows.columns and share is not None:
            shared = pl.coalesce("_share", pl.col("_times").cast(pl.Int64))
            kept = kept.join(share, on="offset", how="left", maintain_order="left")
            kept = kept.filter((shared > 0) | (pl.col("_times") == 0))
            kept = kept.with_columns(_times=shared.cast(pl.UInt32)).drop("_share")
        count += rows.height - kept.height
        out += [kept] if kept.height else []
    return out, count


def hashes(events: Frames) -> pl.Series:
    """Numbers that tell lines of an MTA's own file by their time and their whole text."""
    own = [rows.filter(_own(rows)) for rows in events if "_said" in rows.columns]
    return pl.concat([rows.select(_hash()).to_series() for rows in own]) if own else pl.Series([], dtype=pl.UInt64)


def not_told(events: Frames, told: frozenset[int]) -> tuple[Frames, int]:
    """Events and notices without the lines that another file tells, and how many those were."""
    numbers = pl.Series(sorted(told), dtype=pl.UInt64)
    out, count = [], 0
    for rows in events:
        kept = rows if "_said" not in rows.columns else rows.filter(~(_hash().is_in(numbers.implode()) & _own(rows)))
        count += rows.height - kept.height
        out += [kept] if kept.height else []
    return out, count


def _hash() -> pl.Expr:
    return pl.struct("timestamp", "_said").hash().alias("hash")


def _own(rows: pl.DataFrame) -> pl.Expr:
    """Which lines name no host, as those of an MTA's own file."""
    return pl.col("reporting_mta").is_null() if "reporting_mta" in rows.columns else pl.lit(value=True)


def _is_of(rows: pl.DataFrame, shape: str) -> bool:
    return "_shape" in rows.columns and rows.get_column("_shape")[0] == shape


def _shown(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("offset", "timestamp", *_WHO, "_times")


def shares(rows: pl.DataFrame) -> pl.DataFrame:
    """How often each line really happened: of equal lines of one host, within a second, every second is a copy.

    Rows have offset, timestamp, reporting_mta, _said and _times; the answer has offset and _share. Lines without a
    host stand in a file of the MTA's own, which holds each of them once.
    """
    rows = rows.with_columns(pl.col("_times").cast(pl.Int64)).sort(*_WHO, "offset")
    said = pl.lit(0, dtype=pl.Int64)
    lag = 0
    while True:
        lag += 1
        same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(lag) for name in _WHO)
        near = same & (pl.col("offset") - pl.col("offset").shift(lag) <= REACH)
        if not rows.select(near.any()).item():
            break
        together = (pl.col("timestamp") - pl.col("timestamp").shift(lag)).abs() <= _TOGETHER
        said += pl.when(near & together).then(pl.col("_times").shift(lag)).otherwise(0)
    before = rows.select("offset", "_times", said.alias("_before"))
    return before.select(
        "offset", _share=(pl.col("_before") + pl.col("_times") + 1) // 2 - (pl.col("_before") + 1) // 2
    )


def _replies(rows: pl.DataFrame) -> pl.DataFrame:
    """What tells a reply; lines that do not name a peer have no column for it."""
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in _REPLY if name not in rows.columns]
    return rows.with_columns(missing).select("offset", *_REPLY)


def told_again(rows: pl.DataFrame, records: pl.DataFrame) -> pl.Series:
    """The offsets of rows whose reply, of the same host for the same message, a record behind them tells again."""
    key = [pl.col(name).fill_null("").alias(name) for name in _REPLY]
    ours = _replies(rows).select("offset", *key).sort("offset")
    theirs = records.select("offset", *key, _again="offset").sort("offset")
    found = ours.join_asof(theirs, on="offset", by=_REPLY, strategy="forward", tolerance=REACH, check_sortedness=False)
    return found.filter(pl.col("_again").is_not_null()).get_column("offset")
