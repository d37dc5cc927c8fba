"""What one reply means, with the evidence that decided and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from logscan import rules
from logscan.advice import remedy_for, settings_of
from logscan.codes import Basis, Event, Outcome, SmtpCommand, Status
from logscan.doubts import ranked
from logscan.explaining import pages, words
from logscan.filling import fill
from logscan.packs.knowledge import Knowledge, Rule
from logscan.packs.match import domain_of
from logscan.reference import Alternative, Finding
from logscan.render.reference import phrases
from logscan.rules import Decision, Guess, Reply, decide, matches, status_of
from logscan.template import template_of
from logscan.weighing import speaking_for

ITSELF = "the reply itself"  # shows whose it is
_UNREAD = "; the text was not recognised"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known beside the reply, from a log line or from the text itself; empty where nothing is."""

    host: str = ""
    ip: str = ""
    domain: str = ""
    sender_domain: str = ""
    queue_id: str = ""
    provider_seen: str = ""


def finding(reply: Reply, seen: Seen, known: Knowledge) -> Finding:
    """Decide a reply, and say what decided, what speaks for something else, and what to do."""
    reply = as_session(reply, known)
    reply, assumed = _assuming(reply, known)
    decision = decide(reply, known)
    ranking = ranked(reply, known, status_of(reply)) if reply.event != Event.SESSION else []
    reason = known.reasons.get(decision.reason or "", {})
    decided = {**reply._asdict(), **decision._asdict()}
    cure = remedy_for(decided, known) if decision.reason else {}
    confidence, because = _confidence(decision, ranking, reply)
    provider = known.providers.get(reply.provider or "", {})
    values = asdict(seen)
    return Finding(
        reply=reply.diagnostic or "",
        **{name: getattr(reply, name) for name in _EVIDENCE},
        **{name: getattr(decision, name) for name in _DECIDED},
        sender_does=_sender_does(decision.status, reply, known),
        title=str(reason.get("title", "")),
        definition=str(reason.get("definition", "")),
        confidence=confidence,
        because=because,
        assumed=assumed,
        acts=words.acts(decision.party, reply.event),
        disagreement=dict[str | None, str](words.CONFLICTS.items()).get(decision.conflict, ""),
        provider_name=str(provider.get("name", "")),
        provider_seen=seen.provider_seen if provider else "",
        runner_up=_runner_up(ranking, reply, known),
        remedy=cure.get("remedy", ""),
        settings={mta: fill(text, values) for mta, text in settings_of(decided, known).items()},
        check=fill(cure.get("check", ""), values),
        more=cure.get("more", ""),
        source=cure.get("source", ""),
        nothing_to_do=bool(reason.get("nothing_to_do", False)),
        template=template_of(reply.diagnostic or ""),
    )


_EVIDENCE = ("reply_code", "enhanced_code", "dsn", "smtp_command", "event", "outcome", "provider")
_DECIDED = ("reply_class", "status", "reason", "rule", "basis", "party", "conflict")


def as_session(reply: Reply, known: Knowledge) -> Reply:
    """A reply whose code is a step of the session is no delivery, wherever it was found."""
    entry = known.reply_codes.get(str(reply.reply_code), {})
    return reply._replace(event=Event.SESSION.value) if entry.get("session") else reply


def _assuming(reply: Reply, known: Knowledge) -> tuple[Reply, list[str]]:
    """A reply completed so that a rule that knows its text takes it, and what was assumed for that."""
    if reply.event == Event.SESSION or status_of(reply) is Status.POSITIVE or decide(reply, known).basis == Basis.RULE:
        return reply, []
    for rule in known.rules:
        fuller = _completed(reply, rule)
        if rule.text and fuller != reply and matches(rule, fuller) and decide(fuller, known).rule == rule.id:
            return fuller, _assumptions(reply, fuller)
    return reply, []


def _completed(reply: Reply, rule: Rule) -> Reply:
    # A provider is never assumed: each has texts of its own that mean something else at others.
    return reply._replace(
        mta=reply.mta or rule.mta or None,
        event=reply.event or rule.event or None,
        outcome=reply.outcome or rule.outcome or None,
        smtp_command=reply.smtp_command or min(rule.commands, default=None),
    )


def _assumptions(reply: Reply, fuller: Reply) -> list[str]:
    out = []
    if fuller.mta != reply.mta:
        out.append(f"{str(fuller.mta).capitalize()} wrote it")
    if fuller.event != reply.event:
        out.append("your own server said it" if fuller.event == Event.REJECTION else "your server was told it")
    if fuller.smtp_command != reply.smtp_command:
        out.append(f"it came {phrases.after([str(fuller.smtp_command)])}")
    if fuller.outcome != reply.outcome:
        out.append(f"the message was {fuller.outcome}")
    return out


