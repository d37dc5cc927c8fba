"""Lines out of the journal, of containers, of a cluster: what is inside counts, as if it stood there plainly."""

from __future__ import annotations

import json
import re
from pathlib import Path

import hostile
import pytest
import wraps
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from test_invariance import cut_into, findings, table
from test_oracle import CLOCK, GOOD, PACKS, SAMPLES, assert_same, counts, engine, framed, rows_by_hand

from logscan import oracle, wrapping
from logscan.framing import SYSLOG
from logscan.nature import nature_of
from logscan.parse import lines

HEADS = [*hostile.HEADS.values(), *hostile.VARIANTS]
LINE = framed(GOOD).decode().removesuffix("\n")
each_wrap = pytest.mark.parametrize("name", wraps.WRAPS)


def wrapped(name: str, line: str) -> bytes:
    return (wraps.WRAPS[name](line) + "\n").encode("utf-8", "replace")


def without(rows: list[dict[str, object]], *names: str) -> list[dict[str, object]]:
    return [{key: value for key, value in row.items() if key not in names} for row in rows]


@each_wrap
def test_every_wrap_with_every_frame(name: str) -> None:
    plain = "".join(head.format(agent="postfix/smtp") + GOOD + "\n" for head in HEADS)
    data = b"".join(wrapped(name, line) for line in plain.split("\n") if line)
    assert_same(data)
    assert_same(framed(GOOD) + data + framed(GOOD))
    left_out = ("offset", "timestamp") if name == "journal" else ("offset",)  # the journal's stamps are of its own
    assert without(engine(data)[1], *left_out) == without(engine(plain.encode())[1], *left_out)


def loosely(parsed: lines.Parsed) -> dict[str, int]:
    """Counts; but behind a stamp, "P Received: from x" reads as host P's program Received."""
    found = counts(parsed.coverage)
    return found | {"foreign": found["foreign"] + found.pop("continued", 0)}


@each_wrap
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples(name: str, path: Path) -> None:
    plain = path.read_bytes().decode("utf-8", "replace").removesuffix("\n").split("\n")[:400]
    if name == "journal":  # which has no other lines
        plain = [line for line in plain if any(re.match(frame.pattern, line) for frame in SYSLOG)]
    data = b"".join(wrapped(name, line) for line in plain)
    assert_same(data)
    found, rows = engine(data)
    expected, plain_rows = engine("\n".join(plain).encode())
    assert without(rows, "offset", "timestamp") == without(plain_rows, "offset", "timestamp")
    assert loosely(found) == loosely(expected)


@hostile.tries(60)
@given(st.lists(st.tuples(hostile.lines(), st.sampled_from(["", *wraps.WRAPS])), max_size=12))
def test_mixed_lines(many: list[tuple[bytes, str]]) -> None:
    data = b""
    for line, name in many:
        text = line.replace(b"\n", b"").replace(b"\r", b"").decode()
        data += wrapped(name, text) if name else text.encode() + b"\n"
    assert_same(data)


WHOLE = [wrapped(name, LINE).removesuffix(b"\n") for name in wraps.WRAPS]


@hostile.tries(60)
@given(st.lists(hostile.mutations(WHOLE), min_size=1, max_size=10), st.booleans())
def test_damaged_lines(damaged: list[bytes], first: bool) -> None:
    good = b"" if first else framed(GOOD)
    assert_same(good + b"".join(line + b"\n" for line in damaged) + good)


