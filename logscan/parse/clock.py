"""Stamps of whole columns to UTC; ``logscan.framing.to_utc`` says the same of one stamp."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from logscan.framing import Clock

_NAIVE = pl.Datetime("us")
_MINUTE = len("Jan  5 03:04")
_FIRST, _ZERO = "Jan  1 00:00", datetime(2000, 1, 1)
_ISO = (
    r"^(?P<_time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\.[0-9]{1,6})?)[0-9]*"
    r"(?: ?(?P<_zone>Z|[+-][0-9]{2}:?[0-9]{2}))?$"
)


def utc(stamps: pl.Series, kind: str, clock: Clock) -> pl.Series:
    """Stamps of one kind ("bsd" or "iso") as datetime[us, UTC]; null where it is no date."""
    frame = stamps.to_frame("stamp")
    return _bsd(frame, clock) if kind == "bsd" else _iso(frame, clock)


def _bsd(frame: pl.DataFrame, clock: Clock) -> pl.Series:
    """A busy server writes many lines in a minute: each minute is looked up once, and each second within it."""
    parts = frame.select(minute=pl.col("stamp").str.slice(0, _MINUTE), within=pl.col("stamp").str.slice(_MINUTE))
    minutes = parts.select(pl.col("minute").unique())
    minutes = minutes.with_columns(_moved(minutes.select(pl.col("minute") + ":00"), clock).alias("t"))
    seconds = parts.select(pl.col("within").unique())
    seconds = seconds.with_columns(s=_leap(seconds.select(pl.lit(_FIRST) + pl.col("within"))) - _ZERO)
    if seconds.select((pl.col("s") >= timedelta(minutes=1)).any()).item():  # a leap second may end an hour, or a year
        return _moved(frame, clock)
    found = parts.join(minutes, on="minute", how="left", maintain_order="left")
    found = found.join(seconds, on="within", how="left", maintain_order="left")
    return found.select(pl.col("t") + pl.col("s")).to_series()


def _leap(stamps: pl.DataFrame) -> pl.Series:
    """Stamps without a year as times of the year 2000, which was a leap year, so that every day exists in it."""
    text = pl.lit("2000 ") + stamps.to_series()
    return stamps.select(text.str.strptime(_NAIVE, "%Y %b %d %H:%M:%S%.f", strict=False)).to_series()


def _moved(stamps: pl.DataFrame, clock: Clock) -> pl.Series:
    """Stamps without a year in UTC: each stretch of the year moves as a whole."""
    leap = _leap(stamps).to_frame("t")
    (_, first), *later = _stretches(clock)
    shift: pl.Expr = pl.lit(first)
    for start, move in later:
        shift = pl.when(pl.col("t") >= start).then(pl.lit(move)).otherwise(shift)
    return _to_utc(leap.select((pl.col("t") + shift).alias("t")).to_series(), clock.zone)


def _stretches(clock: Clock) -> list[tuple[datetime, timedelta]]:
    """From which day of the year 2000 on a stamp moves how far, to lie in the right year."""
    days = sorted({101, 229, 301, clock.pivot})
    out = []
    for day in days:
        start = datetime(2000, day // 100, day % 100)
        out.append((start, datetime(clock.year_of(start.month, start.day), start.month, start.day) - start))
    return out


def _iso(frame: pl.DataFrame, clock: Clock) -> pl.Series:
    text = pl.col("stamp").str.replace(",", ".", literal=True)
    rows = (
        frame.select(text.str.extract_groups(_ISO))
        .unnest("stamp")
        .select(
            pl.col("_time")
            .str.replace(" ", "T", literal=True)
            .str.strptime(_NAIVE, "%Y-%m-%dT%H:%M:%S%.f", strict=False)
            .alias("t"),
            pl.col("_zone").alias("zone"),
        )
    )
    zones = rows.select("zone")
    known = {zone: _offset(zone) for zone in zones.to_series().unique().drop_nulls().to_list()}
    if not known:
        return _to_utc(rows.get_column("t"), clock.zone)
    moved = pl.col("t") - pl.col("zone").replace_strict(known, default=None, return_dtype=pl.Duration("us"))
    # Python's calendar, which is what users see, begins and ends with these years.
    kept = pl.when(moved.dt.year().is_between(1, 9999)).then(moved)
    fixed = rows.select(kept.dt.replace_time_zone("UTC").alias("t")).to_series()
    if zones.to_series().null_count() == 0:
        return fixed
    local = _to_utc(rows.select(pl.when(pl.col("zone").is_null()).then(pl.col("t")).alias("t")).to_series(), clock.zone)
    return pl.DataFrame({"a": fixed, "b": local}).select(pl.coalesce("a", "b")).to_series()


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta(0)
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)


def _to_utc(naive: pl.Series, zone: str) -> pl.Series:
    """Local to UTC: the first pass of a repeated hour; a skipped time by the offset before the jump."""
    if zone == "UTC":
        return naive.dt.replace_time_zone("UTC")
    plain = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    if plain.null_count() == naive.null_count():
        return plain
    hour = timedelta(hours=1)
    skipped = (naive - hour).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    both = pl.DataFrame({"a": plain, "b": skipped.dt.convert_time_zone("UTC") + hour})
    return both.select(pl.coalesce("a", "b")).to_series()
