"""Real journals: written by systemd-journal-remote from the samples, read by journalctl and by logscan."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import wraps
from pandas.testing import assert_frame_equal

import logscan
from logscan import scan, schema, state

from . import journals
from .conftest import REQUIRED

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "sample_logs" / "postfix" / "mixed.log"
HIDDEN = ["source", "offset", "timestamp"]  # the journal has its own places and zone


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    if why := journals.obstacle():
        (pytest.fail if REQUIRED else pytest.skip)(why)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the journal of two boots, so to speak: the halves of a sample, and other programs' entries."""
    folder = tmp_path_factory.mktemp("journal")
    text = SAMPLE.read_text().split("\n")
    other = wraps.entry("Nov 24 08:00:00 mx1 cron[1]: status=deferred", SYSLOG_FACILITY="9")
    half = len(text) // 2
    for name, some, first in (("system", text[:half], 0), ("system@2", text[half:], half)):
        journals.write(folder / f"{name}.journal", [*journals.lines("\n".join(some), first), other])
    return folder


def read(*names: str, **options: str) -> object:
    frame = scan.read_events(names, scan.Options(year=2026, tz="UTC", **options))  # type: ignore[arg-type]
    return schema.to_pandas(frame).drop(columns=HIDDEN)


def test_a_folder_of_journals_says_what_the_sample_says(folder: Path) -> None:
    assert_frame_equal(read(f"journal:{folder}"), read(str(SAMPLE)))  # type: ignore[arg-type]


def test_single_journal_files(folder: Path) -> None:
    names = [f"journal:{path}" for path in sorted(folder.glob("*.journal"))]
    assert len(read(*names)) == len(read(str(SAMPLE)))  # type: ignore[arg-type]
    report = logscan.report(names)
    assert report.coverage == 100
    assert report.findings.coverage.lines == len([line for line in SAMPLE.read_text().split("\n") if line])


def test_what_journalctl_shows_in_other_forms(folder: Path, tmp_path: Path) -> None:
    for form in ("json", "short-iso", "short-iso-precise", "short-precise", "short"):
        path = tmp_path / f"{form}.log"
        with path.open("wb") as file:
            command = ["journalctl", "--directory", str(folder), "--output", form, "--all", "--utc", "--no-pager"]
            subprocess.run(command, stdout=file, check=True)
        assert_frame_equal(read(str(path)), read(str(SAMPLE)), obj=form)  # type: ignore[arg-type]


def test_a_period(folder: Path) -> None:
    whole = scan.read_events([f"journal:{folder}"], scan.Options(tz="UTC"))
    since = whole.get_column("timestamp").sort()[-1].strftime("%Y-%m-%dT%H:%M:%S")
    later = scan.read_events([f"journal:{folder}"], scan.Options(tz="UTC", since=since))
    earlier = scan.read_events([f"journal:{folder}"], scan.Options(tz="UTC", until=since))
    assert 0 < later.height < whole.height
    assert later.height + earlier.height == whole.height


def test_entries_of_no_facility(tmp_path: Path) -> None:
    """What a container writes by way of its log driver."""
    lines = [line for line in SAMPLE.read_text().split("\n") if line]
    own: list[dict[str, object]] = [
        {"__REALTIME_TIMESTAMP": str(n), "_HOSTNAME": "x", "CONTAINER_NAME": "mail", "MESSAGE": line}
        for n, line in enumerate(lines, 1)
    ]
    journals.write(tmp_path / "c.journal", own)
    assert_frame_equal(read(f"journal:{tmp_path}/c.journal"), read(str(SAMPLE)))  # type: ignore[arg-type]


def test_bytes_that_are_no_text_and_long_messages(tmp_path: Path) -> None:
    good = "Nov 24 08:00:00 mx1 postfix/smtp[1]: ABC123: to=<a@b.example>, relay=none, delay=1, dsn=4.4.1, status=x ("
    entries = journals.lines(good + "x)\n" + good + "y" * 9000 + ")")
    entries.append(wraps.entry(good + "z)", MESSAGE=(good[37:] + "\udcff").encode("utf-8", "surrogateescape") + b"z)"))
    journals.write(tmp_path / "x.journal", entries)
    frame = scan.read_events([f"journal:{tmp_path}/x.journal"], scan.Options(tz="UTC"))
    assert [text.rstrip(")")[-2:] for text in frame.get_column("diagnostic")] == ["x", "yy", "\ufffdz"]


def logscan_says(*args: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "logscan", *args]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_command(folder: Path) -> None:
    status, said = logscan_says("--journal", str(folder), "--tz", "UTC")
    assert status == 0 and "from the systemd journal (JSON)" in said and "(facility mail)" in said
    status, said = logscan_says("events", "--journal", str(folder), "--columns", "outcome", "--tz", "UTC")
    assert status == 0 and said.startswith("outcome\n")
    status, said = logscan_says(str(folder / "system.journal"))
    assert status == 1 and "logscan --journal" in said


def test_since_the_last_run(tmp_path: Path) -> None:
    lines = [line for line in SAMPLE.read_text().split("\n") if line]
    place, file = tmp_path / "journal", tmp_path / "state.json"
    place.mkdir()
    expected = scan.read_events([str(SAMPLE)], scan.Options(year=2026, tz="UTC")).height
    found, covered = 0, []
    cuts = [0, len(lines) // 3, len(lines) // 2, len(lines) // 2, len(lines)]
    for number, (first, end) in enumerate(pairwise(cuts)):
        if first < end:  # another file, as a journal that was rotated
            journals.write(place / f"{number}.journal", journals.lines("\n".join(lines[first:end]), first))
        last = state.Last(state.load(file))
        found += scan.read_events([f"journal:{place}"], scan.Options(tz="UTC", last=last)).height
        assert last.after is not None
        state.save(file, last.after)
        status, said = logscan_says(
            "report", "--journal", str(place), "--format", "json", "--since-last", "--state", f"{file}2"
        )
        assert status == 0
        covered.append(json.loads(said)["coverage"]["lines"])
    assert found == expected
    assert covered == [end - first for first, end in pairwise(cuts)]


def test_a_damaged_journal(tmp_path: Path) -> None:
    path = tmp_path / "x.journal"
    path.write_bytes(b"LPKSHHRH" + b"\0" * 3000)
    status, said = logscan_says("--journal", str(path))
    assert status == 1 and "journal" in said and "Traceback" not in said
