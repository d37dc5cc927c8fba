"""How far a reason can be trusted: what else the same reply speaks for."""

from __future__ import annotations

from typing import Any

import pytest

from logscan.doubts import ranked
from logscan.packs import knowledge
from logscan.rules import Guess, Reply, status_of

KNOWN = knowledge()


def first(diagnostic: str, **more: Any) -> Guess:
    digits = diagnostic[:3]
    reply = Reply(diagnostic=diagnostic, reply_code=int(digits) if digits.isdigit() else None, **more)
    return ranked(reply, KNOWN, status_of(reply))[0]


@pytest.mark.parametrize(
    ("text", "enhanced", "reason", "sure"),
    [
        ("550 5.1.1 <a@b.example>: no such user", "5.1.1", "user_unknown", True),
        ("550 no such user", None, "user_unknown", True),
        ("452 4.2.2 no such user", "4.2.2", "user_unknown", False),  # the code says that the mailbox is full
        ("550 no such user, and your mailbox is full", None, "mailbox_full", False),  # so do other words
        ("550 5.7.1 You are blacklisted", "5.7.1", "ip_blocklisted", False),  # weak: who is, nobody knows
        ("550 5.1.1", "5.1.1", "user_unknown", True),
        ("550 5.1.1 hm hm", "5.1.1", "user_unknown", False),  # words that nobody knows
        ("550 We dislike this sender", None, "sender_rejected", False),  # no rule knows it
        ("250 2.0.0 Ok", "2.0.0", "delivered", True),
    ],
)
def test_what_makes_a_reason_doubtful(text: str, enhanced: str | None, reason: str, *, sure: bool) -> None:
    guess = first(text, enhanced_code=enhanced)
    assert (guess.reason.value, guess.sure) == (reason, sure)
    assert bool(guess.doubt) != guess.sure


def test_a_code_that_decides_by_itself_comes_before_the_words() -> None:
    guess = first("554 5.5.2 sender nonsense", enhanced_code="5.5.2")
    assert (guess.reason.value, guess.rule) == ("protocol_error", None)


def test_no_host_is_weighed() -> None:
    assert first("554 abuse-desk.example.com").reason == "undefined"


def test_the_words_of_a_provider_are_sure_whatever_else_stands_there() -> None:
    guess = first("553 5.7.2 [TSS09] All messages from 192.0.2.9 will be permanently deferred; mailbox full",
                  enhanced_code="5.7.2")  # fmt: skip
    assert (guess.rule.id if guess.rule else "", guess.sure) == ("yahoo-permanently-deferred", True)
