"""Masks what differs between replies that mean the same: addresses, hosts, ids, times, numbers.

Each mask is an RE2-clean pattern, so the columnar engine and plain Python give the same template. Short numbers stay:
they are reply codes, enhanced codes and rule numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_ADDRESS = r"[^ <>\"'(){}\[\],;:=]+@[A-Za-z0-9.*_-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
# In this order: later masks run over what earlier ones left.
MASKS: tuple[tuple[str, str], ...] = (
    (r"(?i)\bhttps?://[^ )>\]\"']*", "<url>"),
    (r'<?"[^"]*"@[A-Za-z0-9.-]+>?', "<addr>"),
    (rf"<?{_ADDRESS}>?", "<addr>"),
    (r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", "<ip>"),
    (r"(?i)\b(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4})?(?::[0-9a-f]{1,4})*", "<ip>"),
    (
        r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
        "<time>",
    ),
    (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}\b", "<time>"),
    (r"\b[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\b", "<time>"),
    (rf"\b(?:{_LABEL}\.)+[A-Za-z]{{2,24}}\b", "<host>"),
    (r"\b[A-Za-z_-]*[0-9][0-9A-Za-z_-]{4,}(?:\.[0-9A-Za-z_-]+)*", "<id>"),
    (r"\b[A-Za-z_]{4,}[0-9][0-9A-Za-z_]*\b", "<id>"),
    (r"<id>(?:[-./:+](?:<(?:id|host|time)>|[0-9A-Za-z]+))+", "<id>"),
    (r" {2,}", " "),
)
_WORDS_ONLY: tuple[tuple[str, str], ...] = (
    (r"[\[({'\"]*\s?<ip>\s?[\])}'\"]*(?:\.{2,}|[:;,])?", " ip "),
    (r"[\[({'\"]*\s?<(?:addr|host|url|id|time)>\s?[\])}'\"]*(?:\.{2,}|[:;,])?", " "),
    (r"[\s_]+", " "),
)
_PLAIN = tuple((re.compile(pattern), replacement) for pattern, replacement in MASKS)
_BARE = tuple((re.compile(pattern), replacement) for pattern, replacement in _WORDS_ONLY)


def template_of(text: str) -> str:
    """The template of one diagnostic."""
    for pattern, replacement in _PLAIN:
        text = pattern.sub(replacement, text)
    return text.strip()


def bare(text: str) -> str:
    """The words of a diagnostic in lower case, on one line: its template without the masks; "ip" for an address."""
    text = template_of(text)
    for pattern, replacement in _BARE:
        text = pattern.sub(replacement, text)
    return text.strip().lower()


def bare_expr(column: pl.Expr) -> pl.Expr:
    """The same for a whole polars column of templates."""
    for pattern, replacement in _WORDS_ONLY:
        column = column.str.replace_all(pattern, replacement)
    return column.str.strip_chars().str.to_lowercase()


def template_expr(column: pl.Expr) -> pl.Expr:
    """The same for a whole polars column."""
    for pattern, replacement in MASKS:
        column = column.str.replace_all(pattern, replacement)
    return column.str.strip_chars()
