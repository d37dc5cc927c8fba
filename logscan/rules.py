"""Decides what one reply means: status, reason, rule, basis, party, conflict, provider.

Plain Python on one reply. ``logscan explain`` calls it, and the classifier maps it over unique replies, so its cost
does not grow with the log. Each piece of evidence (reply code, enhanced code, dsn, outcome) keeps its own meaning:
the status follows the first digit of the reply (RFC 5321 section 4.2.1); the rest refines the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from logscan import codes
from logscan.codes import Basis, Conflict, Event, Outcome, Party, Reason, ReplyClass, SmtpCommand, Status
from logscan.packs.knowledge import Knowledge, Rule
from logscan.phrases import Phrases
from logscan.template import bare

_STATUS_OF_OUTCOME: dict[str, Status] = {
    Outcome.DELIVERED: Status.POSITIVE,
    Outcome.EXPANDED: Status.POSITIVE,
    Outcome.DEFERRED: Status.TRANSIENT,
    Outcome.SOFTBOUNCED: Status.TRANSIENT,
    Outcome.BOUNCED: Status.PERMANENT,
    Outcome.REJECTED: Status.PERMANENT,
    Outcome.EXPIRED: Status.PERMANENT,
}
_SAID = (Status.POSITIVE, Status.TRANSIENT, Status.PERMANENT)
_TURNED = {Party.US: Party.PEER, Party.PEER: Party.US}
_LEAD = re.compile(rf"([2-5][0-9][0-9])[ -]({codes.ENHANCED})(?![0-9.])")
_RANGE = re.compile(r"(.*?)([0-9]+)-([0-9]+)")


class Reply(NamedTuple):
    """The evidence about one event; everything may be missing."""

    mta: str | None = None
    event: str | None = None
    outcome: str | None = None
    reply_code: int | None = None
    enhanced_code: str | None = None
    dsn: str | None = None
    smtp_command: str | None = None
    diagnostic: str | None = None
    provider: str | None = None
    verdict: str | None = None  # the status that the MTA's own words give it, where no code does


class Decision(NamedTuple):
    """What the evidence means; fields are columns of the events table."""

    reply_class: str | None
    status: str
    reason: str | None
    rule: str | None
    basis: str | None
    party: str | None
    conflict: str | None


class Held(NamedTuple):
    """What is ``heard`` in a diagnostic, and those of ``phrases(known).literals`` that stand in it."""

    text: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """One reason that some evidence speaks for, and which evidence it was.

    ``sure`` when the evidence decides by itself: a rule, or a code that may decide alone. ``doubt`` is what speaks
    against a rule all the same, in words (``logscan.doubts``).
    """

    reason: Reason
    basis: Basis
    rule: Rule | None = None
    sure: bool = True
    doubt: str = ""


def decide(reply: Reply, known: Knowledge, held: Held | None = None) -> Decision:
    """Decide one reply by the order of evidence in patterns/README.md; ``held`` as for ``guesses``."""
    status = status_of(reply)
    guess = None
    if reply.event != Event.SESSION:
        guess = next(guesses(reply, known, status, held), None)
    if guess is not None and guess.rule is not None and guess.rule.status is not None:
        status = guess.rule.status
    return Decision(
        reply_class=_reply_class(reply.reply_code),
        status=status.value,
        reason=guess.reason.value if guess else None,
        rule=guess.rule.id if guess and guess.rule else None,
        basis=guess.basis.value if guess else None,
        party=_party(reply, guess, known),
        conflict=_conflict(reply),
    )


def status_of(reply: Reply) -> Status:
    """The status: of the reply's first digit, else of the enhanced code, the dsn, the MTA's words, the outcome."""
    if reply.reply_code is not None and 200 <= reply.reply_code <= 599:
        return codes.ReplyCode(reply.reply_code).status
    for code in (parsed(reply.enhanced_code), parsed(reply.dsn)):
        if code is not None:
            return code.status
    if reply.verdict in _SAID:
        return Status(reply.verdict)
    return _STATUS_OF_OUTCOME.get(reply.outcome or "", Status.UNKNOWN)


def _reply_class(code: int | None) -> str | None:
    if code is None or not 200 <= code <= 599:
        return None
    return codes.ReplyCode(code).reply_class.value


def guesses(reply: Reply, known: Knowledge, status: Status, held: Held | None = None) -> Iterator[Guess]:
    """Every reason that the evidence speaks for, strongest first; at least one, and no more work than is asked for.

    ``held`` is what was found in the diagnostic before, where it is at hand.
    """
    if status is Status.POSITIVE:
        yield Guess(Reason.DELIVERED, _best_basis(reply))
        return
    text = heard(reply.diagnostic) if held is None else held.text
    topics: list[Guess] = []
    known_text = False
    provider = reply.provider if reply.event != Event.REJECTION else None  # what we say ourselves is no provider's
    index = phrases(known)
    for rule in index.rules(index.held(text) if held is None else held.pieces, reply.mta, provider):
        if not matches(rule, reply, text):
            continue
        if not rule.topic:
            known_text = True
            yield Guess(rule.reason, Basis.RULE, rule)
        elif any(said(part, text.rpartition("\n")[2]) for part in rule.text):  # no host's name tells a topic
            topics.append(Guess(rule.reason, Basis.RULE, rule, sure=False))
    own = reply.dsn if reply.reply_code is None else None  # the MTA's verdict counts where nobody else spoke
    found = [
        *_enhanced_alone(reply.enhanced_code, Basis.ENHANCED_CODE, known),
        *_enhanced_alone(own, Basis.DSN, known),
        *_code_alone(reply, known),
        *(topics if reply.outcome != Outcome.EXPIRED else ()),
        *_subject(reply.enhanced_code, Basis.ENHANCED_CODE, reply, known),
        *_subject(own, Basis.DSN, reply, known),
        *_code_after(reply, known),
    ]
    yield from found
    if not found and not known_text and reply.outcome == Outcome.EXPIRED:
        yield Guess(Reason.EXPIRED, Basis.OUTCOME)
    elif not found and not known_text:
        yield Guess(Reason.UNDEFINED, _best_basis(reply), sure=False)


def _best_basis(reply: Reply) -> Basis:
    if reply.reply_code is not None:
        return Basis.REPLY_CODE
    if reply.enhanced_code:
        return Basis.ENHANCED_CODE
    return Basis.DSN if reply.dsn else Basis.OUTCOME


@lru_cache(maxsize=16)
def phrases(known: Knowledge) -> Phrases:
    """The index of the rules' texts."""
    return Phrases(known.rules)


