"""Pieces of log lines and quoted replies, as people paste them: what is found in them, and that nothing is made up."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan import explain
from logscan.errors import OptionError
from logscan.explaining import lines, trial
from logscan.explaining.quoted import unquoted
from logscan.packs import for_pasting, knowledge
from logscan.reference import Finding

KNOWN, PACKS = knowledge(), for_pasting()
QUOTES = next(pack for pack in PACKS if pack.quotes)
EXAMPLES = [(shape.id, example) for shape in QUOTES.events for example in shape.examples]


def reply(text: str) -> Finding:
    found = explain(text).reply
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        (
            "stat=Deferred: 451 4.1.8 Domain of sender address user@example.com does not resolve",
            {"reply_code": 451, "enhanced_code": "4.1.8", "outcome": "deferred", "status": "transient"},
        ),
        (
            "dsn=4.7.1, stat=Deferred: 450 4.7.1 Client host rejected",
            {"reply_code": 450, "enhanced_code": "4.7.1", "dsn": "4.7.1", "outcome": "deferred"},
        ),
        ("dsn=5.1.1, stat=User unknown", {"reply_code": None, "dsn": "5.1.1", "status": "permanent"}),
        (
            "status=deferred (host mx.example.com[192.0.2.1] said: 452 4.2.2 Over quota (in reply to RCPT TO command))",
            {"reply": "452 4.2.2 Over quota", "smtp_command": "RCPT", "outcome": "deferred", "event": "delivery"},
        ),
        (
            "status=deferred (delivery temporarily suspended: host a.example[192.0.2.1] refused to talk to me: 554 no)",
            {"reply": "554 no", "smtp_command": "CONNECT", "conflict": "greeting_5xx"},
        ),
        ("T=remote_smtp defer (110): Connection timed out", {"outcome": "deferred", "status": "transient"}),
        (
            "R=dnslookup T=remote_smtp defer (-44): SMTP error from remote mail server after RCPT TO:<a@example.com>: "
            "host mx.example.com [192.0.2.1]: 450 4.2.0 Greylisted",
            {"reply": "450 4.2.0 Greylisted", "smtp_command": "RCPT", "outcome": "deferred"},
        ),
        (
            "temporarily rejected RCPT <a@example.com>: greylisted.",
            {"event": "rejection", "outcome": "rejected", "status": "transient", "smtp_command": "RCPT"},
        ),
        ("rejected RCPT <a@example.com>: Unrouteable address", {"event": "rejection", "status": "permanent"}),
        (
            "reject: RCPT from unknown[192.0.2.25]: 454 4.7.1 <a@b.example>: Relay denied; from=<> to=<a@b.example>",
            {"event": "rejection", "reply": "454 4.7.1 <a@b.example>: Relay denied", "smtp_command": "RCPT"},
        ),
        (
            "milter-reject: END-OF-MESSAGE from mx.example.org[192.0.2.4]: 4.7.1 Try again later; from=<a@example.com>",
            {"event": "rejection", "enhanced_code": "4.7.1", "smtp_command": "END-OF-DATA", "reply_code": None},
        ),
        (
            "delivery temporarily suspended: connect to mx.example.com[192.0.2.1]:25: Connection refused",
            {"outcome": "deferred", "status": "transient", "smtp_command": "CONNECT", "reason": "network_error"},
        ),
        ("connect to mx.example.com[192.0.2.1]:25: Connection refused", {"outcome": None, "status": "unknown"}),
        ("Connection timed out", {"outcome": None, "status": "unknown"}),
        ("smtp;450 4.7.3 Organization queue quota exceeded", {"reply_code": 450, "event": "delivery"}),
        ("DIAGNOSTIC: smtp; 550 5.1.1 no", {"reply_code": 550}),
        (
            "Action: delayed Status: 4.4.1 Diagnostic-Code: X-Postfix; connect to a.example[192.0.2.1]:25: timeout",
            {"outcome": "deferred", "dsn": "4.4.1", "reply_code": None},
        ),
        (
            "{LED=450 4.7.320 Certificate validation failed}",
            {"reply_code": None, "dsn": "4.7.320", "status": "transient"},
        ),
        (
            '[{LRT=x};{LED=451 4.4.0 Primary target IP address responded with: "550 5.7.1 no"};{FQDN=mx.example.com}]',
            {"reply_code": 550, "enhanced_code": "5.7.1", "dsn": "4.4.0", "conflict": "wrapped_reply"},
        ),
        ("SMTP Error (451): Failed to add recipient (busy)", {"reply_code": 451, "smtp_command": "RCPT"}),
        ("SMTP Error (-1): Connection to server failed", {"reply_code": None}),
        ("SMTP error, RCPT TO:550 5.2.1 The email account is disabled.", {"reply_code": 550, "smtp_command": "RCPT"}),
        ("Deferred: Connection timed out with mx.example.com.", {"reply_code": None, "status": "transient"}),
        (
            "deferral: Connected_to_192.0.2.26_but_connection_died._(#4.4.2)/",
            {"outcome": "deferred", "enhanced_code": "4.4.2"},
        ),
        (
            "failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_No/Giving_up_on_192.0.2.1./",
            {"reply_code": 550, "enhanced_code": "5.1.1", "smtp_command": "RCPT", "outcome": "bounced"},
        ),
        ("Remote Server returned '550 5.7.501 Access denied'", {"reply": "550 5.7.501 Access denied"}),
        ("400-4.4.7 Message delayed", {"reply_code": 400, "enhanced_code": "4.4.7"}),
        ("4.7.1 Try again later", {"reply_code": None, "enhanced_code": "4.7.1", "status": "transient", "event": None}),
        ("sorry, too many emails (#5.7.1)", {"enhanced_code": "5.7.1", "reply": "sorry, too many emails (#5.7.1)"}),
        ("554-gmx.net no 554-Bad PTR.", {"reply": "554 gmx.net no Bad PTR."}),
        ("550 5.3.0 Temporary failure", {"reply_code": 550, "outcome": None, "status": "permanent"}),
        ("550 5.1.1 x (in reply to RCPT TO command)", {"reply": "550 5.1.1 x", "smtp_command": "RCPT"}),
    ],
)
def test_a_piece_tells_what_it_holds(text: str, expect: dict[str, object]) -> None:
    found = reply(text)
    assert {name: getattr(found, name) for name in expect} == expect


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_what_a_way_of_quoting_tells_reaches_the_reply(name: str, example: dict[str, object]) -> None:
    expect = dict(example["expect"])  # type: ignore[call-overload]  # a table of the pack
    found = lines.reply_in(str(example["line"]), PACKS, KNOWN).reply
    assert found is not None
    for column in ("reply_code", "enhanced_code", "dsn", "smtp_command", "outcome", "event", "mta"):
        if column in expect:
            assert getattr(found, column) == expect[column], (name, column)


@pytest.mark.parametrize("text", [line for _, line in QUOTES.forged])
def test_a_reply_is_that_reply_whatever_it_quotes(text: str) -> None:
    found = lines.bare_reply(text, PACKS, KNOWN).reply
    assert found is not None
    assert found.outcome is None
    code = re.match("[0-9]{3}", text)
    assert found.reply_code == (int(code[0]) if code else None)  # a number of people is no reply


def test_a_folder_of_ones_own_comes_first(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("site")
    (folder / "pasted.toml").write_text(
        "[mta]\nid = 'ours'\nname = 'ours'\nreader = 'quotes'\n"
        "[[event]]\nid = 'app'\nanchors = ['APP ']\npatterns = ['^APP gave up: (?P<diagnostic>.+)$']\n"
        "fixed = { event = 'delivery', outcome = 'bounced' }\n"
        "[[event.example]]\nline = 'APP gave up: 550 no'\nexpect = { reply_code = 550 }\n"
    )
    found = explain("APP gave up: stat=Deferred: 451 no", patterns=[folder]).reply
    assert found is not None
    assert (found.reply_code, found.event) == (451, "delivery")
    assert unquoted("APP gave up: no", for_pasting((folder,)))["outcome"] == "bounced"


def test_labelled_replies_are_read_as_explain_reads_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("trial") / "replies.jsonl"
    path.write_text(
        '{"id": "a", "diagnostic": "NOQUEUE: reject: RCPT from unknown[192.0.2.25]: 454 4.7.1 <a@example.com>: '
        'Relay access denied; from=<> to=<a@example.com> proto=ESMTP helo=<x>", '
        '"reason": "relay_denied", "status": "transient"}\n'
        '{"id": "b", "diagnostic": "Nov 24 05:37:24 mx1 crond[1]: 451 busy", "status": "transient"}\n'
    )
    rows = trial.tried(path, PACKS, KNOWN)
    assert [row.status for row in rows] == ["transient", "transient"]
    assert rows[0].diagnostic == "454 4.7.1 <a@example.com>: Relay access denied"


PIECES = st.one_of(
    st.sampled_from([str(example["line"]) for _, example in EXAMPLES]),
    st.sampled_from([anchor for shape in QUOTES.events for anchor in shape.anchors]),
    st.text(max_size=20),
)


@given(st.lists(PIECES, max_size=5).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_reply_and_no_code_that_it_does_not_hold(text: str) -> None:
    found = lines.bare_reply(text, PACKS, KNOWN).reply
    assert found is not None
    assert found.reply_code is None or str(found.reply_code) in text
    for code in (found.enhanced_code, found.dsn):
        assert code is None or code in text
    with contextlib.suppress(OptionError):
        explain(text).to_text(80)
