"""A run since the last good one: each line once, through rotation, whatever happens in between."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from logscan import engines, scan, sources, state
from logscan.errors import InputError, LogscanError

FORM = (
    "Nov 24 05:37:24 mx1 postfix/smtp[1]: {:08X}: to=<a@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, "
    "status=deferred (connect to mx.b.example[192.0.2.1]:25: Connection refused)\n"
)
OPTIONS = scan.Options(year=2026, tz="UTC")


def lines(first: int, last: int) -> str:
    return "".join(map(FORM.format, range(first, last)))


def run(path: Path | str, file: Path, *, good: bool = True, since: str | None = None) -> list[int]:
    """The numbers of the lines that a run counts; a good one moves on."""
    last = state.Last(state.load(file))
    options = replace(OPTIONS, last=last, since=since)
    frame = scan.read_events(path, options, columns=["queue_id"], mapper=engines.serial)
    assert last.after is not None
    file.parent.mkdir(exist_ok=True)
    if good:
        state.save(file, last.after)
    return [int(text, 16) for text in frame.get_column("queue_id")]


def pack(path: Path, *, keep: bool = False, share: float = 1) -> None:
    data = gzip.compress(path.read_bytes())
    path.with_name(path.name + ".gz").write_bytes(data[: int(len(data) * share)])
    if not keep:
        path.unlink()


class Rotating(RuleBasedStateMachine):
    """A log, its rotated files, and runs, good and broken off, at any moment."""

    @initialize(dated=st.booleans(), plainly=st.booleans())
    def begin(self, dated: bool, plainly: bool) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name) / "mail.log"
        self.log.write_text("")
        self.file = Path(self.folder.name) / ".state.json"
        self.named = str(self.log) if plainly else f"{self.log}*"
        self.dated = dated
        self.day = 1
        self.next = 0
        self.half = ""  # what is missing of a line that is begun
        self.open = self.log  # the file that the writer holds
        self.counted: Counter[int] = Counter()
        self.lost: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def write(self, path: Path, text: str) -> None:
        with path.open("a") as file:
            file.write(text)

    @rule(count=st.sampled_from([1, 2, 5, 40]))
    def append(self, count: int) -> None:
        self.write(self.open, self.half + lines(self.next, self.next + count))
        self.half = ""
        self.next += count

    @precondition(lambda self: self.open == self.log)
    @rule(cut=st.integers(1, 60))
    def append_half(self, cut: int) -> None:
        self.append(1)
        whole = FORM.format(self.next)
        self.write(self.open, whole[:cut])
        self.half = whole[cut:]
        self.next += 1

    def rotated(self) -> list[Path]:
        return sorted(self.log.parent.glob("mail.log?*"))

    def new_name(self) -> Path:
        """Make room for the file that is rotated next, as logrotate does."""
        if self.dated:
            self.day += 1
            return self.log.with_name(f"mail.log-202611{self.day:02}")
        for path in sorted(self.rotated(), key=lambda path: -int(path.name.split(".")[2])):
            parts = path.name.split(".")
            path.rename(path.with_name(".".join([*parts[:2], str(int(parts[2]) + 1), *parts[3:]])))
        return self.log.with_name("mail.log.1")

    def settle(self) -> None:
        """The writer opens the log anew."""
        if self.half:
            self.write(self.open, self.half)
            self.half = ""
        self.open = self.log

    @precondition(lambda self: self.day < 28 and self.log.exists() and self.log.stat().st_size)
    @rule(create=st.booleans(), reopen=st.booleans())
    def rotate(self, create: bool, reopen: bool) -> None:
        self.settle()
        new = self.new_name()
        self.log.rename(new)
        if create or reopen:
            self.log.write_text("")
        self.open = self.log if reopen else new

    @precondition(lambda self: self.open != self.log)
    @rule()
    def reopen(self) -> None:
        self.settle()
        self.write(self.log, "")

    @precondition(lambda self: self.day < 28 and self.log.exists() and self.log.stat().st_size)
    @rule(share=st.floats(0, 1), between=st.booleans(), after=st.booleans(), more=st.sampled_from([0, 0, 3]))
    def copytruncate(self, share: float, between: bool, after: bool, more: int) -> None:
        self.settle()
        data = self.log.read_bytes()
        new = self.new_name()
        new.write_bytes(data[: int(len(data) * share)])
        if between:
            self.good_run(check=False)
        new.write_bytes(data)
        if more:  # what is logged between copying and cutting is lost, but for a run in between
            self.append(more)
        if after:
            self.good_run()
        os.truncate(self.log, 0)
        self.lost |= {self.next - n for n in range(1, more + 1)} - set(self.counted)

    @precondition(lambda self: any(path.suffix != ".gz" for path in self.rotated()))
    @rule(share=st.floats(0, 1), between=st.booleans())
    def compress(self, share: float, between: bool) -> None:
        self.settle()
        for path in self.rotated():
            if path.suffix != ".gz":
                if between:
                    pack(path, keep=True, share=share)
                    self.good_run()
                pack(path)

    @precondition(lambda self: len(self.rotated()) > 3 and self.counted)
    @rule()
    def remove_the_oldest(self) -> None:
        self.good_run()
        oldest = self.rotated()[0 if self.dated else -1]
        if oldest != self.open:
            oldest.unlink()

    @rule()
    def broken_run(self) -> None:
        if self.readable():
            run(self.named, self.file, good=False)

    def readable(self) -> bool:
        """A first run wants a log with something of a mail server in it."""
        return bool(self.counted) or (self.log.exists() and b"\n" in self.log.read_bytes())

    @rule()
    def good_run(self, check: bool = True) -> None:
        if not self.readable():
            return
        if not self.counted and self.named == str(self.log):  # rotated before the first run
            told = {int(line[37:45], 16) for line in self.log.read_text().split("\n") if len(line) > 60}
            self.lost |= set(range(self.next)) - told
        self.counted.update(run(self.named, self.file))
        if check:
            pending = {self.next - 1} if self.half else set()
            assert self.lost | set(self.counted) | pending == set(range(self.next))
            assert not pending & set(self.counted)

    @invariant()
    def none_twice(self) -> None:
        if hasattr(self, "counted"):
            assert not [number for number, times in self.counted.items() if times > 1]


Rotating.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestRotating = Rotating.TestCase


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text(lines(0, 10))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "s.json"


def logscan(*args: str | Path, **options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "logscan", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **options})


def report(log: Path, file: Path, *more: str) -> dict[str, object]:
    done = logscan("report", log, "--since-last", "--state", file, "--format", "json", "--year", "2026", *more)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def count(found: dict[str, object]) -> int:
    return found["coverage"]["lines"]  # type: ignore[index,no-any-return]


def test_a_report_says_what_it_covers(log: Path, file: Path) -> None:
    first = report(log, file)
    assert count(first) == 10
    size = log.stat().st_size
    assert first["since_last"] == {"at": None, "files": [{"source": str(log), "start": 0, "end": size}], "gone": []}
    with log.open("a") as end:
        end.write(lines(10, 13))
    log.rename(log.with_name("mail.log.1"))
    log.write_text(lines(13, 17))
    second = report(log, file)
    assert count(second) == 7
    covered = second["since_last"]["files"]  # type: ignore[index]
    assert [(one["source"], one["start"]) for one in covered] == [(f"{log}.1", size), (str(log), 0)]
    said = logscan("report", log, "--since-last", "--state", file).stdout
    assert "Nothing was logged since the last report." in said
    assert "what was logged since the last report of" in said


def test_a_first_report_leaves_what_was_rotated_before(log: Path, file: Path) -> None:
    log.with_name("mail.log.1").write_text(lines(100, 105))
    pack(log.with_name("mail.log.1"))
    log.with_name("mail.log.0").write_text(lines(90, 95))
    assert run(log, file) == list(range(10))
    with log.with_name("mail.log.0").open("a") as late:
        late.write(lines(95, 97))
    assert run(log, file) == [95, 96]


def test_a_first_report_of_a_period(log: Path, file: Path) -> None:
    log.write_text(lines(0, 3).replace("Nov 24", "Nov 20") + lines(3, 5))
    assert run(log, file, since="2026-11-23") == [3, 4]
    log.write_text(log.read_text() + lines(5, 7).replace("Nov 24", "Nov 20"))
    assert run(log, file, since="2026-11-23") == [5, 6]  # by place, whatever their time


def test_only_a_good_run_moves_on(log: Path, file: Path) -> None:
    args = ("report", log, "--since-last", "--state", file, "--year", "2026")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "logscan", *map(str, args)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode != 0 and not file.exists()
    assert subprocess.run(f"{' '.join(command)} | head -c 0", shell=True, check=False).returncode == 0
    assert not file.exists()
    assert logscan(*args, "--min-coverage", "101").returncode == 4  # the report was made, its exit status is news
    assert state.load(file).runs == 1


def test_half_a_line_waits_and_is_told_when_it_stays_one(log: Path, file: Path) -> None:
    half = FORM.format(10)[:60]
    log.write_text(lines(0, 10) + half)
    assert count(report(log, file)) == 10
    assert count(report(log, file)) == 0
    log.rename(log.with_name("mail.log.1"))
    log.write_text(lines(20, 21))
    assert count(report(log, file)) == 2  # nobody wrote on
    assert count(report(log, file)) == 0


def test_the_file_of_the_last_report_is_gone(log: Path, file: Path) -> None:
    run(log, file)
    log.write_text(lines(50, 52))
    assert report(log, file)["since_last"]["gone"] == [str(log)]  # type: ignore[index]
    assert report(log, file)["since_last"]["gone"] == []  # type: ignore[index]
    log.write_text(lines(60, 62))
    assert "Take care: the last report ended in" in logscan("report", log, "--since-last", "--state", file).stdout


def test_the_log_is_away_for_a_moment(log: Path, file: Path) -> None:
    run(log, file)
    with log.open("a") as end:
        end.write(lines(10, 12))
    log.rename(log.with_name("mail.log.1"))
    assert run(log, file) == [10, 11]
    log.write_text(lines(12, 13))
    assert run(log, file) == [12]


@pytest.mark.parametrize("name", ["-", "https://example.com/mail.log"])
def test_what_has_no_places(name: str, file: Path) -> None:
    done = logscan("report", name, "--since-last", "--state", file)
    assert done.returncode == 2 and "no place in it to go on from" in done.stderr


def test_until_makes_no_sense(log: Path, file: Path) -> None:
    done = logscan("report", log, "--since-last", "--until", "yesterday", "--state", file)
    assert done.returncode == 2 and "--until" in done.stderr


def test_two_runs_at_once(log: Path, file: Path) -> None:
    with state.locked(file):
        done = logscan("report", log, "--since-last", "--state", file)
        assert done.returncode == 1 and "another run goes on" in done.stderr
    with state.locked(file), pytest.raises(LogscanError, match="another run"), state.locked(file):
        pass
    assert count(report(log, file)) == 10


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"form": "logscan.state/9"}', "null", '{"form": "logscan.state/1"}'])
def test_a_damaged_state(log: Path, file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    done = logscan("report", log, "--since-last", "--state", file)
    assert done.returncode == 1 and "move it away" in done.stderr


def test_a_state_that_cannot_be_written(log: Path, tmp_path: Path) -> None:
    done = logscan("report", log, "--since-last", "--state", "/proc/x.json")
    assert done.returncode == 1 and "--state" in done.stderr
    (tmp_path / "plain").write_text("")
    done = logscan("report", log, "--since-last", "--state", tmp_path / "plain" / "x.json")
    assert done.returncode == 1 and "cannot be written" in done.stderr


def test_usual_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    first = state.usual_path("report", ["/var/log/mail.log"])
    assert first.parent == Path("/var/lib/logscan") and first.name.startswith("report-mail-log-")
    assert (
        first != state.usual_path("report", ["/srv/log/mail.log"]) != state.usual_path("events", ["/srv/log/mail.log"])
    )
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", "/home/joe/s")
    assert state.folder() == Path("/home/joe/s/logscan")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/joe")
    assert state.folder() == Path("/home/joe/.local/state/logscan")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/private/x:/y")
    assert state.folder() == Path("/var/lib/private/x")


def test_tables_from_the_middle(tmp_path: Path, file: Path) -> None:
    """Message tracking: the header stands at the beginning, and rows are added; plain, UTF-16, and compressed."""
    sample = Path(__file__).parent.parent / "sample_logs" / "exchange" / "events.log"
    whole = sample.read_text()
    cut = whole.rindex("\n", 0, len(whole) // 2) + 1
    expected = scan.read_events(sample, OPTIONS, mapper=engines.serial)
    for encoding in ("utf-8", "utf-16"):
        log = tmp_path / f"MSGTRK2026112401-1-{encoding}.LOG"
        file = tmp_path / f"{encoding}.json"
        log.write_bytes(whole[:cut].encode(encoding))
        first = events(log, file)
        log.write_bytes(whole[: cut + (len(whole) - cut) // 2].encode(encoding))
        second = events(log, file)
        log.write_bytes(whole.encode(encoding))
        pack(log)
        third = events(log.with_name(log.name + ".gz"), file)
        assert first and second and third
        assert first + second + third == expected.get_column("diagnostic").to_list()


def events(path: Path, file: Path) -> list[str]:
    last = state.Last(state.load(file))
    frame = scan.read_events(path, replace(OPTIONS, last=last), mapper=engines.serial)
    assert last.after is not None
    state.save(file, last.after)
    found: list[str] = frame.get_column("diagnostic").to_list()
    return found


def test_changed_while_it_is_read(log: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut and written anew, longer than before: what was planned holds no more, and it is planned again."""
    run(log, file)
    planned = sources.onward
    cut = [True, True, True]

    def cutting(*args: object) -> sources.Onward:
        plan = planned(*args)  # type: ignore[arg-type]
        if cut:
            cut.pop()
            old = log.read_text()
            log.with_name(f"mail.log.{len(cut) + 1}").write_text(old)
            log.write_text(lines(100 * (len(cut) + 1), 100 * (len(cut) + 1) + 30))
        return plan

    monkeypatch.setattr(sources, "onward", cutting)
    with pytest.raises(InputError, match="run logscan again"):
        run(log, file)
    from logscan import result

    last = state.Last(state.load(file))
    found = result.of(str(log), replace(OPTIONS, last=last))
    assert found.findings.coverage.lines == 90 and not cut


