"""Schedules: units that systemd accepts and finds tight, lines for cron, and commands that really run."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import state, units
from logscan.errors import OptionError

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample_logs" / "postfix" / "mixed.log"
REQUIRED = os.environ.get("LOGSCAN_REQUIRE_SERVERS") == "1"
EXPOSED = 4.9  # systemd-analyze says OK below 5
VARIANTS = {
    "plain": [],
    "sendmail": ["--mail-to", "postmaster@example.com"],
    "smtp": ["--mail-to", "postmaster@example.com", "--mail-via", "smtp://localhost:25"],
    "saved": ["--output", "/srv/www/report 100%.html"],
    "odd": ["--fail-if", "any provider: deferred > 20% and attempts > 50", "--mail-subject", '$HOME "x" \\ %n ;'],
}


def logscan(*args: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "logscan", *map(str, args)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
    )


def written(root: Path, *args: str | Path) -> Path:
    """The service unit that is written."""
    done = logscan("schedule", "--daily", "06:30", *args, "--root", root, "--yes", "--name", "x")
    assert done.returncode == 0, done.stderr
    (unit,) = root.rglob("logscan-x.service")
    return unit


def command_of(unit: Path) -> list[str]:
    """The words of ExecStart=, as systemd.service(5) says that they are read."""
    (line,) = (line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    return unquoted(line.removeprefix("ExecStart="))


def unquoted(text: str) -> list[str]:
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(text)]


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if not program:
        (pytest.fail if REQUIRED else pytest.skip)("there is no systemd-analyze: `apt-get install systemd`")
    return str(program)


@pytest.mark.parametrize("variant", VARIANTS)
def test_systemd_accepts_the_units_and_finds_them_tight(tmp_path: Path, analyze: str, variant: str) -> None:
    unit = written(tmp_path, SAMPLE, *VARIANTS[variant])
    done = subprocess.run(
        [analyze, "verify", unit, unit.with_suffix(".timer")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    told = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, check=False
    ).stdout
    (level,) = (line.split(": ")[1].split()[0] for line in told.splitlines() if "Overall exposure level" in line)
    assert float(level) < EXPOSED


@pytest.mark.parametrize("options", [["--daily", "6:05"], ["--weekly", "sun 22:15"], ["--weekly", "mo"], ["--hourly"]])
def test_systemd_reads_the_times(analyze: str, options: list[str]) -> None:
    asked = dict(zip(("daily", "weekly"), (None, None), strict=True)) | (
        {options[0][2:]: options[1]} if len(options) > 1 else {}
    )
    when = units.when(asked["daily"], asked["weekly"], options == ["--hourly"])
    done = subprocess.run([analyze, "calendar", when.calendar], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f"Normalized form: {when.calendar}" in done.stdout


def test_the_command_of_a_unit_runs(tmp_path: Path) -> None:
    """With the environment of a service, from another folder, twice."""
    log = tmp_path / "mail.log"
    log.write_text(SAMPLE.read_text())
    unit = written(tmp_path / "root", log, "--format", "json", "--user")
    command = command_of(unit)
    file = tmp_path / "state" / "x.json"
    assert command[command.index("--state") + 1] == str(state.folder() / "x.json")
    command[command.index("--state") + 1] = str(file)
    assert command[0] == sys.executable and "--since-last" in command and str(log) in command
    env = {"PATH": "/usr/bin:/bin", "LOGSCAN_CONFIG": os.devnull}
    env |= {"PYTHONPATH": str(ROOT)}  # where it is not installed
    counts = []
    for more in ("", "Nov 24 08:00:00 mx1 postfix/qmgr[1]: ABCDEF: removed\n"):
        with log.open("a") as end:
            end.write(more)
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd="/", check=False)
        assert done.returncode == 0, done.stderr
        counts.append(json.loads(done.stdout)["coverage"]["lines"])
    assert counts[0] > 100 and counts[1] == 1
    assert state.load(file).runs == 2


def test_the_command_runs_with_the_rights_of_its_unit(tmp_path: Path, analyze: str) -> None:
    """Root that may read everything and nothing else, with the unit's system calls: charts are drawn all the same."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        (pytest.fail if REQUIRED else pytest.skip)("only root can give rights away")
    if not find_library("seccomp"):
        (pytest.fail if REQUIRED else pytest.skip)("there is no libseccomp")
    log, page, other = tmp_path / "mail.log", tmp_path / "report.html", 65534
    log.write_text(SAMPLE.read_text())
    os.chown(log, other, other)
    log.chmod(0o600)
    unit = written(tmp_path / "root", log, "--output", page)
    assert "CapabilityBoundingSet=CAP_DAC_READ_SEARCH" in unit.read_text()
    command = command_of(unit)
    command[command.index("--state") + 1] = str(tmp_path / "own" / "x.json")
    rights = ["setpriv", "--bounding-set=-all,+dac_read_search", "--inh-caps=-all", "--no-new-privs"]
    confined = [sys.executable, str(Path(__file__).parent / "confined.py"), str(unit)]
    done = subprocess.run(
        [*rights, *confined, *command],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LOGSCAN_CONFIG": os.devnull},
    )
    assert done.returncode == 0, done.stderr
    assert "<svg" in page.read_text()


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" ")), min_size=1))
def test_words_come_through_units_and_cron(words: list[str]) -> None:
    assert unquoted(" ".join(map(units.quoted, words))) == words
    assert shlex.split(units.cron_quoted(words).replace("\\%", "%")) == words
    assert "%" not in units.cron_quoted(words).replace("\\%", "")