def matches(rule: Rule, reply: Reply, text: str | None = None) -> bool:
    """Tell whether a rule's every condition holds for a reply; ``text`` is what is ``heard``, if at hand."""
    if (
        (rule.event and rule.event != reply.event)
        or (rule.outcome and rule.outcome != reply.outcome)
        or (rule.commands and reply.smtp_command not in rule.commands)
        or (rule.codes and not _has_code(rule.codes, reply.reply_code, _own_code(reply)))
    ):
        return False
    if not rule.text:
        return True
    return any(said(part, heard(reply.diagnostic) if text is None else text) for part in rule.text)


@lru_cache(maxsize=4096)
def heard(diagnostic: str | None) -> str:
    """What the fragments of rules are looked for in: the text in lower case, and below it its bare words."""
    text = (diagnostic or "").lower()
    words = bare(diagnostic or "")
    return text if words == text else f"{text}\n{words}"


def said(fragment: str, text: str) -> bool:
    """Tell whether a rule's fragment stands in what was heard."""
    return fragment in text if "*" not in fragment else _pattern(fragment).search(text) is not None


@cache
def _pattern(fragment: str) -> re.Pattern[str]:
    """A rule's fragment: literal, but ``*`` stands for anything within the line."""
    return re.compile(".*?".join(re.escape(piece) for piece in fragment.split("*")))


def _own_code(reply: Reply) -> str | None:
    """The enhanced code; without a quoted reply the MTA's own verdict stands in for it."""
    return reply.enhanced_code or (reply.dsn if reply.reply_code is None else None)


@lru_cache(maxsize=65536)
def _has_code(wanted: tuple[str, ...], reply_code: int | None, own: str | None) -> bool:
    return any(code == str(reply_code) or (own is not None and _in_range(code, own)) for code in wanted)


