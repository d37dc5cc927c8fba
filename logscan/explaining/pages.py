"""Pages about single codes and reasons, made from ``patterns/codes.toml`` and ``patterns/reasons.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from logscan.codes import Party, Reason, ReplyCode, Status
from logscan.explaining import words
from logscan.packs import find
from logscan.packs.knowledge import Knowledge
from logscan.reference import Named, Page, Part, ReasonPage, Sense, Use
from logscan.render.reference import phrases
from logscan.rules import Reply, guesses, matches

_STATUS = {"2": Status.POSITIVE, "3": Status.POSITIVE, "4": Status.TRANSIENT, "5": Status.PERMANENT}
_KINDS = {  # the classes of patterns/reasons.toml
    "hard": "the address or its domain will not work: suppress it",
    "soft": "it passes: retry, and suppress only after failures over days",
    "block": "the sender or the message was refused: the address is fine and must not be suppressed",
    "technical": "an administrator has to act",
    "none": "no failure, or not known",
}
_TENDENCIES = {
    "transient": "transient in practice, even where the digit says otherwise",
    "permanent": "permanent in practice, even where the digit says otherwise",
    "both": "comes as transient and as permanent, and the digit is a poor guide",
    "by_digit": "the first digit of the reply tells",
    "none": "no failure",
}
_VAGUE = (Reason.UNDEFINED, Reason.DELIVERED)


@cache
def catalogue() -> Knowledge:
    """Codes and reasons without rules and providers: all that a page needs, read in a fraction of the time."""
    code = find.load_toml(find.root() / "codes.toml")
    reasons = find.load_toml(find.root() / "reasons.toml")

    def table(data: Mapping[str, Any], name: str, key: str) -> dict[str, Mapping[str, Any]]:
        return {str(entry[key]): entry for entry in data.get(name, ())}

    return Knowledge(
        reply_codes=table(code, "reply_code", "code"),
        enhanced_codes=table(code, "enhanced_code", "code"),
        enhanced_subjects=table(code, "enhanced_subject", "code"),
        enhanced_classes=table(code, "enhanced_class", "code"),
        digits=table(code, "reply_digit", "digit"),
        categories=table(code, "reply_category", "digit"),
        reasons=table(reasons, "reason", "id"),
        providers={},
        hosts={},
        domains={},
        said={},
        rules=(),
    )


def title(reason: str | None, known: Knowledge) -> str:
    """A reason in words."""
    return str(known.reasons.get(reason or "", {}).get("title", ""))


def page(code: str, known: Knowledge) -> Page:
    """The page of a reply code or an enhanced status code, listed or not."""
    return _reply_page(code, known) if code.isdigit() else _enhanced_page(code, known)


def _reply_page(code: str, known: Knowledge) -> Page:
    entry = known.reply_codes.get(code) or _unlisted(code, f"reply code {code}", "a reply code of RFC 5321")
    digit, middle = known.digits[code[0]], known.categories.get(code[1], {})
    commands = list(entry["commands"])
    senses = _reply_senses(code, entry, known)
    delivers = not entry.get("session") and code[0] == "2" and "END-OF-DATA" in commands
    name = str(middle.get("category", "undefined")).replace("_", " ")
    return Page(
        code=code,
        kind="reply_code",
        name=entry["name"],
        listed=code in known.reply_codes,
        standard=entry["standard"],
        status=ReplyCode(int(code)).status.value,
        klass=Part(f"{code[0]}xx", digit["title"], digit["meaning"]),
        group=Part(
            f"x{code[1]}x",
            name,
            middle.get("meaning", "no meaning in RFC 5321, which defines the second digits 0 to 5."),
        ),
        sender_does=digit["sender_does"],
        meaning=entry["meaning"],
        when=entry["when"],
        commands=commands,
        companions=[Named(other, _name_of(other, known)) for other in entry["enhanced"]],
        session=entry.get("session", False),
        delivers=delivers,
        alone=any(sense.basis == "alone" for sense in senses),
        senses=senses,
        party=_party(senses, _STATUS[code[0]], known),
        remedy_sender=entry["remedy_sender"],
        remedy_receiver=entry["remedy_receiver"],
        example=entry["example"],
        source=entry["source"] or digit["source"],
    )


def _unlisted(code: str, what: str, better: str, uses: Sequence[Use] = ()) -> dict[str, Any]:
    """What can be said about a well-formed code that nobody defined: what its digits say (RFC 5321 section 4.2.1)."""
    known = "only single providers give it a meaning" if uses else "logscan knows no server that sends it"
    return {
        "name": "not defined",
        "standard": False,
        "registered": False,
        "alone": False,
        "meaning": f"No standard defines {code}, and {known}. Otherwise only its digits tell something.",
        "when": "Not known.",
        "commands": (),
        "classes": ("2", "4", "5") if code[0] == "X" else (code[0],),
        "enhanced": (),
        "reply_codes": (),
        "remedy_sender": "Go by the first digit, and read the text of the reply.",
        "remedy_receiver": f"Do not send {what}; use {better}.",
        "example": "",
        "source": "",
    }


def _reply_senses(code: str, entry: Mapping[str, Any], known: Knowledge) -> list[Sense]:
    if code[0] in "23":
        return []
    senses = _senses(Reply(reply_code=int(code)), list(entry.get("reason_after", ())), known, alone=entry["alone"])
    usual = entry.get("reason")
    if not entry["alone"] and usual and usual not in _VAGUE:
        senses.append(Sense(usual, title(usual, known), "usual"))
    return senses


def _senses(reply: Reply, commands: Sequence[str], known: Knowledge, *, alone: bool) -> list[Sense]:
    """What the rules of decision make of a bare code, and of the code after each of some commands."""
    status = _STATUS[str(reply.reply_code or reply.enhanced_code)[0]]
    general = next(guesses(reply, known, status)).reason
    senses: dict[str, Sense] = {}
    for command in commands:
        reason = next(guesses(reply._replace(smtp_command=command), known, status)).reason
        if reason not in _VAGUE and reason != general:
            known_sense = senses.setdefault(reason, Sense(reason.value, title(reason, known), "guess"))
            known_sense.commands.append(command)
    out = list(senses.values())
    if general not in _VAGUE:
        basis = "alone" if alone else "guess"
        out.insert(0 if alone else len(out), Sense(general.value, title(general, known), basis))
    return out


def _enhanced_page(code: str, known: Knowledge) -> Page:
    first, subject, _ = code.split(".")
    generic = f"X{code[1:]}"
    listed = generic in known.enhanced_codes
    uses = [] if listed else _uses(code, known)
    entry = known.enhanced_codes.get(generic) or _unlisted(code, code, "a code of the IANA registry", uses)
    group = known.enhanced_subjects.get(f"X.{subject}.X", {})
    classes = [c for c in entry["classes"] if first in ("X", c)] or [first]
    senses = _senses_by_class([c for c in classes if c in "45"], code, known)
    status = _STATUS[first] if first != "X" else None
    return Page(
        code=code,
        kind="enhanced_code",
        name=entry["name"],
        listed=listed,
        standard=entry["registered"],
        status=status.value if status else "",
        klass=_klass(first, classes, known),
        group=Part(f"X.{subject}.X", group.get("name", "undefined"), group.get("meaning", _NO_SUBJECT)),
        sender_does=known.digits[first]["sender_does"] if status else "",
        meaning=entry["meaning"],
        when=entry["when"],
        commands=[],
        companions=[Named(other, _name_of(other, known)) for other in _beside(entry["reply_codes"], first)],
        session=False,
        delivers=None if first in "2X" else False,
        alone=any(sense.basis == "alone" for sense in senses),
        senses=senses,
        party=_party(senses, status, known) if senses or first == "2" else str(group.get("owner", "")),
        remedy_sender=entry["remedy_sender"],
        remedy_receiver=entry["remedy_receiver"],
        example=entry["example"],
        source=entry["source"] or "RFC 3463 section 2",
        note=_class_note(code, first, entry["classes"] if listed else ()),
        uses=uses,
    )


_NO_SUBJECT = "no meaning in RFC 3463, which defines the subjects 0 to 7."


def _senses_by_class(classes: Sequence[str], code: str, known: Knowledge) -> list[Sense]:
    """The senses of a code; where its class is open and matters, those of each class."""
    each = [_enhanced_senses(f"{klass}{code[1:]}", known) for klass in classes]
    if not each or all(senses == each[0] for senses in each):
        return each[0] if each else []
    nothing = Sense(Reason.UNDEFINED.value, title(Reason.UNDEFINED, known), "none")
    out = []
    for klass, senses in zip(classes, each, strict=True):
        out += [replace(sense, klass=klass) for sense in senses or [nothing]]
    return out


def _enhanced_senses(code: str, known: Knowledge) -> list[Sense]:
    entry = known.enhanced_codes.get(f"X{code[1:]}", {})
    group = known.enhanced_subjects.get(f"X.{code.split('.')[1]}.X", {})
    commands = [*entry.get("reason_after", ()), *group.get("reason_after", ())]
    return _senses(Reply(enhanced_code=code), commands, known, alone=bool(entry) and entry.get("alone", True))


def _klass(first: str, classes: Sequence[str], known: Knowledge) -> Part:
    if first == "X":
        every = [f"{c}.X.X {known.enhanced_classes[f'{c}.X.X']['name']}" for c in classes]
        return Part("X", f"{phrases.listed(every, 'or')}, by the first number", "The first number gives the class.")
    entry = known.enhanced_classes[f"{first}.X.X"]
    return Part(f"{first}.X.X", entry["name"], entry["meaning"])


def _class_note(code: str, first: str, classes: Sequence[str]) -> str:
    if first == "X" or not classes or first in classes:
        return ""
    return f"The registry has X{code[1:]} with class {phrases.listed(list(classes), 'or')} only, not as {code}."


def _beside(reply_codes: Sequence[str], first: str) -> list[str]:
    """The registered reply codes whose class fits."""
    return [code for code in reply_codes if first in ("X", code[0])]


def _name_of(code: str, known: Knowledge) -> str:
    entry = known.reply_codes.get(code) if code.isdigit() else known.enhanced_codes.get(f"X{code[1:]}")
    return str((entry or {}).get("name", ""))


def _party(senses: Sequence[Sense], status: Status | None, known: Knowledge) -> str:
    """Who acts on a code, in words; hedged where only the text can tell."""
    if status is Status.POSITIVE:
        return "nobody"
    named = {str(known.reasons[sense.reason]["party"]): None for sense in senses if sense.basis != "none"}
    phrase = phrases.listed([words.PARTIES[Party(party)] for party in named], "or")
    if not named:
        return "the text tells"
    return phrase if all(sense.basis == "alone" for sense in senses) else f"most often {phrase}; the text tells"


def _uses(code: str, known: Knowledge) -> list[Use]:
    """What providers mean by an enhanced status code of their own, as far as the code alone tells it."""
    out: dict[str, Use] = {}
    for rule in known.rules:
        asked = Reply(mta=rule.mta or None, provider=rule.provider or None, enhanced_code=code)
        by_code = replace(rule, text=(), commands=frozenset(), event="", outcome="")
        if rule.provider and rule.codes and matches(by_code, asked):
            name = str(known.providers.get(rule.provider, {}).get("name", rule.provider))
            out.setdefault(rule.provider, Use(name, title(rule.reason, known), rule.remedy, rule.source))
    return list(out.values())


def reason_page(name: str, known: Knowledge) -> ReasonPage:
    """The page of one reason of ``patterns/reasons.toml``."""
    entry = known.reasons[name]
    decided: list[Named] = []
    hinted: list[Named] = []
    for code, one in (*known.reply_codes.items(), *known.enhanced_codes.items()):
        named = {
            one.get("reason"),
            one.get("reason_4"),
            one.get("reason_5"),
            *one.get("reason_after", {}).values(),
        }
        if name in named and name not in _VAGUE:
            (decided if one.get("alone", True) else hinted).append(Named(code, one["name"]))
    return ReasonPage(
        id=name,
        title=entry["title"],
        definition=entry["definition"],
        kind=_KINDS[entry["class"]],
        tendency=_TENDENCIES[entry["tendency"]],
        party=words.PARTIES[Party(entry["party"])],
        nothing_to_do=entry.get("nothing_to_do", False),
        remedy=entry["remedy"],
        settings=dict(entry.get("settings", {})),
        check=entry.get("check", ""),
        decided_by=decided,
        hinted_by=hinted,
        source=entry["source"],
    )