PAYLOAD = LINE.partition(": ")[2]
ENTRY = {"__REALTIME_TIMESTAMP": "1767582245123456", "_HOSTNAME": "mx1", "SYSLOG_IDENTIFIER": "postfix/smtp"}
ODD: dict[str, object] = {
    "null": None,
    "a number": 17,
    "true": True,
    "an object": {"a": 1},
    "no bytes": [],
    "bytes that are no text": list(PAYLOAD.encode() + b"\xff\xc3"),
    "bytes and more": [1, 256],
    "several": [PAYLOAD, "x"],
    "several of bytes": [[104, 105], "x"],
    "line ends": PAYLOAD + "\r\n\r\n",
    "more than a line": PAYLOAD[:40] + "\n" + PAYLOAD[40:] + "\r",
    "controls": PAYLOAD + "\x00\x1b[31m\x7f\u2028",
    "escapes": PAYLOAD.replace("x)", '\\n\\\\ "\\u003c" / \t é😀 x)'),
    "half a letter": PAYLOAD + "\ud800",
    "something like a key": PAYLOAD.replace("x)", '","MESSAGE":"y", "_HOSTNAME":"z")'),
}  # fmt: skip


@pytest.mark.parametrize("message", [pytest.param(value, id=name) for name, value in ODD.items()])
@pytest.mark.parametrize("ascii_", [True, False])
def test_odd_messages(message: object, ascii_: bool) -> None:
    for gaps in ((",", ":"), (", ", ": ")):
        texts = [
            json.dumps({**ENTRY, "MESSAGE": message}, ensure_ascii=ascii_, separators=gaps),
            json.dumps({"log": f"Nov 24 05:37:24 mx1 postfix/smtp[1]: {message}\n"}, ensure_ascii=ascii_),
            json.dumps({"log": message}, ensure_ascii=ascii_, separators=gaps),
        ]
        for text in texts:
            data = text.encode("utf-8", "surrogatepass") + b"\n"
            assert_same(data + framed(GOOD))
            assert_same(framed(GOOD) + data)


@pytest.mark.parametrize(
    "fields",
    [
        {"_HOSTNAME": None}, {"_HOSTNAME": ["a"]}, {"_HOSTNAME": "a b"}, {"_HOSTNAME": "é"},
        {"SYSLOG_IDENTIFIER": None, "_COMM": "smtp"}, {"SYSLOG_IDENTIFIER": None},
        {"SYSLOG_IDENTIFIER": "postfix smtp"},
        {"_PID": "12"}, {"_PID": "x", "SYSLOG_PID": "3"}, {"_PID": "٣"}, {"_PID": 4}, {"SYSLOG_PID": ""},
        {"__REALTIME_TIMESTAMP": "x"}, {"__REALTIME_TIMESTAMP": 1767582245123456}, {"__REALTIME_TIMESTAMP": "9" * 17},
        {"__REALTIME_TIMESTAMP": "0"}, {"__REALTIME_TIMESTAMP": "9" * 16}, {"__REALTIME_TIMESTAMP": "x", "log": LINE},
        {"CONTAINER_NAME": "mail"}, {"CONTAINER_NAME": "mail", "MESSAGE": LINE}, {"CONTAINER_NAME": 1},
        {"log": LINE}, {"message": LINE, "MESSAGE": None}, {"MESSAGE": GOOD, "_TRANSPORT": "syslog"},
    ],
)  # fmt: skip
def test_odd_fields(fields: dict[str, object]) -> None:
    whole = {**ENTRY, "MESSAGE": GOOD, **fields}
    for text in (
        json.dumps(whole, ensure_ascii=False),
        json.dumps(whole, separators=(",", ":")),
        json.dumps({name: value for name, value in whole.items() if value is not None}),
    ):
        assert_same(text.encode() + b"\n" + framed(GOOD))
        assert_same(framed(GOOD) + text.encode() + b"\n")


