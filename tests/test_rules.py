"""What one reply means: the settled decisions one by one, and what holds for every reply."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logscan import codes
from logscan.packs import knowledge
from logscan.packs.match import split_reply
from logscan.phrases import Phrases
from logscan.rules import Reply, decide, guesses, heard, matches, status_of

KNOWN = knowledge()
TURNED = {"us": "peer", "peer": "us"}


def reply(text: str = "", **more: Any) -> Reply:
    """A reply as a parser hands it over: the codes taken from the start of its text."""
    code, enhanced, diagnostic = split_reply(text or None)
    given = {"event": "delivery", "reply_code": code, "enhanced_code": enhanced, "diagnostic": diagnostic}
    return Reply(**(given | more))


def decided(text: str = "", **more: Any) -> dict[str, Any]:
    return decide(reply(text, **more), KNOWN)._asdict()


# status: the first digit of the reply, and what stands in where there is none


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        (reply("250 2.0.0 Ok"), "positive"),
        (reply("354 Go on", event="session"), "positive"),
        (reply("450 5.1.1 No"), "transient"),  # the digit, not the enhanced code
        (reply("550 4.2.2 No"), "permanent"),
        (reply("421 5.7.1 Bye"), "transient"),
        (reply("250 Ok", outcome="bounced"), "positive"),  # the reply, not the outcome
        (reply("554 No", outcome="deferred", smtp_command="CONNECT"), "permanent"),
        (reply("554 No", outcome="softbounced"), "permanent"),
        (reply("5.7.1 No", dsn="4.7.1"), "permanent"),  # no reply: the enhanced code before the dsn
        (reply("no route", dsn="4.4.1", outcome="bounced"), "transient"),  # the dsn before the outcome
        (reply("no route", outcome="bounced"), "permanent"),
        (reply(outcome="deferred"), "transient"),
        (reply(outcome="softbounced"), "transient"),
        (reply(outcome="delivered"), "positive"),
        (reply(outcome="expanded"), "positive"),
        (reply(outcome="rejected", event="rejection"), "permanent"),
        (reply(outcome="expired"), "permanent"),
        (reply(outcome="held"), "unknown"),
        (reply(outcome="other"), "unknown"),
        (reply(), "unknown"),
    ],
)
def test_status(evidence: Reply, status: str) -> None:
    assert decide(evidence, KNOWN).status == status


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("552 5.5.3 Too many recipients", "transient", "too_many_recipients"),
        ("552 Too many recipients", "transient", "too_many_recipients"),
        ("552 5.5.3 No more of them", "transient", "too_many_recipients"),
        ("552 5.2.2 Mailbox full", "permanent", "mailbox_full"),
        ("552 5.3.4 Message too big", "permanent", "message_too_big"),
        ("552 5.2.2", "permanent", "mailbox_full"),
        ("552", "permanent", "mailbox_full"),
        ("550 5.5.3 Too many recipients", "permanent", "too_many_recipients"),
        ("452 4.5.3 Too many recipients", "transient", "too_many_recipients"),
    ],
)
def test_552_is_transient_only_for_too_many_recipients(text: str, status: str, reason: str) -> None:
    found = decided(text, smtp_command="RCPT")
    assert (found["status"], found["reason"]) == (status, reason)


# reason: the order of evidence


@pytest.mark.parametrize(
    ("text", "more", "reason", "basis"),
    [
        ("550 5.7.1 <a@b.example>: Relay access denied", {"smtp_command": "RCPT"}, "relay_denied", "rule"),
        ("550 5.7.26 Rejected", {"smtp_command": "END-OF-DATA"}, "sender_auth", "enhanced_code"),
        ("550 5.7.1 Hm", {"smtp_command": "RCPT"}, "policy", "enhanced_code"),  # no unknown user
        ("550 Hm", {"smtp_command": "RCPT"}, "user_unknown", "reply_code"),
        ("550 Hm", {"smtp_command": "MAIL"}, "undefined", "reply_code"),
        ("550 Hm", {}, "undefined", "reply_code"),
        ("550 5.0.0 Hm", {"smtp_command": "RCPT"}, "user_unknown", "reply_code"),
        ("550 5.1.0 Hm", {"smtp_command": "MAIL"}, "sender_rejected", "enhanced_code"),
        ("550 5.1.0 Hm", {"smtp_command": "RCPT"}, "user_unknown", "enhanced_code"),
        ("550 5.7.1 Rejected", {"smtp_command": "RCPT"}, "undefined", "words"),  # it says no more than no
        ("552 All that these people may keep is used up", {"smtp_command": "RCPT"}, "mailbox_full", "words"),
        (
            "552 5.3.4 All that these people may keep is used up",
            {"smtp_command": "RCPT"},
            "message_too_big",
            "enhanced_code",
        ),
        ("503 Out of order", {"smtp_command": "RCPT"}, "protocol_error", "reply_code"),
        ("450 Hm", {"smtp_command": "RCPT"}, "undefined", "reply_code"),
        ("421 Hm", {"smtp_command": "CONNECT"}, "undefined", "reply_code"),
        ("454 4.7.0 Not now", {"smtp_command": "STARTTLS"}, "tls_failure", "rule"),
        ("454 4.7.0 Not now", {"smtp_command": "AUTH"}, "smtp_auth", "rule"),
        ("5.7.8 Not so", {}, "smtp_auth", "enhanced_code"),
        ("odd text", {"dsn": "4.4.3"}, "dns_failure", "dsn"),
        ("450 odd text", {"dsn": "4.4.3"}, "undefined", "reply_code"),  # somebody else spoke: not the dsn
        ("odd text", {"dsn": "4.3.0"}, "server_error", "dsn"),
        ("returned to sender", {"outcome": "expired"}, "expired", "outcome"),
        ("returned to sender", {"outcome": "expired", "dsn": "4.4.1"}, "network_error", "dsn"),
        ("odd text", {"outcome": "bounced"}, "undefined", "outcome"),
        ("250 2.0.0 Ok, no virus found", {}, "delivered", "reply_code"),
        ("250 2.6.0 mailbox full of thanks", {"outcome": "delivered"}, "delivered", "reply_code"),
    ],
)
def test_reason_and_what_decided_it(text: str, more: dict[str, Any], reason: str, basis: str) -> None:
    found = decided(text, **more)
    assert (found["reason"], found["basis"]) == (reason, basis)
    assert (found["rule"] is not None) == (basis == "rule")


@pytest.mark.parametrize(
    ("text", "command", "reason"),
    [
        ("550 5.1.7 <x@b.example>: Sender address rejected: User unknown", "MAIL", "sender_rejected"),
        ("450 4.1.1 <a@b.example>: Recipient address rejected: unverified address: Address verification in progress",
         "RCPT", "server_error"),
        ("450 4.1.1 <a@b.example>: Recipient address rejected: unverified address: connect to [192.0.2.1]: timed out",
         "RCPT", "network_error"),
        ("450 4.1.1 <a@b.example>: Recipient address rejected: unverified address: No such user", "RCPT",
         "user_unknown"),
        ("554 5.7.1 Service unavailable; Sender address [a@b.example] blocked using dbl.example", "RCPT",
         "domain_blocklisted"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.example", "RCPT", "ip_blocklisted"),
        ("550 5.4.5 Daily user sending quota exceeded", "MAIL", "rate_limited"),
        ("535 5.7.8 Unknown user", "AUTH", "smtp_auth"),
        ("530 5.7.0 Must issue a STARTTLS command first", "MAIL", "tls_failure"),
        ("550 5.7.1 Your message was rejected, see https://spam.example/why", "END-OF-DATA", "policy"),
        ("550 5.7.1 Your mail was not taken, as we do not want it", "END-OF-DATA", "policy"),
        ("451 4.7.1 Try again later", "RCPT", "undefined"),
    ],
)  # fmt: skip
def test_texts_that_are_easily_mistaken(text: str, command: str, reason: str) -> None:
    assert decided(text, smtp_command=command)["reason"] == reason


def test_an_mta_s_own_rules_are_for_its_log_only() -> None:
    text = "connect to mx.example.org[192.0.2.25]:25: Connection refused"
    assert decided(text, dsn="4.4.1", mta="postfix")["rule"] == "postfix-connect-refused"
    assert decided(text, dsn="4.4.1", mta="exim")["rule"] == "connection-failed"


def test_a_provider_s_rules_are_for_what_it_answers_not_for_our_refusals_of_its_mail() -> None:
    text = "450 4.7.28 A bit less, please"
    assert decided(text, provider="google")["rule"] == "google-rate-code"
    assert decided(text, provider="google", event=None)["rule"] == "google-rate-code"
    assert decided(text, provider="google", event="rejection")["rule"] is None
    assert decided(text, provider="apple")["rule"] is None


def test_case_and_what_lies_between_do_not_count() -> None:
    for text in ("550 5.7.1 RELAYING DENIED", "550 5.7.1 relaying denied.", "550 5.7.1 <x> Relaying  denied"):
        assert decided(text)["reason"] == "relay_denied"
    assert decided("554 5.7.1 Client [192.0.2.1] was blocked using x")["rule"] == "block-list"


# party: for a refusal of ours the sender is the peer


@pytest.mark.parametrize(
    ("text", "outbound", "inbound"),
    [
        ("550 5.1.1 No", "us", "peer"),
        ("452 4.3.1 No", "peer", "us"),
        ("452 4.2.2 No", "recipient", "recipient"),
        ("450 4.2.0 Greylisted", "nobody", "nobody"),
    ],
)
def test_party_is_turned_for_our_own_refusals(text: str, outbound: str, inbound: str) -> None:
    assert decided(text)["party"] == outbound
    assert decided(text, event="rejection", outcome="rejected")["party"] == inbound


# conflict


@pytest.mark.parametrize(
    ("text", "more", "conflict"),
    [
        ("550 5.7.1 No", {"outcome": "bounced"}, None),
        ("550 4.7.1 No", {"outcome": "bounced"}, "class_mismatch"),
        ("450 5.7.1 No", {"outcome": "deferred"}, "class_mismatch"),
        ("554 5.7.1 No", {"outcome": "softbounced"}, "softbounce"),
        ("554 No", {"outcome": "deferred", "smtp_command": "CONNECT"}, "greeting_5xx"),
        ("554 No", {"outcome": "rejected", "smtp_command": "CONNECT"}, None),
        ("421 No", {"outcome": "deferred", "smtp_command": "CONNECT"}, None),
        ("450 4.2.0 No", {"outcome": "expired"}, "expired_transient"),
        ("550 5.1.1 No", {"dsn": "4.1.1", "outcome": "bounced"}, None),  # the dsn is the MTA's own word
    ],
)
def test_conflicts(text: str, more: dict[str, Any], conflict: str | None) -> None:
    assert decided(text, **more)["conflict"] == conflict


@pytest.mark.parametrize("code", ["211", "214", "220", "221", "235", "334", "354"])
def test_replies_within_a_session_have_no_reason(code: str) -> None:
    found = decided(f"{code} Hello", event="session", outcome="other")
    assert found["status"] == "positive"
    assert {found[name] for name in ("reason", "rule", "basis", "party")} == {None}


# what holds for every reply


def words(vocabulary: Any) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([word.value for word in vocabulary])


FRAGMENTS = sorted(
    {text.replace("*", " x ") for rule in KNOWN.rules for text in rule.text} | {"", "no", "<a@b.example>"}
)
ENHANCED = st.builds("{}.{}.{}".format, st.sampled_from("245"), st.integers(0, 9), st.integers(0, 700))
REPLIES = st.builds(
    Reply,
    mta=st.sampled_from([None, "postfix", "exim", "exchange"]),
    event=words(codes.Event),
    outcome=words(codes.Outcome),
    reply_code=st.none() | st.integers(200, 599) | st.sampled_from([421, 450, 451, 452, 550, 552, 554]),
    enhanced_code=st.none() | ENHANCED,
    dsn=st.none() | ENHANCED,
    smtp_command=words(codes.SmtpCommand),
    diagnostic=st.none() | st.lists(st.sampled_from(FRAGMENTS), max_size=3).map(" ".join) | st.text(max_size=20),
    provider=st.none() | st.sampled_from(sorted(KNOWN.providers)),
)


@settings(max_examples=500, deadline=None)
@given(REPLIES)
def test_every_reply_is_decided_within_the_vocabularies(evidence: Reply) -> None:
    found = decide(evidence, KNOWN)
    assert found.status in set(codes.Status)
    assert found.conflict is None or found.conflict in set(codes.Conflict)
    assert (found.reply_class is None) == (evidence.reply_code is None)
    if evidence.event == "session":
        assert {found.reason, found.rule, found.basis, found.party} == {None}
        return
    assert found.reason in set(codes.Reason)
    assert found.basis in set(codes.Basis)
    assert (found.rule is not None) == (found.basis == "rule")
    assert (found.reason == "delivered") <= (found.status == "positive")
    rule = KNOWN.rule(found.rule or "")
    party = str(rule.party) if rule and rule.party else KNOWN.reasons[found.reason]["party"]
    assert found.party == (TURNED.get(party, party) if evidence.event == "rejection" else party)


@settings(max_examples=500, deadline=None)
@given(REPLIES)
@example(Reply(reply_code=421, enhanced_code="5.7.1", outcome="bounced"))
def test_the_first_digit_decides_the_status(evidence: Reply) -> None:
    found = decide(evidence, KNOWN)
    rule = KNOWN.rule(found.rule or "")
    if evidence.reply_code is None or (rule and rule.status):
        return
    assert (
        found.status
        == {"2": "positive", "3": "positive", "4": "transient", "5": "permanent"}[str(evidence.reply_code)[0]]
    )


@settings(max_examples=300, deadline=None)
@given(REPLIES)
def test_421_is_always_transient(evidence: Reply) -> None:
    assert decide(evidence._replace(reply_code=421), KNOWN).status == "transient"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["", "5.0.0", "5.2.2", "5.3.4", "5.5.3", "5.7.1"]),
    st.sampled_from(["", "Too many recipients", "Error: too many recipients", "Mailbox full", "Message too big", "No"]),
    REPLIES,
)
def test_552_is_transient_for_too_many_recipients_and_nothing_else(enhanced: str, text: str, other: Reply) -> None:
    said = reply(" ".join(part for part in ("552", enhanced, text) if part), smtp_command=other.smtp_command)
    many = enhanced.endswith(".5.3") or "too many recipients" in text.lower()
    assert decide(said, KNOWN).status == ("transient" if many else "permanent")


@settings(max_examples=300, deadline=None)
@given(REPLIES)
def test_guesses_are_never_empty_and_the_first_one_counts(evidence: Reply) -> None:
    found = list(guesses(evidence, KNOWN, status_of(evidence)))
    assert found
    if evidence.event != "session":
        assert decide(evidence, KNOWN).reason == found[0].reason.value


def test_only_rules_with_a_standard_behind_them_change_the_status() -> None:
    changing = [rule for rule in KNOWN.rules if rule.status is not None]
    assert changing
    assert all(rule.source.startswith("RFC ") for rule in changing)
    assert all(
        rule.status is codes.Status.TRANSIENT and "552" in " ".join((*rule.text, *rule.codes)) for rule in changing
    )


FRAGMENTS = sorted({text for rule in KNOWN.rules for text in rule.text})
INDEX = Phrases(KNOWN.rules)


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text("a 5.", max_size=9), max_size=4))
def test_the_index_leaves_out_no_rule_that_holds(pieces: list[str]) -> None:
    text = "".join(piece.replace("*", " it ") for piece in pieces)
    held = INDEX.held(heard(text))
    found = INDEX.rules(held, "postfix", None)
    assert found == [rule for rule in KNOWN.rules if rule in found]
    for rule in KNOWN.rules:
        asked = Reply(event=rule.event, outcome=rule.outcome, diagnostic=text)
        if rule.text and not rule.codes and not rule.commands and matches(rule, asked):
            assert rule in INDEX.rules(held, rule.mta, rule.provider)
