"""Takes the frame off whole columns of lines: stamp, logging host, program tag, payload."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from logscan.framing import REPEATED, Clock, Frame
from logscan.parse.clock import utc

_SAMPLE = 64
_LABEL = r"^(?P<reporting_mta>[^ ]+) (?P<agent>[^ \[:]+)\[[0-9]+$"
# What a row carries on from here, in this order.
COLUMNS = ("line", "offset", "timestamp", "reporting_mta", "agent", "_payload")


def present(lines: pl.Series, frames: Sequence[Frame]) -> list[Frame]:
    """The frames that some of the first lines have, the most frequent first."""
    head = lines.head(_SAMPLE)
    hits = [(int(head.str.contains(frame.pattern).sum()), frame) for frame in frames]
    return [frame for count, frame in sorted(hits, key=lambda hit: -hit[0]) if count]


def behead(rows: pl.DataFrame, frames: Sequence[Frame], clock: Clock, *, ascii_only: bool) -> pl.DataFrame:
    """Rows with columns line and offset, framed lines only, as COLUMNS plus _times; order is kept.

    Lines that no frame takes are left out.
    """
    parts: list[pl.DataFrame] = []
    rest = rows
    for frame in frames:
        if rest.is_empty():
            break
        if ascii_only and frame.name in ("bsd", "iso"):
            taken, rest = _fast(rest, frame, clock)
            parts.append(taken)
        taken, rest = _slow(rest, frame, clock)
        parts.append(taken)
    if not parts:
        return _slow(rows.clear(), Frame("none", "^(?P<_stamp>)(?P<reporting_mta>)(?P<agent>)", "bsd"), clock)[0]
    whole = pl.concat([part for part in parts if not part.is_empty()] or parts[:1])
    return whole.sort("offset") if sum(not part.is_empty() for part in parts) > 1 else whole


def _fast(rows: pl.DataFrame, frame: Frame, clock: Clock) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The two common syslog frames by position: byte and character count are the same in ASCII text."""
    line = pl.col("line")
    stamp_end = pl.lit(15) if frame.stamp == "bsd" else line.str.find(" ", literal=True)
    cut = rows.with_columns(_end=stamp_end.cast(pl.Int64), _tag_end=line.str.find("]: ", literal=True).cast(pl.Int64))
    cut = cut.with_columns(
        _label=line.str.slice(pl.col("_end") + 1, pl.col("_tag_end") - pl.col("_end") - 1),
        _payload=line.str.slice(pl.col("_tag_end") + 3),
        timestamp=utc(line.str.slice(0, pl.col("_end")), frame.stamp, clock),
    )
    labels = cut.select(pl.col("_label").unique()).drop_nulls()
    labels = labels.with_columns(pl.col("_label").str.extract_groups(_LABEL).alias("_g")).unnest("_g")
    cut = cut.join(labels.drop_nulls("agent"), on="_label", how="left", maintain_order="left")
    good = pl.col("agent").is_not_null() & pl.col("timestamp").is_not_null()
    if cut.select(good.all()).item():
        return _finish(cut), rows.clear()
    mask = cut.select(good.alias("good")).to_series()
    return _finish(cut.filter(mask)), rows.filter(~mask)


def _slow(rows: pl.DataFrame, frame: Frame, clock: Clock) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Any frame, by its pattern."""
    pattern = f"^(?P<_head>{frame.pattern[1:]})"
    got = rows.with_columns(pl.col("line").str.extract_groups(pattern).alias("_g")).unnest("_g")
    mask = got.get_column("_head").is_not_null()
    if "reporting_mta" not in got.columns:
        got = got.with_columns(reporting_mta=pl.lit(None, dtype=pl.String))
    if "agent" not in got.columns:
        got = got.with_columns(agent=pl.lit(None, dtype=pl.String))
    got = got.filter(mask).with_columns(
        _payload=pl.col("line").str.strip_prefix(pl.col("_head")),
        timestamp=utc(pl.col("_stamp"), frame.stamp, clock),
    )
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
    return pl.concat([rows.filter(~folded), open_]).sort("offset")
