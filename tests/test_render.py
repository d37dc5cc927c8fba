"""Reports as text, JSON and CSV: readable at any width, and harmless whatever the log holds."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan.errors import OptionError
from logscan.findings import (
    SCHEMA,
    Conflict,
    Coverage,
    Destination,
    DomainCount,
    Findings,
    Hint,
    HostCount,
    Hour,
    Notice,
    Problem,
    Sample,
    Totals,
)
from logscan.render import FORMATS, render, words
from logscan.render.data import CSV_COLUMNS
from logscan.render.escape import cells, cut, safe

START = datetime(2026, 11, 23, 5, 12, tzinfo=UTC)
END = START + timedelta(hours=26)
SGR = re.compile("\x1b\\[(?:0|1|2|31|32|33)m")
CHECK = "dig +short -x 2001:db8:20:1::9 # " + "a long command stays on one line, " * 5
LINK = "https://support.example/" + "a" * 120


def problem(**changes: Any) -> Problem:
    """A problem of the usual kind; ``changes`` are other values for its fields."""
    usual: dict[str, Any] = {
        "event": "delivery", "status": "permanent", "reason": "client_identity", "title": "client name wrong",
        "reply_code": 550, "enhanced_code": "5.7.25", "dsn": "5.7.25", "rule": "google.ptr", "party": "us",
        "count": 1512, "outcomes": {"bounced": 1412, "deferred": 100}, "lost": 1412, "waiting": 45, "recovered": 3,
        "mtas": ["postfix"], "providers": ["google"],
        "domains": [DomainCount("gmail.com", 1400), DomainCount("b.example", 9), DomainCount("c.example", 1)],
        "domain_count": 17, "first": START, "last": END, "example": "550 5.7.25 [2001:db8::9] has no PTR record",
        "source": "/var/log/mail.log", "offset": 812345, "templates": 3, "remedy": "Give the address a PTR record.",
        "check": "dig +short -x 2001:db8:20:1::9", "more": "https://support.example/ptr",
    }  # fmt: skip
    return Problem(**(usual | changes))


def refusal(**changes: Any) -> Problem:
    usual: dict[str, Any] = {
        "event": "rejection", "title": "address on blocklist", "reply_code": 554, "enhanced_code": "5.7.1",
        "party": "peer", "outcomes": {"rejected": 812}, "count": 812, "lost": 0, "waiting": 0, "recovered": 0,
        "example": "554 5.7.1 Client host [203.0.113.7] blocked using zen.example",
    }  # fmt: skip
    return problem(**(usual | changes))


def hours(count: int) -> list[Hour]:
    return [Hour(START.replace(minute=0) + timedelta(hours=n), 1000 + n, n % 5, n % 2, 0, n % 7) for n in range(count)]


def notice(**changes: Any) -> Notice:
    usual: dict[str, Any] = {
        "mta": "postfix", "severity": "warning", "kind": "sasl_failure", "title": "SASL login failures",
        "template": "LOGIN", "count": 1234, "first": START, "last": END, "source": "/var/log/mail.log", "offset": 7,
        "example": "warning: host.example[203.0.113.9]: SASL LOGIN authentication failed",
    }  # fmt: skip
    return Notice(**(usual | changes))


def findings(**changes: Any) -> Findings:
    """A report that has something in every section."""
    usual: dict[str, Any] = {
        "totals": Totals(11_890, 12_345, 10_875, 2520, 45, 1412, 13, 16_100, {"delivered": 10_875}, 812, 2, 1),
        "problems": [problem(), problem(title="rate limited", reply_code=421, enhanced_code="4.7.28")],
        "refusals": [refusal()],
        "hours": hours(26),
        "destinations": [Destination("gmail.com", "google", 90, 70, 19, 1, "rate_limited", "rate limited")],
        "notices": [notice(), notice(severity="fatal", kind="fatal", title="fatal errors", count=3)],
        "conflicts": [
            Conflict("class_mismatch", 17, [HostCount("mx.a.net", 17)], 1, "550 4.7.1 later", "/var/log/mail.log", 12),
        ],
        "coverage": Coverage(
            104_857_600, 725_123, 700_000, 120_000, 12_382, 567_618, 25_120, 3, 1, 103_000,
            [Sample("/var/log/mail.log", 991, "Nov 23 09:00:00 mx1 postfix/smtp[12]: something new")],
            START, END, [(START + timedelta(hours=3), START + timedelta(hours=9))],
        ),
        "sources": ["/var/log/mail.log"],
        "skipped": [("/var/log/mail.log.2.gz", "no permission to read it")],
        "mtas": ["postfix"],
        "zone": "Europe/Berlin",
    }  # fmt: skip
    return Findings(**(usual | changes))


def empty(**changes: Any) -> Findings:
    nothing: dict[str, Any] = {
        "totals": Totals(), "problems": [], "refusals": [], "hours": [], "destinations": [], "notices": [],
        "conflicts": [], "coverage": Coverage(), "sources": ["/var/log/mail.log"], "skipped": [], "mtas": [],
        "zone": "UTC",
    }  # fmt: skip
    return Findings(**(nothing | changes))


def hostile(text: str, count: int = 3) -> Findings:
    """A report in which every text that comes out of a log is this one."""
    each = {
        "enhanced_code": text, "dsn": text, "rule": text, "title": text, "reason": text, "mtas": [text],
        "providers": [text, text], "domains": [DomainCount(text, count)] * 5, "example": text, "source": text,
        "remedy": text, "check": text, "more": text, "party": text, "outcomes": {text: count, "bounced": 1},
        "status": text,
    }  # fmt: skip
    return findings(
        problems=[problem(**each), problem(**each, reply_code=None)],
        refusals=[refusal(**each), refusal(**(each | {"party": "us"}))],
        destinations=[Destination(text, text, 9, 3, 3, 3, text, text)],
        notices=[Notice(text, text, text, text, text, count, START, END, text, text, 7)],
        conflicts=[Conflict(text, count, [HostCount(text, count)], 9, text, text, 7)],
        coverage=Coverage(lines=9, understood=5, unparsed=4, samples=[Sample(text, 1, text)]),
        hints=[Hint(text, text, 4.0, count, text, {text: text}, text)],
        sources=[text, text],
        skipped=[(text, text)],
        mtas=[text, "exim"],
        zone=text,
    )


def flat(text: str) -> str:
    """The report without its line breaks and columns."""
    return " ".join(text.split())


def acting(text: str) -> set[str]:
    """The characters in a text that do more, or show less, than themselves."""
    return {
        char
        for char in set(text) - {"\n", " "}
        if unicodedata.category(char)[0] in "CZ" or char in "\ufe0f\u034f\u115f\u3164\U000e0100"
    }


# Width


@pytest.mark.parametrize("width", [60, 61, 80, 100, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_terminal(width: int, encoding: str) -> None:
    long = "a-very-long-label-" * 3 + "." + "sub." * 30 + "example.org"
    words_ = "550 5.7.1 " + "palabras " * 40 + "x" * 300 + " 日本語の返事です" * 30
    many = findings(
        problems=[
            problem(
                example=words_,
                check=CHECK,
                more=LINK,
                title="long " * 30,
                remedy="Do it. " * 40 + LINK,
                domains=[DomainCount(long, 1234)] * 5,
                source="/srv/" + "logs/" * 60 + "mail.log",
                mtas=["postfix", "exim"],
            )
        ],
        refusals=[refusal(example=words_, domains=[DomainCount(long, 5)], party="us", check=CHECK)],
        destinations=[Destination(long, "exchange_online", 99999, 99999, 99999, 99999, "x", "reason " * 9)],
        notices=[notice(example=words_, title="title " * 20)],
        conflicts=[
            Conflict("class_mismatch", 9, [HostCount("host." * 40, 9)] * 9, 99, words_, "/srv/" + "x" * 300, 10**12)
        ],
        hints=[Hint("x", "title " * 30, 4.0, 9, words_, {"postfix": words_}, words_)],
        sources=["/srv/" + "y" * 300] * 9,
        skipped=[("/srv/" + "z" * 300, words_)],
        mtas=["postfix", "exim"],
    )
    for line in render(many, "text", width=width, encoding=encoding).splitlines():
        if line.strip() not in (CHECK.strip(), LINK) and LINK not in line:
            assert cells(line) <= width, line


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("count", [1, 2, 3, 23, 24, 25, 48, 72, 73, 100, 400, 1000, 3000, 9000, 30_000, 300_000])
def test_traffic_fits_any_width_for_any_time(count: int, width: int) -> None:
    text = render(findings(hours=hours(count)), "text", width=width)
    assert all(cells(line) <= width for line in text.splitlines())
    assert ("Traffic" in text) == (count > 1)


@pytest.mark.parametrize("width", [-1, 0, 20, 59])
def test_a_terminal_that_is_too_narrow_gets_sixty_columns(width: int) -> None:
    assert render(findings(), "text", width=width) == render(findings(), "text", width=60)


def test_a_command_stays_whole_on_a_line_of_its_own() -> None:
    lines = render(findings(problems=[problem(check=CHECK)]), "text", width=60).splitlines()
    assert CHECK.strip() in [line.strip() for line in lines]


def test_wide_characters_take_two_cells_and_accents_none() -> None:
    assert cells("例え.テスト") == 11
    assert cells("e\u0301") == 1
    assert cut("例え.テスト", 5) == "例え…"
    assert cut("sub.example.org", 9, tail=True) == "…mple.org"
    assert cut("sub.example.org", 9, ascii=True) == "sub.ex..."


# Hostile text


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=())), st.booleans(), st.sampled_from(["utf-8", "ascii"]))
def test_no_text_of_a_log_acts_on_the_terminal(text: str, colour: bool, encoding: str) -> None:
    out = render(hostile(text), "text", colour=colour, encoding=encoding)
    if colour:
        out = SGR.sub("", out)
    assert not acting(out)
    assert encoding == "utf-8" or out.isascii()


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=())), st.sampled_from(["utf-8", "ascii"]))
def test_json_is_safe_to_print_and_gives_the_findings_back(text: str, encoding: str) -> None:
    found = hostile(text)
    out = render(found, "json", encoding=encoding)
    assert not acting(out)
    assert _joined(json.loads(out)) == _joined(found.to_dict())


def _joined(value: Any) -> Any:
    """The value, with two halves of a surrogate pair that stand side by side as one character, as in JSON."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if isinstance(value, dict):
        return {_joined(key): _joined(item) for key, item in value.items()}
    return [_joined(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_csv_is_safe_to_print_and_has_its_rows(text: str) -> None:
    out = render(hostile(text), "csv")
    assert not acting(out.replace("\r\n", "\n"))
    rows = list(csv.reader(io.StringIO(out, newline="")))
    assert [len(row) for row in rows] == [len(CSV_COLUMNS)] * 5


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("pay\u200bpal\ufeff", r"pay\u200bpal\ufeff"),
        ("two\u2028lines\u2029", r"two\u2028lines\u2029"),
        ("one\r\ntwo\tthree", r"one\r\ntwo\tthree"),
        ("no-break\u00a0space", r"no-break\xa0space"),
        ("half\udcffbyte", r"half\udcffbyte"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("heart\ufe0f", r"heart\ufe0f"),
        ("[bold red]no markup[/]", "[bold red]no markup[/]"),
        ("Zoë <zoë@exämple.org> 日本", "Zoë <zoë@exämple.org> 日本"),
        (r"C:\queue", r"C:\queue"),
    ],
)
def test_hidden_characters_are_shown(raw: str, shown: str) -> None:
    assert safe(raw) == shown
    assert shown in flat(render(findings(problems=[problem(example=f"550 {raw} .")]), "text"))


def test_accents_cannot_pile_up_over_other_lines() -> None:
    assert safe("e\u0301a\u0300") == "e\u0301a\u0300"
    assert safe("e" + "\u0301" * 50).count("\u0301") == 3


def test_long_text_is_cut() -> None:
    text = render(findings(problems=[problem(example="550 " + "word " * 100_000)]), "text")
    assert "word…" in text.replace(" …", "…")
    assert len(text) < 10_000


def test_a_name_that_needs_its_end_keeps_it() -> None:
    domain = "y" * 500 + ".hosting.example"
    text = render(findings(problems=[problem(domains=[DomainCount(domain, 1)], providers=[])]), "text")
    assert re.search("where +…y+[.]hosting[.]example 1 and 16 more\n", text)


# Colour and encoding


def test_colour_only_when_asked_for_and_never_alone() -> None:
    plain, painted = render(findings(), "text"), render(findings(), "text", colour=True)
    assert "\x1b" not in plain
    assert "\x1b[31m" in painted
    assert SGR.sub("", painted) == plain


@pytest.mark.parametrize("encoding", ["ascii", "ANSI_X3.4-1968", "iso8859-1", "cp1252", "no-such-encoding"])
def test_ascii_where_the_output_is_not_utf8(encoding: str) -> None:
    found = findings(problems=[problem(example="550 “Zoë” … 例", remedy="Ask – don’t guess.")])
    text = render(found, "text", encoding=encoding)
    assert text.isascii()
    assert 'reply    550 "Zo\\xeb" ... \\u4f8b' in text
    assert "Ask - don't guess." in text
    assert re.search(r"delivered [-.:=+*#%@]{26}", text)
    assert render(found, "csv", encoding=encoding).isascii()


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf_8_sig"])
def test_bars_where_the_output_is_utf8(encoding: str) -> None:
    assert "█" in render(findings(), "text", encoding=encoding)


# What the report says


def test_the_sections_come_in_their_order() -> None:
    text = render(findings(), "text")
    heads = (
        "88.1 % of 12,345 recipients", "messages", "── Problems", "── Traffic", "── Destinations with trouble",
        "── Our own refusals", "── Warnings and errors", "── Replies that contradict", "── Coverage",
    )  # fmt: skip
    places = [text.find(head) for head in heads]
    assert -1 not in places
    assert places == sorted(places)


def test_a_problem_says_everything_in_words() -> None:
    text = flat(render(findings(), "text", width=120))
    for part in (
        "1. Client name wrong (550 5.7.25, permanent)",
        "1,412 recipients lost, 45 still waiting, 3 delivered later; 1,512 failed attempts",
        "failed attempts (1,412 bounced, 100 deferred) to act",
        "to act you",
        "where gmail.com 1,400, b.example 9, c.example 1 and 14 more; provider: google",
        "seen Mon 23 Nov 06:12 – Tue 24 Nov 08:12",
        "reply 550 5.7.25 [2001:db8::9] has no PTR record /var/log/mail.log:812345; one of 3 wordings",
        "remedy Give the address a PTR record.",
        "check dig +short -x 2001:db8:20:1::9",
        "more https://support.example/ptr",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"party": "us"}, "to act you"),
        ({"party": "recipient"}, "to act the recipient"),
        ({"party": "peer"}, "to act the other server"),
        ({"party": "network"}, "to act the network between (DNS, line, firewall)"),
        ({"party": "nobody"}, "to act nobody: wait"),
        ({"party": "us", "nothing_to_do": True}, "to act nobody: wait"),
        ({"party": None}, "to act not known"),
        ({"enhanced_code": None}, "wrong (550, permanent)"),
        ({"reply_code": None, "enhanced_code": None, "dsn": "4.4.1"}, "wrong (no reply, dsn 4.4.1, permanent)"),
        ({"reply_code": None, "enhanced_code": None, "dsn": None}, "wrong (no reply code, permanent)"),
        ({"status": "transient"}, "wrong (550 5.7.25, temporary)"),
        ({"status": "unknown"}, "wrong (550 5.7.25)"),
        ({"lost": 1, "waiting": 0, "recovered": 0}, "1 recipient lost; 1,512 failed"),
        ({"lost": 0, "waiting": 1, "recovered": 1}, "1 recipient still waiting, 1 delivered later; 1,512"),
        ({"lost": 0, "waiting": 0, "recovered": 0, "count": 1}, "no recipient lost; 1 failed attempt ("),
        ({"domains": [DomainCount("", 3)], "domain_count": 1, "providers": []}, "where (no domain) 3 seen"),
        ({"providers": ["google", "yahoo"]}, "providers: google and yahoo"),
        ({"templates": 1}, "mail.log:812345 remedy"),
        ({"source": "-"}, "standard input:812345"),
        ({"last": START}, "seen Mon 23 Nov 06:12 reply"),
        ({"last": START + timedelta(hours=1)}, "seen Mon 23 Nov 06:12 – 07:12 reply"),
    ],
)
def test_problems_in_every_shade(changes: dict[str, Any], said: str) -> None:
    assert said in flat(render(findings(problems=[problem(**changes)]), "text", width=120))


