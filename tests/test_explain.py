"""`explain` and `compare`: every form of question, what they answer, and that nothing can go wrong on the way."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan.errors import OptionError
from logscan.explaining import Comparison, Explanation, compare, explain, pages
from logscan.filling import fill
from logscan.packs import mtas
from logscan.reference import Finding, LogLine, Page
from logscan.render.escape import cells

KNOWN = pages.catalogue()
REPLY_CODES = sorted(KNOWN.reply_codes)
ENHANCED_CODES = [f"{klass}{code[1:]}" for code, entry in KNOWN.enhanced_codes.items() for klass in entry["classes"]]
CODES = REPLY_CODES + ENHANCED_CODES
HEAD = "Jan  5 03:04:05 mx1 postfix/smtp[4711]: "
BOUNCED = (
    "3F2A1C0E5C: to=<nobody@example.net>, relay=mx.example.net[192.0.2.25]:25, delay=0.62, delays=0.02/0/0.4/0.2, "
    "dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.25] said: 550 5.1.1 <nobody@example.net>: User unknown "
    "(in reply to RCPT TO command))"
)
REFUSED = (
    "NOQUEUE: reject: RCPT from unknown[192.0.2.150]: 554 5.7.1 Service unavailable; Client host [192.0.2.150] blocked"
    "; from=<x@example.org> to=<anna@example.com> proto=ESMTP helo=<x>"
)


def reply(text: str) -> Finding:
    found = explain(text).reply
    assert found is not None
    return found


def line(text: str) -> LogLine:
    found = explain(text).line
    assert found is not None
    return found


def page(text: str) -> Page:
    return explain(text).codes[0]


# -------------------- codes ------------------------------------------------------------------------------------------


def test_a_reply_code_gives_its_page() -> None:
    text = explain("421").to_text()
    for piece in (
        "421 Service not available",
        "4xx Transient Negative Completion",
        "connections (x2x)",
        "Alone it says too little",
        "4.7.28 Mail flood detected",
        "How to fix it",
        "Sender side",
        "Receiver side",
        "RFC 5321",
    ):
        assert piece in text


def test_a_code_that_decides_alone_says_so() -> None:
    assert page("530").alone
    assert "Alone it means SMTP login failed (smtp_auth)." in str(explain("530"))


def test_a_vague_code_tells_what_it_is_taken_for_after_which_command() -> None:
    text = " ".join(str(explain("550")).split())
    assert "unknown user (user_unknown); after RCPT it is taken for that" in text
    assert [(s.reason, s.basis, s.commands) for s in page("451").senses] == [
        ("server_error", "guess", ["DATA", "END-OF-DATA"]),
        ("server_error", "usual", []),
    ]


@pytest.mark.parametrize("code", ["4.7.28", "#4.7.28", " 4.7.28 ", '"4.7.28"'])
def test_an_enhanced_code_gives_its_page(code: str) -> None:
    found = page(code)
    assert (found.code, found.status, found.name) == ("4.7.28", "transient", "Mail flood detected")
    assert found.group.code == "X.7.X"
    assert found.senses[0].reason == "rate_limited"


@pytest.mark.parametrize("code", ["X.7.28", "x.7.28"])
def test_the_class_of_an_enhanced_code_may_be_left_open(code: str) -> None:
    found = page(code)
    assert (found.code, found.status) == ("X.7.28", "")
    assert "4.X.X Persistent transient failure or 5.X.X Permanent failure" in " ".join(str(explain(code)).split())


def test_a_reason_that_depends_on_the_class_is_told_for_each() -> None:
    text = " ".join(str(explain("X.4.1")).split())
    assert "As 4.x.x it means no connection (network_error). As 5.x.x it says too little" in text
    assert page("4.4.1").alone
    assert not page("5.4.1").alone


def test_a_class_that_the_registry_does_not_have_is_noted() -> None:
    assert "X.1.3 with class 5 only" in page("4.1.3").note
    assert page("5.1.3").note == ""


def test_a_pair_of_codes_is_decided_and_both_are_explained() -> None:
    found = explain("550 5.1.1")
    assert [one.code for one in found.codes] == ["550", "5.1.1"]
    assert found.reply is not None
    assert found.reply.reason == "user_unknown"
    assert "550 5.1.1: unknown user" in str(found)


def test_several_codes_that_are_no_reply_are_explained_one_by_one() -> None:
    found = explain("421, 450")
    assert [one.code for one in found.codes] == ["421", "450"]
    assert found.reply is None
    assert "logscan compare 421 450" in str(found)


@pytest.mark.parametrize("code", ["299", "399", "436", "599", "5.9.99", "4.0.999", "X.7.606", "5.7.606"])
def test_a_code_that_nobody_defined_is_explained_by_its_digits(code: str) -> None:
    found = page(code)
    assert not found.listed
    assert found.meaning.startswith(f"No standard defines {code}")
    assert code[0] == "X" or found.klass.code[0] == code[0]
    assert "by its digits" in found.meaning or "digits" in found.meaning


def test_positive_codes_say_whether_they_can_be_a_delivery() -> None:
    assert [page(code).delivers for code in ("250", "211", "251", "2.1.5", "550")] == [True, False, False, None, False]
    assert "Never: a step of the session." in str(explain("354")) or page("354").session


@pytest.mark.parametrize("code", CODES)
def test_every_listed_code_is_explained(code: str) -> None:
    found = page(code)
    assert found.listed
    for width in (40, 60, 80, 120):
        assert code in explain(code).to_text(width)
    assert code in explain(code).to_markdown().replace("\\", "")


def test_the_senses_of_a_page_are_those_of_the_decision() -> None:
    assert page("5.7.1").senses[0].reason == reply("550 5.7.1 no").reason
    assert page("5.1.1").senses[0].reason == reply("550 5.1.1 no").reason


# -------------------- reasons ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(KNOWN.reasons))
def test_every_reason_is_explained_by_name_and_by_title(name: str) -> None:
    found = explain(name)
    assert found.reason is not None
    assert found.reason.id == name
    assert explain(KNOWN.reasons[name]["title"].upper()).reason == found.reason
    assert explain(name.replace("_", "-")).reason == found.reason


def test_a_reason_names_the_codes_that_lead_to_it() -> None:
    found = explain("mailbox_full").reason
    assert found is not None
    assert "X.2.2" in [one.code for one in found.decided_by]
    assert "552" in [one.code for one in found.hinted_by]


# -------------------- replies ----------------------------------------------------------------------------------------


def test_a_reply_is_decided_with_its_evidence() -> None:
    found = reply("550 5.1.1 <x>: User unknown")
    assert (found.reply_code, found.enhanced_code, found.status) == (550, "5.1.1", "permanent")
    assert (found.reason, found.basis) == ("user_unknown", "enhanced_code") or found.basis == "rule"
    text = str(explain("550 5.1.1 <x>: User unknown"))
    for piece in ("Permanent: unknown user", "How sure", "The sending side", "Its codes", "Mailbox unavailable"):
        assert piece in text


def test_a_reply_on_several_lines_is_one_reply() -> None:
    text = "550-5.7.26 Your mail\n550-5.7.26 failed SPF, see\r\n550 5.7.26 https://support.google.com/mail/answer/81126"
    found = reply(text)
    assert (found.reply_code, found.enhanced_code) == (550, "5.7.26")
    assert found.reply == "550 5.7.26 Your mail failed SPF, see https://support.google.com/mail/answer/81126"
    assert (found.provider, found.provider_seen) == ("google", "support.google.com")


def test_what_the_mta_puts_around_a_reply_is_taken_off_and_used() -> None:
    found = reply("host mx.example.com[192.0.2.25] said: 554 go away (in reply to DATA command)")
    assert (found.reply, found.smtp_command, found.event) == ("554 go away", "DATA", "delivery")
    found = reply("<a@example.com>: host mx.example.com[192.0.2.25] refused to talk to me: 554 hm")
    assert (found.reply, found.smtp_command) == ("554 hm", "CONNECT")
    assert (found.reason, found.confidence) == ("undefined", "none")


@pytest.mark.parametrize(
    "text",
    [
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "smtp;550 5.1.1 no such user",
        "remote server said: 550 5.1.1 no such user",
        "<** 550 5.1.1 no such user",
        "status=bounced (550 5.1.1 no such user",
    ],
)
def test_a_reply_is_found_inside_other_text(text: str) -> None:
    assert reply(text).reply == "550 5.1.1 no such user"


def test_the_peer_names_the_provider_before_the_text_does() -> None:
    text = "host mx1.mail.icloud.com[192.0.2.25] said: 550 5.7.1 see https://support.google.com/x"
    assert (reply(text).provider, reply(text).provider_seen) == ("apple", "mx1.mail.icloud.com")


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("550 5.1.1 <jane@gmail.com>: no such user", "google"),
        ("553 5.1.8 <jane@gmail.com>: Sender address rejected", None),
        ("554 5.7.1 Client host mail-ed1-f41.google.com blocked", None),
        ("550 5.1.1 <jane@example.com>: no such user", None),
    ],
)
def test_only_the_peer_and_the_addressee_name_a_provider(text: str, provider: str | None) -> None:
    assert reply(text).provider == provider


def test_a_conflict_is_told() -> None:
    found = reply("450 5.1.1 no such user")
    assert (found.conflict, found.status) == ("class_mismatch", "transient")
    assert "different classes" in " ".join(str(explain("450 5.1.1 no such user")).split())


def test_a_step_of_the_session_is_no_delivery() -> None:
    found = reply("354 End data with <CR><LF>.<CR><LF>")
    assert (found.event, found.reason, found.status) == ("session", None, "positive")


def test_a_positive_reply_without_its_command_is_hedged() -> None:
    assert "if it answered the end of the data" in reply("250 2.1.5 Ok").because
    assert reply("host mx.example.com[192.0.2.25] said: 250 ok (in reply to end of DATA command)").because == (
        "by its first digit"
    )


def test_a_reply_that_tells_nothing_says_so() -> None:
    found = reply("450 hm")
    assert (found.reason, found.confidence) == ("undefined", "none")


def test_a_guess_is_called_a_guess_and_the_runner_up_is_named() -> None:
    found = reply("host mx.example.com[192.0.2.25] said: 550 5.7.1 hm hm (in reply to RCPT TO command)")
    assert (found.reason, found.confidence) == ("policy", "guess")
    assert "a guess from its enhanced status code 5.7.1 after RCPT" in found.because
    assert found.runner_up is None  # an enhanced code beside the reply code knows better than its default


def test_words_that_others_use_for_other_reasons_make_it_likely_only() -> None:
    found = reply("host mx.example.com[192.0.2.25] said: 550 5.7.1 You are blacklisted (in reply to RCPT TO command)")
    assert (found.reason, found.rule, found.confidence) == ("ip_blocklisted", "on-some-list", "likely")
    assert found.because.startswith("likely: a known reply (rule on-some-list), but ")
    assert found.runner_up is not None
    assert (found.runner_up.reason, found.runner_up.words) == (
        "policy",
        "a guess from its enhanced status code 5.7.1 after RCPT",
    )
    assert "Otherwise" in str(explain("550 5.7.1 You are blacklisted"))


@pytest.mark.parametrize(
    ("text", "reason", "confidence"),
    [
        ("550 5.1.1 <a@example.com>: Recipient address rejected: User unknown", "user_unknown", "certain"),
        ("421 4.7.28 Our system has detected an unusual rate of unsolicited mail - gsmtp", "poor_reputation",
         "certain"),
        ("553 5.7.2 [TSS09] All messages from 192.0.2.9 will be permanently deferred", "poor_reputation", "certain"),
        ("550 5.7.511 Access denied, banned sender", "ip_blocklisted", "certain"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org", "ip_blocklisted",
         "certain"),
        ("host mx00.t-online.de[194.25.134.8] said: 554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for "
         "help or to contact tosa@rx.t-online.de to clarify.) (BL)", "ip_blocklisted", "certain"),
        ("421 Too many spams from your IP (192.0.2.1), please visit http://postmaster.free.fr/", "poor_reputation",
         "certain"),
        ("554-gmx.net Nemesis ESMTP Service not available 554-No SMTP service 554-Bad DNS PTR resource record.",
         "client_identity", "certain"),
        ("550 5.7.1 Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",
         "policy", "certain"),
        ("451 4.7.1 Sorry, the service is currently unavailable. Please come back later.", "server_error", "likely"),
        ("450 4.7.1 Client host rejected: cannot find your hostname", "client_identity", "certain"),
        ("552 RP:UQT 163", "mailbox_full", "certain"),
        ("Sorry, too many emails (#5.7.1)", "rate_limited", "certain"),  # qmail: the code stands behind the words
        ("connect to 127.0.0.1[127.0.0.1]:10024: Connection refused", "local_error", "certain"),
        ("552 5.2.2 mailbox full", "mailbox_full", "certain"),
        ("550 mailbox unavailable", "user_unknown", "likely"),  # it may be anything
        ("535 5.7.8 authentication failed", "smtp_auth", "certain"),
        ("451 Greylisting in action", "greylisted", "certain"),
        ("550 5.7.26 This mail is unauthenticated", "sender_auth", "likely"),
        ("554 5.7.1 <a@b.example>: Relay access denied", "relay_denied", "certain"),
    ],
)  # fmt: skip
def test_replies_of_many_servers(text: str, reason: str, confidence: str) -> None:
    found = reply(text)
    assert (found.reason, found.confidence) == (reason, confidence)
    assert found.remedy
    assert found.source


def test_a_code_that_says_otherwise_makes_words_likely_only() -> None:
    found = reply("452 4.2.2 no such user here")
    assert (found.reason, found.confidence) == ("user_unknown", "likely")
    assert "its code says otherwise" in found.because


RULES = """
[[rule]]
id = "site.moon"
commands = ["RCPT"]
text = ["moon phase * wrong"]
reason = "greylisted"
party = "peer"
remedy = "Wait for the moon."
check = "dig +short MX {domain}"
more = "https://example.com/moon"
source = "the sky"

