"""Codes, reasons, providers and rules, as read from ``patterns/``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from logscan.codes import Party, Reason, SmtpCommand, Status
from logscan.errors import PackError
from logscan.packs import find
from logscan.packs.retry import Hint, hints

_RULE = {
    "id", "mta", "provider", "event", "outcome", "commands", "codes", "text", "reason", "weak", "party",
    "status", "title", "remedy", "settings", "check", "more", "source", "example",
}  # fmt: skip
_FOR_ANY_SERVER = ("mta.toml", "blocklists.toml", "languages.toml", "generic.toml")  # after those of providers
_GENERAL = ("languages.toml", "generic.toml")  # their words are nobody's own
_PROVIDER = {"id", "name", "hosts", "domains", "said", "postmaster"}


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One line of a remedies file: which replies it is for, and what they mean.

    ``codes`` are reply codes and enhanced codes (one is enough), ``text`` fragments in lower case where ``*`` stands
    for anything (one is enough). A condition that is empty holds. ``forms`` are those fragments that came of words
    in braces. ``weak`` rules decide, but are not sure; nor is a ``general`` one, when other evidence contradicts.
    Those that are not ``shipped`` are the site's own.
    """

    id: str
    reason: Reason
    mta: str = ""
    provider: str = ""
    event: str = ""
    outcome: str = ""
    commands: frozenset[str] = frozenset()
    codes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    forms: frozenset[str] = frozenset()
    weak: bool = False
    general: bool = False
    shipped: bool = False
    party: Party | None = None
    status: Status | None = None
    title: str = ""
    remedy: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)  # by the id of an MTA
    check: str = ""
    more: str = ""
    source: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """All that is known about codes, reasons and providers; ``rules`` in the order they are tried."""

    reply_codes: Mapping[str, Mapping[str, Any]]
    enhanced_codes: Mapping[str, Mapping[str, Any]]
    enhanced_subjects: Mapping[str, Mapping[str, Any]]
    enhanced_classes: Mapping[str, Mapping[str, Any]]
    digits: Mapping[str, Mapping[str, Any]]
    categories: Mapping[str, Mapping[str, Any]]
    reasons: Mapping[str, Mapping[str, Any]]
    providers: Mapping[str, Mapping[str, Any]]
    hosts: Mapping[str, str]  # host name suffix -> provider
    domains: Mapping[str, str]  # recipient domain -> provider
    said: Mapping[str, str]  # fragment of a reply, in lower case -> provider
    rules: tuple[Rule, ...]
    hints: tuple[Hint, ...] = ()

    def provider_of(self, host: str | None, domain: str | None, text: str | None = None) -> str | None:
        """The provider behind a peer's host name (by suffix), else a reply, else a domain where no host is known.

        A host of nobody's is a relay of ours or a filter in front, and speaks for itself.
        """
        name = (host or "").lower().rstrip(".")
        while name:
            if found := self.hosts.get(name):
                return found
            name = name.partition(".")[2]
        text = (text or "").lower()
        said = next((name for fragment, name in self.said.items() if fragment in text), None) if text else None
        return said or (None if host else self.domains.get((domain or "").lower()))

    def rule(self, name: str) -> Rule | None:
        """The rule with this id, if there is one."""
        return next((rule for rule in self.rules if rule.id == name), None)


def spread(text: str, words: Mapping[str, Sequence[str]]) -> list[str]:
    """The forms of a fragment with names of words in braces: one for each word; itself where it has none.

    Raises KeyError for words that are not defined.
    """
    head, brace, rest = text.partition("{")
    if not brace:
        return [text]
    name, _, tail = rest.partition("}")
    tails = spread(tail, words)
    return [f"{head}{word}{end}" for word in words[name] for end in tails]


def _rule(path: Path, table: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Rule:
    where = f"rule {table.get('id', '?')!r}"
    find.refuse_unknown(path, where, table, _RULE)
    try:
        forms = {text: [form.lower() for form in spread(text, words)] for text in table.get("text", ())}
        return Rule(
            **{
                **table,
                "forms": frozenset(form for text, many in forms.items() if "{" in text for form in many),
                "general": path.name in _GENERAL,
                "shipped": path.is_relative_to(find.root()),
                "reason": Reason(table["reason"]),
                "party": Party(table["party"]) if "party" in table else None,
                "status": Status(table["status"]) if "status" in table else None,
                "commands": frozenset(SmtpCommand(word) for word in table.get("commands", ())),
                "codes": tuple(table.get("codes", ())),
                "text": tuple(dict.fromkeys(form for many in forms.values() for form in many)),
            }
        )
    except (KeyError, ValueError, TypeError) as error:
        line = find.line_of(path, f'"{table.get("id", "")}"')
        raise PackError(f"{path}:{line}: {where}: missing or not in its vocabulary: {error}") from error


def load_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of one remedies file, top to bottom; raises PackError naming file and line."""
    data = find.load_toml(path)
    find.refuse_unknown(path, "top level", data, {"rule", "words"})
    words = data.get("words", {})
    return tuple(_rule(path, table, words) for table in data.get("rule", ()))


def _rules(folders: tuple[Path, ...]) -> tuple[Rule, ...]:
    """Site packs, provider packs, and then the packs for any server in their own order (patterns/README.md)."""
    out: list[Rule] = []
    for folder in folders:
        for path in sorted((folder / "remedies").glob("*.toml")):
            out += load_rules(path)
    shipped = find.root() / "remedies"
    for path in sorted(p for p in shipped.glob("*.toml") if p.name not in _FOR_ANY_SERVER):
        out += load_rules(path)
    for name in _FOR_ANY_SERVER:
        if (shipped / name).is_file():
            out += load_rules(shipped / name)
    return tuple(out)


def _table(data: Mapping[str, Any], name: str, key: str) -> dict[str, Mapping[str, Any]]:
    return {str(entry[key]): entry for entry in data.get(name, ())}


@cache
def knowledge(folders: tuple[Path, ...] = ()) -> Knowledge:
    """Read codes.toml, reasons.toml, providers.toml and remedies/, the site's own folders first."""
    shipped = find.root()
    code = find.load_toml(shipped / "codes.toml")
    providers: dict[str, Mapping[str, Any]] = {}
    for folder in (*folders, shipped):
        path = folder / "providers.toml"
        for entry in find.load_toml(path).get("provider", ()) if path.is_file() else ():
            find.refuse_unknown(path, f"provider {entry.get('id', '?')!r}", entry, _PROVIDER)
            providers.setdefault(entry["id"], entry)
    return Knowledge(
        reply_codes=_table(code, "reply_code", "code"),
        enhanced_codes=_table(code, "enhanced_code", "code"),
        enhanced_subjects=_table(code, "enhanced_subject", "code"),
        enhanced_classes=_table(code, "enhanced_class", "code"),
        digits=_table(code, "reply_digit", "digit"),
        categories=_table(code, "reply_category", "digit"),
        reasons=_table(find.load_toml(shipped / "reasons.toml"), "reason", "id"),
        providers=providers,
        hosts={host: name for name, entry in providers.items() for host in entry.get("hosts", ())},
        domains={domain: name for name, entry in providers.items() for domain in entry.get("domains", ())},
        said={text.lower(): name for name, entry in providers.items() for text in entry.get("said", ())},
        rules=_rules(folders),
        hints=hints(find.load_toml(shipped / "retry.toml")["hint"]),
    )