def test_a_remedy_is_told_once() -> None:
    text = render(findings(problems=[problem(), problem(title="other"), problem(remedy="Wait.")]), "text")
    assert text.count("Give the address a PTR record.") == 1
    assert "    remedy   as for 1\n" in text


def test_top_n_and_how_many_more() -> None:
    many = [problem(title=f"cause {n}") for n in range(1, 24)]
    found = findings(problems=many, refusals=[replace(p, event="rejection") for p in many])
    ten, three, whole = (render(found, "text", top=top) for top in (10, 3, None))
    assert "10. Cause 10 " in ten
    assert "Cause 11" not in ten
    assert "(10 of 23 causes, the costliest first)" in ten
    assert "13 more causes not shown: --top 23 shows all." in ten
    assert "Cause 4 " not in three
    assert "23. Cause 23 " in whole
    assert "more cause" not in whole
    assert "1 more cause not shown" in render(found, "text", top=22)
    assert "1 of 23" in render(found, "text", top=0)


def test_our_refusals_say_who_why_and_what_to_do_if_it_is_us() -> None:
    other = refusal(title="relaying denied", party="us", remedy="Let them log in.", check="postconf mynetworks")
    held = refusal(outcomes={"held": 3, "rejected": 0}, reply_code=None, enhanced_code=None, dsn="5.7.1")
    text = flat(render(findings(refusals=[refusal(remedy="Not ours."), other, held]), "text"))
    assert "812 Address on blocklist (554 5.7.1, permanent) for gmail.com 1,400" in text
    assert "blocked using zen.example /var/log/mail.log:812345" in text
    assert "Let them log in. postconf mynetworks" in text
    assert "Not ours." not in text
    assert "Address on blocklist (5.7.1, permanent) 3 held; for" in text


