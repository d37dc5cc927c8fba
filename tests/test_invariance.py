"""However a log is cut, whoever does the work, in whatever order it is added up: the answer is the same."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial, reduce
from itertools import accumulate
from pathlib import Path
from typing import Any
from unittest import mock

import hostile
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from logscan import engines, result, scan, schema, sources
from logscan import stage as stages
from logscan.framing import Clock
from logscan.parse import lines
from logscan.summary import Summary, combine, combine_all

LOGS = Path(__file__).parent.parent / "sample_logs"
SAMPLES = sorted((LOGS / "postfix").glob("*.log"))
EXIM = sorted((LOGS / "exim").glob("*.log"))
OPTIONS = scan.Options(year=2026, tz="UTC")
CLOCK = Clock("UTC", 2026, 101)
Engine = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
ENGINES: Mapping[str, Engine] = {
    "serial": engines.serial,
    **{f"threads-{n}": partial(engines.threads, workers=n) for n in (1, 2, 3, 4)},
}
real_spans, real_blocks = sources.spans, sources.blocks


def table(path: object, mapper: Engine = engines.serial, options: scan.Options = OPTIONS) -> pd.DataFrame:
    return schema.to_pandas(scan.read_events(path, options, mapper=mapper))  # type: ignore[arg-type]  # a path


def findings(path: object, mapper: Engine = engines.serial, options: scan.Options = OPTIONS) -> dict[str, Any]:
    return result.of(path, options, mapper=mapper).findings.to_dict()  # type: ignore[arg-type]  # a path


class cut_into:  # noqa: N801  # reads like the sentence it is
    """Spans and blocks of some size in bytes, whatever the pipeline asks for."""

    def __init__(self, span: int, block: int) -> None:
        def spans(source: sources.Source, size: int = 0) -> list[sources.Span]:
            return real_spans(source, size=span)

        def blocks(piece: sources.Span, size: int = 0, **more: Any) -> Iterator[sources.Block]:
            return real_blocks(piece, size=block, **more)

        self.patches = mock.patch.object(sources, "spans", spans), mock.patch.object(sources, "blocks", blocks)

    def __enter__(self) -> None:
        for patch in self.patches:
            patch.start()

    def __exit__(self, *_: object) -> None:
        for patch in self.patches:
            patch.stop()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of every sample, with all that can be told apart by it; small enough to be cut into lines."""
    path = tmp_path_factory.mktemp("small") / "mail.log"
    plain = [p for p in SAMPLES if not p.stem.startswith("rsyslog")]
    path.write_bytes(b"".join(b"".join(p.read_bytes().splitlines(keepends=True)[60:80]) for p in plain))
    return path


@pytest.fixture(scope="module")
def mixed() -> Path:
    return next(path for path in SAMPLES if path.stem == "mixed")


# --- Cuts and engines -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("span", "block"), [(1, 1), (1 << 30, 300), (100, 10_000), (1 << 30, 1 << 20)])
def test_lines_cut_anyhow(small: Path, span: int, block: int) -> None:
    whole, found = table(small), findings(small)
    with cut_into(span, block):
        assert_frame_equal(table(small), whole)
        assert findings(small) == found