@pytest.mark.parametrize(
    "text",
    [
        "{", "{}", "{ }", "[]", "{]", '{"log":1}', '{"log":"', '{"log":"x"} y', '{"log" : "x"}', "[pod/a/b]",
        "[pod/a/b] ",
        "a | ", "| ", " | x", f"{wraps.STAMP} ", f"{wraps.STAMP} stdout F ", f"{wraps.STAMP} stdout F", "{" * 5000,
        '{"log":"a","log":"b"}', '{"MESSAGE":"x"}', '{"\\u006cog":"x"}', '{"log":"x",}', '{"log":"\\q"}',
        '{"log":"\\ud800"}',
        f'{{"log":"x","log":{json.dumps(LINE)}}}', f'{{"log":{json.dumps(LINE)},"log":"x"}}',
        f'{{"\\u006cog":{json.dumps(LINE)}}}', f' {{"log":{json.dumps(LINE)}}}', f'{{"log":{json.dumps(LINE)}}} ',
        f'{{"a":{{"log":{json.dumps(LINE)}}}}}', f'{{ "log" : {json.dumps(LINE)} }}',
        f'{{"a":NaN,"log":{json.dumps(LINE)}}}',
        f'{{"a":01,"log":{json.dumps(LINE)}}}', f'{{"a":1e5,"log":{json.dumps(LINE)}}}',
        f'{{"a":{"9" * 30},"log":{json.dumps(LINE)}}}', f'{{"a":"\t","log":{json.dumps(LINE)}}}',
        f"a | b | c | {LINE}", f"a | b | c | d | {LINE}", f"a | {wraps.STAMP} {LINE}", f"a | {wraps.docker(LINE)}",
        wraps.docker(wraps.docker(LINE)), wraps.docker(f"a | {LINE}"), wraps.docker(""),
        wraps.container(wraps.docker(LINE)),
    ],
)  # fmt: skip
def test_texts_that_are_nearly_wraps(text: str) -> None:
    data = text.encode() + b"\n"
    for whole in (data, framed(GOOD) + data, data + framed(GOOD), wrapped("docker", LINE) + data):
        assert_same(whole)


def test_a_plain_line_is_never_taken_apart() -> None:
    told = framed(f"warning: mail-1  | {LINE}").decode()
    for line in (LINE, told):
        assert wrapping.peeled(line, lambda text: text.startswith("Nov 24")) is None


def test_the_offset_is_that_of_the_raw_line() -> None:
    data = framed("connect from x") + wrapped("docker", LINE) + wrapped("cri", LINE)
    first = len(framed("connect from x"))
    assert [row["offset"] for row in engine(data, 1000)[1]] == [
        1000 + first,
        1000 + first + len(wrapped("docker", LINE)),
    ]
    assert [row["offset"] for row in rows_by_hand(data, 1000)] == [row["offset"] for row in engine(data, 1000)[1]]


def test_cut_anyhow(tmp_path: Path) -> None:
    sample = next(path for path in SAMPLES if path.stem == "mixed")
    plain = [line for line in sample.read_text(errors="replace").split("\n") if "status=" in line][:90]
    names = ["", *wraps.WRAPS]
    some = [(line, names[n % len(names)]) for n, line in enumerate(plain) if line]
    path = tmp_path / "mail.log"
    path.write_bytes(b"".join(wrapped(name, line) if name else line.encode() + b"\n" for line, name in some))
    whole, found = table(path), findings(path)
    assert len(whole)
    for span, block in ((1, 1), (1 << 30, 700), (900, 10_000)):
        with cut_into(span, block):
            assert_frame_equal(table(path), whole)
            assert findings(path) == found


def test_year_of_a_stamp_inside(tmp_path: Path) -> None:
    path = tmp_path / "mail-json.log"
    path.write_bytes(wrapped("docker", LINE) + wrapped("docker", LINE.replace("Nov 24", "Jan  2")))
    assert [time.year for time in table(path)["timestamp"]] == [2026, 2027]


@each_wrap
def test_its_nature_is_told(name: str) -> None:
    text = nature_of(wrapped(name, LINE), PACKS, "UTC")
    assert text.startswith("Postfix") and ("from" in text or "with the stamps" in text)


def test_the_slow_reader_does_not_use_the_fast_way() -> None:
    line = oracle.explain_line(wraps.docker(LINE), packs=PACKS, clock=CLOCK)
    assert line.kind == "event" and line.candidate