def test_notices_go_by_kind_the_gravest_first() -> None:
    warnings = [notice(kind="warning", title="warnings", template=t, count=n) for t, n in (("a", 30), ("b", 4))]
    grave = notice(severity="fatal", kind="fatal", title="fatal errors", count=1, first=None, last=None)
    text = flat(render(findings(notices=[*warnings, grave]), "text"))
    assert "The server logged 1 fatal error of its own (see below)." in text
    assert text.index("Fatal errors: 1 warning: host") < text.index("Warnings: 34, Mon 23 Nov")
    assert "mail.log:7 (30 of these) and 1 other wording" in text


def test_coverage_is_always_told() -> None:
    text = flat(render(findings(), "text", width=120))
    assert "725,123 lines read from 1 file (104.9 MB)." in text
    assert "Of the mail server's 700,003 lines >99.9 % were understood. 3 were not understood." in text
    assert "25,120 lines of other programs were left aside. 1 line was too long to be read whole." in text
    assert "/var/log/mail.log:991 Nov 23 09:00:00 mx1 postfix/smtp[12]: something new" in text
    assert "Silence, no line of a mail server: Mon 23 Nov 09:12 – 15:12 (6 h)." in text
    assert "Not read: /var/log/mail.log.2.gz: no permission to read it" in text


