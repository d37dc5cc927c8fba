"""Logs that are written, renamed and cut by others while they are read: no line twice, none lost, or it is said."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logscan import engines, scan
from logscan.errors import InputError
from logscan.sources import blocks, find, spans

FORM = (
    "Nov 24 05:37:24 mx1 postfix/smtp[1]: {:08X}: to=<a@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, "
    "status=deferred (connect to mx.b.example[192.0.2.1]:25: Connection refused)\n"
)
WRITER = """
import sys, time
path, first, form = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(path, "a", buffering=1) as log:
    for n in range(first, first + 300_000):
        log.write(form.format(n))
time.sleep(600)
"""
OPTIONS = scan.Options(year=2026, tz="UTC")


def lines(first: int, last: int) -> str:
    return "".join(map(FORM.format, range(first, last)))


def ids(path: Path, mapper: scan.Mapper = engines.threads) -> list[int]:
    return [int(text, 16) for text in scan.read_events(path, OPTIONS, mapper=mapper).get_column("queue_id")]


@contextmanager
def writing(path: Path, first: int) -> Iterator[None]:
    """Another process that appends lines as fast as it can, but no more than a slow machine can read."""
    size = path.stat().st_size
    with subprocess.Popen([sys.executable, "-c", WRITER, path, str(first), FORM]) as process:
        try:
            while path.stat().st_size == size:
                time.sleep(0.01)
            yield
        finally:
            process.kill()


def test_a_log_that_grows(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(lines(0, 40_000))
    with writing(log, 40_000):
        found = ids(log)
    assert found == list(range(len(found)))  # each once, in order, up to some line
    assert len(found) >= 40_000


def test_a_line_that_is_not_finished_is_no_lost_line(tmp_path: Path) -> None:
    """Half a line is what it says so far; the next run reads it whole."""
    log = tmp_path / "mail.log"
    half = FORM.format(3)[:60]
    log.write_text(lines(0, 3) + half)
    found = find([log]).sources[0]
    whole = b"".join(block.data for span in spans(found, 100) for block in blocks(span))
    assert whole == (lines(0, 3) + half).encode()
    with log.open("a") as file:
        file.write(FORM.format(3)[60:])
    assert ids(log) == [0, 1, 2, 3]


def between(path: Path, size: int, act: Callable[[], None]) -> list[bytes]:
    """The lines of a log that something happens to after its first block was read."""
    source = find([path]).sources[0]
    pieces = (block.data for span in spans(source, size) for block in blocks(span, size))
    read = [next(pieces)]
    act()
    return [line for piece in itertools.chain(read, pieces) for line in piece.splitlines(keepends=True)]


@pytest.mark.parametrize("size", [1000, 5000, 1 << 20])
def test_renamed_while_it_is_read(tmp_path: Path, size: int) -> None:
    log = tmp_path / "mail.log"
    log.write_text(lines(0, 500))

    def rotate() -> None:
        log.rename(tmp_path / "mail.log.1")
        log.write_text(lines(500, 1000))

    assert b"".join(between(log, size, rotate)) == lines(0, 500).encode()


@pytest.mark.parametrize("size", [1000, 5000])
@pytest.mark.parametrize("left", [0, 100])
def test_cut_while_it_is_read(tmp_path: Path, size: int, left: int) -> None:
    """As logrotate's copytruncate does: what is gone is not passed over in silence."""
    log = tmp_path / "mail.log"
    log.write_text(lines(0, 500))
    with pytest.raises(InputError, match="replaced or cut while logscan was running"):
        between(log, size, lambda: os.truncate(log, left))


def test_cut_within_one_span(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(lines(0, 5000))
    (span,) = spans(find([log]).sources[0])
    pieces = blocks(span, 70_000)
    next(pieces)
    os.truncate(log, 0)
    with pytest.raises(InputError, match="replaced or cut while logscan was running"):
        list(pieces)


def test_rotated_again_and_again(tmp_path: Path) -> None:
    """A folder whose log another thread rotates: a run gives every line once at most, or says that files went."""
    log = tmp_path / "mail.log"
    log.write_text(lines(0, 3000))
    stop = threading.Event()

    def rotate() -> None:
        for first in itertools.count(3000, 200):
            if stop.is_set():
                return
            for n in range(5, 0, -1):
                old = tmp_path / f"mail.log.{n}"
                if old.exists():
                    old.rename(tmp_path / f"mail.log.{n + 1}")
            log.rename(tmp_path / "mail.log.1")
            log.write_text(lines(first, first + 200))
            time.sleep(0.05)

    thread = threading.Thread(target=rotate)
    thread.start()
    told, good = 0, 0
    try:
        for _ in range(8):
            try:
                found = ids(tmp_path)
            except InputError as error:  # the files went away between listing and reading
                assert "log rotation" in str(error) or "no such file" in str(error)
                told += 1
                continue
            assert not [n for n, times in Counter(found).items() if times > 1]
            good += 1
    finally:
        stop.set()
        thread.join()
    assert told + good == 8 and good
