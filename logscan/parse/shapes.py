"""Runs a pack's shapes over whole columns; ``logscan.packs.match`` does the same with one payload.

Every step is one lazy query: what costs time on small blocks is the number of queries, not their length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache

import polars as pl

from logscan.packs.mta import BRACED, Mta, Part, Shape, groups

_TEXT = pl.String()
PAYLOAD = pl.col("_payload")
_KEPT = ("_times", "_payload", "_reply", "_entry")
_AS_IS = pl.QueryOptFlags.none()  # these queries are short and written in the order in which they should run


def any_of(literals: Collection[str]) -> str:
    """A pattern that finds any of some literals."""
    return "|".join(sorted({_escape(literal) for literal in literals}))


@cache
def _escape(literal: str) -> str:
    return "".join("\\" + c if c in r"\.+*?()|[]{}^$#&-~" else c for c in literal)


def has_any(column: pl.Expr, literals: tuple[str, ...]) -> pl.Expr:
    """Tell for each text whether it holds any of some literals."""
    if len(literals) == 1:
        return column.str.contains(literals[0], literal=True)
    return column.str.contains(any_of(literals))


def take(
    rows: pl.DataFrame, mta: Mta, shape: Shape, want: frozenset[str], *, ascii_only: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows (with _payload) into those a shape takes, its fields added, and the rest; their order may change."""
    candidates, others = _parted(rows, has_any(PAYLOAD, shape.anchors))
    if candidates.is_empty():
        return candidates, rows
    needed = _captured(shape, want)
    found: list[pl.DataFrame] = []
    left = candidates
    if shape.layout and ascii_only and not left.is_empty():
        taken, left = _by_layout(left, shape)
        found.append(taken)
    for pattern in shape.patterns:
        if left.is_empty():
            break
        taken, left = _by_pattern(left, pattern, needed)
        found.append(taken)
    found = [frame for frame in found if not frame.is_empty()]
    if not found:
        return rows.clear(), rows
    rest = others if left.is_empty() else pl.concat([others, left])
    whole = found[0] if len(found) == 1 else pl.concat(found, how="diagonal")
    return filled(whole, mta, shape, want, ascii_only=ascii_only), rest