def test_much_that_was_not_understood_is_said_at_the_top() -> None:
    text = render(findings(coverage=Coverage(lines=100, understood=80, foreign=10, unparsed=10)), "text")
    assert "Take care: 11.1 % of the mail server's lines" in flat(text.split("──", maxsplit=1)[0])


def test_times_are_in_the_zone_and_the_zone_is_named_once() -> None:
    text = render(findings(), "text", width=100)
    assert text.count("Europe/Berlin") == 1
    assert "Mon 23 Nov 06:12 – Tue 24 Nov 2026 08:12; times in Europe/Berlin" in text
    assert "Mon 23 Nov 05:12 – " in render(findings(zone="UTC"), "text")
    assert "Mon 23 Nov 10:57 – " in render(findings(zone="Asia/Kathmandu"), "text")


def test_years_are_named_where_they_differ() -> None:
    coverage = replace(findings().coverage, first=START - timedelta(days=400))
    text = render(findings(coverage=coverage), "text")
    assert "Mon 23 Nov 2026 06:12 – Tue 24 Nov 2026 08:12" in flat(text)


def test_the_strip_has_bars_a_scale_and_days() -> None:
    quiet = [Hour(START.replace(minute=0) + timedelta(hours=n)) for n in range(12)]
    quiet[3].delivered, quiet[4].delivered, quiet[5].deferred, quiet[6].bounced = 4000, 500, 7, 2
    lines = render(findings(hours=quiet), "text", width=60).splitlines()
    start = next(n for n, line in enumerate(lines) if "Traffic per hour" in line)
    assert lines[start + 1] == "  delivered " + "··" * 3 + "██▁▁" + "··" * 7 + "  max 4,000"
    assert lines[start + 2] == "  failed    " + "··" * 5 + "██▃▃" + "··" * 5 + "  max 7"
    assert lines[start + 3] == "            06  08  10  12  14  16"
    assert lines[start + 4] == "            │Mon 23 Nov"
    assert lines[start + 5] == "  Most failures: 7 in the hour from Mon 23 Nov 11:00."