def test_a_run_takes_no_time_over_what_it_has_read(log: Path, file: Path) -> None:
    log.write_text(lines(0, 200_000))
    began = time.monotonic()
    run(log, file)
    whole = time.monotonic() - began
    began = time.monotonic()
    assert run(log, file) == []
    assert time.monotonic() - began < whole


def test_a_folder(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_text(lines(0, 3))
    (folder / "b.log").write_text(lines(10, 13))
    assert run(folder, file) == [0, 1, 2, 10, 11, 12]
    (folder / "c.log").write_text(lines(20, 22))
    assert run(folder, file) == [20, 21]
    (folder / "b.log").write_bytes((folder / "b.log").read_bytes() + lines(13, 14).encode())
    (folder / "x.gz").write_bytes(gzip.compress(lines(30, 31).encode()))
    assert run(folder, file) == [13, 30]
    assert run(folder, file) == []


def test_a_report_that_cannot_be_mailed_is_made_again(log: Path, file: Path) -> None:
    mailed = ("--mail-to", "a@example.com", "--mail-via", "smtp://127.0.0.1:1")
    done = logscan("report", log, "--since-last", "--state", file, "--year", "2026", *mailed)
    assert done.returncode == 1 and not file.exists()
    assert count(report(log, file)) == 10


@pytest.mark.parametrize(
    ("patch", "again"),
    [
        ("state.save = lambda *_: die()", 10),  # the report was written
        ("os.fsync = lambda handle: die() if handle > 2 else None", 10),  # the new state was, too, but not put in place
        ("Path.replace = lambda *_: die()", 10),
        ("save = state.save; state.save = lambda *some: (save(*some), die())", 0),  # it was
    ],
)
def test_killed_at_the_end(log: Path, file: Path, patch: str, again: int) -> None:
    head = "import os; from pathlib import Path; from logscan import cli, state; die = lambda: os.kill(os.getpid(), 9)"
    args = ["report", str(log), "--since-last", "--state", str(file), "--format", "json", "--year", "2026"]
    command = [sys.executable, "-c", f"{head}; {patch}; cli.main()", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -9
    assert json.loads(done.stdout)["coverage"]["lines"] == 10
    assert count(report(log, file)) == again
