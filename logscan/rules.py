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

from logscan import bycode, codes
from logscan.codes import Basis, Conflict, Event, Outcome, Party, Reason, ReplyClass, SmtpCommand, Status
from logscan.packs.knowledge import Knowledge, Rule
from logscan.phrases import Phrases
from logscan.template import bare
from logscan.weighing import Evidence, weigh, words_of

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
_WORTH = 0.4  # how likely words have to make a reason (0 to 1) so that it is named
_TURNED = {Party.US: Party.PEER, Party.PEER: Party.US}
_LEAD = re.compile(rf"([2-5][0-9][0-9])[ -]({codes.ENHANCED})(?![0-9.])")


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


@dataclass(frozen=True, slots=True)
class Guess:
    """One reason that some evidence speaks for, and which evidence it was.

    ``sure`` when the evidence decides by itself: a rule, or a code that may decide alone. ``doubt`` is what speaks
    against a rule all the same, in words (``logscan.doubts``). ``share`` is how likely words made the reason (0 to 1).
    """

    reason: Reason
    basis: Basis
    rule: Rule | None = None
    sure: bool = True
    doubt: str = ""
    share: float = 0.0


def decide(reply: Reply, known: Knowledge, text: str | None = None) -> Decision:
    """Decide one reply by the order of evidence in patterns/README.md; ``text`` as for ``guesses``."""
    status = status_of(reply)
    guess = None
    if reply.event != Event.SESSION:
        guess = next(guesses(reply, known, status, text), None)
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
    for code in map(bycode.parsed, (reply.enhanced_code, reply.dsn)):
        if code is not None:
            return code.status
    if reply.verdict in _SAID:
        return Status(reply.verdict)
    return _STATUS_OF_OUTCOME.get(reply.outcome or "", Status.UNKNOWN)


def _reply_class(code: int | None) -> str | None:
    if code is None or not 200 <= code <= 599:
        return None
    return codes.ReplyCode(code).reply_class.value


def guesses(reply: Reply, known: Knowledge, status: Status, text: str | None = None) -> Iterator[Guess]:
    """Every reason that the evidence speaks for, strongest first; at least one, and no more work than is asked for.

    ``text`` is what is ``heard`` in the diagnostic, if at hand.
    """
    if status is Status.POSITIVE:
        yield Guess(Reason.DELIVERED, _best_basis(reply))
        return
    text = heard(reply.diagnostic) if text is None else text
    provider = reply.provider if reply.event != Event.REJECTION else None  # what we say ourselves is no provider's
    index = phrases(known)
    rules = index.rules(index.held(text), reply.mta, provider)
    ruled = False
    for rule in rules:
        if matches(rule, reply, text):
            ruled = True
            yield Guess(rule.reason, Basis.RULE, rule)
    yield from _without_rules(reply, known, ruled=ruled)


def _without_rules(reply: Reply, known: Knowledge, *, ruled: bool) -> Iterator[Guess]:
    """What codes and words speak for; ``ruled`` when a rule has spoken before."""
    given = (reply.reply_code, reply.enhanced_code, _own_verdict(reply))
    expired = reply.outcome == Outcome.EXPIRED
    found = [Guess(reason, basis) for reason, basis in bycode.alone(*given, known)]
    yield from found
    if not expired:
        for guess in _voices(reply):
            found.append(guess)
            yield guess
    vague = bycode.likely(*given, reply.smtp_command, known)
    yield from (Guess(reason, basis, sure=False) for reason, basis in vague)
    if not (ruled or found or vague):
        yield (
            Guess(Reason.EXPIRED, Basis.OUTCOME) if expired else Guess(Reason.UNDEFINED, _best_basis(reply), sure=False)
        )


def _voices(reply: Reply) -> Iterator[Guess]:
    """The reasons that the words make likely enough to be named, likeliest first; nothing where there are no words."""
    for opinion in weigh(evidence(reply)):
        if opinion.share >= _WORTH:
            yield Guess(opinion.reason, Basis.WORDS, sure=False, share=opinion.share)


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
        or (
            rule.codes
            and not bycode.is_one_of(rule.codes, reply.reply_code, reply.enhanced_code or _own_verdict(reply))
        )
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


def _own_verdict(reply: Reply) -> str | None:
    """The MTA's own verdict, which counts where nobody else spoke."""
    return reply.dsn if reply.reply_code is None else None


def evidence(reply: Reply) -> Evidence:
    """What the words of a reply are weighed with."""
    words = words_of(reply.diagnostic)
    return Evidence(reply.event, reply.reply_code, reply.enhanced_code, reply.smtp_command, words)


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
