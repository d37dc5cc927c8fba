"""Runs a pack's shapes over whole columns; ``logscan.packs.match`` does the same with one payload."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

import polars as pl

from logscan.packs.mta import Mta, Part, Shape, groups

_TEXT = pl.String()


def any_of(literals: Collection[str]) -> str:
    """A pattern that finds any of some literals."""
    return "|".join(sorted({_escape(literal) for literal in literals}))


@cache
def _escape(literal: str) -> str:
    return "".join("\\" + c if c in r"\.+*?()|[]{}^$#&-~" else c for c in literal)


def take(
    rows: pl.DataFrame, mta: Mta, shape: Shape, want: frozenset[str], *, ascii_only: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows (with _payload) into those a shape takes, its fields added, and the rest; order is kept."""
    hits = _with_anchor(rows, shape)
    mask = rows.get_column("_payload").str.contains(any_of(shape.anchors)) if hits is None else hits
    candidates = rows.filter(mask)
    if candidates.is_empty():
        return candidates, rows
    found, missed = _match(candidates, shape, ascii_only=ascii_only)
    if found.is_empty():
        return found, rows
    rest = rows.filter(~mask) if missed.is_empty() else pl.concat([rows.filter(~mask), missed]).sort("offset")
    return _fill(found, mta, shape, want), rest


def _with_anchor(rows: pl.DataFrame, shape: Shape) -> pl.Series | None:
    if len(shape.anchors) != 1:
        return None
    return rows.get_column("_payload").str.contains(shape.anchors[0], literal=True)


