"""Real log rotation by logrotate(8) under a writer that goes on, and runs that are killed at any moment."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import REQUIRED

FORM = (
    "Nov 24 05:37:24 mx1 postfix/smtp[1]: {:08X}: to=<a@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, "
    "status=deferred (connect to mx.b.example[192.0.2.1]:25: Connection refused)\n"
)
# Writes as rsyslogd does: the file stays open until a SIGHUP; now and then half a line first.
WRITER = """
import os, signal, sys, time
path, form = sys.argv[1:]
again = True
def hup(*_):
    global again
    again = True
signal.signal(signal.SIGHUP, hup)
n = 0
while True:
    if again:
        again = False
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    for _ in range(20):
        line = form.format(n).encode()
        n += 1
        if n % 7 == 0:
            os.write(log, line[:60])
            time.sleep(0.0005)
            line = line[60:]
        os.write(log, line)
    time.sleep(0.004)
"""
CONFIGURATIONS = {
    "create": "create",
    "copytruncate": "copytruncate",
    "compress": "create\ncompress",
    "delaycompress": "create\ncompress\ndelaycompress",
    "copytruncate-compress": "copytruncate\ncompress\ndateext\ndateformat -%Y%m%d-%s",
}


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    if not program():
        (pytest.fail if REQUIRED else pytest.skip)("there is no logrotate: `apt-get install logrotate`")


def program() -> str | None:
    return shutil.which("logrotate", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def writing(log: Path) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", WRITER, log, FORM]) as process:
        try:
            while not log.exists() or not log.stat().st_size:
                time.sleep(0.01)
            yield process.pid
        finally:
            process.send_signal(signal.SIGSTOP)  # between two lines or within one
            process.kill()


def numbers(text: str) -> list[int]:
    return [int(json.loads(line)["queue_id"], 16) for line in text.splitlines()]


def in_files(folder: Path) -> set[int]:
    """The numbers of all whole lines that are on the disk."""
    out = set()
    for path in folder.glob("mail.log*"):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in data.split(b"\n")[:-1]:
            if line.startswith(b"Nov") and line.count(b"postfix") == 1 and len(line) == len(FORM.format(0)) - 1:
                out.add(int(line[37:45], 16))
    return out


def runs_of(state: Path) -> int:
    return int(json.loads(state.read_text())["runs"]) if state.exists() else 0


@pytest.mark.parametrize("how", CONFIGURATIONS)
def test_each_line_is_counted_once(tmp_path: Path, how: str) -> None:
    log, state, out = tmp_path / "mail.log", tmp_path / "state.json", tmp_path / "out"
    chance = random.Random(how)
    command = [sys.executable, "-m", "logscan", "events", str(log), "--since-last", "--state", str(state)]
    command += ["--format", "jsonl", "--columns", "queue_id", "--year", "2026", "--tz", "UTC"]
    found: Counter[int] = Counter()
    ended: Counter[str] = Counter()
    longest = 1.0

    def run(kill: bool) -> None:
        nonlocal longest
        before, began = runs_of(state), time.monotonic()
        with out.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE) as process:
            if kill:
                time.sleep(chance.uniform(0.3, 1.05) * longest)
                process.kill()
            said = process.communicate()[1].decode()
        assert process.returncode == -signal.SIGKILL or not said, said
        if not kill:
            longest = time.monotonic() - began
        good = runs_of(state) > before
        assert good or kill
        ended[f"{'killed' if process.returncode else 'done'}, {'kept' if good else 'not kept'}"] += 1
        if good:  # whatever happened then: the table was written whole
            found.update(numbers(out.read_text()))

    with writing(log) as writer:
        conf = tmp_path / "logrotate.conf"
        conf.write_text(
            f"{log} {{\nrotate 50\nsu root root\n{CONFIGURATIONS[how]}\npostrotate\nkill -HUP {writer}\nendscript\n}}\n"
        )
        conf.chmod(0o600)
        run(kill=False)
        rotate = [str(program()), "--force", "--state", str(tmp_path / "logrotate.state"), str(conf)]
        for _ in range(7):
            with subprocess.Popen(rotate, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as rotating:
                time.sleep(chance.uniform(0, 0.05))
                run(kill=chance.random() < 0.6)
                told = rotating.communicate()[0]
            assert rotating.returncode == 0, told
            if chance.random() < 0.6:
                run(kill=chance.random() < 0.5)
            time.sleep(1 if "%s" in CONFIGURATIONS[how] else 0)
    run(kill=False)
    assert not [number for number, times in found.items() if times > 1], ended
    # A line that is cut in two by copytruncate is none any more; a run may have counted lines that were then lost.
    assert in_files(tmp_path) <= set(found), ended
    if "copytruncate" not in how:
        assert set(found) == set(range(max(found) + 1)), ended