@pytest.mark.parametrize(
    ("count", "unit"), [(26, "hour"), (72, "2 hours"), (24 * 14, "12 hours"), (24 * 50, "day"), (24 * 300, "week")]
)
def test_the_strip_takes_hours_together_when_there_are_many(count: int, unit: str) -> None:
    text = render(findings(hours=hours(count)), "text")
    assert f"Traffic per {unit} (" in text


def test_the_strip_counts_every_hour_when_clocks_change() -> None:
    autumn = [Hour(datetime(2026, 10, 24, 20, tzinfo=UTC) + timedelta(hours=n), delivered=1) for n in range(12)]
    text = render(findings(hours=autumn), "text")
    assert "max 2" in text  # 02:00 comes twice in Berlin


# Plain speech


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        (Totals(1, 1, 1, 0, attempts=1), "Everything went well: the one recipient got the mail, at the first try."),
        (Totals(1, 1, 1, 1, attempts=2), "Everything went well: the one recipient got the mail, after another try."),
        (Totals(9, 1234, 1234), "Everything went well: all 1,234 recipients got the mail, each at the first try."),
        (Totals(9, 12, 12, 3), "Everything went well: all 12 recipients got the mail, 3 of them only after"),
        (Totals(1, 1, bounced=1), "The one recipient did not get the mail: it bounced."),
        (Totals(1, 1, expired=1), "The one recipient did not get the mail: it expired in the queue."),
        (Totals(1, 1, waiting=1), "The one recipient is still waiting for the mail."),
        (Totals(2, 2, 1, waiting=1), "50.0 % of 2 recipients got the mail. 1 is still waiting."),
        (
            Totals(3, 3, waiting=2, bounced=1),
            "None of 3 recipients got the mail. 1 never will (1 bounced), 2 are still",
        ),
        (Totals(3, 3, 2), "66.7 % of 3 recipients got the mail."),
        (Totals(rejected=1), "No delivery was logged; this server refused mail 1 time."),
        (Totals(rejected=2, held=1), "No delivery was logged; this server refused mail 2 times and held mail 1 time."),
    ],
)
def test_the_answer_comes_first(totals: Totals, said: str) -> None:
    assert flat(render(empty(totals=totals), "text", width=140)).startswith(said)


