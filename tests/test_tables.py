"""Tables in log files: the columnar reader against the plain one, on any rows, under any cut."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import hostile
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logscan import oracle, schema, sources
from logscan.framing import Clock
from logscan.packs import mtas, tables
from logscan.parse import lines, records

CLOCK = Clock("UTC", 2026, 101)
PACKS = mtas()
EXCHANGE = next(mta for mta in PACKS if mta.id == "exchange")
TRACKING = next(format_ for format_ in EXCHANGE.formats if format_.id == "tracking")
SMTP = {format_.id for format_ in EXCHANGE.formats if format_.talk is not None}  # test_sessions has them
SAMPLES = sorted((Path(__file__).parent.parent / "sample_logs" / "exchange").glob("[!s]*.log"))
Row = dict[str, Any]


def header(columns: tuple[str, ...]) -> str:
    return (
        f"#Software: Microsoft Exchange Server\r\n#Log-type: Message Tracking Log\r\n#Fields: {','.join(columns)}\r\n"
    )


def table_of(data: bytes) -> tables.Table:
    table = tables.detect(data, PACKS)
    assert table is not None
    return table


def engine(data: bytes, offset: int = 0, table: tables.Table | None = None) -> tuple[lines.Parsed, list[Row]]:
    parsed = records.parse(data, offset, "x", table or table_of(data), PACKS, CLOCK)
    rows = schema.conform(parsed.events).sort("offset", maintain_order=True)
    return parsed, rows.select(*schema.PARSED, "offset", "source").to_dicts()


def assert_same(data: bytes) -> None:
    """Events and coverage are the same by both readers."""
    table = table_of(data)
    parsed, rows = engine(data, 0, table)
    by_hand = oracle.read_rows(data, source="x", offset=0, table=table, packs=PACKS, clock=CLOCK)
    assert [row["offset"] for row in rows] == [row["offset"] for row in by_hand], data
    for row, expected in zip(rows, by_hand, strict=True):
        differs = {name: (row[name], expected[name]) for name in row if not same(row[name], expected[name])}
        assert not differs, f"{differs} in row at {row['offset']}"
    found = list(oracle.explain_rows(data, offset=0, table=table, packs=PACKS, clock=CLOCK))
    kinds = Counter(row.kind for row in found)
    coverage = parsed.coverage
    assert (coverage.events, coverage.notices, coverage.facts) == (kinds["event"], kinds["notice"], kinds["message"])
    assert (coverage.ignored, coverage.foreign) == (kinds["ignored"], kinds["foreign"])
    assert coverage.unparsed == kinds["unparsed"]
    assert coverage.lines == len(found)
    assert coverage.bytes == len(data)


def same(one: object, other: object) -> bool:
    return one == other and (type(one) is type(other) or isinstance(one, datetime))


# --- Written down ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples(path: Path) -> None:
    data = path.read_bytes()
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert_same(data)


def test_examples() -> None:
    for shape in EXCHANGE.shapes:
        for entry in () if set(shape.when.get("_format", ())) & SMTP else shape.examples:
            assert_same(f"{entry.get('header', '')}\n{entry['line']}\n".lstrip("\n").encode())


# --- Any rows -------------------------------------------------------------------------------------------------------

STAMP = "2026-01-05T03:04:05.123Z"
PIECES = ["", "SEND", "a b", "#Fields: a,b", '""', "\r\n", f"\n{STAMP},", "; ", "[{LED=", "};{MSG=", "}]"]
PIECES += [*'x,;#"\n\r☃ü\x00\ufeff\u2028', "250 2.0.0 OK", "550 5.1.1 no", "451 4.4.0 x responded with: "]
WORDS = st.sampled_from(PIECES)
TEXTS = st.lists(WORDS, max_size=4).map("".join)
LED = "[{{LED={0}}};{{MSG={1}}};{{FQDN={2}}};{{IP={3}}};{{LRT={4}}}]".format
STATUSES = st.one_of(
    TEXTS,
    st.builds(LED, TEXTS, st.sampled_from(["", "more"]), st.sampled_from(["", "mx.example.net"]), TEXTS, TEXTS),
    st.sampled_from(["250 2.1.5 Recipient OK", "421 4.4.1 Connection timed out", "550-5.7.1 a 550 5.7.1 b"]),
    st.sampled_from(["550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found"]),
    st.sampled_from(['451 4.4.0 Primary target IP address responded with: "550 5.7.1 no." Attempted failover']),
)
FIELDS = {
    "date-time": st.sampled_from([STAMP, STAMP, STAMP, "2026-01-05T03:04:05Z", "2026-13-05T03:04:05Z", "now", ""]),
    "event-id": st.sampled_from(["SEND", "DELIVER", "FAIL", "DEFER", "RECEIVE", "EXPAND", "HARECEIVE", "DROP", "NEW"]),
    "source": st.sampled_from(["SMTP", "STOREDRIVER", "ROUTING", ""]),
    "connector-id": st.sampled_from(["", "Internet", "EX01\\Default", "Intra-Organization SMTP Send Connector"]),
    "recipient-address": st.sampled_from(["a@example.net", "a@example.net;b@EXAMPLE.org", ";", "", "a;b;c"]),
    "recipient-status": st.lists(STATUSES, min_size=1, max_size=3).map(";".join),
    "total-bytes": st.sampled_from(["", "12", "x", "-1", "99999999999999999999"]),
    "sender-address": st.sampled_from(["", "<>", "a@example.com", "<b@example.com>"]),
    "return-path": st.sampled_from(["", "<>", "a@example.com"]),
    "directionality": st.sampled_from(["", "Incoming", "Originating", "Undefined"]),
}


@st.composite
def rows(draw: st.DrawFn, columns: tuple[str, ...], sound: bool = False) -> str:
    """One row, quoted as it should be or not at all as it should."""
    values = [draw(FIELDS.get(name, TEXTS if draw(st.booleans()) else st.just(""))) for name in columns]
    how = 0 if sound else draw(st.integers(0, 5))
    if how == 1:
        return draw(TEXTS)
    if how == 2:
        return ",".join(values)
    if how == 3:
        values = values[: draw(st.integers(1, len(values)))]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL if how == 4 else csv.QUOTE_MINIMAL, lineterminator="").writerow(values)
    text = out.getvalue()
    if how == 5:
        at = draw(st.integers(0, len(text)))
        text = text[:at] + '"' + text[at:]
    return text


@st.composite
def logs(draw: st.DrawFn, most: int = 6) -> bytes:
    """A file: headers of several versions, rows under them, line ends of both kinds."""
    out = []
    for columns in draw(st.lists(st.sampled_from(TRACKING.columns), min_size=1, max_size=2)):
        shuffled = tuple(draw(st.permutations(columns))) if draw(st.booleans()) else columns
        out.append(header(shuffled))
        ends = st.sampled_from(["\r\n", "\n"])
        out += [row + draw(ends) for row in draw(st.lists(rows(shuffled), max_size=most))]
    data = "".join(out).encode("utf-8", "replace")
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + data


@hostile.tries(40)
@given(logs())
def test_hostile_rows(data: bytes) -> None:
    assert_same(data)


@hostile.tries(40)
@given(logs(most=10), st.integers(1, 3000), st.integers(1, 3000))
def test_any_cut(tmp_path_factory: pytest.TempPathFactory, data: bytes, span: int, block: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "x.log"
    path.write_bytes(data)
    whole = [row | {"source": "x"} for row in engine(data)[1]]
    table = table_of(data)
    found: list[Row] = []
    covered = lines.Coverage()
    begins = tables.line_pattern(table.begins)
    (source,) = sources.find([path]).sources
    for piece in sources.spans(source, size=span):
        for part in sources.blocks(piece, size=block, begins=lambda _: begins):
            parsed, got = engine(part.data, part.offset, table)
            found += got
            covered += parsed.coverage
            table = tables.followed(table, part.data, PACKS)
    assert found == whole
    assert lines.COUNTS
    expected = engine(data)[0].coverage
    assert {name: getattr(covered, name) for name in lines.COUNTS} == {n: getattr(expected, n) for n in lines.COUNTS}


@example('x"y')
@given(TEXTS)
@hostile.tries(40)
def test_a_broken_row_costs_itself_only(text: str) -> None:
    good = "2026-01-05T03:04:06.500Z,,EX01,,mx.example.net,,Internet,SMTP,SEND,1,<m@x>,n,a@example.net,250 OK,1,1,,,S,"
    good += "a@x,a@x,,,,,,"
    told = text.replace("\n", " ").replace(STAMP, "")
    data = header(TRACKING.columns[1]) + "\r\n".join([good, f"{STAMP},{told}", good, ""])
    parsed, found = engine(data.encode())
    assert len(found) == 2
    assert parsed.coverage.unparsed == 1
