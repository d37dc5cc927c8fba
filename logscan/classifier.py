"""Classifies events: each distinct reply is decided once by ``logscan.rules``, however often it came."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from logscan import schema
from logscan.codes import ENHANCED, Outcome
from logscan.packs.knowledge import Knowledge
from logscan.rules import Decision, Reply, decide
from logscan.template import bare_expr, template_expr

if TYPE_CHECKING:
    import pandas as pd

_KEYS = (
    "mta",
    "event",
    "outcome",
    "reply_code",
    "enhanced_code",
    "dsn",
    "smtp_command",
    "provider",
    "template",
    "verdict",
)
_DECIDED = Decision._fields
_CODE = r"^([2-5][0-9][0-9])(?:[- ]|$)"
_MASKABLE = re.compile(r"[0-9.@/:_]")
_MANY = 65536  # decisions kept
_GOOD = (Outcome.DELIVERED.value, Outcome.EXPANDED.value)


def classify_events(events: pl.DataFrame, known: Knowledge) -> pl.DataFrame:
    """Add the classifier's columns to a polars frame of events."""
    rows, kinds = kinds_of(events, known)
    return rows.join(kinds.select("_key", *_DECIDED), on="_key", how="left", maintain_order="left")


def kinds_of(events: pl.DataFrame, known: Knowledge, *, templates: bool = True) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events with provider, template and ``_key``, and one row for each key: its evidence and what was decided.

    Without ``templates`` the positive events get none: a summary does not ask how a server worded its thanks.
    """
    rows = _complete(events)
    failed = _failed(rows)
    rows = _templates(rows, known, None if templates else failed)
    rows = _providers(rows, known, failed)
    rows = rows.with_columns(pl.struct(*_KEYS, "_said").hash().alias("_key")).drop("_said")
    kinds = rows.group_by("_key").agg(pl.col(name).first() for name in (*Reply._fields, "template"))
    decisions = _decisions(kinds, known)
    columns = list(zip(*decisions, strict=True)) or [()] * len(_DECIDED)
    return rows, kinds.with_columns(
        pl.Series(name, values, dtype=pl.String) for name, values in zip(_DECIDED, columns, strict=True)
    )


def _failed(rows: pl.DataFrame) -> pl.Series:
    """Which events are no success: by the reply, else by the outcome."""
    good = pl.coalesce(pl.col("reply_code") < 400, pl.col("outcome").is_in(_GOOD))
    return rows.select(~good.fill_null(value=False)).to_series()


@lru_cache(maxsize=16)
def _masked_pieces(known: Knowledge) -> list[str]:
    """The pieces of rules' texts that may stand in what a template masks: words alone, numbers, names, addresses."""
    texts = (text for rule in known.rules for text in rule.text)
    pieces = {piece.strip() for text in texts for piece in text.split("*")}
    return sorted(piece for piece in pieces if piece and (" " not in piece or _MASKABLE.search(piece)))


def _said(texts: pl.DataFrame, known: Knowledge) -> pl.DataFrame:
    """Tell texts of one template apart where a rule may look at what the template masks."""
    pieces = _masked_pieces(known)
    if not pieces:
        return texts.with_columns(_said=pl.lit(None, dtype=pl.String))
    found = pl.col("_lower").str.extract_many(pieces, overlapping=True)
    return texts.with_columns(_said=found.list.join("|"))


@lru_cache(maxsize=16)
def _decided_before(known: Knowledge) -> dict[int, Decision]:
    """What was decided in this process, by the key of the kind."""
    return {}


def _decisions(kinds: pl.DataFrame, known: Knowledge) -> list[Decision]:
    """The decision of each kind; what one block decided, the next ones need not."""
    before = _decided_before(known)
    if len(before) > _MANY:
        before.clear()
    keys = kinds.get_column("_key").to_list()
    new = kinds.filter(pl.Series([key not in before for key in keys], dtype=pl.Boolean))
    heard = _heard(new) if new.height else {}
    for key, *evidence in new.select("_key", *Reply._fields).iter_rows():
        reply = Reply._make(evidence)
        before[key] = decide(reply, known, heard.get(reply.diagnostic or ""))
    return [before[key] for key in keys]


def _heard(rows: pl.DataFrame) -> dict[str, str]:
    """What ``rules.heard`` gives, by diagnostic, for all at once; the templates are at hand."""
    lower, words = pl.col("diagnostic").str.to_lowercase(), bare_expr(pl.col("template"))
    heard = pl.when(lower == words).then(lower).otherwise(lower + "\n" + words)
    return dict(rows.drop_nulls("template").select("diagnostic", heard=heard).iter_rows())


@lru_cache(maxsize=65536)
def _provider(host: str | None, domain: str | None, known: Knowledge) -> str | None:
    return known.provider_of(host, domain)


def _author(texts: pl.DataFrame, known: Knowledge) -> pl.DataFrame:
    """Add ``_author``: the provider that alone words its replies so."""
    order = {fragment: n for n, fragment in enumerate(known.said)}
    names = list(known.said.values())
    text = pl.col("_lower")
    holding = pl.when(text.str.contains_any(list(order))).then(text)  # few do
    ranks = holding.str.extract_many(list(order), overlapping=True).list.eval(
        pl.element().replace_strict(order, return_dtype=pl.UInt32)
    )
    return texts.with_columns(
        _author=ranks.list.min().replace_strict(list(range(len(names))), names, default=None, return_dtype=pl.String)
    )


