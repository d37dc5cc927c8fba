"""Runs a pack's parts over whole columns: what hides in a column replaces what was there.

``logscan.packs.match`` does the same with one line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache

import polars as pl

from logscan.packs.mta import BRACED, Mta
from logscan.packs.part import Part, groups

TEXT = pl.String()
_REST = re.compile(r"\((?:\?P<([A-Za-z_][A-Za-z0-9_]*)>|\?:)\.\*\)\$$")
AS_IS = pl.QueryOptFlags.none()  # these queries are short and written in the order in which they should run


def any_of(literals: Collection[str]) -> str:
    """A pattern that finds any of some literals."""
    return "|".join(sorted({_escape(literal) for literal in literals}))


@cache
def _escape(literal: str) -> str:
    return "".join("\\" + c if c in r"\.+*?()|[]{}^$#&-~" else c for c in literal)


@cache
def ahead(pattern: str) -> tuple[str, str]:
    """A pattern without a last group that takes the rest of the text, and the name of that group.

    Cutting off what matched before it is faster than capturing it.
    """
    rest = _REST.search(pattern)
    return (pattern[: rest.start()], rest[1] or "") if rest else (pattern, "")


def whole(column: pl.Expr, pattern: str) -> pl.Expr:
    """The groups of a pattern and, as ``_whole``, all that it matches."""
    return column.str.extract_groups(f"(?P<_whole>{pattern})")


def parted(rows: pl.DataFrame, condition: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows for which a condition holds, and the others (where it is false or null)."""
    mask = rows.select(condition.fill_null(value=False).alias("m")).to_series()
    if mask.all():
        return rows, rows.clear()
    return (rows.filter(mask), rows.filter(~mask)) if mask.any() else (rows.clear(), rows)


def words(mta: Mta, names: Iterable[str]) -> list[pl.Expr]:
    """The translation of some columns into their vocabularies."""
    return [_word(pl.col(name), mta.words[name]).alias(name) for name in sorted(names) if name in mta.words]


def _word(column: pl.Expr, words: Mapping[str, str]) -> pl.Expr:
    """Translate a captured word; words of the vocabulary itself stay, null stays null."""
    plain = {value: value for value in words.values()} | {k: v for k, v in words.items() if k != "*"}
    known = column.replace_strict(plain, default=words.get("*"), return_dtype=TEXT)
    return pl.when(column.is_not_null()).then(known)


def apply(rows: pl.DataFrame, mta: Mta, parts: tuple[Part, ...]) -> pl.DataFrame:
    """Parts run over the rows that hold their anchors; most rows hold none."""
    parts = tuple(part for part in parts if part.of in rows.columns)
    for part in parts:
        if not part.anchor:
            rows = _apply_to_distinct(rows, mta, part)
    some = tuple(part for part in parts if part.anchor)
    if not some:
        return rows
    anchors: dict[str, list[str]] = {}
    for part in some:
        anchors.setdefault(part.of, []).append(part.anchor)
    held = pl.any_horizontal([pl.col(of).str.contains(any_of(texts)) for of, texts in anchors.items()])
    touched, plain = parted(rows, held)
    if touched.is_empty():
        return rows
    captured = {name for part in some for name in _names(part)}
    done = (
        _apply(touched.lazy(), set(rows.columns), some).with_columns(words(mta, captured)).collect(optimizations=AS_IS)
    )
    return done if plain.is_empty() else pl.concat([plain, done], how="diagonal")


def _apply_to_distinct(rows: pl.DataFrame, mta: Mta, part: Part) -> pl.DataFrame:
    """A part without an anchor runs once for each distinct value of the column that it reads."""
    values = rows.select(pl.col(part.of).unique())
    done = _apply(values.lazy(), {part.of}, (part,)).with_columns(words(mta, _names(part))).collect(optimizations=AS_IS)
    fresh = [name for name in done.columns if name != part.of]
    both = [name for name in fresh if name in rows.columns]
    out = rows.join(done, on=part.of, how="left", suffix="_new", nulls_equal=True, maintain_order="left")
    merged = [pl.coalesce(f"{name}_new", name).alias(name) for name in both]
    return out.with_columns(merged).drop([f"{name}_new" for name in both])


def _apply(rows: pl.LazyFrame, names: set[str], parts: tuple[Part, ...]) -> pl.LazyFrame:
    """Run parts in order: the first pattern of each that matches writes its groups, and the fixed values.

    Captured words are translated afterwards, once: words of the vocabulary translate to themselves.
    """
    for part in parts:
        hit = pl.col(part.of).str.contains(part.anchor, literal=True) if part.anchor else pl.col(part.of).is_not_null()
        for name, value in part.when.items():
            hit &= (pl.col(name) == value) if name in names else pl.lit(value=False)
        left = pl.when(hit).then(pl.col(part.of))
        for n, pattern in enumerate(part.patterns):
            rows = rows.with_columns(_left=left)
            rows = rows.with_columns(whole(pl.col("_left"), ahead(pattern)[0]).alias(f"_g{n}"))
            left = pl.when(_matched(n).not_()).then(pl.col("_left"))
        rows = rows.with_columns(_written(part, names)).drop("_left", *(f"_g{n}" for n in range(len(part.patterns))))
        names |= part.fills
    return rows


def _names(part: Part) -> set[str]:
    """The columns that a part's patterns capture."""
    return {name for pattern in part.patterns for name in groups(pattern)}


def _matched(n: int) -> pl.Expr:
    return _match(n).is_not_null()


def _match(n: int) -> pl.Expr:
    return pl.col(f"_g{n}").struct.field("_whole")


def _written(part: Part, names: set[str]) -> list[pl.Expr]:
    """The new value of every column that a part fills."""
    out = []
    any_matched = pl.any_horizontal([_matched(n) for n in range(len(part.patterns))])
    for name in sorted(part.fills):
        sources: list[pl.Expr] = []
        for n, pattern in enumerate(part.patterns):
            if name in groups(pattern):
                sources.append(_group(part, n, name))
            if part.cut and name == part.of:
                sources.append(pl.when(_matched(n)).then(pl.col(name).str.strip_suffix(_match(n))))
        if name in part.fixed:
            sources += _fixed(part, part.fixed[name], any_matched)
        old = pl.col(name) if name in names else pl.lit(None, dtype=TEXT)
        out.append(pl.coalesce(*sources, old).alias(name))
    return out


def _group(part: Part, n: int, name: str) -> pl.Expr:
    """What one group of the n-th pattern took; a last one that takes all the rest is not captured."""
    if name == ahead(part.patterns[n])[1]:
        return pl.when(_matched(n)).then(pl.col(part.of).str.strip_prefix(_match(n)))
    return pl.col(f"_g{n}").struct.field(name)


def _fixed(part: Part, value: str, any_matched: pl.Expr) -> list[pl.Expr]:
    """A fixed value where a part matched; groups of the pattern stand in it in braces."""
    if "{" not in value:
        return [pl.when(any_matched).then(pl.lit(value, dtype=TEXT))]
    out: list[pl.Expr] = []
    for n in range(len(part.patterns)):
        pieces = [
            _group(part, n, piece).fill_null("") if at % 2 else pl.lit(piece)
            for at, piece in enumerate(BRACED.split(value))
        ]
        out.append(pl.when(_matched(n)).then(pl.concat_str(pieces)))
    return out