def test_words_that_systemd_takes_for_something_else() -> None:
    assert [units.quoted(word) for word in (";", "", "a b", "100%", "$x", 'a"b', "\\")] == [
        '";"', '""', '"a b"', "100%%", "$$x", '"a\\"b"', '"\\\\"',
    ]  # fmt: skip
    with pytest.raises(OptionError, match="control characters"):
        units.quoted("a\nExecStart=/bin/sh")
    with pytest.raises(OptionError, match="control characters"):
        units.cron_quoted(["a\nroot /bin/sh"])


def test_nothing_is_written_before_it_is_shown_and_wanted(tmp_path: Path) -> None:
    args = ("schedule", "--daily", "06:30", SAMPLE, "--root", tmp_path)
    done = logscan(*args, "--dry-run")
    assert done.returncode == 0 and "OnCalendar=*-*-* 06:30:00" in done.stdout and "Persistent=true" in done.stdout
    done = logscan(*args)
    assert done.returncode == 2 and "--yes" in done.stderr
    assert not list(tmp_path.iterdir())


def test_written_listed_and_removed(tmp_path: Path) -> None:
    unit = written(tmp_path, SAMPLE)
    done = logscan("schedule", "--weekly", "mon", "--cron", SAMPLE, "--root", tmp_path, "--yes")
    assert done.returncode == 0 and "does not make up" in done.stdout
    listed = logscan("schedule", "--list", "--root", tmp_path).stdout
    assert "weekly-mixed-log\n" in listed and "x\n" in listed and "OnCalendar=" in listed
    done = logscan("schedule", "--remove", "--root", tmp_path, "--yes")
    assert done.returncode == 2 and "--name; there are" in done.stderr
    assert logscan("schedule", "--remove", "--name", "x", "--root", tmp_path, "--yes").returncode == 0
    assert not unit.exists() and not unit.with_suffix(".timer").exists()
    assert logscan("schedule", "--remove", "--root", tmp_path, "--yes").returncode == 0
    assert logscan("schedule", "--list", "--root", tmp_path).stdout == "There are no schedules.\n"


def test_other_peoples_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "etc" / "systemd" / "system"
    folder.mkdir(parents=True)
    (folder / "logscan-x.service").write_text("[Service]\n")
    done = logscan("schedule", "--daily", "06:30", SAMPLE, "--root", tmp_path, "--yes", "--name", "x")
    assert done.returncode == 1 and "not written by" in done.stderr
    assert logscan("schedule", "--remove", "--name", "x", "--root", tmp_path, "--yes").returncode == 2
    assert (folder / "logscan-x.service").read_text() == "[Service]\n"


def test_relative_paths_are_made_absolute(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(SAMPLE.read_text())
    (tmp_path / "own").mkdir()
    args = ("schedule", "--daily", "06:30", "mail.log", "--patterns", "own", "--top=3", "--dry-run", "--root", tmp_path)
    text = logscan(*args, cwd=tmp_path, PYTHONPATH=str(ROOT)).stdout
    assert f"--patterns {tmp_path}/own" in text and f" {tmp_path}/mail.log" in text and "--top=3" in text


def test_paths_of_the_configuration_file_are_written_down(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(f'paths = ["{SAMPLE}"]\n')
    args = ("schedule", "--daily", "06:30", "--dry-run", "--root", tmp_path)
    assert f" {SAMPLE}\n" in logscan(*args, LOGSCAN_CONFIG=str(tmp_path / "c.toml")).stdout
    assert "nothing to read" in logscan(*args).stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([str(SAMPLE)], "when?"),
        (["--daily", "06:30", "--hourly", str(SAMPLE)], "when?"),
        (["--daily", "25:00", str(SAMPLE)], "no time of day"),
        (["--weekly", "t 06:30", str(SAMPLE)], "no day of the week"),
        (["--daily", "06:30", "-"], "log files, folders and journals"),
        (["--daily", "06:30", "https://example.com/x"], "log files, folders and journals"),
        (["--daily", "06:30", str(SAMPLE), "--tpo", "3"], "--tpo"),
        (["--daily", "06:30", str(SAMPLE), "--name", "../x"], "letters, digits"),
        (["--daily", "06:30", str(SAMPLE), "--top", "x"], "--top"),
    ],
)
def test_mistakes(tmp_path: Path, args: list[str], said: str) -> None:
    done = logscan("schedule", *args, "--root", tmp_path, "--yes")
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