@cache
def _in_range(wanted: str, code: str) -> bool:
    """``5.7.606-649`` is a range of the last number, ``X.5.3`` any class."""
    if wanted.startswith("X."):
        return wanted[1:] == code[1:]
    found = _RANGE.fullmatch(wanted)
    if not found:
        return wanted == code
    head, _, tail = code.rpartition(".")
    return f"{head}." == found[1] and tail.isdigit() and int(found[2]) <= int(tail) <= int(found[3])


@lru_cache(maxsize=4096)
def parsed(code: str | None) -> codes.EnhancedStatusCode | None:
    """An enhanced code as a value; None for what only looks like one, which a log may hold."""
    try:
        return codes.EnhancedStatusCode.parse(code) if code else None
    except ValueError:
        return None


def _enhanced_alone(code: str | None, basis: Basis, known: Knowledge) -> list[Guess]:
    """The registered meaning of an enhanced code, where it may decide alone."""
    value = parsed(code)
    entry = known.enhanced_codes.get(value.generic) if value else None
    if value is None or not entry or not entry.get("alone", True):
        return []
    return _guess(entry.get(f"reason_{value.klass}", entry.get("reason")), basis)


def _code_alone(reply: Reply, known: Knowledge) -> list[Guess]:
    entry = known.reply_codes.get(str(reply.reply_code))
    return _guess(entry.get("reason"), Basis.REPLY_CODE) if entry and entry.get("alone", True) else []


def _subject(code: str | None, basis: Basis, reply: Reply, known: Knowledge) -> list[Guess]:
    """What the second number says (RFC 3463 section 3), with the command that was answered."""
    value = parsed(code)
    if value is None or value.subject == 0:
        return []
    subject = known.enhanced_subjects.get(f"X.{value.subject}.X", {})
    entry = known.enhanced_codes.get(value.generic, {})
    for table in (entry, subject):
        if named := table.get("reason_after", {}).get(reply.smtp_command):
            return _guess(named, basis, sure=False)
    by_class = f"reason_{value.klass}"
    named = entry.get(by_class) or entry.get("reason") or subject.get(by_class) or subject.get("reason")
    return _guess(named, basis, sure=False)


def _code_after(reply: Reply, known: Knowledge) -> list[Guess]:
    """What a vague reply code means after the command it answered; an enhanced code beside it knows better."""
    own = parsed(reply.enhanced_code)
    if own is not None and own.subject != 0:
        return []
    entry = known.reply_codes.get(str(reply.reply_code), {})
    return _guess(entry.get("reason_after", {}).get(reply.smtp_command), Basis.REPLY_CODE, sure=False)


def _guess(reason: str | None, basis: Basis, *, sure: bool = True) -> list[Guess]:
    if not reason or reason in (Reason.UNDEFINED, Reason.DELIVERED):
        return []
    return [Guess(Reason(reason), basis, sure=sure)]


def _party(reply: Reply, guess: Guess | None, known: Knowledge) -> str | None:
    """Who has to act; for a refusal of ours the sender is the peer."""
    if guess is None:
        return None
    if guess.rule is not None and guess.rule.party is not None:
        party = guess.rule.party
    else:
        party = Party(known.reasons[guess.reason]["party"])
    if reply.event == Event.REJECTION:
        party = _TURNED.get(party, party)
    return str(party.value)


def _conflict(reply: Reply) -> str | None:
    klass = _reply_class(reply.reply_code)
    lead = _LEAD.match(reply.diagnostic or "")  # a verdict of our own server, which may quote the reply that counts
    if reply.outcome == Outcome.SOFTBOUNCED:
        return Conflict.SOFTBOUNCE.value
    if (
        klass == ReplyClass.PERMANENT_NEGATIVE
        and reply.outcome == Outcome.DEFERRED
        and reply.smtp_command == SmtpCommand.CONNECT
    ):
        return Conflict.GREETING_5XX.value
    if reply.outcome == Outcome.EXPIRED:
        return Conflict.EXPIRED_TRANSIENT.value
    if klass and lead and lead[2] == reply.dsn and lead.groups() != (str(reply.reply_code), reply.enhanced_code):
        return Conflict.WRAPPED_REPLY.value
    if reply.reply_code is not None and reply.enhanced_code and str(reply.reply_code)[0] != reply.enhanced_code[0]:
        return Conflict.CLASS_MISMATCH.value
    return None