def _complete(events: pl.DataFrame) -> pl.DataFrame:
    """The evidence columns, present and typed; what the classifier adds is taken away first."""
    verdict = pl.col("status").cast(pl.String) if "status" in events.columns else pl.lit(None, dtype=pl.String)
    rows = events.with_columns(verdict=verdict)
    rows = rows.drop([name for name in schema.CLASSIFIED if name in events.columns])
    wanted = (*Reply._fields, "remote_mta", "recipient_domain")
    return rows.with_columns(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(
            pl.UInt16 if name == "reply_code" else pl.String
        ).alias(name)
        for name in wanted
        if name != "provider"
    )  # fmt: skip


def _providers(rows: pl.DataFrame, known: Knowledge, failed: pl.Series) -> pl.DataFrame:
    """The provider of each peer, else the author of its reply, else of the domain where no peer is known.

    Of our own refusals it is that of the peer.
    """
    ours = pl.col("event") == "rejection"
    domain = pl.when(~ours.fill_null(value=False) & pl.col("remote_mta").is_null()).then(pl.col("recipient_domain"))
    rows = rows.with_columns(pl.struct("remote_mta", domain).hash().alias("_peer"))
    pairs = rows.group_by("_peer").agg(pl.col("remote_mta").first(), domain.first().alias("_domain"))
    hosts = [_provider(host, None, known) for host in pairs.get_column("remote_mta")]
    domains = [_provider(None, name, known) for name in pairs.get_column("_domain")]
    pairs = pairs.select(
        "_peer", pl.Series("_host", hosts, dtype=pl.String), pl.Series("_domain", domains, dtype=pl.String)
    )
    author = pl.when(failed & ~ours.fill_null(value=False)).then(pl.col("_author"))
    return (
        rows.join(pairs, on="_peer", how="left", maintain_order="left")
        .with_columns(provider=pl.coalesce("_host", author, "_domain"))
        .drop("_peer", "_host", "_domain", "_author")
    )


def _templates(rows: pl.DataFrame, known: Knowledge, only: pl.Series | None) -> pl.DataFrame:
    """Add the template, ``_said``, what else a rule may look at, and ``_author``."""
    text = rows.get_column("diagnostic")
    if only is not None:
        text = text.to_frame("d").select(pl.when(only).then(pl.col("d"))).to_series()
    distinct = text.drop_nulls().unique().to_frame("_text")
    template, lower = template_expr(pl.col("_text")), pl.col("_text").str.to_lowercase()
    distinct = _author(_said(distinct.with_columns(template=template, _lower=lower), known), known).drop("_lower")
    return rows.with_columns(_text=text).join(distinct, on="_text", how="left", maintain_order="left").drop("_text")


def classify_frame(df: pd.DataFrame, known: Knowledge) -> pd.DataFrame:
    """A copy of a pandas frame with the same index and the classifier's columns added.

    Every input column is optional; without ``reply_code`` the code is read from the start of ``diagnostic``.
    """
    import pandas as pd

    evidence = (*Reply._fields, "remote_mta", "recipient_domain", "status")
    rows = pl.DataFrame({name: _evidence(df, name) for name in evidence
                         if name in df.columns and name != "provider"})  # fmt: skip
    if rows.width == 0:
        rows = pl.DataFrame({"diagnostic": pl.repeat(None, len(df), dtype=pl.String, eager=True)})
    if "recipient_domain" not in rows.columns and "envelope_recipient" in df.columns:
        address = _evidence(df, "envelope_recipient")
        rows = rows.with_columns(recipient_domain=address.str.extract("@([^@]+)$").str.to_lowercase())
    if "diagnostic" in rows.columns:
        text = pl.col("diagnostic")
        if "reply_code" not in rows.columns:
            rows = rows.with_columns(reply_code=text.str.extract(_CODE).cast(pl.UInt16))
        if "enhanced_code" not in rows.columns:
            enhanced = text.str.extract(rf"^(?:[2-5][0-9][0-9][- ])?#?({ENHANCED})(?:[^0-9.]|$)")
            rows = rows.with_columns(enhanced_code=enhanced)
    rows = classify_events(rows, known)
    added = schema.to_pandas(
        schema.conform(rows.select(schema.CLASSIFIED)), tuple(schema.BY_NAME[n] for n in schema.CLASSIFIED)
    )
    added.index = df.index
    out = df.drop(columns=[name for name in schema.CLASSIFIED if name in df.columns])
    return pd.concat([out, added], axis=1)


def _evidence(df: pd.DataFrame, name: str) -> pl.Series:
    """One evidence column of a pandas frame: text, or a reply code given as int, float or text."""
    values = df[name].astype("object")
    values = values.where(values.notna(), None)
    if name == "reply_code":
        texts = [None if value is None else str(value).strip().removesuffix(".0") for value in values]
        return pl.Series(
            name,
            [int(t) if t and t.isdigit() and 200 <= int(t) <= 599 else None for t in texts],
            dtype=pl.UInt16,
        )
    texts = [None if value is None else str(value) for value in values]
    if name in ("enhanced_code", "dsn"):
        return pl.Series(name, texts, dtype=pl.String).str.extract(rf"^({ENHANCED})$")
    return pl.Series(name, texts, dtype=pl.String)
