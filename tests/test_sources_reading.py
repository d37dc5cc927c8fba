"""Reading sources: whatever the content, the cuts and the compression, every line comes once and whole."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import sys
import threading
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from unittest.mock import patch

import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from logscan.errors import InputError, MissingExtraError
from logscan.sources import Block, Source, Span, blocks, find, reading, spans, stream, trouble

Pack = Callable[[bytes], bytes]
PACKERS: dict[str, Pack] = {
    "gz": lambda data: gzip.compress(data, 1),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
LINE = b"Nov 24 06:25:00 mx postfix/smtp[1]: 4B: to=<a@example.org>, status=sent (250 ok)\n"

contents = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"\n", b"\r\n", b"a", b"\0", b"\xff\xc3", b"line\n", b"x" * 30, LINE]), max_size=30).map(
        b"".join
    ),
)


class Shape(NamedTuple):
    """How a source is cut: into spans, into blocks, and how much is read at a time."""

    cuts: list[int]
    size: int
    longest: int
    step: int


shapes = st.builds(
    Shape,
    st.lists(st.integers(0, 250), max_size=6).map(sorted),
    st.integers(1, 300),
    st.integers(1, 100),
    st.integers(1, 64),
)
in_any_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def write(path: Path, data: bytes) -> Source:
    path.write_bytes(data)
    with patch.object(trouble, "_READERS", ()):  # data made up at random may look like an archive
        return find([path]).sources[0]


def read(source: Source, size: int = 1000) -> bytes:
    return b"".join(block.data for span in spans(source, size) for block in blocks(span, size))


def check_span(content: bytes, span: Span, found: list[Block], shape: Shape) -> None:
    for block in found:
        end = block.offset + len(block.data) + block.dropped
        last_line = content.rfind(b"\n", 0, end - 1) + 1
        assert content.startswith(block.data, block.offset)
        assert block.offset == 0 or content[block.offset - 1 : block.offset] == b"\n"
        assert end == len(content) or content[end - 1 : end] == b"\n"
        assert span.start <= block.offset
        assert span.stop is None or last_line < span.stop
        lines = block.data.split(b"\n")
        if block.dropped:
            assert len(block.data) == shape.longest
            assert lines == [block.data]
            assert content.find(b"\n", block.offset) in (end - 1, -1)
        else:
            assert max(map(len, lines)) <= shape.longest
            assert len(block.data) <= shape.size or block.offset == last_line


def check(content: bytes, source: Source, shape: Shape) -> None:
    at = 0
    with (
        patch.object(reading, "_STEP", shape.step),
        patch.object(stream, "_LIMIT", shape.step),
    ):
        for start, stop in pairwise([0, *shape.cuts, None]):
            span = Span(source, start or 0, stop)
            found = list(blocks(span, shape.size, shape.longest))
            check_span(content, span, found, shape)
            for block in found:
                assert block.offset == at
                at += len(block.data) + block.dropped
    assert at == len(content)


@settings(in_any_folder, max_examples=500)
@given(contents, shapes)
@example(b"xxxx\ny\nz\n", Shape(cuts=[6], size=1, longest=3, step=4))  # a short line after an over-long one
def test_every_line_comes_once_and_whole(tmp_path: Path, content: bytes, shape: Shape) -> None:
    source = Source("mail.log", str(tmp_path / "mail.log"), None, len(content), None, "mail.log")
    (tmp_path / "mail.log").write_bytes(content)
    check(content, source, shape)
    assert read(source, shape.size) == content


@pytest.mark.parametrize("kind", PACKERS)
@in_any_folder
@given(st.tuples(contents, contents), shapes, st.integers(1, 9))
def test_every_line_comes_once_and_whole_out_of_files_of_several_members(
    tmp_path: Path, kind: str, members: tuple[bytes, bytes], shape: Shape, piece: int
) -> None:
    packed = b"".join(map(PACKERS[kind], (members[0], b"", members[1])))
    source = write(tmp_path / "mail.log", packed)
    assert source.compression == kind
    assert spans(source, 1) == [Span(source)]
    with patch.object(stream, "_PIECE", piece):
        check(b"".join(members), source, shape)


@given(st.integers(0, 10_000), st.integers(1, 3000))
def test_spans_cover_a_file_without_gap_and_the_last_one_is_open(length: int, size: int) -> None:
    source = Source("mail.log", "mail.log", None, length, None, "mail.log")
    found = spans(source, size)
    assert found[0].start == 0
    assert all(one.stop == following.start == one.start + size for one, following in pairwise(found))
    assert found[-1].stop is None
    assert found[-1].start < max(length, 1)
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize("kind", [None, *PACKERS])
def test_big_files_come_in_full_blocks(tmp_path: Path, kind: str | None) -> None:
    content = LINE * 100_000
    source = write(tmp_path / "mail.log", PACKERS[kind](content) if kind else content)
    size = 1024 * 1024
    found = list(blocks(Span(source), size))
    assert b"".join(block.data for block in found) == content
    assert all(size * 0.9 < len(block.data) <= size for block in found[:-1])
    assert found[-1].consumed == source.size
    assert [block.consumed for block in found] == sorted(block.consumed for block in found)


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_memory_stays_bounded_when_a_line_is_endless(tmp_path: Path, kind: str) -> None:
    length = 96 * 1024 * 1024
    source = write(tmp_path / "mail.log", PACKERS[kind](b"first\n" + b"a" * length + b"\nlast\n"))
    tracemalloc.start()
    found = [(block.data[:9], block.dropped) for block in blocks(Span(source), 1024 * 1024, 1000)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [(b"first\n", 0), (b"a" * 9, length - 1000 + 1), (b"last\n", 0)]
    assert peak < 40 * 1024 * 1024


def test_a_span_that_follows_a_file_begins_with_what_was_appended(tmp_path: Path) -> None:
    source = write(tmp_path / "mail.log", b"one\ntwo\n")
    with (tmp_path / "mail.log").open("ab") as file:
        file.write(b"three\n")
    assert [block.data for block in blocks(Span(source, 8))] == [b"three\n"]
    assert read(source) == b"one\ntwo\nthree\n"


# How much before the damage may be lost: bz2 decodes blocks of 900 kB, zst blocks of 128 KiB or their like.
LOST = {"gz": 10_000, "bz2": 1_000_000, "xz": 100_000, "zst": 300_000}


def check_damaged(source: Source, content: bytes, share: float) -> None:
    """What was stored before ``share`` of a damaged file comes out, and then the error tells how far that was."""
    found = b""
    with pytest.raises(InputError) as error:
        for block in blocks(Span(source), 1000):
            found += block.data
    right = len(os.path.commonprefix([found, content]))  # noqa: RUF071  (bytes, no paths)
    assert right >= len(content) * share - LOST[source.compression or ""]
    assert str(error.value).startswith(f"{source.name}: cannot be read further than byte {len(found):,} ")
    assert f"-t '{source.path}'`" in str(error.value)


@pytest.fixture(scope="module")
def incompressible() -> bytes:
    return b"".join(os.urandom(40).hex().encode() + b"\n" for _ in range(40_000))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("share", [0.4, 0.9])
def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes(
    tmp_path: Path, incompressible: bytes, kind: str, share: float
) -> None:
    packed = PACKERS[kind](incompressible)
    source = write(tmp_path / "mail log", packed[: int(len(packed) * share)])
    check_damaged(source, incompressible, share)


@pytest.mark.parametrize("kind", PACKERS)
def test_damaged_data_are_read_up_to_the_damage(tmp_path: Path, incompressible: bytes, kind: str) -> None:
    packed = bytearray(PACKERS[kind](incompressible))
    at = len(packed) * 3 // 4
    packed[at : at + 8] = bytes(byte ^ 0xFF for byte in packed[at : at + 8])
    check_damaged(write(tmp_path / "mail log", bytes(packed)), incompressible, 0.75)


def test_gz_data_with_a_wrong_checksum_are_read_to_the_last_byte(tmp_path: Path) -> None:
    member, broken = gzip.compress(LINE * 5000), bytearray(gzip.compress(LINE * 3000))
    broken[-5] ^= 0xFF
    found = blocks(Span(write(tmp_path / "mail.log.gz", member + bytes(broken))))
    assert next(found).data == LINE * 8000
    with pytest.raises(InputError, match=r"incorrect data check.*gzip -t "):
        next(found)


def test_zeros_after_a_member_are_padding_and_anything_else_is_damage(tmp_path: Path) -> None:
    packed = gzip.compress(LINE)
    assert read(write(tmp_path / "a", packed + b"\0" * 600 + packed + b"\0")) == LINE * 2
    with pytest.raises(InputError):
        read(write(tmp_path / "b", packed + b"garbage"))


def test_frames_that_hold_no_data_are_passed_over(tmp_path: Path) -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"  # as pzstd writes them
    source = write(tmp_path / "mail.log", skippable + PACKERS["zst"](LINE) + skippable + PACKERS["zst"](LINE))
    assert source.compression == "zst"
    assert read(source) == LINE * 2


def test_zst_without_its_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "mail.log.zst", PACKERS["zst"](LINE))
    for module in ("zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'logscan\[zstd\]'"):
        read(source)
    with pytest.raises(MissingExtraError, match=r"mail.log.zst.*pip install 'logscan\[zstd\]'"):
        find([tmp_path / "mail.log.zst"])
    assert "logscan[zstd]" in find([tmp_path]).skipped[0].why


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()])
def test_standard_input_may_be_compressed(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(pack(LINE * 100))))
    source = find(["-"]).sources[0]
    assert source == Source("-", None, None, None, None, "-")
    assert read(source) == LINE * 100


def test_no_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="no standard input"):
        read(find(["-"]).sources[0])


@pytest.mark.parametrize("pack", [bytes, PACKERS["gz"]])
def test_a_named_pipe_is_read_as_a_stream(tmp_path: Path, pack: Pack) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    source = find([pipe]).sources[0]
    assert (source.size, source.modified, source.compression) == (None, None, None)
    writer = threading.Thread(target=pipe.write_bytes, args=[pack(LINE * 5000)])
    writer.start()
    assert read(source) == LINE * 5000
    writer.join()


def test_a_file_that_is_rotated_meanwhile_is_read_under_its_new_name(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    source = write(log, LINE * 3)
    log.rename(tmp_path / "mail.log.1")
    assert read(source) == LINE * 3
    log.write_bytes(b"new\n")
    assert read(source) == LINE * 3


@pytest.mark.parametrize("content", [b"", b"other\n"])
def test_a_file_that_is_replaced_or_cut_meanwhile_is_told(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "mail.log"
    source = write(log, LINE)
    log.write_bytes(content)  # copytruncate
    with pytest.raises(InputError, match="run logscan again"):
        read(source)
    (tmp_path / "new").write_bytes(LINE * 2)
    (tmp_path / "new").rename(log)
    with pytest.raises(InputError, match="run logscan again"):
        read(source)


def test_a_file_that_fails_to_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    source = write(tmp_path / "mail.log", LINE)
    with (
        patch.object(stream.Stream, "_stored", side_effect=OSError(5, "Input/output error")),
        pytest.raises(InputError, match=r"mail.log: .*byte 0 \(Input/output error\)"),
    ):
        read(source)


@pytest.mark.parametrize(("size", "longest"), [(0, 1), (1, 0)])
def test_sizes_are_at_least_one_byte(size: int, longest: int) -> None:
    with pytest.raises(ValueError, match="at least 1 byte"):
        next(blocks(Span(Source("-", None, None, None, None, "-")), size, longest))
