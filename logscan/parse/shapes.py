"""Runs a pack's shapes over whole columns; ``logscan.packs.match`` does the same with one payload.

Every step is one lazy query: what costs time on small blocks is the number of queries, not their length.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import polars as pl

from logscan.packs.mta import BRACED, Mta, Shape
from logscan.packs.part import Part, groups
from logscan.parse.parts import AS_IS, TEXT, ahead, any_of, apply, parted, whole, words

PAYLOAD = pl.col("_payload")
_KEPT = ("_times", "_payload", "_reply", "_entry", "_said")


def has_any(column: pl.Expr, literals: tuple[str, ...]) -> pl.Expr:
    """Tell for each text whether it holds any of some literals."""
    if len(literals) == 1:
        return column.str.contains(literals[0], literal=True)
    return column.str.contains(any_of(literals))


def take(
    rows: pl.DataFrame, mta: Mta, shape: Shape, want: frozenset[str], *, ascii_only: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows (with _payload) into those a shape takes, its fields added, and the rest; their order may change."""
    candidates, others = parted(rows, has_any(PAYLOAD, shape.anchors))
    if candidates.is_empty():
        return candidates, rows
    captured = _captured(shape, want)
    found: list[pl.DataFrame] = []
    left = candidates
    if shape.layout and ascii_only and not left.is_empty():
        taken, left = _by_layout(left, shape)
        found.append(taken)
    for pattern in shape.patterns:
        if left.is_empty():
            break
        taken, left = _by_pattern(left, pattern, captured)
        found.append(taken)
    found = [frame for frame in found if not frame.is_empty()]
    if not found:
        return rows.clear(), rows
    rest = others if left.is_empty() else pl.concat([others, left])
    whole = found[0] if len(found) == 1 else pl.concat(found, how="diagonal")
    return filled(whole, mta, shape, want, ascii_only=ascii_only), rest


