"""The laws of rules and providers: every rule wins its own example, each of its texts and codes, and says why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from logscan.packs.knowledge import Knowledge, Rule
from logscan.packs.match import split_reply
from logscan.rules import Reply, decide, matches

Found = Iterator[tuple[str, str]]  # what is wrong, and a text to find its line by
_ID = re.compile("[a-z0-9]+(?:[-_][a-z0-9]+)*")
_CODE = re.compile(r"[2-5][0-9]{2}|X\.[0-9]{1,3}\.[0-9]{1,3}|[245]\.[0-9]{1,3}\.[0-9]{1,3}(?:-[0-9]{1,3})?")
_PREFIX = re.compile(r"(?:[2-5][0-9]{2} )?(?:[245]\.[0-9]{1,3}\.[0-9]{1,3} )?")
_PLACEHOLDERS = {"domain", "host", "ip", "sender_domain", "queue_id"}
_SHORTEST = 4


def reply_of(rule: Rule) -> Reply:
    """A rule's example as evidence; what the rule itself asks for need not be said in it again."""
    given = rule.example
    code, enhanced, text = split_reply(given.get("diagnostic"))
    only = str(next(iter(rule.commands))) if len(rule.commands) == 1 else None
    return Reply(
        mta=given.get("mta", rule.mta) or None,
        event=given.get("event", rule.event) or "delivery",
        outcome=given.get("outcome", rule.outcome) or None,
        reply_code=given.get("reply_code", code),
        enhanced_code=given.get("enhanced_code", enhanced),
        dsn=given.get("dsn"),
        smtp_command=given.get("smtp_command", only),
        diagnostic=text,
        provider=given.get("provider", rule.provider) or None,
    )


def of_rule(rule: Rule, known: Knowledge, mtas: Collection[str]) -> Found:
    """Everything that is wrong with one rule, within all that is known."""
    wrong = list(_form(rule, known, mtas))
    yield from wrong
    if wrong:
        return
    reply = reply_of(rule)
    if not matches(rule, reply):
        yield f"its example {reply.diagnostic!r} does not meet its conditions", "example"
        return
    for what, variant in (("its example", reply), *variants(rule, reply)):
        winner = decide(variant, known).rule
        if winner != rule.id:
            yield f"{what} is decided by {_who(winner, variant)}: {variant.diagnostic!r}", ""
    yield from _forms(rule, reply, known)


def _who(winner: str | None, reply: Reply) -> str:
    if winner:
        return f"rule {winner!r}"
    return "its success" if reply.reply_code is not None and reply.reply_code < 400 else "no rule at all"


def _form(rule: Rule, known: Knowledge, mtas: Collection[str]) -> Found:
    if not _ID.fullmatch(rule.id):
        yield "the id has to be of small letters and digits, parted by - or _", "id"
    if sum(other.id == rule.id for other in known.rules) > 1:
        yield "another file has a rule of this id", "id"
    if not rule.text and not rule.codes:
        yield "needs text or codes: without them it takes every reply", ""
    if rule.mta and rule.mta not in mtas:
        yield f"there is no MTA {rule.mta!r}; known: {', '.join(sorted(mtas))}", "mta"
    if rule.provider and rule.provider not in known.providers:
        yield f"there is no provider {rule.provider!r} in providers.toml", "provider"
    for code in rule.codes:
        if not _CODE.fullmatch(code):
            yield f"{code!r} is no code: write 550, 5.7.1, X.5.3 or 5.7.606-649", code
    for text in rule.text:
        if len(text.replace("*", "").strip()) < _SHORTEST or text.strip("* ") != text or "  " in text:
            yield f"{text!r}: at least {_SHORTEST} characters, single blanks; neither * nor a blank at an end", text
    yield from _holes(rule, mtas)
    if rule.more and not rule.more.startswith("https://"):
        yield "more has to be an https:// address", "more"


def _holes(rule: Rule, mtas: Collection[str]) -> Found:
    """What is to be filled into commands, and for which MTA they are."""
    for key, text in (("check", rule.check), *(("settings", text) for text in rule.settings.values())):
        for name in re.findall(r"\{([^{}]*)\}?", text):
            if name not in _PLACEHOLDERS:
                yield f"{key}: {{{name}}} is not known; known: {', '.join(sorted(_PLACEHOLDERS))}", key
    for name in sorted(rule.settings.keys() - mtas):
        yield f"settings: there is no MTA {name!r}; known: {', '.join(sorted(mtas))}", "settings"


def _forms(rule: Rule, reply: Reply, known: Knowledge) -> Found:
    """The forms of texts with words in braces: another rule may take one of them, if it says the same."""
    for text in sorted(rule.forms):
        variant = _saying(reply, text)
        decision = decide(variant, known)
        if decision.reason != rule.reason:
            yield f"a form of its texts, {text!r}, is decided by {_who(decision.rule, variant)}", ""


def _saying(reply: Reply, text: str) -> Reply:
    prefix = _PREFIX.match(reply.diagnostic or "")
    return reply._replace(diagnostic=(prefix[0] if prefix else "") + text.replace("*", " it "))


def variants(rule: Rule, reply: Reply) -> Iterator[tuple[str, Reply]]:
    """The example with each other text, code and command that the rule names: none of them may be dead."""
    for text in rule.text:
        if text not in rule.forms:
            yield f"its text {text!r}", _saying(reply, text)
    for code in rule.codes:
        yield f"its code {code!r}", _with_code(reply, code)
    for command in sorted(rule.commands):
        yield f"its command {str(command)!r}", reply._replace(smtp_command=str(command))


def _with_code(reply: Reply, code: str) -> Reply:
    """The same reply with another reply code or enhanced code; the other one is moved to the same class."""
    if code.isdigit():
        other = f"{code[0]}{reply.enhanced_code[1:]}" if reply.enhanced_code else None
        return reply._replace(reply_code=int(code), enhanced_code=other)
    one = code.partition("-")[0]
    if reply.reply_code is None:
        own = reply.enhanced_code or reply.dsn or "5.0.0"
        one = one.replace("X", own[0])
        return reply._replace(enhanced_code=one) if reply.enhanced_code else reply._replace(dsn=one)
    one = one.replace("X", str(reply.reply_code)[0])
    same = str(reply.reply_code)[0] == one[0]
    return reply._replace(enhanced_code=one, reply_code=reply.reply_code if same else int(one[0]) * 100 + 50)


def of_providers(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with providers: where, what, and a text to find its line by."""
    owners: dict[str, str] = {}
    for table in data["provider"]:
        where = f"provider {table['id']!r}"
        if not table.get("hosts") and not table.get("domains"):
            yield where, "needs hosts or domains: nothing leads to it", ""
        if not re.match("https?://", table.get("postmaster", "https://")):
            yield where, "postmaster has to be the address of a page", "postmaster"
        for text in table.get("said", ()):
            if len(text) < _SHORTEST or text != text.lower():
                yield where, f"said: {text!r} has to be of at least {_SHORTEST} characters, in small letters", text
        for key in ("hosts", "domains"):
            for name in table.get(key, ()):
                if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", name):
                    yield where, f"{key}: {name!r} is no domain name in small letters", name
                if owners.setdefault(f"{key} {name}", table["id"]) != table["id"]:
                    yield where, f"{key}: {name!r} is {owners[f'{key} {name}']!r} already", name
