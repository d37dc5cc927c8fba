"""Lines that are no replies but matter: warnings, fatal errors, failed logins, lost connections."""

from __future__ import annotations

import polars as pl

from logscan.packs.mta import Mta, groups, nameless
from logscan.parse import shapes


def take(rows: pl.DataFrame, mta: Mta) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows into notices, with _kind, _severity and _text, and the rest: first which they are, then their text."""
    kinds = shapes.anchored(rows, mta.notices)
    if not kinds:
        return rows.clear(), rows
    which = pl.lit(None, dtype=pl.Int32)
    for n, kind in reversed(list(enumerate(kinds))):
        held = pl.when(shapes.has_any(shapes.PAYLOAD, kind.anchors)).then(shapes.PAYLOAD)
        which = (
            pl.when(held.str.contains("|".join(f"(?:{nameless(p)})" for p in kind.patterns))).then(n).otherwise(which)
        )
    numbers = rows.select(which.alias("n")).to_series()
    taken = rows.with_columns(numbers.alias("_n"))
    out = []
    for n in sorted(numbers.drop_nulls().unique().to_list()):
        texts = [_text_of(pattern) for pattern in kinds[n].patterns]
        said = {"_kind": pl.lit(kinds[n].id), "_severity": pl.lit(kinds[n].severity), "_text": pl.coalesce(texts)}
        out.append(taken.filter(pl.col("_n") == n).with_columns(**said).drop("_n"))
    return (pl.concat(out) if out else rows.clear()), rows.filter(numbers.is_null())


def _text_of(pattern: str) -> pl.Expr:
    names = groups(pattern)
    if "_text" in names:
        return shapes.PAYLOAD.str.extract(pattern, names.index("_text") + 1)
    return shapes.PAYLOAD.str.extract(f"({pattern})", 1)
