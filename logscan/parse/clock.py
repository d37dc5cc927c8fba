"""Stamps of whole columns to UTC; ``logscan.framing.to_utc`` says the same of one stamp."""

from __future__ import annotations

import polars as pl

from logscan.framing import Clock

_NAIVE = pl.Datetime("us")


def utc(stamp: pl.Expr, kind: str, clock: Clock) -> pl.Expr:
    """A column of stamps of one kind ("bsd" or "iso") as datetime[us, UTC]; null where it is no date."""
    return _bsd(stamp, clock) if kind == "bsd" else _iso(stamp, clock)


def _bsd(stamp: pl.Expr, clock: Clock) -> pl.Expr:
    # 2000 was a leap year, so every calendar day exists in it.
    leap = (pl.lit("2000 ") + stamp).str.strptime(_NAIVE, "%Y %b %d %H:%M:%S%.f", strict=False)
    month_day = leap.dt.month().cast(pl.Int32) * 100 + leap.dt.day()
    year = (
        pl.when(month_day == 229)
        .then(clock.year_of(2, 29))
        .when(month_day >= clock.pivot)
        .then(clock.year)
        .otherwise(clock.year + 1)
    )
    return _to_utc(leap.dt.replace(year=year), clock.zone)


def _iso(stamp: pl.Expr, clock: Clock) -> pl.Expr:
    text = stamp.str.replace(",", ".", literal=True)
    naive = text.str.extract(r"^([^.Z+]{10}.[0-9:]{8}(?:\.[0-9]{1,6})?)").str.strptime(
        _NAIVE, "%Y-%m-%dT%H:%M:%S%.f", strict=False
    )
    zone = text.str.slice(19)
    offset = zone.str.extract(r"([+-][0-9]{2}):?[0-9]{2}$").cast(pl.Int32) * 60
    rest = zone.str.extract(r"[+-][0-9]{2}:?([0-9]{2})$").cast(pl.Int32)
    minutes = offset + pl.when(zone.str.contains("-", literal=True)).then(-rest).otherwise(rest)
    zulu = pl.when(zone.str.ends_with("Z")).then(0).otherwise(minutes)
    shifted = (naive - pl.duration(minutes=zulu)).dt.replace_time_zone("UTC")
    return pl.when(zulu.is_not_null()).then(shifted).otherwise(_to_utc(naive, clock.zone))


def _to_utc(naive: pl.Expr, zone: str) -> pl.Expr:
    """Local to UTC: the first pass of a repeated hour; a skipped time by the offset before the jump."""
    if zone == "UTC":
        return naive.dt.replace_time_zone("UTC")
    hour = pl.duration(hours=1)
    plain = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    skipped = (naive - hour).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return plain.fill_null(skipped.dt.convert_time_zone("UTC") + hour)
