"""Alerts: what they mean, that nothing makes them crash, and that a mistake in one is shown at its place."""

from __future__ import annotations

import pytest
from figures import EMPTY, findings
from hypothesis import given
from hypothesis import strategies as st

from logscan.alerts import Names, held, listed, parse
from logscan.alerts.measures import FAMILIES, MEASURES
from logscan.errors import OptionError
from logscan.findings import Findings

NAMES = Names({"google": "Gmail", "yahoo": "Yahoo"}, {"rate_limited": "", "ip_blocklisted": ""}, {"smtp_lost": ""})


def told(text: str, report: Findings | None = None) -> tuple[str, ...] | None:
    """The figures for which an alert holds; None where it does not."""
    found = held([parse(text, NAMES)], report or findings())
    return found[0].figures if found else None


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("bounced>5% and attempts>100", ("bounced 7.0 % (7 of 100 recipients)", "attempts 200")),
        ("bounced > 7%", None),
        ("bounced >= 7 %", ("bounced 7.0 % (7 of 100 recipients)",)),
        ("bounced = 7", ("bounced 7",)),
        ("deferred > 50%", ("deferred 52.5 % (105 of 200 attempts)",)),
        ("google.deferred>20%", ("google.deferred 45.0 % (36 of 80 attempts)",)),
        (
            "any provider: deferred > 20% and attempts > 50",
            ("google.deferred 45.0 % (36 of 80 attempts)", "google.attempts 80"),
        ),
        ("any provider: deferred > 99%", ("yahoo.deferred 100.0 % (2 of 2 attempts)",)),
        ("any provider: deferred > 99% and attempts > 2", None),
        (
            "(any provider: oldest_waiting > 4h) and lost > 0",
            ("google.oldest_waiting 5 h 0 min", "lost 7"),
        ),
        ("oldest_waiting > 4h", ("oldest_waiting 5 h 0 min",)),
        ("oldest_waiting > 301min", None),
        ("oldest_waiting < 1 d", ("oldest_waiting 5 h 0 min",)),
        ("reason.rate_limited > 0", ("reason.rate_limited 36",)),
        ("google.reason.rate_limited >= 45%", ("google.reason.rate_limited 45.0 % (36 of 80 attempts)",)),
        ("yahoo.reason.rate_limited > 0", None),
        ("refused.ip_blocklisted > 50%", ("refused.ip_blocklisted 90.0 % (9 of 10 refused)",)),
        ("notice.smtp_lost > 2 and errors = 3", ("notice.smtp_lost 3", "errors 3")),
        ("coverage < 99%", ("coverage 98.8 %",)),
        ("unparsed > 1%", ("unparsed 1.2 % (10 of 800 server lines)",)),
        ("not bounced > 90%", ("bounced 7.0 % (7 of 100 recipients)",)),
        ("not not bounced = 7", ("bounced 7",)),
        ("expired > 0 or bounced = 7 and waiting = 8", ("bounced 7", "waiting 8")),
        ("(bounced = 7 or expired > 0) and expired > 0", None),
        ("not (expired > 0 or held > 0)", ("expired 0", "held 0")),
        ("BOUNCED = 7 AND NOT expired > 1", ("bounced 7", "expired 0")),
    ],
)
def test_alerts_mean_what_they_say(text: str, figures: tuple[str, ...] | None) -> None:
    assert told(text) == figures


@pytest.mark.parametrize(
    "text",
    ["bounced >= 0%", "not bounced > 5%", "bounced < 5%", "not oldest_waiting > 4h", "oldest_waiting < 4h",
     "google.deferred >= 0%", "not google.deferred > 5%", "any provider: deferred >= 0", "coverage < 99%",
     "not coverage >= 99%", "silence < 1h", "bounced > 5% or not deferred > 5%", "unparsed = 0%"],
)  # fmt: skip
def test_a_share_of_nothing_never_goes_off(text: str) -> None:
    assert told(text, findings(**EMPTY)) is None