def test_what_has_no_known_end_is_shown_so_that_the_sum_is_right() -> None:
    assert re.search(r"^    other +1 +33\.3 %$", render(empty(totals=Totals(3, 3, 2)), "text"), re.MULTILINE)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 7, "0 %"),
        (7, 7, "100 %"),
        (1, 10_000_000, "<0.1 %"),
        (9_999_999, 10_000_000, ">99.9 %"),
        (9_990, 10_000, "99.9 %"),
        (951, 1000, "95.1 %"),
        (1, 1000, "0.1 %"),
        (0, 0, ""),
    ],
)
def test_a_share_is_whole_only_if_it_is(part: int, whole: int, said: str) -> None:
    assert words.share(part, whole).replace(words.GLUE, " ") == said


def test_numbers_and_nouns_agree() -> None:
    assert words.many(1, "line") == f"1{words.GLUE}line"
    assert words.many(1234, "line") == f"1,234{words.GLUE}lines"
    assert words.many(2, "try", "tries") == f"2{words.GLUE}tries"
    assert words.listed([]) == ""
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a"], 2) == f"a and 2{words.GLUE}more"
    sizes = [words.size(n).replace(words.GLUE, " ") for n in (0, 1, 999, 1000, 999_999, 104_857_600, 10**16)]
    assert sizes == ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "1.0 MB", "104.9 MB", "10,000.0 TB"]
    spans = [words.hours(n).replace(words.GLUE, " ") for n in (2400, 7200, 172_800, 864_000)]
    assert spans == ["40 min", "2 h", "2 days", "10 days"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (empty(sources=[]), "No log was read."),
        (empty(), "The log is empty. If mail did pass, look at another file"),
        (empty(coverage=Coverage(lines=12, understood=12)), "No mail was logged: 12 lines read, none of a delivery"),
        (empty(coverage=Coverage(lines=1, understood=1)), "No mail was logged: 1 line read, none of"),
        (empty(coverage=Coverage(lines=12, foreign=12)), "All of it is of other programs."),
        (empty(coverage=Coverage(lines=9, unparsed=9)), "Take care: 100 % of the mail server's lines were not"),
        (
            empty(coverage=Coverage(lines=9, understood=9), since=START),
            "No mail was logged in the period asked for.",
        ),
    ],
)
def test_an_empty_report_helps(found: Findings, said: str) -> None:
    text = render(found, "text")
    assert said in flat(text)
    assert not re.search("Problems|Traffic|Destinations|refusals|contradict", text)