def _parted(rows: pl.DataFrame, condition: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows for which a condition holds, and the others (where it is false or null)."""
    mask = rows.select(condition.fill_null(value=False).alias("m")).to_series()
    if mask.all():
        return rows, rows.clear()
    return (rows.filter(mask), rows.filter(~mask)) if mask.any() else (rows.clear(), rows)


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
        cut.with_columns(good.fill_null(value=False).alias("_good")).drop("_at", "_rest").collect(optimizations=_AS_IS)
    )
    mask = done.get_column("_good")
    done = done.drop("_good")
    if mask.all():
        return done, rows.clear()
    return done.filter(mask), rows.filter(~mask)


_BEGINS = re.compile(r"\^\(\?P<([A-Za-z_][A-Za-z0-9_]*)>")
_REST = re.compile(r"\((?:\?P<([A-Za-z_][A-Za-z0-9_]*)>|\?:)\.\*\)\$$")
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
    parts = _needed(shape, want)
    keys = {shape.keys_of} if shape.keys else set()
    return want | keys | {part.of for part in parts} | {name for part in parts for name in part.when}


@cache
def _only(pattern: str, names: frozenset[str]) -> str:
    """A pattern without the names of groups that nobody needs."""
    for name in groups(pattern):
        if name not in names:
            pattern = pattern.replace(f"(?P<{name}>", "(?:")
    return pattern


@cache
def _ahead(pattern: str) -> tuple[str, str]:
    """A pattern without a last group that takes the rest of the text, and the name of that group.

    Cutting off what matched before it is faster than capturing it.
    """
    rest = _REST.search(pattern)
    return (pattern[: rest.start()], rest[1] or "") if rest else (pattern, "")


def _by_pattern(rows: pl.DataFrame, pattern: str, needed: frozenset[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    pattern, rest = _ahead(_only(pattern, needed))
    begins = None if rest else _BEGINS.match(pattern)
    # A match shows in the group it begins with; where there is none, the whole match is made a group.
    witness = begins[1] if begins else "_whole"
    found = PAYLOAD.str.extract_groups(pattern) if begins else _whole(PAYLOAD, pattern)
    cut = rows.drop(*groups(pattern), rest, strict=False).lazy().with_columns(found.alias("_g")).unnest("_g")
    if rest:
        cut = cut.with_columns(PAYLOAD.str.strip_prefix(pl.col("_whole")).alias(rest))
    got = cut.collect(optimizations=_AS_IS)
    mask = got.get_column(witness).is_not_null()
    got = got if begins else got.drop("_whole")
    if mask.all():
        return got, rows.clear()
    return got.filter(mask), rows.filter(~mask)


def _whole(column: pl.Expr, pattern: str) -> pl.Expr:
    return column.str.extract_groups(f"(?P<_whole>{pattern})")


def filled(rows: pl.DataFrame, mta: Mta, shape: Shape, want: frozenset[str], *, ascii_only: bool) -> pl.DataFrame:
    """Trim, take keys by name, add fixed values, translate, apply parts, and drop what means missing."""
    parts = _needed(shape, want)
    needed = want | {part.of for part in parts}
    names = set(rows.columns)
    lazy = rows.lazy().with_columns(
        pl.col(name).str.strip_suffix(suffix) for name, suffix in shape.trim.items() if name in names
    )
    keys = {column: key for key, column in shape.keys.items() if column in needed and shape.keys_of in names}
    lazy = lazy.with_columns(
        pl.coalesce(
            *([pl.col(column)] if column in names else []), _key(pl.col(shape.keys_of), key, ascii_only=ascii_only)
        ).alias(column)
        for column, key in keys.items()
    )
    fresh = {name: value for name, value in shape.fixed.items() if name not in names}
    lazy = lazy.with_columns(pl.lit(value, dtype=_TEXT).alias(name) for name, value in fresh.items())
    names |= {*keys, *fresh}
    lazy = lazy.with_columns(_words(mta, (names - fresh.keys()) & needed))
    scratch = {"_payload", shape.keys_of} - {part.of for part in parts}
    out = _apply_parts(
        lazy.drop(name for name in sorted(scratch) if name in names).collect(optimizations=_AS_IS), mta, parts
    )
    scratch = {name for name in out.columns if name.startswith("_") and name not in _KEPT}
    return out.drop(sorted(scratch)).with_columns(
        pl.when(pl.col(name).is_in(list(values))).then(None).otherwise(pl.col(name)).alias(name)
        for name, values in mta.missing.items()
        if name in out.columns
    )


def _key(text: pl.Expr, key: str, *, ascii_only: bool) -> pl.Expr:
    """The value of the first ``key=value`` in a list parted by ", "."""
    if ascii_only:
        inside = text.str.slice(text.str.find(f", {key}=", literal=True).cast(pl.Int64) + len(key) + 3)
        value = pl.when(text.str.starts_with(f"{key}=")).then(text.str.slice(len(key) + 1)).otherwise(inside)
        return pl.coalesce(value.str.slice(0, value.str.find(", ", literal=True).cast(pl.Int64)), value)
    return text.str.extract(rf"(?:^|, ){key}=([^,]*)")


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


def _words(mta: Mta, names: Iterable[str]) -> list[pl.Expr]:
    return [_word(pl.col(name), mta.words[name]).alias(name) for name in sorted(names) if name in mta.words]


def _word(column: pl.Expr, words: Mapping[str, str]) -> pl.Expr:
    """Translate a captured word; words of the vocabulary itself stay, null stays null."""
    plain = {value: value for value in words.values()} | {k: v for k, v in words.items() if k != "*"}
    known = column.replace_strict(plain, default=words.get("*"), return_dtype=_TEXT)
    return pl.when(column.is_not_null()).then(known)


def _apply_parts(rows: pl.DataFrame, mta: Mta, parts: tuple[Part, ...]) -> pl.DataFrame:
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
    touched, plain = _parted(rows, held)
    if touched.is_empty():
        return rows
    captured = {name for part in some for name in _names(part)}
    done = (
        _apply(touched.lazy(), set(rows.columns), some)
        .with_columns(_words(mta, captured))
        .collect(optimizations=_AS_IS)
    )
    return done if plain.is_empty() else pl.concat([plain, done], how="diagonal")


def _apply_to_distinct(rows: pl.DataFrame, mta: Mta, part: Part) -> pl.DataFrame:
    """A part without an anchor runs once for each distinct value of the column that it reads."""
    values = rows.select(pl.col(part.of).unique())
    done = (
        _apply(values.lazy(), {part.of}, (part,)).with_columns(_words(mta, _names(part))).collect(optimizations=_AS_IS)
    )
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
            rows = rows.with_columns(_whole(pl.col("_left"), _ahead(pattern)[0]).alias(f"_g{n}"))
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
            if name == _ahead(pattern)[1]:
                sources.append(pl.when(_matched(n)).then(pl.col(part.of).str.strip_prefix(_match(n))))
            elif name in groups(pattern):
                sources.append(pl.col(f"_g{n}").struct.field(name))
            if part.cut and name == part.of:
                sources.append(pl.when(_matched(n)).then(pl.col(name).str.strip_suffix(_match(n))))
        if name in part.fixed:
            sources += _fixed(part, part.fixed[name], any_matched)
        old = pl.col(name) if name in names else pl.lit(None, dtype=_TEXT)
        out.append(pl.coalesce(*sources, old).alias(name))
    return out


def _fixed(part: Part, value: str, any_matched: pl.Expr) -> list[pl.Expr]:
    """A fixed value where a part matched; groups of the pattern stand in it in braces."""
    if "{" not in value:
        return [pl.when(any_matched).then(pl.lit(value, dtype=_TEXT))]
    out: list[pl.Expr] = []
    for n in range(len(part.patterns)):
        pieces = [
            pl.col(f"_g{n}").struct.field(piece).fill_null("") if at % 2 else pl.lit(piece)
            for at, piece in enumerate(BRACED.split(value))
        ]
        out.append(pl.when(_matched(n)).then(pl.concat_str(pieces)))
    return out
