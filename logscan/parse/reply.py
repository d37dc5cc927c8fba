"""Splits replies: code, enhanced code and the text on one line (RFC 5321 section 4.2.1, RFC 2034 section 4)."""

from __future__ import annotations

import polars as pl

from logscan import codes

_CODE = r"^([2-5][0-9][0-9])(?:[- ]|$)"
_ENHANCED = rf"^(?:[2-5][0-9][0-9][- ])?#?({codes.ENHANCED})(?:[^0-9.]|$)"
_DOMAIN = r"@([^@ \t\r\n\x0b\x0c]+)$"


def split(rows: pl.DataFrame) -> pl.DataFrame:
    """Add reply_code and enhanced_code, and put the diagnostic on one line."""
    text = pl.col("diagnostic")
    rows = rows.with_columns(
        reply_code=text.str.extract(_CODE).cast(pl.UInt16), enhanced_code=text.str.extract(_ENHANCED)
    )
    lines = rows.get_column("diagnostic").str.contains(r"^[2-5][0-9][0-9]-").fill_null(value=False)
    if lines.any():
        rows = pl.concat([rows.filter(~lines), *_joined(rows.filter(lines))]).sort("offset")
    return rows.with_columns(
        pl.when(pl.col("reply_code").is_null()).then(text).otherwise(text.str.strip_chars(" \t")).alias("diagnostic")
    )


def _joined(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Multi-line replies: each line repeats the code (and often the enhanced code), which is one code only."""
    out = []
    for (code,), group in rows.group_by("reply_code", maintain_order=True):
        prefix = rf"(?: +|\?\?){code}[- ](?:#?({codes.ENHANCED})(?: |$))?"
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