def test_a_period_that_was_asked_for_is_named() -> None:
    text = flat(render(findings(since=START, until=END), "text"))
    assert "asked for only since Mon 23 Nov 2026 06:12 until Tue 24 Nov 2026 08:12" in text


# Data


def test_json_has_its_schema_first() -> None:
    out = render(findings(), "json")
    assert out.startswith('{\n  "schema": "logscan.report/1",\n')
    assert json.loads(out)["schema"] == SCHEMA
    assert json.loads(out) == findings().to_dict()


def test_json_keeps_letters_and_hides_controls() -> None:
    out = render(findings(problems=[problem(example="Zoë \x1b \x85 \u202e \U000e0041")]), "json")
    assert r"Zoë \u001b \u0085 \u202e \udb40\udc41" in out


def test_csv_has_a_row_for_each_problem_and_refusal() -> None:
    out = render(findings(), "csv")
    assert out.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [(row["section"], row["rank"]) for row in rows] == [("problem", "1"), ("problem", "2"), ("refusal", "1")]
    assert rows[0]["reply_code"] == "550"
    assert rows[0]["domains"] == "gmail.com:1400 b.example:9 c.example:1"
    assert rows[0]["first"] == "2026-11-23T05:12:00Z"
    assert rows[0]["remedy"] == "Give the address a PTR record."


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝", "\n="])
def test_no_cell_is_a_formula(start: str) -> None:
    text = f'{start}HYPERLINK("https://evil.example","click"), 1'
    found = findings(problems=[problem(example=text, source=text, providers=[text], domains=[DomainCount(text, 1)])])
    row = next(csv.DictReader(io.StringIO(render(found, "csv"), newline="")))
    for name in ("example", "source", "providers", "domains"):
        assert row[name] == "'" + safe(text) + (":1" if name == "domains" else "")


# Around it


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(OptionError, match="no format 'xml'; known are text, json, csv"):
        render(findings(), "xml")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_in_a_newline(name: str) -> None:
    assert render(empty(), name).endswith("\n")


def test_a_zone_this_machine_does_not_know_is_no_reason_to_fail() -> None:
    assert "Mon 23 Nov 05:12" in render(findings(zone="Mars/Olympus_Mons"), "text")


def test_a_text_report_loads_nothing_heavy() -> None:
    program = (
        "import sys; import logscan.render, logscan.render.text, logscan.render.data;"
        "print(sorted({'polars', 'pandas', 'pyarrow', 'numpy', 'rich', 'json', 'csv'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
