"""Splits replies: code, enhanced code and the text on one line (RFC 5321 section 4.2.1, RFC 2034 section 4)."""

from __future__ import annotations

import polars as pl

from logscan import codes

_CODE = r"^([2-5][0-9][0-9])(?:[- ]|$)"
_ENHANCED = rf"^(?:[2-5][0-9][0-9][- ])?#?({codes.ENHANCED})(?:[^0-9.]|$)"
# Longer than "550-#5.123.123" and the sign behind it; not much, so that equal beginnings are equal.
_BEGINNING = 16
_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PERIOD = (
    r"^(?:(?P<w>[0-9]+)w)?(?:(?P<d>[0-9]+)d)?(?:(?P<h>[0-9]+)h)?(?:(?P<m>[0-9]+)m)?(?:(?P<s>[0-9]+(?:\.[0-9]+)?)s)?$"
)
_DOMAIN = r"@([^@ \t\r\n\x0b\x0c]+)$"


def split(rows: pl.DataFrame) -> pl.DataFrame:
    """Add reply_code and enhanced_code, and put the diagnostic on one line; the order of rows may change.

    Where ``_reply`` is there, the codes are those of it: the reply within the diagnostic, or empty for none at all.
    """
    within = "_reply" in rows.columns
    said = pl.coalesce("_reply", "diagnostic") if within else pl.col("diagnostic")
    rows = rows.with_columns(said.str.slice(0, _BEGINNING).alias("_begins"))
    text = pl.col("_begins")
    codes_of = (
        rows.lazy()
        .select(text.unique())
        .with_columns(
            reply_code=text.str.extract(_CODE).cast(pl.UInt16),
            enhanced_code=text.str.extract(_ENHANCED),
            _many=text.str.contains(r"^[2-5][0-9][0-9]-"),
        )
        .collect(optimizations=pl.QueryOptFlags.none())
    )
    rows = rows.join(codes_of, on="_begins", how="left", nulls_equal=True, maintain_order="left")
    mask = rows.get_column("_many").fill_null(value=False)
    mask &= rows.get_column("_reply").is_null() if within else True
    rows = rows.drop("_begins", "_many")
    if mask.any():
        rows = pl.concat([rows.filter(~mask), *_joined(rows.filter(mask))])
    last = pl.col("diagnostic").str.tail(1)  # the first sign is a digit of the code
    blank = pl.col("reply_code").is_not_null() & last.is_in([" ", "\t"])
    if not rows.select(blank.any()).item():
        return rows
    return rows.with_columns(
        diagnostic=pl.when(blank).then(pl.col("diagnostic").str.strip_chars(" \t")).otherwise(pl.col("diagnostic"))
    )


def _joined(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Multi-line replies: each line repeats the code (and often the enhanced code), which is one code only."""
    out = []
    for (code,), group in rows.group_by("reply_code", maintain_order=True):
        prefix = rf"(?: +|\?\?|\\+n){code}[- ](?:#?({codes.ENHANCED})(?: |$))?"
        text = pl.col("diagnostic")
        out.append(
            group.with_columns(
                enhanced_code=pl.coalesce("enhanced_code", text.str.extract(prefix)),
                diagnostic=pl.lit(f"{code} ") + text.str.slice(4).str.replace_all(prefix, " "),
            )
        )
    return out


def domain(address: pl.Expr) -> pl.Expr:
    """The domain of an address in lower case; null where it has none."""
    return address.str.extract(_DOMAIN).str.to_lowercase()


def seconds(text: pl.Expr) -> pl.Expr:
    """A period like ``1w2d3h4m5s``, ``3m45s`` or ``0.304s`` in seconds; any other text as it is."""
    parts = text.str.extract_groups(_PERIOD).struct
    total = pl.sum_horizontal(parts.field(name).cast(pl.Float64) * unit for name, unit in _UNITS.items())
    return pl.when(text.str.contains(_PERIOD) & (text != "")).then(total.cast(pl.String)).otherwise(text)
