"""Takes the frame off whole columns of lines: stamp, logging host, program tag, payload."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from logscan.framing import REPEATED, STAMPS, Clock, Frame, compiled
from logscan.packs.part import nameless
from logscan.parse.clock import utc

_SAMPLE = 32
_LABEL = r"^(?P<reporting_mta>[^ ]+) (?P<agent>[^ \[:]+)\[[0-9]+$"
# What a row carries on from here, in this order.
COLUMNS = ("offset", "timestamp", "reporting_mta", "agent", "_payload")


def ordered(lines: pl.Series, frames: Sequence[Frame]) -> tuple[list[Frame], list[Frame]]:
    """The frames that some of the first lines have, the most frequent first, and the others."""
    head = lines.head(_SAMPLE).to_list()
    hits = {frame: sum(1 for line in head if compiled(frame.pattern).match(line)) for frame in frames}
    seen = sorted((frame for frame in frames if hits[frame]), key=lambda frame: -hits[frame])
    return seen, [frame for frame in frames if not hits[frame]]


def present(rows: pl.DataFrame, frames: Sequence[Frame]) -> list[Frame]:
    """Those of some frames that some of the rows have."""
    if rows.is_empty() or not frames:
        return []
    line = pl.col("line")
    patterns = [nameless(frame.pattern) for frame in frames]
    some = rows.filter(line.str.contains("|".join(f"(?:{pattern})" for pattern in patterns)))
    if some.is_empty():
        return []
    hits = some.select(line.str.contains(pattern).any().alias(str(n)) for n, pattern in enumerate(patterns)).row(0)
    return [frame for frame, hit in zip(frames, hits, strict=True) if hit]


def behead(rows: pl.DataFrame, frames: Sequence[Frame], clock: Clock, *, ascii_only: bool) -> pl.DataFrame:
    """Rows with columns line and offset, framed lines only, as COLUMNS plus _times; their order may change.

    Lines that no frame takes are left out.
    """
    parts: list[pl.DataFrame] = []
    rest, left = rows, list(frames)
    while left and not rest.is_empty():
        frame = left.pop(0)
        if ascii_only and frame.name in ("bsd", "iso"):
            taken, rest = _fast(rest, frame, clock)
            parts.append(taken)
        taken, rest = _slow(rest, frame, clock)
        parts.append(taken)
        if frame is frames[0]:  # most lines have the first, and few of the others are there at all
            left = present(rest, left)
    if not parts:
        return _slow(rows.clear(), Frame("none", "^(?P<_stamp>)(?P<reporting_mta>)(?P<agent>)", "bsd"), clock)[0]
    return pl.concat([part for part in parts if not part.is_empty()] or parts[:1])


def _fast(rows: pl.DataFrame, frame: Frame, clock: Clock) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The two common syslog frames by position: byte and character count are the same in ASCII text."""
    line = pl.col("line")
    ends = [line.str.find("]: ", literal=True).cast(pl.Int64).alias("_tag_end")]
    stamp_end: pl.Expr = pl.lit(15, dtype=pl.Int64)
    if frame.stamp == "iso":
        ends.append(line.str.find(" ", literal=True).cast(pl.Int64).alias("_end"))
        stamp_end = pl.col("_end")
    cut = rows.with_columns(ends).with_columns(
        line.str.slice(0, stamp_end).alias("_stamp"),
        line.str.slice(stamp_end + 1, (pl.col("_tag_end") - stamp_end - 1).clip(0)).alias("_label"),
        line.str.slice(pl.col("_tag_end") + 3).alias("_payload"),
    )
    labels = cut.get_column("_label").unique().drop_nulls()
    known = labels.to_frame().hstack(labels.str.extract_groups(_LABEL).struct.unnest()).drop_nulls("agent")
    cut = cut.join(known, on="_label", how="left", maintain_order="left")
    cut = cut.with_columns(utc(cut.get_column("_stamp"), frame.stamp, clock).alias("timestamp"))
    # Solaris, and stamps that only look like one: the pattern knows them.
    parted = line.str.slice(stamp_end, 1) == " "
    good = cut.select(
        (parted & pl.col("_stamp").str.contains(STAMPS[frame.stamp]) & ~pl.col("_payload").str.starts_with("[ID "))
        .fill_null(value=False)
        .alias("good")
    ).to_series()
    if good.all() and not cut.get_column("agent").null_count() and not cut.get_column("timestamp").null_count():
        return _finish(cut), rows.clear()
    good = good & cut.get_column("agent").is_not_null() & cut.get_column("timestamp").is_not_null()
    return _finish(cut.filter(good)), rows.filter(~good)


def _slow(rows: pl.DataFrame, frame: Frame, clock: Clock) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Any frame, by its pattern."""
    pattern = f"^(?P<_head>{frame.pattern[1:]})"
    got = rows.with_columns(pl.col("line").str.extract_groups(pattern).alias("_g")).unnest("_g")
    mask = got.get_column("_head").is_not_null()
    if "reporting_mta" not in got.columns:
        got = got.with_columns(reporting_mta=pl.lit(None, dtype=pl.String))
    if "agent" not in got.columns:
        got = got.with_columns(agent=pl.lit(frame.agent or None, dtype=pl.String))
    got = got.filter(mask).with_columns(_payload=pl.col("line").str.strip_prefix(pl.col("_head")))
    got = got.with_columns(utc(got.get_column("_stamp"), frame.stamp, clock).alias("timestamp"))
    return _finish(got), rows.filter(~mask)


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    """Unfold "message repeated N times: [ … ]"."""
    rows = rows.select(*COLUMNS).with_columns(_times=pl.lit(1, dtype=pl.UInt32))
    folded = rows.get_column("_payload").str.starts_with("message repeated ")
    if not folded.any():
        return rows
    inner = pl.col("_payload").str.extract(REPEATED, 2)
    open_ = rows.filter(folded).with_columns(
        _payload=inner.str.strip_suffix("]"),
        _times=pl.col("_payload").str.extract(REPEATED, 1).cast(pl.UInt32, strict=False).fill_null(1),
    )
    open_ = open_.with_columns(pl.col("_payload").fill_null(""))
    return pl.concat([rows.filter(~folded), open_])
