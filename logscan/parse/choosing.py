"""Which shape each row of a table has; ``logscan.packs.match.chosen`` says it of one row."""

from __future__ import annotations

from functools import cache

import polars as pl

from logscan.packs.match import chosen
from logscan.packs.mta import Mta
from logscan.packs.tables import Format


def numbered(rows: pl.DataFrame, mta: Mta, format_: Format) -> pl.DataFrame:
    """Rows with the number of the first shape whose conditions each meets, decided once for all that are alike."""
    exact, tried = _conditions(mta, format_)
    values = [name for name in exact if name in rows.columns]
    marks = {f"_mark{n}": (name, pattern) for n, (name, pattern) in enumerate(tried) if name in rows.columns}
    rows = rows.with_columns(
        pl.col(name).fill_null("").str.contains(pattern).alias(mark) for mark, (name, pattern) in marks.items()
    )
    shown = sorted({name for name, _ in marks.values()})
    keys = [*values, *marks]
    kinds = rows.group_by(keys).agg(pl.col(shown).first())
    names = [*values, *shown]
    numbers = [_number(mta, dict(zip(names, row, strict=True))) for row in kinds.select(names).iter_rows()]
    kinds = kinds.with_columns(_shape=pl.Series(numbers, dtype=pl.Int32)).select(*keys, "_shape")
    return rows.join(kinds, on=keys, how="left", nulls_equal=True, maintain_order="left").drop(*marks)


@cache
def _conditions(mta: Mta, format_: Format) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The columns whose values decide on the shape of a format's rows, and the patterns that decide on others."""
    shapes_ = [shape for shape in mta.shapes if format_.id in shape.when.get("_format", (format_.id,))]
    every = [item for shape in shapes_ for item in (*shape.when.items(), *shape.unless.items())]
    exact = {"_format"} | {name for name, values in every if not all(one.startswith("^") for one in values)}
    tried = {(name, one) for name, values in every if name not in exact for one in values}
    return tuple(sorted(exact)), tuple(sorted(tried))


def _number(mta: Mta, row: dict[str, str | None]) -> int | None:
    shape = chosen(mta, row)
    return None if shape is None else mta.shapes.index(shape)