[[rule]]
id = "site.google"
provider = "google"
codes = ["5.7.900-910"]
reason = "rate_limited"
remedy = "Send less."
source = "their page"
"""


@pytest.fixture
def site(tmp_path: Path) -> list[str]:
    (tmp_path / "remedies").mkdir()
    (tmp_path / "remedies" / "site.toml").write_text(RULES, encoding="utf-8")
    return [str(tmp_path)]


def test_a_rule_that_knows_the_text_decides(site: list[str]) -> None:
    text = "host mx.example.com[192.0.2.25] said: 550 <a@example.net> moon phase is wrong (in reply to RCPT TO command)"
    found = explain(text, patterns=site).reply
    assert found is not None
    assert (found.rule, found.reason, found.confidence, found.party) == ("site.moon", "greylisted", "certain", "peer")
    assert (found.check, found.more, found.assumed) == (
        "dig +short MX example.net",
        "https://example.com/moon",
        [],
    )
    assert found.runner_up is not None
    assert found.runner_up.reason == "user_unknown"


def test_what_a_rule_needs_and_the_text_does_not_say_is_assumed_and_told(site: list[str]) -> None:
    found = explain("moon phase is wrong", patterns=site)
    assert found.reply is not None
    assert (found.reply.rule, found.reply.assumed) == ("site.moon", ["it came after RCPT"])
    assert "Assuming" in str(found)


def test_what_a_provider_means_by_a_code_of_its_own_is_told(site: list[str]) -> None:
    found = explain("5.7.905", patterns=site).codes[0]
    assert [(use.title, use.remedy) for use in found.uses] == [("rate limited", "Send less.")]
    assert "Gmail" in str(explain("5.7.905", patterns=site))
    assert explain("5.7.911", patterns=site).codes[0].uses == []


def test_a_check_is_filled_with_safe_values_alone() -> None:
    seen = {
        "host": "mx.example.net",
        "domain": "$(reboot)",
        "queue_id": "3F2A",
        "ip": "192.0.2.9",
        "sender_domain": "-x",
    }
    assert fill("a {host} {domain} {queue_id} {ip} {sender_domain}", seen) == (
        "a mx.example.net <domain> 3F2A 192.0.2.9 <sender_domain>"
    )
    six = {"ip": "2001:db8::9"}
    assert fill("dig -x {ip}", six) == "dig -x 2001:db8::9"
    assert fill("tac {ip}", six) == "tac <ip>"


# -------------------- log lines --------------------------------------------------------------------------------------


def test_a_log_line_shows_its_fields_and_its_reply() -> None:
    found = explain(HEAD + BOUNCED)
    assert found.form == "line"
    assert found.line is not None
    assert found.reply is not None
    assert (found.line.kind, found.line.mta, found.line.agent) == ("event", "postfix", "postfix/smtp")
    assert (found.line.stamp, found.line.reporting_mta) == ("Jan  5 03:04:05", "mx1")
    assert found.line.fields["queue_id"] == "3F2A1C0E5C"
    assert found.line.fields["delay"] == 0.62
    assert (found.reply.smtp_command, found.reply.reason, found.reply.outcome) == ("RCPT", "user_unknown", "bounced")
    text = str(found)
    for piece in ("3F2A1C0E5C", "nobody@example.net", "mx.example.net [192.0.2.25]", "0.62 s", "Permanent"):
        assert piece in text


@pytest.mark.parametrize(
    "head",
    [
        "2026-01-05T03:04:05.123456+01:00 mx1 postfix/smtp[4711]: ",
        "<22>Jan  5 03:04:05 mx1 postfix/smtp[4711]: ",
        "<22>1 2026-01-05T03:04:05Z mx1 postfix/smtp 4711 - - ",
        "<22>1 2026-01-05T03:04:05Z mx1 postfix/smtp 4711 - - \ufeff",
        "mail-1  | Jan  5 03:04:05 mx1 postfix/smtp[4711]: ",
        "Jan 5 03:04:05 mx1 postfix/smtp[4711]: ",
        "postfix/smtp[4711]: ",
        "",
    ],
)
def test_every_frame_is_taken_off(head: str) -> None:
    found = explain(head + BOUNCED)
    assert found.line is not None
    assert found.line.fields["envelope_recipient"] == "nobody@example.net"
    assert found.reply is not None
    assert found.reply.enhanced_code == "5.1.1"


def test_a_refusal_of_ours_is_for_the_client_to_mend() -> None:
    found = explain(HEAD.replace("smtp[", "smtpd[") + REFUSED)
    assert found.reply is not None
    assert (found.reply.event, found.reply.party) == ("rejection", "peer")
    assert "the client that was refused" in found.reply.acts
    assert "Their remedy" in str(found)


def test_a_folded_line_tells_how_often() -> None:
    assert line(f"{HEAD}message repeated 3 times: [ {BOUNCED}]").times == 3


@pytest.mark.parametrize(
    ("agent", "payload", "kind", "says"),
    [
        ("smtpd", "warning: host.example[192.0.2.9]: SASL LOGIN authentication failed: x", "notice", "SASL login"),
        ("qmgr", "3F2A1C0E63: from=<a@example.com>, size=6020, nrcpt=1 (queue active)", "message", "6,020 bytes"),
        ("smtpd", "connect from mail.example.org[192.0.2.77]", "ignore", "on purpose"),
        ("smtpd", "frobnicate the thing", "unknown", "not this kind of line"),
    ],
)
def test_a_line_without_a_reply_is_told_as_such(agent: str, payload: str, kind: str, says: str) -> None:
    found = explain(f"Jan  5 03:04:05 mx1 postfix/{agent}[1]: {payload}")
    assert found.line is not None
    assert (found.line.kind, found.reply) == (kind, None)
    assert says in " ".join(str(found).split())


def test_every_example_of_the_packs_is_explained() -> None:
    for pack in mtas():
        if not any(frame.name == "bsd" for frame in pack.frames):
            continue
        for shape in (*pack.events, *pack.notices, *pack.messages):
            for example in shape.examples:
                found = line(f"Jan  5 03:04:05 mx1 {example['agent']}[1]: {example['line']}")
                assert (found.kind, found.shape) == (shape.table, shape.id)


@pytest.mark.parametrize("name", ["mixed.log", "refusals.log", "rsyslog-5424.log"])
def test_a_line_means_what_the_report_says_it_means(name: str) -> None:
    import logscan

    path = Path(__file__).parent.parent / "sample_logs" / "postfix" / name
    decided = ["status", "reason", "rule", "basis", "party", "provider", "reply_code", "enhanced_code", "dsn"]
    events = logscan.read(path, year=2026, tz="UTC")
    events = events[events["outcome"] != "expired"]  # those take the reason of an earlier line
    raw = path.read_bytes()
    rows = events[["offset", *decided]].astype("object").where(events.notna(), None).to_dict("records")
    assert rows
    for row in rows[:120]:
        start = int(row.pop("offset"))
        found = reply(raw[start : raw.index(b"\n", start)].decode(errors="replace"))
        assert {name: getattr(found, name) for name in decided} == row


def test_a_damaged_verdict_of_the_mta_is_left_out() -> None:
    assert reply(HEAD + BOUNCED.replace("dsn=5.1.1", "dsn=five")).dsn is None


# -------------------- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("699", "run from 200 to 599"),
        ("100", "run from 200 to 599"),
        ("abc", "give a reply code (421)"),
        ("", "nothing to explain"),
        ("  \n ", "nothing to explain"),
        ("55", "did you mean 550, 551 or 552?"),
        ("5.1", "did you mean 5.1.0, 5.1.1 or 5.1.2?"),
        ("6.1.1", "did you mean 5.1.1"),
        ("5.1.1.1", "did you mean 5.1.1"),
        ("user_unkown", "did you mean user_unknown?"),
        ("the mail does not come", "holds no code"),
        ("Jan  5 03:04:05 mx1 dovecot: hello", "a line of 'dovecot'"),
        (f"{HEAD}{BOUNCED}\n{HEAD}{BOUNCED}", "`logscan report FILE`"),
        ("x" * 30_000, "`logscan report FILE`"),
    ],
)
def test_nonsense_is_refused_with_the_next_thing_to_try(text: str, says: str) -> None:
    with pytest.raises(OptionError) as caught:
        explain(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (("421", "699"), "'699'"),
        (("abc", "421"), "'abc'"),
        (("421", "421"), "two different codes"),
        (("421", "5.1"), "did you mean 5.1.0"),
        (("421", "550 5.1.1"), "'550 5.1.1'"),
    ],
)
def test_what_is_no_code_is_not_compared(codes: tuple[str, str], says: str) -> None:
    with pytest.raises(OptionError) as caught:
        compare(*codes)
    assert says in str(caught.value)


# -------------------- comparisons ------------------------------------------------------------------------------------


def test_codes_of_different_classes() -> None:
    text = compare("211", "421").to_text()
    for piece in (
        "211 System status",
        "2xx Positive Completion",
        "4xx Transient Negative",
        "Key differences",
        "never: a step of the session",
        "yes, by itself",
        "Which applies when",
        "The command was carried out: 211.",
        "Refused for now: 421.",
    ):
        assert piece in text


def test_codes_of_one_class() -> None:
    found = compare("450", "451")
    assert "Class" in [one.aspect for one in found.common]
    assert "Only 450 usually carries 4.1.1, 4.1.8, 4.2.0, 4.2.1 or 4.7.25." in found.guide
    assert "Only 451 is usual after DATA." in found.guide
    assert "makes no difference" in found.guide[0]


def test_enhanced_codes_are_told_apart_by_their_reply_codes() -> None:
    guide = compare("5.1.1", "5.1.10").guide
    assert "Only 5.1.1 usually stands behind 550." in guide
    assert "5.1.1 means unknown user." in guide


def test_a_reply_code_and_an_enhanced_code_are_no_alternatives() -> None:
    assert compare("421", "4.7.0").guide[0].startswith("They are no alternatives")
    assert "classes differ" in compare("250", "5.1.1").guide[0]
    assert "not usual" in compare("421", "4.6.5").guide[0]


def test_more_than_two_codes_and_codes_without_a_class() -> None:
    assert [one.code for one in compare("421", "450", "554").codes] == ["421", "450", "554"]
    assert compare("X.7.1", "x.7.28", "2.0.0").differences


def test_the_order_of_the_codes_is_kept() -> None:
    assert [one.code for one in compare("550", "250").codes] == ["550", "250"]


@pytest.mark.parametrize(("one", "other"), list(pairwise([*CODES, CODES[0], "599", "5.9.99", "X.4.1"])))
def test_every_code_is_compared_with_its_neighbour(one: str, other: str) -> None:
    found = compare(one, other)
    assert found.guide
    assert all(len(row.values) == 2 for row in found.differences)
    assert all(len(row.values) == 1 and row.values[0] for row in found.common)
    for width in (60, 80, 120):
        check_width(found, width)
    assert_clean(found)


# -------------------- how it looks -----------------------------------------------------------------------------------

EXAMPLES = [
    "421",
    "X.4.1",
    "550 5.1.1",
    "5.9.99",
    "spam_content",
    "ip_blocklisted",
    "550 5.7.1 " + "long text " * 60,
    "550 5.7.1 " + "w" * 300,
    HEAD + BOUNCED,
    HEAD + REFUSED,
]


def check_width(found: Explanation | Comparison, width: int) -> None:
    lines = found.to_text(width).split("\n")
    for n, one in enumerate(lines):
        command = one.startswith("    ") and n > 0 and lines[n - 1].strip() == "Check"
        link = one.strip().startswith("https://")
        assert command or link or cells(one) <= width, one
        assert one == one.rstrip()


def assert_clean(found: Explanation | Comparison) -> None:
    """No control character, nothing that turns the direction of reading, JSON that comes back as it went."""
    for text in (found.to_text(), found.to_text(60), found.to_markdown()):
        bad = [char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs")]
        assert not bad
        assert text.endswith("\n")
        text.encode()
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert json.loads(found.to_json()) == found.to_dict()
    assert found.to_json().isascii()


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("width", [40, 60, 80, 120, 500, 1])
def test_no_line_is_wider_than_the_page(text: str, width: int) -> None:
    check_width(explain(text), min(max(width, 40), 120))
    assert explain(text).to_text(width) == explain(text).to_text(min(max(width, 40), 120))


@pytest.mark.parametrize("text", EXAMPLES)
def test_colour_only_when_asked(text: str) -> None:
    plain = explain(text).to_text(80)
    painted = explain(text).to_text(80, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[" in painted
    assert str(explain(text)) == plain


def test_text_from_outside_cannot_become_markup() -> None:
    text = "550 5.1.1 `code` <b>bold</b> | # \x1b[31m [link](http://x.example) ```"
    marked = explain(text).to_markdown()
    assert "> ```` 550 5.1.1 `code` <b>" in marked
    assert "\x1b" not in marked
    assert "\\x1b[31m" in explain(text).to_text()


def test_the_answer_says_of_which_kind_it_is() -> None:
    assert explain("421").to_dict()["schema"] == "logscan.explanation/1"
    assert compare("421", "450").to_dict()["schema"] == "logscan.comparison/1"
    assert explain("421").form == "reply_code"
    assert explain("4.7.28").form == "enhanced_code"


SNIPPETS = st.sampled_from(
    [
        *CODES[::7],
        HEAD,
        BOUNCED,
        REFUSED,
        " ",
        "-",
        "550-5.7.26 ",
        "host mx.example.com[192.0.2.25] said: ",
        " (in reply to RCPT TO command)",
        "\x1b[31m",
        "\u202e",
        "\n",
        "<jane@gmail.com>",
        "[2001:db8::1]",
        "https://support.google.com/x",
        "message repeated 2 times: [ ",
        "sender",
        "dsn=",
        "\ud800",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(st.one_of(SNIPPETS, st.text(max_size=20)), max_size=8).map("".join)))
@settings(max_examples=400, deadline=None)
def test_any_text_is_explained_or_refused(text: str) -> None:
    try:
        found = explain(text)
    except OptionError as refused:
        assert not [char for char in str(refused) if unicodedata.category(char) == "Cc"]
        return
    assert_clean(found)
    check_width(found, 80)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_two_texts_are_compared_or_refused(one: str, other: str) -> None:
    with contextlib.suppress(OptionError):
        assert_clean(compare(one, other))


def test_neither_pandas_nor_polars_is_imported() -> None:
    program = (
        "import sys; from logscan.explaining import explain, compare; str(explain('550 5.1.1 x')); "
        "str(compare('211', '421')); "
        "print([name for name in ('pandas', 'polars', 'pyarrow', 'numpy', 'typer') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
