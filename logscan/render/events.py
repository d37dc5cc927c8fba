"""Writes an events table to a binary stream: CSV that spreadsheets cannot run, JSON lines, Parquet."""

from __future__ import annotations

from typing import BinaryIO

import polars as pl

# A spreadsheet runs a cell that begins so (OWASP, CSV injection).
_FORMULA = r"^[=+\-@\t\r]"


def write(frame: pl.DataFrame, form: str, stream: BinaryIO) -> None:
    """Write a frame as "csv", "jsonl" or "parquet"."""
    if form == "parquet":
        frame.write_parquet(stream)
    elif form == "jsonl":
        frame.with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")).write_ndjson(stream)
    else:
        texts = [name for name, kind in frame.schema.items() if kind in (pl.String, pl.Enum)]
        safe = [
            pl.when(pl.col(name).cast(pl.String).str.contains(_FORMULA))
            .then(pl.lit("'") + pl.col(name).cast(pl.String))
            .otherwise(pl.col(name).cast(pl.String))
            .alias(name)
            for name in texts
        ]
        frame.with_columns(safe).write_csv(stream, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