def _match(rows: pl.DataFrame, shape: Shape, *, ascii_only: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    found: list[pl.DataFrame] = []
    rest = rows
    if shape.layout and ascii_only:
        taken, rest = _by_layout(rest, shape)
        found.append(taken)
    for pattern in shape.patterns:
        if rest.is_empty():
            break
        taken, rest = _by_pattern(rest, pattern)
        found.append(taken)
    found = [frame for frame in found if not frame.is_empty()]
    if not found:
        return rows.clear(), rest
    return (found[0] if len(found) == 1 else pl.concat(found, how="diagonal").sort("offset")), rest


def _by_layout(rows: pl.DataFrame, shape: Shape) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fields that literals part from each other, each ending at the first place where its literal stands."""
    rest = pl.col("_payload")
    good = pl.lit(value=True)
    cut = rows.lazy()
    for name, end, forbidden in shape.layout:
        if not end:  # the last field
            cut = cut.with_columns(rest.alias(name))
            break
        cut = cut.with_columns(rest.str.find(end, literal=True).cast(pl.Int64).alias("_at")).with_columns(
            rest.str.slice(0, pl.col("_at")).alias(name), rest.str.slice(pl.col("_at") + len(end)).alias("_rest")
        )
        rest = pl.col("_rest")
        good &= pl.col(name).is_not_null()
        if forbidden:
            good &= ~pl.col(name).str.contains(forbidden)
    done = cut.with_columns(good.fill_null(value=False).alias("_good")).drop("_at", "_rest").collect()
    mask = done.get_column("_good")
    done = done.drop("_good")
    if mask.all():
        return done, rows.clear()
    return done.filter(mask), rows.filter(~mask)


def _by_pattern(rows: pl.DataFrame, pattern: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    # The whole match is a group, too: a pattern may have no groups, or only optional ones.
    whole = f"(?P<_whole>{pattern})"
    got = rows.get_column("_payload").str.extract_groups(whole).struct.unnest()
    mask = got.get_column("_whole").is_not_null()
    got = got.drop("_whole")
    have = [name for name in got.columns if name in rows.columns]
    return rows.drop(have).hstack(got).filter(mask), rows.filter(~mask)


def _fill(rows: pl.DataFrame, mta: Mta, shape: Shape, want: frozenset[str]) -> pl.DataFrame:
    columns = set(rows.columns)
    for name, suffix in shape.trim.items():
        if name in columns:
            rows = rows.with_columns(pl.col(name).str.strip_suffix(suffix))
    parts = _needed(shape, want)
    needed = want | {part.of for part in parts}
    if shape.keys:
        rows = rows.with_columns(
            pl.col(shape.keys_of).str.extract(rf"(?:^|, ){key}=([^,]*)").alias(column)
            for key, column in shape.keys.items()
            if column in needed
        )
    fresh = [pl.lit(value, dtype=_TEXT).alias(name) for name, value in shape.fixed.items() if name not in rows.columns]
    rows = _translate(rows.with_columns(fresh), mta, needed)
    rows = _apply_parts(rows, mta, parts)
    return rows.with_columns(
        pl.when(pl.col(name).is_in(list(values))).then(None).otherwise(pl.col(name)).alias(name)
        for name, values in mta.missing.items()
        if name in rows.columns
    )


@cache
def _needed(shape: Shape, want: frozenset[str]) -> tuple[Part, ...]:
    """The parts that write a wanted column, or one that such a part reads."""
    wanted = set(want)
    out: list[Part] = []
    for part in reversed(shape.parts):
        if part.fills & wanted:
            wanted |= {part.of, *part.when}
            out.append(part)
    return tuple(reversed(out))


def _translate(rows: pl.DataFrame, mta: Mta, columns: Collection[str]) -> pl.DataFrame:
    present = [name for name in mta.words if name in rows.columns and name in columns]
    return rows.with_columns(_word(pl.col(name), mta.words[name]).alias(name) for name in present)


def _word(column: pl.Expr, words: Mapping[str, str]) -> pl.Expr:
    plain = {value: value for value in words.values()} | {k: v for k, v in words.items() if k != "*"}
    return column.replace_strict(plain, default=words.get("*"), return_dtype=_TEXT) if "*" not in words else (
        pl.when(column.is_null()).then(None).otherwise(
            column.replace_strict(plain, default=words["*"], return_dtype=_TEXT)
        )
    )  # fmt: skip


def _apply_parts(rows: pl.DataFrame, mta: Mta, parts: tuple[Part, ...]) -> pl.DataFrame:
    """Parts run over the rows that hold their anchors; most rows hold none."""
    for part in parts:
        if not part.anchor:
            rows = _apply_to_distinct(rows, mta, part) if part.of == "agent" else _apply(rows, mta, part)
    some = [part for part in parts if part.anchor]
    if not some:
        return rows
    mask = pl.lit(value=False)
    for of in sorted({part.of for part in some}):
        mask |= pl.col(of).str.contains(any_of([part.anchor for part in some if part.of == of]))
    flags = rows.select(mask.fill_null(value=False).alias("m")).to_series()
    if not flags.any():
        return rows
    touched = rows.filter(flags)
    for part in some:
        touched = _apply(touched, mta, part)
    return pl.concat([rows.filter(~flags), touched], how="diagonal").sort("offset")


def _apply_to_distinct(rows: pl.DataFrame, mta: Mta, part: Part) -> pl.DataFrame:
    """A part that reads a column of few values runs once for each value."""
    values = rows.select(pl.col(part.of).unique())
    done = _apply(values, mta, part)
    fresh = [name for name in done.columns if name not in values.columns]
    out = rows.join(done, on=part.of, how="left", suffix="_new", nulls_equal=True, maintain_order="left")
    both = [name for name in fresh if name in rows.columns]
    return out.with_columns(pl.coalesce(f"{name}_new", name).alias(name) for name in both).drop(
        [f"{name}_new" for name in both]
    )


def _apply(rows: pl.DataFrame, mta: Mta, part: Part) -> pl.DataFrame:
    """Run one part: the first of its patterns that matches writes its groups, and the fixed values."""
    hit = pl.col(part.of).str.contains(part.anchor, literal=True) if part.anchor else pl.col(part.of).is_not_null()
    for name, value in part.when.items():
        hit &= pl.col(name) == value
    mask = rows.select(hit.fill_null(value=False).alias("m")).to_series()
    if not mask.any():
        return rows
    left, done = rows.filter(mask), [rows.filter(~mask)]
    for pattern in part.patterns:
        got = left.get_column(part.of).str.extract_groups(f"(?P<_whole>{pattern})").struct.unnest()
        matched = got.get_column("_whole").is_not_null()
        if matched.any():
            done.append(_write(left.filter(matched), mta, part, got.filter(matched).drop("_whole")))
        left = left.filter(~matched)
        if left.is_empty():
            break
    return pl.concat([*done, left], how="diagonal").sort("offset") if "offset" in rows.columns else pl.concat(
        [*done, left], how="diagonal"
    )  # fmt: skip


def _write(rows: pl.DataFrame, mta: Mta, part: Part, got: pl.DataFrame) -> pl.DataFrame:
    """Put a part's groups, translated, and its fixed values into rows that it matched."""
    old = [name for name in got.columns if name in rows.columns]
    got = _translate(got, mta, got.columns)
    kept = rows.select(pl.col(name).alias(f"{name}_old") for name in old)
    out = rows.drop(old).hstack(got).hstack(kept)
    fixed = [pl.lit(value, dtype=_TEXT).alias(name) for name, value in part.fixed.items() if name not in got.columns]
    back = [pl.coalesce(name, f"{name}_old").alias(name) for name in old]
    return out.with_columns(fixed + back).drop([f"{name}_old" for name in old])
