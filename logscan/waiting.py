"""Rows of sessions that several blocks or files tell of: they wait until the session is whole, or all is read.

Files of one folder go on with each other. What is kept in memory are the rows of sessions that are not whole yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import polars as pl

from logscan.parse import lines
from logscan.stage import Stage

_MANY = 200_000  # rows after which it is looked whether sessions have become whole


class Waiting:
    """The rows that wait, by folder; ``names`` are the files in the order of reading."""

    def __init__(self, stage: Stage, names: Sequence[str]) -> None:
        self.stage = stage
        self.order = {name: n for n, name in enumerate(names)}
        self.rows: dict[str, list[pl.DataFrame]] = {}
        self.limits: dict[str, int] = {}

    def add(self, name: str, frames: list[pl.DataFrame]) -> Iterator[tuple[str, lines.Parsed]]:
        """Take rows of a file; what sessions say that are whole now, by file."""
        if not frames:
            return
        folder = os.path.dirname(name)  # noqa: PTH120  # a name, which may be of a member of an archive
        held = self.rows.setdefault(folder, [])
        held += frames
        if sum(frame.height for frame in held) > self.limits.get(folder, _MANY):
            yield from self._finish(folder, last=False)
            self.limits[folder] = _MANY + 2 * sum(frame.height for frame in self.rows[folder])

    def rest(self) -> Iterator[tuple[str, lines.Parsed]]:
        """What the others say when there is nothing more to read."""
        for folder in list(self.rows):
            yield from self._finish(folder, last=True)

    def _finish(self, folder: str, *, last: bool) -> Iterator[tuple[str, lines.Parsed]]:
        rows = pl.concat(self.rows[folder]).with_columns(
            _file=pl.col("source").replace_strict(self.order, return_dtype=pl.Int64)
        )
        rows = rows.sort("_file", "offset").drop("_file")
        done, left = self.stage.finished(rows, last=last)
        self.rows[folder] = [left] if left.height else []
        yield from done
