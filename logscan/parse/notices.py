"""Lines that are no replies but matter: warnings, fatal errors, failed logins, lost connections."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import polars as pl

from logscan.packs.mta import Mta, Shape
from logscan.packs.part import groups, nameless
from logscan.parse import shapes


def take(rows: pl.DataFrame, mta: Mta) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows into notices, with _kind, _severity and _text, and the rest: first which they are, then their text."""
    held = rows.select(shapes.has_any(shapes.PAYLOAD, kind.anchors).alias(kind.id) for kind in mta.notices)
    kinds = [kind for kind in mta.notices if held.get_column(kind.id).any()]
    if not kinds:
        return rows.clear(), rows
    which = pl.lit(None, dtype=pl.String)
    for kind in reversed(kinds):
        payload = pl.when(pl.col(kind.id)).then(shapes.PAYLOAD)
        which = pl.when(payload.str.contains(_any(kind.patterns))).then(pl.lit(kind.id)).otherwise(which)
    found = rows.with_columns(rows.select("_payload").hstack(held).select(which.alias("_kind")).to_series())
    taken = found.filter(pl.col("_kind").is_not_null())
    if taken.is_empty():
        return rows.clear(), rows
    seen = set(taken.get_column("_kind").unique().to_list())
    kinds = [kind for kind in kinds if kind.id in seen]
    if "_said" in taken.columns:
        copied = [kind.id for kind in kinds if kind.copied]
        taken = taken.with_columns(_said=pl.when(pl.col("_kind").is_in(copied)).then("_said"))
    taken = shapes.present(taken, mta)
    severity = {kind.id: kind.severity for kind in kinds}
    return taken.with_columns(
        _severity=pl.col("_kind").replace_strict(severity, return_dtype=pl.String),
        _text=pl.coalesce(text for kind in kinds for text in _texts(kind)),
    ), rows.filter(found.get_column("_kind").is_null())


@cache
def _any(patterns: tuple[str, ...]) -> str:
    return "|".join(f"(?:{nameless(pattern)})" for pattern in patterns)


def _texts(kind: Shape) -> Iterator[pl.Expr]:
    """What each of the patterns shows of a line of this kind."""
    payload = pl.when(pl.col("_kind") == kind.id).then(shapes.PAYLOAD)
    for pattern in kind.patterns:
        names = groups(pattern)
        if "_text" in names:
            yield payload.str.extract(pattern, names.index("_text") + 1)
        else:
            yield payload.str.extract(f"({pattern})", 1)
