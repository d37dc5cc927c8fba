"""Takes off what is around log lines, for whole columns; ``logscan.wrapping.peeled`` does the same with one line."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from logscan import wrapping
from logscan.packs.mta import Mta
from logscan.packs.part import nameless
from logscan.wrapping import CONTAINER, DEPTH, ENVELOPES, HOST, JOURNAL, MESSAGE, PIDS, PREFIXES, STAMP, TAGS

_LINE = pl.col("line")
_STRING = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u00[0-7][0-9a-fA-F])*"'
_PAIR = rf'"[^"\\\x00-\x1f]*": ?(?:{_STRING}|null|true|false|0|[1-9][0-9]{{0,17}})'
# A flat object without rare escapes; all others are left to the slow way. In it, a key in quotes with its colon stands
# nowhere else: inside of texts the second quote would have a backslash.
_SIMPLE = rf"^\{{{_PAIR}(?:, ?{_PAIR})*\}}$"
_PREFIX = "^(?:" + "|".join(prefix.pattern for prefix in PREFIXES) + ")"
_WRAPPED = rf"^\{{|{_PREFIX}"
_SHORT = {r"\"": '"', r"\\": "\\", r"\/": "/", r"\b": "\b", r"\f": "\f", r"\n": "\n", r"\r": "\r", r"\t": "\t"}
_ESCAPES = _SHORT | {rf"\u{n:04x}": chr(n) for n in range(128)} | {rf"\u{n:04X}": chr(n) for n in range(128)}
_LOOK = 4  # lines


@cache
def known(packs: tuple[Mta, ...]) -> str:
    """A pattern for lines that have a frame, or go on with an entry without one."""
    frames = dict.fromkeys(frame.pattern for mta in packs for frame in mta.frames)
    return "|".join(nameless(text) for text in (*frames, *(text for mta in packs for text in mta.unframed)))


def likely(lines: pl.Series, packs: tuple[Mta, ...]) -> bool:
    """Whether the first lines are wrapped ones: then it is quicker to look for them before anything else."""
    pattern = re.compile(known(packs))
    return any(wrapping.peeled(line, lambda text: bool(pattern.match(text))) for line in lines.head(_LOOK).to_list())


def is_ascii(rows: pl.DataFrame) -> bool:
    """Whether all lines hold nothing but ASCII."""
    line = rows.get_column("line")
    return bool((line.str.len_bytes() == line.str.len_chars()).all())


def peel(rows: pl.DataFrame, packs: tuple[Mta, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows (with line and offset) into those that were wrapped, their line now the inner one, and the others."""
    good = _LINE.str.contains(known(packs))
    may = rows.filter(_LINE.str.contains(_WRAPPED)).filter(~good)
    done: list[pl.DataFrame] = []
    for _ in range(DEPTH):
        if may.is_empty():
            break
        may = may.with_columns(_inner(may.get_column("line"))).drop_nulls("line")
        done.append(may.filter(good))
        may = may.filter(~good)
    inner = pl.concat(done) if done else rows.clear()
    if inner.is_empty():
        return inner, rows
    return inner, rows.filter(~pl.col("offset").is_in(inner.get_column("offset").implode()))


def _inner(lines: pl.Series) -> pl.Series:
    """The next layer of each line; null where there is none."""
    json = lines.str.starts_with("{")
    if not json.any():
        return _unprefixed(lines)
    if json.all():
        return _unpacked(lines)
    nothing = pl.Series([None], dtype=pl.String)
    return pl.select(
        line=pl.coalesce(_unprefixed(lines.zip_with(~json, nothing)), _scattered(_unpacked(lines.filter(json)), json))
    ).to_series()


def _scattered(values: pl.Series, places: pl.Series) -> pl.Series:
    """Values at the places of a mask, null elsewhere."""
    number = places.cast(pl.Int64).cum_sum() - 1
    return pl.select(pl.when(places).then(values.gather(number.clip(0)))).to_series()


def _unprefixed(lines: pl.Series) -> pl.Series:
    rest = lines.str.replace(_PREFIX, "")
    return pl.select(line=pl.when(rest.str.len_bytes() < lines.str.len_bytes()).then(rest)).to_series()


def _unpacked(lines: pl.Series) -> pl.Series:
    """The text inside of JSON objects."""
    simple = lines.str.contains(_SIMPLE)
    quick = pl.select(line=pl.when(simple).then(_text(lines.alias("line").to_frame()))).to_series()
    odd = lines.filter(~simple)
    if odd.is_empty():
        return quick
    slow = pl.Series([_by_hand(line) for line in odd.to_list()], dtype=pl.String)
    return pl.select(line=pl.coalesce(quick, _scattered(slow, ~simple))).to_series()


def _by_hand(line: str) -> str | None:
    inner = wrapping.inner(line)
    return None if inner is None else inner.text


def _text(rows: pl.DataFrame) -> pl.Series:
    """The text inside of simple objects, in a column "line": each key is looked for once."""
    names = sorted({*(name for envelope in ENVELOPES for name in (*envelope.needs, envelope.text)), *_OF_ENTRIES})
    some = rows.select(_LINE.str.contains(f'"{name}"', literal=True).any().alias(name) for name in names).row(0)
    there = {name for name, any_ in zip(names, some, strict=True) if any_}
    found = rows.lazy().with_columns(
        *(_LINE.str.extract(f'"{name}": ?{_VALUE}').alias(name) for name in names if name in there),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in names if name not in there),
        *(_has(name, there).alias(f"has {name}") for envelope in ENVELOPES for name in envelope.needs),
    )
    escaped = [pl.col(name).str.contains("\\", literal=True) for name in names]
    found = found.with_columns(
        pl.when(is_).then(pl.col(name).str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))).otherwise(name)
        for name, is_ in zip(names, escaped, strict=True)
        if name in there
    )
    whole: pl.Expr = pl.lit(None, dtype=pl.String)
    for envelope in reversed([one for one in ENVELOPES if {*one.needs} <= there]):
        has = pl.all_horizontal([f"has {name}" for name in envelope.needs])
        text = _journal() if envelope is JOURNAL else _plain(pl.col(envelope.text))
        whole = pl.when(has & text.is_not_null()).then(text).otherwise(whole)
    return found.select(line=whole).collect().to_series()


def _journal() -> pl.Expr:
    message = _plain(pl.col(MESSAGE)).fill_null("")
    stamp = pl.col(STAMP)
    time = pl.when(stamp.str.contains("^[0-9]{1,16}$")).then(stamp).cast(pl.Int64).cast(pl.Datetime("us"))
    pids = [pl.when(pl.col(name).str.contains("^[0-9]+$")).then("[" + pl.col(name) + "]") for name in PIDS]
    line = pl.concat_str(
        time.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ "),
        pl.col(HOST).fill_null("-"),
        pl.lit(" "),
        pl.coalesce(*TAGS, pl.lit("unknown")),
        pl.coalesce(*pids, pl.lit("")),
        pl.lit(": "),
        message,
    )
    return pl.when(pl.col(CONTAINER).is_not_null()).then(message).otherwise(_plain(line))


_OF_ENTRIES = (STAMP, MESSAGE, HOST, *TAGS, *PIDS, CONTAINER)
_VALUE = r'"((?:[^"\\]|\\.)*)"'


def _has(name: str, there: set[str]) -> pl.Expr:
    return _LINE.str.contains(f'"{name}":', literal=True) if name in there else pl.lit(value=False)


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.strip_suffix("\n").str.strip_suffix("\r").str.replace_all("\n", " ", literal=True)
