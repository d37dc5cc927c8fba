"""Writes an events table to a binary stream: CSV that spreadsheets cannot run, JSON lines, Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

import polars as pl

from logscan import schema
from logscan.render.escape import FORMULA

_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"
_ROWS = 100_000  # written at a time, so that a reader who goes away is noticed


def write(
    frame: pl.DataFrame,
    form: str,
    stream: BinaryIO,
    *,
    raw: bool = False,
    columns: Sequence[schema.Column] = schema.EVENTS,
) -> None:
    """Write a frame as "csv", "jsonl" or "parquet".

    Parquet has categories where a column has words, times in UTC, and what each of ``columns`` means as metadata of the
    file: ``logscan.column.NAME``.

    In CSV, a text that a spreadsheet would run as a formula begins with an apostrophe, unless ``raw`` asks for it as
    it is; the other forms always hold it as it is.
    """
    if form == "parquet":
        whole = io.BytesIO()
        words = [column.name for column in columns if column.kind == "word" and column.words is None]
        categories = [pl.col(name).cast(pl.Categorical) for name in words if name in frame.columns]
        frame.with_columns(categories).write_parquet(whole, metadata=_meanings(frame, columns))
        stream.write(whole.getbuffer())
        return
    for start in range(0, max(frame.height, 1), _ROWS):
        part = frame.slice(start, _ROWS)
        stream.write((_jsonl(part) if form == "jsonl" else _csv(part, header=start == 0, raw=raw)).encode())


def _meanings(frame: pl.DataFrame, columns: Sequence[schema.Column]) -> dict[str, str]:
    known = {column.name: column.meaning for column in columns}
    return {f"logscan.column.{name}": known[name] for name in frame.columns if name in known}


def _jsonl(frame: pl.DataFrame) -> str:
    return frame.with_columns(pl.col(pl.Datetime).dt.strftime(_TIME)).write_ndjson()


def _csv(frame: pl.DataFrame, *, header: bool, raw: bool) -> str:
    texts = [name for name, kind in frame.schema.items() if kind in (pl.String, pl.Enum)]
    plain = frame.with_columns(pl.col(name).cast(pl.String) for name in texts)
    safe = [
        pl.when(pl.col(name).str.contains(FORMULA)).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in ([] if raw else texts)
    ]
    return plain.with_columns(safe).write_csv(include_header=header, datetime_format=_TIME)