def _sender_does(status: str, reply: Reply, known: Knowledge) -> str:
    if reply.outcome in (Outcome.DEFERRED, Outcome.SOFTBOUNCED):
        return str(known.digits["4"]["sender_does"])
    first = str(reply.reply_code or "")[:1] or {"positive": "2", "transient": "4", "permanent": "5"}.get(status, "")
    return str(known.digits.get(first, {}).get("sender_does", ""))


def _confidence(decision: Decision, ranking: list[Guess], reply: Reply) -> tuple[str, str]:
    """How sure the reason is, as a word and as a phrase that names the evidence."""
    if decision.reason is None:
        return "none", "a step of the session has no reason"
    if decision.status == Status.POSITIVE:
        if reply.event is None and reply.smtp_command != SmtpCommand.END_OF_DATA:
            return "likely", "by its first digit, if it answered the end of the data; else it is a step on the way"
        return "certain", "by its first digit" if reply.reply_code else "by what the MTA says became of it"
    if decision.reason == "undefined":
        return "none", "nothing in it tells the reason: go by the text"
    confidence, evidence = _on(ranking[0], reply)
    if confidence == "guess":
        return confidence, f"a guess from {evidence}{'' if ranking[0].basis is Basis.WORDS else _UNREAD}"
    return confidence, f"{confidence}: {evidence}"


def _on(guess: Guess, reply: Reply) -> tuple[str, str]:
    """How far one guess can be trusted, and what it rests on."""
    evidence = _evidence(guess, reply)
    if guess.rule is not None:
        evidence = f"a known reply (rule {guess.rule.id})"
        return ("likely", f"{evidence}, but {guess.doubt}") if guess.doubt else ("certain", evidence)
    if guess.doubt:
        return "likely", f"{evidence}, but {guess.doubt}"
    if guess.sure:
        return "certain", evidence
    return "guess", f"{evidence} {phrases.after([reply.smtp_command])}" if reply.smtp_command else evidence


def _evidence(guess: Guess, reply: Reply) -> str:
    basis = guess.basis
    if basis is Basis.WORDS:
        topics = speaking_for(guess.reason, rules.evidence(reply))
        return f"its words, which speak of {phrases.listed(topics)}" if topics else "its words"
    if basis is Basis.REPLY_CODE:
        return f"its reply code {reply.reply_code}"
    if basis is Basis.OUTCOME:
        return "what the MTA says became of the message"
    if basis is Basis.DSN:
        return f"the verdict of the MTA, dsn {reply.dsn}"
    return f"its enhanced status code {reply.enhanced_code}"


def _runner_up(ranking: list[Guess], reply: Reply, known: Knowledge) -> Alternative | None:
    other = next((guess for guess in ranking[1:] if guess.reason != ranking[0].reason), None)
    if other is None:
        return None
    confidence, evidence = _on(other, reply)
    because = f"a guess from {evidence}" if confidence == "guess" else evidence
    return Alternative(other.reason.value, pages.title(other.reason, known), other.basis.value, because)


def _failed(fields: Mapping[str, object]) -> bool:
    """Tell whether a line is about no success: a thank-you does not tell who worded it."""
    code = fields.get("reply_code")
    return code >= 400 if isinstance(code, int) else fields.get("outcome") not in (Outcome.DELIVERED, Outcome.EXPANDED)


def seen_in(fields: Mapping[str, object], known: Knowledge) -> tuple[Seen, str | None]:
    """What the fields of a log line tell beside the reply, and the provider they name."""
    refusal = fields.get("event") == Event.REJECTION
    domain = "" if refusal else str(fields.get("recipient_domain") or "")
    host = str(fields.get("remote_mta") or "")
    text = str(fields.get("diagnostic") or "") if not refusal and _failed(fields) else ""
    provider = known.provider_of(host, domain, text)
    by = next((name for name, given in ((host, (host, None)), (ITSELF, (None, None, text)), (domain, (None, domain)))
               if known.provider_of(*given)), "")  # fmt: skip
    seen = Seen(
        host=host or str(fields.get("remote_ip") or ""),
        ip=str(fields.get("remote_ip") or "") if refusal else "",
        domain=str(fields.get("recipient_domain") or ""),
        sender_domain=domain_of(str(fields.get("envelope_sender") or "")) or "",
        queue_id=str(fields.get("queue_id") or ""),
        provider_seen=by,
    )
    return seen, provider
