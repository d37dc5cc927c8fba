"""SMTP protocol logs: sessions are put together whatever their order, and however files and blocks cut them."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import hostile
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from logscan import engines, oracle, pieces, scan, schema, stage
from logscan.framing import Clock
from logscan.packs import mtas, tables
from logscan.parse import finished, lines, records

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
import gen_smtp

CLOCK = Clock("UTC", 2026, 101)
PACKS = mtas()
EXCHANGE = next(mta for mta in PACKS if mta.id == "exchange")
FORMATS = {format_.id: format_ for format_ in EXCHANGE.formats if format_.talk is not None}
FOLDER = Path(__file__).parent.parent / "sample_logs" / "exchange"
SAMPLES = sorted(FOLDER.glob("smtp-*.log"))
OPTIONS = scan.Options(tz="UTC", year=2026)
Row = dict[str, Any]
NAMES = (*schema.PARSED, "offset", "source")


def header(kind: str) -> bytes:
    format_ = FORMATS[kind]
    return f"#Log-type: {format_.log_type[0]}\n#Fields: {','.join(format_.needs)}\n".encode()


def by_hand(files: list[tuple[str, bytes]]) -> tuple[list[Row], Counter[str]]:
    """What the plain reader makes of files of one folder: events, and rows by kind."""
    told = []
    for _, data in files:
        table = tables.detect(data, PACKS)
        assert table is not None
        told.append((data, 0, table))
    found = oracle.explain_files(told, packs=PACKS, clock=CLOCK)
    events = [
        {name: entry.get(name) for name in NAMES} | {"source": name_}
        for (name_, _), rows in zip(files, found, strict=True)
        for row in rows
        if row.kind == "event"
        for entry in row.entries
    ]
    return events, Counter(row.kind for rows in found for row in rows)


def by_columns(blocks: Iterable[tuple[str, int, bytes, tables.Table]]) -> tuple[list[Row], lines.Coverage]:
    """What the columnar reader makes of blocks that come in any order."""
    events: list[pl.DataFrame] = []
    waiting: list[pl.DataFrame] = []
    covered = lines.Coverage()
    for name, offset, data, table in blocks:
        out = records.parse(data, offset, name, table, PACKS, CLOCK)
        events.append(out.events)
        waiting += [out.waiting] if out.waiting.height else []
        covered += out.coverage
    if waiting:
        rows = pl.concat(waiting).sort("source", "offset")
        for _, out in finished.finished_sessions(rows, PACKS, lines.ALL, last=True)[0]:
            events.append(out.events)
            covered += out.coverage
    frames = [frame for frame in events if frame.height]
    if not frames:
        return [], covered
    whole = pl.concat(frames, how="diagonal_relaxed").sort("source", "offset", maintain_order=True)
    return schema.conform(whole).select(NAMES).to_dicts(), covered


def cut(files: list[tuple[str, bytes]], random: Random, size: int) -> list[tuple[str, int, bytes, tables.Table]]:
    """Blocks of whole rows, in any order."""
    out = []
    for name, data in files:
        table = tables.detect(data, PACKS)
        assert table is not None
        at = 0
        pieces = data.splitlines(keepends=True)
        while pieces:
            count = random.randrange(1, size + 1)
            block, pieces = b"".join(pieces[:count]), pieces[count:]
            out.append((name, at, block, table))
            at += len(block)
            table = tables.followed(table, block, PACKS)
    random.shuffle(out)
    return out


def assert_same(files: list[tuple[str, bytes]], random: Random, size: int) -> None:
    """Both readers say the same, whole and cut."""
    expected, kinds = by_hand(files)
    for blocks in (cut(files, random, 10_000), cut(files, random, size)):
        found, coverage = by_columns(blocks)
        assert found == expected
        assert (coverage.events, coverage.notices, coverage.ignored, coverage.unparsed) == tuple(
            kinds[kind] for kind in ("event", "notice", "ignored", "unparsed")
        )
        assert coverage.lines == kinds.total()


# --- Written down ---------------------------------------------------------------------------------------------------


def test_examples() -> None:
    seen = 0
    for shape in EXCHANGE.shapes:
        for kind in set(shape.when.get("_format", ())) & FORMATS.keys():
            for entry in shape.examples:
                assert_same([("a.LOG", header(kind) + entry["line"].encode() + b"\n")], Random(1), 3)
                seen += 1
    assert seen > 20


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples(path: Path) -> None:
    assert_same([(path.name, path.read_bytes())], Random(1), 50)


def test_message_tracking_counts_where_both_are_read(tmp_path: Path) -> None:
    send = (FOLDER / "smtp-send.log").read_bytes()
    (tmp_path / "SEND.LOG").write_bytes(send)
    alone = scan.read_events([str(tmp_path)], OPTIONS)
    assert alone.filter(pl.col("event") == "delivery").height > 20
    (tmp_path / "MSGTRK.LOG").write_bytes((FOLDER / "tracking-2016.log").read_bytes())
    both = scan.read_events([str(tmp_path)], OPTIONS).filter(pl.col("source").cast(pl.String).str.contains("SEND"))
    assert both.height == alone.height
    assert set(both["event"].cast(pl.String)) == {"session"}
    natures = scan.summarise_paths([str(tmp_path)], OPTIONS).natures
    assert natures[str(tmp_path / "SEND.LOG")].endswith("deliveries are counted in message tracking")


# --- Any rows -------------------------------------------------------------------------------------------------------

COMMANDS = st.sampled_from(
    (
        "EHLO mail.example.org", "HELO x", "ehlo", "MAIL FROM:<a@example.org> SIZE=12", "MAIL FROM:<>",
        "mail from: b@x",
        "MAIL", "RCPT TO:<anna@example.com>", "RCPT TO:<bob@example.com>", "RCPT TO:<>", "RCPT", "DATA", "BDAT 10",
        "BDAT 5 LAST", "RSET", "QUIT", "NOOP", "AUTH LOGIN", "STARTTLS", "<Binary Data>", "", "X-EXPS GSSAPI",
        "XPROXYFROM SID=1 IP=1.2.3.4",
    )
)  # fmt: skip
REPLIES = st.sampled_from(
    (
        "220 mx.example.net ESMTP", "220-mx.example.net", "250 2.1.0 Ok", "250-SIZE", "250-X", "250 2.1.5 Ok", "250",
        "354 go on", "334 x", "235 ok", "221 bye", "550 5.1.1 no", "550-5.7.1 no", "550 5.7.1 a, \"b\"",
        "421 4.3.2 later", "450 4.2.0 grey",
        "503 5.5.2 no", "250 2.6.0 <m@x> [InternalId=7, Hostname=y] Queued", "", "ok", "999 x", "451 4.7.0 \u2603",
    )
)  # fmt: skip
NOTES = st.sampled_from(
    (
        ("", "sending message with RecordId 12 and InternetMessageId <m@x>"), ("13", "sending message"),
        ("", "TLS negotiation failed with error SocketError"), ("", "Inbound AUTH LOGIN failed because of LogonDenied"),
        ("", "TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using"), ("", ""),
        ("Tarpit for '0.00:00:05'", ""),
        ("", "Failed to connect. Winsock error code: 10060"), ("x", "Unable to y"),
    )
)  # fmt: skip
ENDS = st.sampled_from(("Local", "Remote", "Remote(SocketError)", ""))


@st.composite
def said(draw: st.DrawFn, kind: str) -> tuple[str, str, str]:
    talk = FORMATS[kind].talk
    assert talk is not None
    which = draw(st.integers(0, 20))
    if which < 9:
        return talk.commands, draw(COMMANDS), ""
    if which < 18:
        return talk.replies, draw(REPLIES), ""
    if which == 18:
        return ("*", *draw(NOTES))
    if which == 19:
        return "-", "", draw(ENDS)
    return draw(st.sampled_from("+?")), "", ""


@st.composite
def rows(draw: st.DrawFn, kind: str) -> list[bytes]:
    """Rows of some sessions, most of them in order; each place of a session is there at most once."""
    out = []
    for session in draw(st.lists(st.sampled_from("ABC"), unique=True, min_size=1)):
        count = draw(st.integers(1, 14))
        places = draw(st.sets(st.integers(0, count), min_size=1)) if draw(st.booleans()) else set(range(count))
        for place in sorted(places):
            mark, data, context = draw(said(kind)) if place else draw(st.sampled_from([("+", "", ""), ("*", "", "x")]))
            text = io.StringIO()
            connector = draw(st.sampled_from(["EX01\\Default", "Internet"]))
            values = (
                f"2026-01-05T03:04:{place:02d}.000Z",
                connector,
                session,
                place,
                "192.0.2.1:25",
                "[2001:db8::1]:99",
            )
            csv.writer(text, lineterminator="\n").writerow([*values, mark, data, context])
            out.append(text.getvalue().encode())
    if draw(st.booleans()):
        return list(draw(st.permutations(out)))
    return sorted(out, key=lambda line: line.split(b",")[3].zfill(3))


@pytest.mark.parametrize("kind", FORMATS)
@hostile.tries(60)
@given(st.data())
def test_any_rows_by_both_readers_under_any_cut(kind: str, data: st.DataObject) -> None:
    lines_ = data.draw(rows(kind))
    assume(lines_)
    split = data.draw(st.integers(0, len(lines_)))
    files = [("a.LOG", header(kind) + b"".join(lines_[:split])), ("b.LOG", header(kind) + b"".join(lines_[split:]))]
    random = data.draw(st.randoms(use_true_random=False))
    assert_same(files, random, data.draw(st.integers(1, 6)))


# --- Logs whose truth is known --------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[(kind, old) for kind in ("receive", "send") for old in (False, True)], ids=str)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, gen_smtp.Truth]:
    kind, old = request.param
    folder = tmp_path_factory.mktemp(f"{kind}-{old}")
    return folder, gen_smtp.write(folder, Random(7), kind, 400, old=old, busy=1.0, rotate=30)


TOLD = (
    "file", "offset", "event", "outcome", "command", "reply", "recipient", "sender", "queue_id", "message_id", "ip",
    "time",
)  # fmt: skip
SEEN = (
    "event", "outcome", "smtp_command", "diagnostic", "envelope_recipient", "envelope_sender", "queue_id",
    "message_id", "remote_ip",
)  # fmt: skip


def told(event: dict[str, object]) -> tuple[object, ...]:
    return tuple(event[name] for name in TOLD)


def seen(events: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    for row in events.iter_rows(named=True):
        at = row["timestamp"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        yield (Path(row["source"]).name, row["offset"], *(row[name] for name in SEEN), at)


def test_every_reply_is_the_right_event(written: tuple[Path, gen_smtp.Truth]) -> None:
    folder, truth = written
    events = scan.read_events([str(folder)], OPTIONS)
    assert Counter(seen(events)) == Counter(told(event) for event in truth.events)
    assert len(truth.events) > 500
    incoming = "receive" in folder.name
    assert set(events["direction"].cast(pl.String)) == {"inbound" if incoming else "outbound"}


def test_every_row_is_understood(written: tuple[Path, gen_smtp.Truth]) -> None:
    folder, truth = written
    result = scan.summarise_paths([str(folder)], OPTIONS)
    headers = 5 * len(list(folder.iterdir()))
    assert result.coverage.unparsed == 0
    assert result.coverage.lines == truth.rows + headers
    counted = dict(result.summary.notices.group_by("kind").agg(pl.col("count").sum()).rows())
    assert counted == dict(truth.notices)


def test_the_plain_reader_says_the_same(written: tuple[Path, gen_smtp.Truth]) -> None:
    folder, _ = written
    paths = sorted(folder.iterdir(), key=lambda path: int(path.stem.rpartition("-")[2]))
    files = [(f"{n:03d}", path.read_bytes()) for n, path in enumerate(paths)]
    assert_same(files, Random(3), 40)


@pytest.mark.parametrize("mapper", [engines.serial, engines.threads], ids=lambda mapper: mapper.__name__)
def test_any_block_and_any_engine(
    written: tuple[Path, gen_smtp.Truth], mapper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = written
    whole = scan.read_events([str(folder)], OPTIONS)
    once = scan.summarise_paths([str(folder)], OPTIONS)
    monkeypatch.setattr(stage, "BLOCK", 3_000)
    monkeypatch.setattr(pieces, "_LEAST", 3_000)
    monkeypatch.setattr("logscan.waiting._MANY", 100)
    assert scan.read_events([str(folder)], OPTIONS, mapper=mapper).equals(whole)
    again = scan.summarise_paths([str(folder)], OPTIONS, mapper=mapper)
    assert {n: getattr(again.coverage, n) for n in lines.COUNTS} == {n: getattr(once.coverage, n) for n in lines.COUNTS}
    for name in ("causes", "notices", "hours"):
        one, other = getattr(once.summary, name), getattr(again.summary, name)
        assert one.sort(one.columns).equals(other.select(one.columns).sort(one.columns)), name


def test_a_session_that_was_read_twice_is_two(tmp_path: Path, written: tuple[Path, gen_smtp.Truth]) -> None:
    folder, truth = written
    for path in folder.iterdir():
        for copy in "ab":
            name = f"{int(path.stem.rpartition('-')[2]):04d}{copy}.LOG"
            (tmp_path / name).write_bytes(path.read_bytes())
    events = scan.read_events([str(tmp_path)], OPTIONS)
    assert events.height == 2 * len(truth.events)