def _by_layout(rows: pl.DataFrame, shape: Shape) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fields that literals part from each other, each ending at the first place where its literal stands."""
    rest = PAYLOAD
    good = pl.lit(value=True)
    cut = rows.lazy()
    for name, end, allowed in shape.layout:
        if not end:  # the last field
            cut = cut.with_columns(rest.alias(name))
            good &= _allowed(pl.col(name), allowed) if allowed else good
            break
        cut = cut.with_columns(rest.str.find(end, literal=True).cast(pl.Int64).alias("_at")).with_columns(
            rest.str.slice(0, pl.col("_at")).alias(name),
            rest.str.slice(pl.col("_at") + len(end)).alias("_rest"),
        )
        rest = pl.col("_rest")
        good &= _allowed(pl.col(name), allowed) if allowed else pl.col(name).is_not_null()
    done = (
        cut.with_columns(good.fill_null(value=False).alias("_good")).drop("_at", "_rest").collect(optimizations=AS_IS)
    )
    mask = done.get_column("_good")
    done = done.drop("_good")
    if mask.all():
        return done, rows.clear()
    return done.filter(mask), rows.filter(~mask)


_BEGINS = re.compile(r"\^\(\?P<([A-Za-z_][A-Za-z0-9_]*)>")
_CLASS_ONLY = re.compile(r"\^\[(\^?)([^\]\\]+)\]([*+])\$")


def _allowed(column: pl.Expr, pattern: str) -> pl.Expr:
    """Does a field match? For "nothing but these signs" it is faster to look for any other sign."""
    found = _CLASS_ONLY.fullmatch(pattern)
    if found is None:
        return column.str.contains(pattern)
    clean = ~column.str.contains(f"[{'' if found[1] else '^'}{found[2]}]")
    return clean & (column != "") if found[3] == "+" else clean


@cache
def _captured(shape: Shape, want: frozenset[str]) -> frozenset[str]:
    """The groups that are needed for the wanted columns; a group that is not captured costs less."""
    parts = needed(shape, want)
    keys = {shape.keys_of} if shape.keys else set()
    return want | keys | {part.of for part in parts} | {name for part in parts for name in part.when}


@cache
def _only(pattern: str, names: frozenset[str]) -> str:
    """A pattern without the names of groups that nobody needs."""
    for name in groups(pattern):
        if name not in names:
            pattern = pattern.replace(f"(?P<{name}>", "(?:")
    return pattern


def _by_pattern(rows: pl.DataFrame, pattern: str, needed: frozenset[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    pattern, rest = ahead(_only(pattern, needed))
    begins = None if rest else _BEGINS.match(pattern)
    # A match shows in the group it begins with; where there is none, the whole match is made a group.
    witness = begins[1] if begins else "_whole"
    found = PAYLOAD.str.extract_groups(pattern) if begins else whole(PAYLOAD, pattern)
    cut = rows.drop(*groups(pattern), rest, strict=False).lazy().with_columns(found.alias("_g")).unnest("_g")
    if rest:
        cut = cut.with_columns(PAYLOAD.str.strip_prefix(pl.col("_whole")).alias(rest))
    got = cut.collect(optimizations=AS_IS)
    mask = got.get_column(witness).is_not_null()
    got = got if begins else got.drop("_whole")
    if mask.all():
        return got, rows.clear()
    return got.filter(mask), rows.filter(~mask)


def filled(rows: pl.DataFrame, mta: Mta, shape: Shape, want: frozenset[str], *, ascii_only: bool) -> pl.DataFrame:
    """Trim, take keys by name, add fixed values, translate, apply parts, and drop what means missing."""
    parts = needed(shape, want)
    asked = want | {part.of for part in parts}
    names = set(rows.columns)
    lazy = rows.lazy().with_columns(
        pl.col(name).str.strip_suffix(suffix) for name, suffix in shape.trim.items() if name in names
    )
    keys = {column: key for key, column in shape.keys.items() if column in asked and shape.keys_of in names}
    lazy = lazy.with_columns(
        pl.coalesce(
            *([pl.col(column)] if column in names else []), _key(pl.col(shape.keys_of), key, ascii_only=ascii_only)
        ).alias(column)
        for column, key in keys.items()
    )
    fresh = {name: value for name, value in shape.fixed.items() if name not in names}
    lazy = lazy.with_columns(pl.lit(value, dtype=TEXT).alias(name) for name, value in fresh.items())
    names |= {*keys, *fresh}
    lazy = lazy.with_columns(words(mta, (names - fresh.keys()) & asked))
    scratch = {"_payload", shape.keys_of} - {part.of for part in parts}
    out = apply(lazy.drop(name for name in sorted(scratch) if name in names).collect(optimizations=AS_IS), mta, parts)
    scratch = {name for name in out.columns if name.startswith("_") and name not in _KEPT}
    return present(out.drop(sorted(scratch)), mta)


def present(rows: pl.DataFrame, mta: Mta) -> pl.DataFrame:
    """Rows in which what means missing is missing."""
    return rows.with_columns(
        pl.when(pl.col(name).is_in(list(values))).then(None).otherwise(pl.col(name)).alias(name)
        for name, values in mta.missing.items()
        if name in rows.columns
    )


def _key(text: pl.Expr, key: str, *, ascii_only: bool) -> pl.Expr:
    """The value of the first ``key=value`` in a list parted by ", "."""
    if ascii_only:
        inside = text.str.slice(text.str.find(f", {key}=", literal=True).cast(pl.Int64) + len(key) + 3)
        value = pl.when(text.str.starts_with(f"{key}=")).then(text.str.slice(len(key) + 1)).otherwise(inside)
        return pl.coalesce(value.str.slice(0, value.str.find(", ", literal=True).cast(pl.Int64)), value)
    return text.str.extract(rf"(?:^|, ){key}=([^,]*)")


@cache
def needed(shape: Shape, want: frozenset[str]) -> tuple[Part, ...]:
    """The parts that write a wanted column, or one that such a part reads; they write nothing else."""
    wanted = set(want)
    out: list[Part] = []
    for part in reversed(shape.parts):
        if part.fills & wanted:
            fixed = {name: value for name, value in part.fixed.items() if name in wanted}
            keep = frozenset(wanted).union(*(BRACED.findall(value) for value in fixed.values()))
            patterns = tuple(_only(pattern, keep) for pattern in part.patterns)
            out.append(replace(part, patterns=patterns, fixed=fixed))
            wanted |= {part.of, *part.when}
    return tuple(reversed(out))