@pytest.mark.parametrize("path", [*SAMPLES, *EXIM], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_samples_cut_into_blocks(path: Path) -> None:
    whole, found = table(path), findings(path)
    with cut_into(17_001, 5_001):
        assert_frame_equal(table(path, ENGINES["threads-2"]), whole)
        assert findings(path, ENGINES["threads-2"]) == found


@hostile.tries(5)
@given(st.integers(4_000, 130_000), st.integers(4_000, 130_000), st.sampled_from(sorted(ENGINES)))
@example(span=9_000, block=5_000, name="threads-4")
def test_any_cut_by_any_engine(mixed: Path, span: int, block: int, name: str) -> None:
    whole, found = cached(mixed)
    with cut_into(span, block):
        assert_frame_equal(table(mixed, ENGINES[name]), whole)
        assert findings(mixed, ENGINES[name]) == found


@cache
def cached(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    return table(path), findings(path)


@hostile.tries(10)
@given(hostile.logs((hostile.HEADS["bsd"],), most=8), st.integers(1, 400), st.integers(1, 400))
def test_hostile_lines_cut_anyhow(tmp_path_factory: pytest.TempPathFactory, data: bytes, span: int, block: int) -> None:
    path = tmp_path_factory.mktemp("hostile") / "mail.log"
    path.write_bytes(
        hostile.HEADS["bsd"].format(agent="postfix/smtpd").encode() + b"connect from x[192.0.2.1]\n" + data
    )
    whole, found = table(path), findings(path)
    with cut_into(span, block):
        assert_frame_equal(table(path), whole)
        assert findings(path) == found


@pytest.mark.parametrize(
    "frames", [("bsd", "iso"), ("iso", "bsd"), ("rfc5424", "priority-bsd"), ("bsd", "solaris-bsd")]
)
def test_a_frame_that_changes_within_the_file(tmp_path: Path, frames: tuple[str, str]) -> None:
    payload = "3F2A1C0E5B: to=<a@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (x)\n"
    before, after = (hostile.HEADS[name].format(agent="postfix/smtp") + payload for name in frames)
    path = tmp_path / "mail.log"
    path.write_text(before * 100 + after * 3)
    whole, found = table(path), findings(path)
    assert len(whole) == 103
    with cut_into(1 << 30, len(before) * 100):
        assert_frame_equal(table(path), whole)
        assert findings(path) == found


def test_one_line_that_is_not_ascii_changes_nothing_else(tmp_path: Path, mixed: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(mixed.read_bytes() + "Nov 24 06:00:00 mx1 postfix/smtpd[1]: warning: ü\n".encode())
    assert_frame_equal(table(path).drop(columns="source"), table(mixed).drop(columns="source"))


# --- Packed, and from a pipe ----------------------------------------------------------------------------------------

PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("kind", PACKERS)
def test_compressed(tmp_path: Path, mixed: Path, kind: str) -> None:
    path = tmp_path / f"mail.log.{kind}"
    path.write_bytes(PACKERS[kind](mixed.read_bytes()))
    assert_same_but_for_the_name(path, mixed)
    with cut_into(5_000, 7_000):
        assert_same_but_for_the_name(path, mixed)


def test_standard_input(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    for data in (mixed.read_bytes(), gzip.compress(mixed.read_bytes())):
        typed(data)
        with cut_into(1, 9_000):
            rows = table("-")
        typed(data)
        assert_same_table(rows, cached(mixed)[0])
        assert plain(findings("-"), "-") == plain(cached(mixed)[1], str(mixed))


def test_a_log_in_two_files(tmp_path: Path, mixed: Path) -> None:
    every = mixed.read_bytes().splitlines(keepends=True)
    (tmp_path / "mail.log.1").write_bytes(b"".join(every[:400]))
    (tmp_path / "mail.log").write_bytes(b"".join(every[400:]))
    rows, whole = table(tmp_path), cached(mixed)[0]
    assert_frame_equal(rows.drop(columns=["source", "offset"]), whole.drop(columns=["source", "offset"]))
    one, two = findings(tmp_path), cached(mixed)[1]
    assert {name: one[name] for name in ("totals", "hours")} == {name: two[name] for name in ("totals", "hours")}


def assert_same_but_for_the_name(path: Path, other: Path) -> None:
    assert_same_table(table(path), cached(other)[0])
    assert plain(findings(path), str(path)) == plain(cached(other)[1], str(other))


def assert_same_table(rows: pd.DataFrame, other: pd.DataFrame) -> None:
    assert_frame_equal(rows.drop(columns="source"), other.drop(columns="source"))


def plain(found: dict[str, Any], name: str) -> str:
    return json.dumps(found, sort_keys=True).replace(json.dumps(name), '"the log"')


# --- The summary is a commutative monoid ----------------------------------------------------------------------------


@cache
def parts() -> tuple[Summary, ...]:
    """Summaries of many blocks of several logs."""
    stage = stages.Stage(wanted=lines.ALL)
    found = sources.find([path for path in SAMPLES if path.stem in ("mixed", "softbounce", "local", "postscreen")])
    blocks = [block for source in found.sources for block in real_blocks(sources.Span(source), size=20_000)]
    return tuple(stage.summed((block, CLOCK, None))[1] for block in blocks)


def told(summary: Summary) -> dict[str, list[str]]:
    """Everything a summary says, in no order."""
    frames: dict[str, pl.DataFrame] = {name: getattr(summary, name) for name in Summary.__slots__}
    return {
        name: sorted(json.dumps(row, sort_keys=True, default=str) for row in frame.to_dicts())
        for name, frame in frames.items()
    }


def test_zero() -> None:
    for part in parts():
        assert told(combine(part, Summary())) == told(part) == told(combine(Summary(), part))
    assert told(combine(Summary(), Summary())) == told(Summary()) == told(combine_all([]))


def test_the_parts_say_something() -> None:
    whole = combine_all(parts())
    assert all(getattr(whole, name).height for name in Summary.__slots__)
    assert len(parts()) > 10


@hostile.tries(15)
@given(st.data())
def test_any_order_and_any_grouping(data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(parts()))))
    pile = [parts()[n] for n in order]
    while len(pile) > 1:
        n = data.draw(st.integers(0, len(pile) - 2))
        pile[n : n + 2] = [combine(pile[n], pile[n + 1])]
    assert told(pile[0]) == told(combine_all(parts()))


@hostile.tries(30)
@given(st.sampled_from(parts()), st.sampled_from(parts()), st.sampled_from(parts()))
def test_laws(a: Summary, b: Summary, c: Summary) -> None:
    assert told(combine(a, b)) == told(combine(b, a))
    assert told(combine(combine(a, b), c)) == told(combine(a, combine(b, c)))


TRIES = (
    "status=deferred (host mx.b.example[192.0.2.1] said: 450 4.2.0 later (in reply to RCPT TO command))",
    "status=deferred (host mx.b.example[192.0.2.1] said: 451 4.7.1 later (in reply to RCPT TO command))",
    "status=deferred (connect to mx.b.example[192.0.2.2]:25: Connection timed out)",
    "status=bounced (host mx.b.example[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command))",
    "status=bounced (host mx.b.example[192.0.2.1] said: 552 5.2.2 full (in reply to RCPT TO command))",
    "status=sent (250 2.0.0 ok)",
    "status=SOFTBOUNCE (host mx.b.example[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command))",
)


@hostile.tries(20)
@given(st.data(), st.lists(st.tuples(st.integers(0, 2), st.sampled_from(TRIES)), min_size=2, max_size=6))
def test_tries_within_one_second(data: st.DataObject, tries: list[tuple[int, str]]) -> None:
    head = "mx1 postfix/smtp[1]: 3F2A1C0E5B: to=<a@b.example>, relay=none, delay=1, "
    assert_adds_up(data, [f"Nov 24 05:37:2{at} {head}{text}\n".encode() for at, text in tries])


def assert_adds_up(data: st.DataObject, said: list[bytes]) -> None:
    """The summary of some lines is that of their parts, in any order."""
    stage = stages.Stage(wanted=lines.ALL)
    source = sources.Source("x", None, None, None, None, series="x")
    starts = accumulate((len(line) for line in said), initial=0)
    blocks = [sources.Block(source, start, line) for start, line in zip(starts, said, strict=False)]
    whole = told(stage.summed((sources.Block(source, 0, b"".join(said)), CLOCK, None))[1])
    pieces = [stage.summed((block, CLOCK, None))[1] for block in data.draw(st.permutations(blocks))]
    assert told(combine_all(pieces)) == whole
    assert told(reduce(combine, pieces)) == whole


# --- What one block cannot know -------------------------------------------------------------------------------------


def test_sender_and_expiry_come_from_lines_in_other_blocks(tmp_path: Path) -> None:
    said = (
        "smtpd[1]: ABCDEF12: client=c.example[192.0.2.9]",
        "qmgr[1]: ABCDEF12: from=<s@c.example>, size=77, nrcpt=1 (queue active)",
        "smtp[1]: ABCDEF12: to=<a@b.example>, relay=none, delay=1, dsn=4.4.1, status=deferred (connect to "
        "mx.b.example[192.0.2.2]:25: Connection timed out)",
        "qmgr[1]: ABCDEF12: from=<s@c.example>, status=expired, returned to sender",
        "qmgr[1]: ABCDEF12: removed",
        "qmgr[1]: ABCDEF12: from=<other@c.example>, size=88, nrcpt=1 (queue active)",
        "smtp[1]: ABCDEF12: to=<a@b.example>, relay=none, delay=1, dsn=2.0.0, status=sent (250 2.0.0 ok)",
    )
    path = tmp_path / "mail.log"
    path.write_text("".join(f"Nov 24 05:37:2{n} mx1 postfix/{text}\n" for n, text in enumerate(said)))
    with cut_into(1, 1):
        rows, found = table(path), findings(path)
    assert_frame_equal(rows, table(path))
    assert found == findings(path)
    assert rows["envelope_sender"].tolist() == ["s@c.example", "s@c.example", "other@c.example"]
    assert rows["size"].tolist() == [77, 77, 88]
    assert rows["client"].tolist()[:2] == ["c.example[192.0.2.9]"] * 2 and pd.isna(rows["client"].iloc[2])
    assert rows["reason"].tolist()[0] == rows["reason"].tolist()[1]
