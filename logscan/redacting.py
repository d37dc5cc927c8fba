"""Pseudonyms for whole tables and reports: what a value is follows from its column or field, and all other text is
searched for names.

Reasons, rules, providers and remedies were decided before, from what the log really says, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from logscan.findings import Findings, Problem, Provider
from logscan.masking import Masker
from logscan.packs.knowledge import knowledge

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Thing = TypeVar("Thing")
Change = Callable[[str], str]
_ADDRESSES = ("envelope_sender", "envelope_recipient", "message_id")
_HOSTS = ("reporting_mta", "remote_mta", "client")
_TEXTS = ("diagnostic", "template", "example")
_SAME = frozenset(
    {
        "mta", "event", "direction", "agent", "queue_id", "provider", "smtp_command", "enhanced_code", "dsn",
        "reply_class", "outcome", "status", "reason", "rule", "basis", "party", "conflict", "tls", "severity", "kind",
        "id", "zone", "words", "title", "name", "outcomes", "attempts_by_outcome", "reasons", "mtas", "providers",
        "schema",
    }
)  # fmt: skip
_SHORTEST = 3  # signs of a name that is looked for in the row's own text


def frame(rows: pl.DataFrame, masker: Masker) -> pl.DataFrame:
    """The same rows and columns with pseudonyms; each distinct value is looked at once."""
    import polars as pl

    if "reporting_mta" in rows.columns:
        masker.learn(rows.get_column("reporting_mta").unique().to_list())
    changes = _columns(masker)
    out = []
    for column in rows.iter_columns():
        change = changes.get(column.name, masker.text if column.name not in _SAME else None)
        if column.name == "rule" and masker.all:
            out.append(pl.repeat(None, rows.height, dtype=column.dtype, eager=True).alias(column.name))
        elif change is not None and column.dtype == pl.String:
            out.append(_mapped(column, change))
    return _own_names(rows, rows.with_columns(out), masker)


def pandas_frame(df: pd.DataFrame, masker: Masker) -> pd.DataFrame:
    """The same for a pandas frame: a copy with the same index, columns and types."""
    import pandas as pd
    import polars as pl

    texts = {}
    for name in df.columns:
        values = df[name]
        if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype in ("str", "object", "string"):
            plain = values.astype("object").where(values.notna(), None)
            texts[str(name)] = pl.Series(str(name), [v if v is None else str(v) for v in plain], dtype=pl.String)
    new = frame(pl.DataFrame(texts), masker)
    out = df.copy()
    for name, before in texts.items():
        was = df[name].dtype
        closed = isinstance(was, pd.CategoricalDtype) and new.get_column(name).equals(before)
        kind: Any = was if closed else "category" if isinstance(was, pd.CategoricalDtype) else was
        out[name] = pd.Series(new.get_column(name).to_list(), index=df.index, dtype="object").astype(kind)
    return out


def _columns(masker: Masker) -> dict[str, Change]:
    names = masker.names
    return {
        **dict.fromkeys(_ADDRESSES, names.address),
        **dict.fromkeys(_HOSTS, masker.host),
        "recipient_domain": names.name,
        "remote_ip": names.ip,
        "network_message_id": names.id,
        "source": masker.path,
        **({"provider": masker.provider} if masker.all else {}),
    }


def _mapped(column: pl.Series, change: Change) -> pl.Series:
    """A column of text with each distinct value changed."""
    import polars as pl

    old = column.drop_nulls().unique()
    if old.is_empty():
        return column
    new = pl.Series([change(value) for value in old.to_list()], dtype=pl.String)
    return column.replace_strict(old, new, default=None, return_dtype=pl.String)


def _own_names(before: pl.DataFrame, after: pl.DataFrame, masker: Masker) -> pl.DataFrame:
    """What the other columns of a row name is looked for in its text, too: it may stand there without a sign."""
    import polars as pl

    names = [name for name in (*_ADDRESSES, *_HOSTS, "recipient_domain", "remote_ip") if name in before.columns]
    for text in (name for name in _TEXTS if name in before.columns):
        low = pl.col(text).str.to_lowercase()
        hit = [low.str.contains(_part(name), literal=True) for name in names]
        if not hit:
            continue
        rows = pl.DataFrame([after.get_column(text), *(before.get_column(name) for name in names)])
        found = rows.with_row_index("_row").filter(pl.any_horizontal(hit).fill_null(value=False))
        if found.is_empty():
            continue
        changes = _columns(masker)
        texts = [_replaced(row, text, names, changes, masker) for row in found.iter_rows(named=True)]
        changed = after.get_column(text).scatter(found.get_column("_row"), pl.Series(texts, dtype=pl.String))
        after = after.with_columns(changed)
    return after


def _part(name: str) -> pl.Expr:
    """What is looked for: the local part of an address, the name before an address in brackets, else all."""
    import polars as pl

    value = pl.col(name).str.to_lowercase()
    if name in _ADDRESSES:
        value = value.str.replace(r"@[^@]*$", "")
    elif name == "client":
        value = value.str.replace(r"\[.*$", "")
    return pl.when(value.str.len_chars() >= _SHORTEST).then(value)


def _replaced(
    row: Mapping[str, Any], text: str, names: list[str], changes: Mapping[str, Change], masker: Masker
) -> str:
    out = str(row[text])
    for name in names:
        value, change = str(row[name] or ""), changes[name]
        if name in _ADDRESSES:
            value, change = value.rpartition("@")[0], masker.names.user
        elif name == "client":
            value = value.partition("[")[0]
        if len(value) >= _SHORTEST and not masker.is_word(value) and not masker.names.keeps(value):
            pattern = rf"(?<![\w-]){re.escape(value)}(?![\w-])"
            out = re.sub(pattern, change(value).replace("\\", r"\\"), out, flags=re.IGNORECASE)
    return out


def findings(found: Findings, masker: Masker) -> Findings:
    """The same report with pseudonyms."""
    changes: dict[str, Change] = {
        "domain": masker.names.name,
        "host": masker.host,
        "source": masker.path,
        "sources": masker.path,
        "skipped": masker.path,
        "line": masker.line,
    }
    return _changed(found, changes, masker)


def _changed(thing: Thing, changes: Mapping[str, Change], masker: Masker) -> Thing:
    """A finding with each of its texts changed; fields that nobody named here are searched for names."""
    new: dict[str, Any] = {}
    for entry in fields(thing):  # type: ignore[arg-type]  # findings are dataclasses
        if entry.name not in _SAME or is_dataclass(getattr(thing, entry.name)) or entry.name == "providers":
            new[entry.name] = _value(getattr(thing, entry.name), entry.name, changes, masker)
    if masker.all:
        new |= _without_providers(thing, masker)
    return replace(thing, **new)  # type: ignore[type-var]  # as above


def _value(value: Any, name: str, changes: Mapping[str, Change], masker: Masker) -> Any:
    if isinstance(value, str):
        return value if name in _SAME else changes.get(name, masker.text)(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_value(item, name, changes, masker) for item in value)
    if isinstance(value, dict):
        return {masker.text(str(key)): _value(item, name, changes, masker) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, (type, datetime)):
        return _changed(value, changes, masker)
    return value


def _without_providers(thing: object, masker: Masker) -> dict[str, Any]:
    """What tells of the providers in a finding, hidden; a rule of theirs and its advice tell, too."""
    if isinstance(thing, Provider):
        return {"id": masker.provider(thing.id), "name": masker.provider(thing.id)}
    out: dict[str, Any] = {}
    if isinstance(getattr(thing, "provider", None), str):
        out["provider"] = masker.provider(thing.provider)  # type: ignore[attr-defined]  # asked above
    if isinstance(thing, Problem) and thing.providers:
        reason = knowledge(()).reasons.get(thing.reason, {})
        out["providers"] = [masker.provider(name) for name in thing.providers]
        out |= {"title": str(reason.get("title", thing.reason)), "rule": None, "more": "", "settings": {}, "check": ""}
        out["remedy"] = str(reason.get("remedy", ""))
    return out
