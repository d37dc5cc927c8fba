"""The columnar engine against the slow reader: the same rows and the same coverage on any input."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hostile
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logscan import framing, oracle, schema
from logscan.framing import Clock
from logscan.packs import mtas
from logscan.packs.match import compiled
from logscan.packs.mta import of_lines
from logscan.parse import lines
from logscan.parse.clock import utc

Row = dict[str, Any]
PACKS = mtas()
CLOCK = Clock("Europe/Berlin", 2026, 101)
SAMPLES = sorted(
    path for name in ("postfix", "exim") for path in (Path(__file__).parent.parent / "sample_logs" / name).glob("*.log")
)
COLUMNS = tuple(c for c in schema.EVENTS if c.name in (*schema.PARSED, "source", "offset"))
FACTS = tuple(c for c in schema.MESSAGES if c.name not in ("first_seen", "last_seen"))
GOOD = "3F2A1C0E5B: to=<a@b.example>, relay=none, delay=1, dsn=4.4.1, status=deferred (connect to mx.b.example: x)"
BSD = hostile.HEADS["bsd"]
ISO = hostile.HEADS["iso"]


def sample_lines() -> list[bytes]:
    """Every line of the samples that says more than that a client came or went."""
    dull = (b": connect from ", b": disconnect from ", b": removed", b": client=", b": message-id=", b"(queue active)")
    every = [line for path in SAMPLES for line in path.read_bytes().split(b"\n") if line]
    return [line for n, line in enumerate(every) if n % 7 == 0 or not any(word in line for word in dull)]


def engine(data: bytes, offset: int = 0, wanted: lines.Wanted = lines.ALL) -> tuple[lines.Parsed, list[Row]]:
    parsed = lines.parse(data, offset, "x", PACKS, CLOCK, wanted)
    asked = parsed.events.select(
        name for name in parsed.events.columns if name in (*wanted.columns, "source", "offset")
    )
    return parsed, schema.conform(asked, COLUMNS).to_dicts() if asked.height else []


def rows_by_hand(data: bytes, offset: int = 0) -> list[Row]:
    found = oracle.read_lines(data, source="x", offset=offset, packs=PACKS, clock=CLOCK)
    return [{column.name: row[column.name] for column in COLUMNS} for row in found]


def loose(frame: pl.DataFrame, names: tuple[str, ...]) -> list[Row]:
    frame = frame.with_columns(pl.lit(None).alias(name) for name in names if name not in frame.columns)
    return frame.select(names).to_dicts() if frame.height else []


def loose_by_hand(data: bytes, kind: str, names: tuple[str, ...]) -> list[Row]:
    found = oracle.explain_lines(data, offset=0, packs=PACKS, clock=CLOCK)
    rows = [line.row | {"_kind": line.shape} for line in found if line.kind == kind for _ in range(line.times)]
    return [{name: row.get(name) for name in names} for row in rows]


def counts(coverage: lines.Coverage) -> dict[str, int]:
    return {
        "event": coverage.events, "notice": coverage.notices, "message": coverage.facts,
        "ignored": coverage.ignored, "foreign": coverage.foreign, "unparsed": coverage.unparsed,
        "continued": coverage.continued, "copy": coverage.copies,
        "candidates": coverage.candidates,
    }  # fmt: skip


def assert_same(data: bytes, offset: int = 0) -> None:
    """Events, facts, notices and coverage are the same by both readers."""
    parsed, rows = engine(data, offset)
    by_hand = rows_by_hand(data, offset)
    assert [row["offset"] for row in rows] == [row["offset"] for row in by_hand], data
    for row, expected in zip(rows, by_hand, strict=True):
        differs = {name: (row[name], expected[name]) for name in row if not same(row[name], expected[name])}
        assert not differs, data[row["offset"] - offset :].split(b"\n")[0]
    assert_counted(data, parsed.coverage)
    if offset == 0:
        facts = (*(c.name for c in FACTS if c.name != "size"), "offset", "timestamp")
        assert loose(parsed.messages, facts) == loose_by_hand(data, "message", facts)
        notices = ("mta", "reporting_mta", "agent", "offset", "timestamp", "_kind", "_text")
        assert loose(parsed.notices, notices) == loose_by_hand(data, "notice", notices)


def assert_counted(data: bytes, coverage: lines.Coverage) -> None:
    """The same counts; but the engine may take a strange line without an anchor for one that is left alone."""
    found = oracle.kinds(data, packs=PACKS, clock=CLOCK)
    counted, by_hand = counts(coverage), {name: found[name] for name in counts(coverage)}
    exact = ("event", "notice", "message", "copy", "continued", "candidates")
    assert [counted[name] for name in exact] == [by_hand[name] for name in exact], data
    assert counted["ignored"] >= by_hand["ignored"], data
    assert counted["foreign"] <= by_hand["foreign"], data
    assert counted["unparsed"] <= by_hand["unparsed"], data
    assert coverage.lines == sum(counted.values()) - counted["candidates"] == sum(found.values()) - found["candidates"]
    assert coverage.bytes == len(data)


def same(one: object, other: object) -> bool:
    return one == other and (type(one) is type(other) or isinstance(one, datetime))


def framed(payload: str, head: str = BSD, agent: str = "postfix/smtp") -> bytes:
    return (head.format(agent=agent) + payload + "\n").encode()


# --- What is written down -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples(path: Path) -> None:
    assert_same(path.read_bytes())


def said() -> Iterator[tuple[str, str]]:
    """Agent and payload of every example of every pack, and of every forged line."""
    for mta in PACKS:
        for shape in mta.shapes:
            for entry in shape.examples:
                yield entry.get("agent", "postfix/smtpd"), entry["line"]
        yield from mta.forged


def test_examples_one_by_one() -> None:
    for agent, payload in said():
        assert_same(framed(payload, BSD, agent))
    assert_same(framed("warning: ü") + b"".join(framed(payload, BSD, agent) for agent, payload in said()))


@pytest.mark.parametrize("head", [*hostile.HEADS.values(), *hostile.VARIANTS])
def test_examples_in_every_frame(head: str) -> None:
    assert_same(b"".join(framed(payload, head, agent) for agent, payload in said()))


def test_every_frame_has_a_head() -> None:
    assert SAMPLES
    whole = [head.format(agent="postfix/smtp") for head in (*hostile.HEADS.values(), *hostile.VARIANTS)]
    for frame in framing.SYSLOG:
        found = [oracle.explain_line(head + GOOD, packs=PACKS, clock=CLOCK) for head in whole]
        assert all(line.kind == "event" for line in found)
        assert any(compiled(frame.pattern).match(head) for head in whole), frame.name


def test_expected_fields_of_the_examples_and_no_event_in_forged_lines() -> None:
    for mta in of_lines(PACKS):
        for shape in mta.events:
            for entry in shape.examples:
                _, rows = engine(framed(entry["line"], BSD, entry["agent"]))
                wanted = {name: value for name, value in entry["expect"].items() if not name.startswith("_")}
                assert {name: rows[0][name] for name in wanted} == wanted, entry["line"]
        for agent, payload in mta.forged:
            assert engine(framed(payload, BSD, agent))[1] == [], payload


# Postfix 3.11: "tls=" between "delays=" and "dsn=", long queue ids, postlogd's stamps.
SAID_BY_3_11 = (
    "smtp[1631]: 4jYWn40XyTz2M1: to=<anna@example.net>, relay=mx.example.net[192.0.2.25]:25, delay=0.11, "
    "delays=0.05/0.02/0.03/0.01, tls=dane, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4jYWn41ABCz9)",
    'smtp[1631]: 4jYWn40XyTz2M2: to=<bob@example.org>, orig_to=<"b, tls=none"@example.com>, '
    "relay=mx.example.org[2001:db8::25]:25, conn_use=2, delay=1, delays=0.5/0/0.5/0, tls=may:none, dsn=5.1.1, "
    "status=bounced (host mx.example.org[2001:db8::25] said: 550-5.1.1 no 550 5.1.1 no (in reply to RCPT TO command))",
    "smtp[1632]: 4jYWn40XyTz2M3: to=<cem@example.org>, relay=none, delay=30, delays=0.1/0/30/0, tls=, dsn=4.4.1, "
    "status=deferred (connect to mx.example.org[192.0.2.26]:25: Connection timed out)",
    "lmtp[1633]: 4jYWn40XyTz2M4: to=<dora@example.com>, relay=mx1[private/lmtp], delay=.5, delays=.1/0/.4/0, "
    "future_key=a=b, tls=none, dsn=2.0.0, status=sent (250 2.0.0 <dora@example.com> x Saved)",
    "qmgr[647]: 4jYWn40XyTz2M3: removed",
)


def test_postfix_3_11() -> None:
    data = "".join(f"Nov 24 05:38:15 mx1 postfix-out/{text}\n" for text in SAID_BY_3_11).encode()
    assert_same(data)
    assert [row["tls"] for row in engine(data)[1]] == ["dane", "may:none", "", "none"]
    assert [row["dsn"] for row in engine(data)[1]] == ["2.0.0", "5.1.1", "4.4.1", "2.0.0"]


# --- What strangers, peers and broken disks write -------------------------------------------------------------------


@hostile.tries(50)
@given(hostile.logs((BSD, ISO)))
def test_generated_logs(data: bytes) -> None:
    assert_same(data)


@hostile.tries(25)
@given(hostile.logs())
def test_generated_logs_of_mixed_frames(data: bytes) -> None:
    assert_same(data)


@hostile.tries(60)
@given(
    st.lists(hostile.mutations(sample_lines()), min_size=1, max_size=12),
    st.sampled_from((b"\n", b"\r\n")),
)
def test_damaged_lines(damaged: list[bytes], end: bytes) -> None:
    assert_same(framed(GOOD) + framed(GOOD, ISO) + b"".join(line + end for line in damaged))


@hostile.tries(20)
@given(st.binary(max_size=200), st.integers(0, 1 << 40))
def test_any_bytes_between_good_lines(data: bytes, offset: int) -> None:
    assert_same(framed(GOOD) + data + b"\n" + framed(GOOD), offset)


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n\n", b"\0", b"\r\n", b"\xef\xbb\xbf\n", b"x"])
def test_next_to_nothing(data: bytes) -> None:
    assert_same(data)


def test_line_ends_and_bytes_that_are_no_text() -> None:
    line = framed(GOOD).removesuffix(b"\n")
    for data in (line + b"\r\n" + line + b"\r\n", line + b"\r", line + b"\n\r\n" + line, line + b"\0\n" + line):
        assert_same(data)
    odd = line.replace(b"a@b.example", b"\xff\xfe\xc3@b.example")
    assert_same(odd + b"\n" + line)
    assert rows_by_hand(odd)[0]["envelope_recipient"] == "\ufffd\ufffd\ufffd@b.example"
    assert_same(line + b"\n" + line.replace(b"(connect", "(\u2028\x85\x0b connect".encode()) + b"\n")


def test_repeated_lines_give_rows_of_one_offset() -> None:
    data = framed("connect from x") + framed(f"message repeated 3 times: [ {GOOD}]") + framed(GOOD)
    assert_same(data)
    rows = engine(data, 1000)[1]
    assert len({row["offset"] for row in rows[:3]}) == 1 and len(rows) == 4
    assert rows == rows_by_hand(data, 1000)
    assert_same(framed(f"message repeated 0 times: [ {GOOD}]") + framed(GOOD))
    assert_same(framed(f"message repeated 2 times: [{GOOD}") + framed("message repeated x times: [ y]"))


@hostile.tries(25)
@given(
    st.lists(hostile.lines((BSD, ISO)), min_size=1, max_size=8),
    st.frozensets(st.sampled_from(schema.PARSED), max_size=4),
    st.booleans(),
)
def test_asking_for_fewer_columns_changes_none_of_them(many: list[bytes], columns: frozenset[str], facts: bool) -> None:
    data = b"".join(line.replace(b"\n", b" ") + b"\n" for line in many)
    whole, rows = engine(data)
    part, fewer = engine(data, wanted=lines.Wanted(columns, messages=facts))
    order = sorted(fewer, key=lambda row: row["offset"])  # without facts nobody asks for an order
    for row, expected in zip(order, rows, strict=True):
        assert {name: row[name] for name in columns} == {name: expected[name] for name in columns}, data
    assert part.coverage.events == whole.coverage.events
    assert part.coverage.notices == whole.coverage.notices
    if facts:
        assert counts(part.coverage) == counts(whole.coverage)
    else:
        assert part.coverage.facts == 0
        assert part.coverage.ignored == whole.coverage.ignored + whole.coverage.facts


# --- Stamps ---------------------------------------------------------------------------------------------------------

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")
BSD_STAMPS = st.builds(
    "{} {:>2} {:02}:{:02}:{:02}{}".format,
    st.sampled_from((*framing.MONTHS, "Foo")), st.integers(0, 32), st.integers(0, 24), st.integers(0, 60),
    st.integers(0, 61), st.sampled_from(("", ".5", ".123456")),
)  # fmt: skip
ISO_STAMPS = st.builds(
    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}".format,
    st.integers(1990, 2040), st.integers(0, 13), st.integers(0, 32), st.integers(0, 24), st.integers(0, 60),
    st.integers(0, 61), st.sampled_from(("", ".5", ",123", ".123456789")),
    st.sampled_from(("", "Z", "+01:00", "-0330", "+0000", "-00:30", "+14:00", "+99:99")),
)  # fmt: skip


@hostile.tries(60)
@given(
    st.lists(BSD_STAMPS, min_size=1, max_size=30), st.lists(ISO_STAMPS, min_size=1, max_size=30),
    st.sampled_from(ZONES), st.integers(1995, 2035), st.sampled_from((101, 228, 229, 301, 725, 1231)),
)  # fmt: skip
@example(["Mar 29 02:30:00", "Oct 25 02:30:00", "Feb 29 00:00:00"], ["2026-03-29T02:30:00"], "Europe/Berlin", 2026, 101)
def test_stamps(bsd: list[str], iso: list[str], zone: str, year: int, pivot: int) -> None:
    clock = Clock(zone, year, pivot)
    for kind, stamps in (("bsd", bsd), ("iso", iso)):
        many = utc(pl.Series(stamps, dtype=pl.String), kind, clock).to_list()
        assert many == [framing.to_utc(stamp, kind, clock) for stamp in stamps]


# --- Found by these tests -------------------------------------------------------------------------------------------

TO = "3F2A1C0E5B: to=<a@b.example>, "
END = "relay=none, delay=1, dsn=5.1.1, status=bounced (550 5.1.1 no)"
FOUND = {
    "an address that imitates a status": framed(f'{TO}orig_to=<"x, status=sent (250 ok"@c.example>, {END}'),
    "an address that imitates a relay": framed(f'{TO}orig_to=<"x, relay=y[192.0.2.1], z"@c.example>, {END}'),
    "an address with a bracket": framed(f"3F2A1C0E5B: to=<a>b@c.example>, {END}"),
    "keys that are none": framed(f"{TO}, {END}") + framed(f"{TO}x, {END}") + framed(f"{TO}X=1, {END}"),
    "numbers that are none": framed(TO + END.replace("=1,", "=1.2.3, delays=1/2/3/.,")) + framed(f"{TO}delay=, {END}"),
    "a line cut behind its status": framed(TO + END[: END.index(" (")]) + framed(TO + END[: END.index(" (") + 1]),
    "a short line of no frame": b"x[1]: warning: hello\n]: warning: hello\n",
    "a line without its first byte": framed("starting the Postfix mail system")[1:],
    "stamps that are none": b"".join(
        framed(TO + END, head)
        for head in (
            ISO.replace("01:00", ""),
            ISO.replace("01:00", "01:"),
            ISO.replace("+01:00", "oops"), ISO.replace("T05:37:24.123456+01:00", ""),
        )
    ),
    "stamps that are almost right": framed(TO + END, BSD.replace("4 mx1", "4Xmx1"))
    + framed(TO + END, BSD.replace("05:", " 5:")) + framed(TO + END, BSD.lower()),
    "the first and the last year": framed(TO + END, ISO.replace("2026-11-24T05", "0001-01-01T00"))
    + framed(TO + END, "9999-12-31T23:59:59-01:00 mx1 {agent}[1]: "),
    "a leap second": framed(TO + END, BSD.replace(":24 ", ":60 ")) + framed(TO + END, ISO.replace(":24.", ":60.")),
    "a frame that comes late": framed(TO + END) * 70 + framed(TO + END, ISO) + framed(END, hostile.HEADS["rfc5424"]),
    "a frame of lines left alone": framed("connect from x", hostile.HEADS["priority-iso"]),
    "Solaris beside others": framed(TO + END, hostile.HEADS["solaris-bsd"]) + framed("x", hostile.HEADS["solaris-iso"]),
    "repeated never": framed(f"message repeated 0 times: [ {TO}{END}]"),
    "repeated lines left alone": framed("message repeated 2 times: [ ABCDEF12: requeued]"),
    "a first line that repeats its code": framed(TO + END.replace("550 5.1.1 no", "550-550- x \u00a0 550 y \u00a0")),
    "an expired message": framed("ABCDEF12: from=<>, status=expired, returned to sender"),
    "a forwarded message": framed(TO + END.replace("550 5.1.1 no", "forwarded as ABCDEF12"), agent="postfix/local"),
}  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [pytest.param(data, id=name) for name, data in FOUND.items()],
)
def test_found(data: bytes) -> None:
    good = framed(GOOD) + framed(GOOD, ISO)
    for before in (b"", good, good + framed("warning: ü")):
        assert_same(before + data)


def test_a_folded_fact_that_nobody_asks_for_is_left_alone() -> None:
    parsed, _ = engine(
        framed("message repeated 2 times: [ ABCDEF12: removed]"), wanted=lines.Wanted(frozenset(), False)
    )
    assert counts(parsed.coverage)["ignored"] == 1


def test_whatever_an_address_imitates_is_no_field() -> None:
    (row,) = engine(FOUND["an address that imitates a relay"])[1]
    assert (row["outcome"], row["remote_mta"], row["dsn"]) == ("bounced", None, "5.1.1")


def test_lines_of_other_programs_are_foreign() -> None:
    """Also where they hold words of a mail server."""
    data = b"".join(framed(text, BSD, "sshd") for text in ("connect from x", "statistics: x", GOOD, "x"))
    assert counts(engine(data)[0].coverage)["foreign"] == 4