def test_what_is_not_known_matters_only_where_nothing_else_decides() -> None:
    report = findings(**EMPTY)
    assert told("bounced > 5% or attempts = 0", report) == ("attempts 0",)
    assert told("not (bounced > 5% and attempts > 0)", report) == ("attempts 0",)


@pytest.mark.parametrize(
    ("text", "why", "caret"),
    [
        ("bouncd>5%", "there is no measure 'bouncd'; did you mean bounced?", 0),
        ("lost > 1 and blocklisted > 0", "did you mean reason.ip_blocklisted", 13),
        ("reason.blocklisted > 0", "there is no reason 'blocklisted'; did you mean ip_blocklisted?", 0),
        ("gogle.deferred > 3", "there is no provider 'gogle'; did you mean google?", 0),
        ("google.bouncd > 3", "did you mean bounced?", 0),
        ("google.refused > 1", "refused is not counted by provider", 0),
        ("any provider: coverage > 1%", "coverage is not counted by provider", 14),
        ("any provider: google.lost > 1", "measures stand without a provider", 14),
        ("any provider: (any provider: lost > 1)", "one 'any provider' within another", 15),
        ("any provider lost > 1", "'any' is followed by 'provider:'", 13),
        ("5 < bounced", "write bounced > 5", 0),
        ("bounced", "one of > >= < <= = != should follow", 7),
        ("bounced >", "a number should follow", 9),
        ("bounced > lost", "a number should follow", 10),
        ("bounced > 5 lost > 3", "'and' or 'or' should follow", 12),
        ("bounced > 5)", "'and' or 'or' should follow", 11),
        ("(bounced > 5", "a closing parenthesis should be", 12),
        ("bounced > 1 and", "here a measure should be", 15),
        ("oldest_waiting > 4", "oldest_waiting is a time: write 90s, 30min, 4h", 17),
        ("bounced > 5h", "5h is no number", 10),
        ("bounced > 5and lost > 1", "5and is no number", 10),
        ("coverage < 99", "coverage is a percentage: write 99%", 11),
        ("messages > 5%", "of messages there is no percentage", 11),
        ("bounced > 5 && lost > 3", "'&' is no part of an alert; write 'and'", 12),
        ("bounced\t>\n5 é", "'\\xe9' is no part of an alert", 12),
        ("", "here a measure should be", 0),
        ("(" * 3000, "too many parentheses", 50),
    ],
)
def test_a_mistake_is_shown_at_its_place(text: str, why: str, caret: int) -> None:
    with pytest.raises(OptionError) as error:
        parse(text, NAMES)
    first, shown, mark = str(error.value).split("\n")
    assert why in first
    assert shown == f"  {' '.join(text.split())}"
    assert mark.index("^") == caret + 2


words = st.sampled_from([
    "bounced", "google.deferred", "reason.rate_limited", "oldest_waiting", "coverage", ">", "<=", "=", "5", "5%", "4h",
    "and", "or", "not", "(", ")", "any", "provider", ":", "any provider:", "x", "é", "\x1b", "!",
])  # fmt: skip


@given(st.lists(words, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_an_alert_or_an_error(text: str) -> None:
    try:
        alert = parse(text, NAMES)
    except OptionError:
        return
    held([alert], findings())
    held([alert], findings(**EMPTY))


def test_every_measure_is_there_and_listed() -> None:
    for name, measure in MEASURES.items():
        value = {"share": "1%", "time": "1s"}.get(measure.kind, "1")
        parse(f"{name} > {value}", NAMES)
        held([parse(f"{name} > {value}", NAMES)], findings())
        if measure.at_provider:
            parse(f"google.{name} > {value}", NAMES)
        assert f"\n  {name} " in listed(NAMES)
    assert all(f"{name}.NAME" in listed(NAMES) for name in FAMILIES)
    assert max(map(len, listed(NAMES, 60).split("\n"))) <= 60
