"""Configuration files: every option of the commands that read logs, from the right file, and mistakes told by line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st

from logscan import cli, config, configuring
from logscan.errors import InputError, OptionError

ROOT = Path(__file__).parent.parent


@pytest.fixture
def user(tmp_path: Path) -> Path:
    file = tmp_path / "xdg" / "logscan" / "config.toml"
    file.parent.mkdir(parents=True)
    return file


def logscan(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name not in ("LOGSCAN_CONFIG", "COLUMNS")}
    env = {**plain, "XDG_CONFIG_HOME": str(folder / "xdg"), "TZ": "UTC", **env}
    return subprocess.run(
        [sys.executable, "-m", "logscan", *args], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def shown(folder: Path, *args: str, **env: str) -> dict[str, Any]:
    done = logscan(folder, "config", "show", *args, **env)
    assert done.returncode == 0, done.stderr
    return tomllib.loads(done.stdout)


def commands() -> configuring.Commands:
    return typer.main.get_command(cli.app).commands  # type: ignore[attr-defined,no-any-return]


def held(tmp_path: Path, text: str) -> dict[str, dict[str, config.Setting]]:
    file = tmp_path / "config.toml"
    file.write_text(text)
    group = typer.main.get_command(cli.app)
    return configuring.held(group.make_context("logscan", ["explain"]), commands(), str(file))


def test_every_option_of_a_reading_command_is_a_setting(tmp_path: Path) -> None:
    known = configuring.readers(commands())
    assert {"report", "events"} <= set(known)
    done = logscan(tmp_path, "config", "show").stdout
    for name, options in known.items():
        helped = logscan(tmp_path, name, "--help", COLUMNS="200").stdout
        mentioned = re.findall(r"^  --([a-z-]+)", helped, re.MULTILINE)
        assert len(mentioned) > 8
        section = done.partition(f"[{name}]\n")[2].partition("\n[")[0]
        for option in mentioned:
            assert option in options
            assert f"{option} =" in section


def test_a_table_goes_before_the_top_and_the_last_file_before_the_first(tmp_path: Path) -> None:
    text = 'tz = "UTC"\nyear = 2020\n[report]\nyear = 2021\n[events]\nmta = "exim"\n'
    found = held(tmp_path, text)
    assert {name: s.value for name, s in found["report"].items()} == {"tz": "UTC", "year": "2021"}
    assert {name: s.value for name, s in found["events"].items()} == {"tz": "UTC", "year": "2020", "mta": "exim"}
    assert found["report"]["year"].where == f"{tmp_path / 'config.toml'}:4"


def test_the_command_line_goes_before_all(user: Path, tmp_path: Path) -> None:
    user.write_text('paths = ["sample_logs/postfix"]\ntop = 3\nformat = "csv"\n[events]\nformat = "jsonl"\n')
    assert "3 of " in logscan(tmp_path, "report", "--format", "text").stdout
    assert "2 of " in logscan(tmp_path, "--top", "2", "--format=text").stdout
    assert logscan(tmp_path, "report").stdout == logscan(tmp_path, "sample_logs/postfix", "--format", "csv").stdout
    assert logscan(tmp_path, "events").stdout.startswith("{")
    assert logscan(tmp_path, "sample_logs/exim", "--format=json").stdout.count("sample_logs/postfix") == 0


def test_where_each_value_comes_from(user: Path, tmp_path: Path) -> None:
    user.write_text("top = 3\n")
    text = logscan(tmp_path, "config", "show", "report", "--width", "77").stdout
    origins = {line.split(" = ")[0]: line.partition("  # ")[2] for line in text.splitlines()[1:]}
    assert origins["top"] == f"{user}:1"
    assert origins["width"] == "command line"
    assert origins["journal"] == "built in"


def test_what_is_shown_can_be_a_configuration_file(user: Path, tmp_path: Path) -> None:
    user.write_text('patterns = ["a\\"b", "c"]\n')
    first = logscan(tmp_path, "config", "show").stdout
    user.write_text(first)
    second = logscan(tmp_path, "config", "show").stdout
    assert tomllib.loads(first) == tomllib.loads(second)


def test_passwords_are_not_shown() -> None:
    assert configuring._toml("smtp://joe:se@cr:et@mx.example:587") == '"smtp://joe:***@mx.example:587"'
    assert configuring._toml(["https://h.example/a@b:c"]) == '["https://h.example/a@b:c"]'


def test_paths_of_the_command_line_are_no_journals_of_the_file(user: Path, tmp_path: Path) -> None:
    user.write_text("journal = true\n")
    assert shown(tmp_path, "report")["report"]["paths"] == ["journal:"]
    assert (
        shown(tmp_path, "report", "x.log")["report"] | {"paths": ["x.log"], "journal": False}
        == shown(tmp_path, "report", "x.log")["report"]
    )


def test_a_file_asked_for_is_read_alone(user: Path, tmp_path: Path) -> None:
    user.write_text("top = 3\n")
    other = tmp_path / "other.toml"
    other.write_text("width = 99\n")
    for text in (
        logscan(tmp_path, "config", "show", LOGSCAN_CONFIG=str(other)).stdout,
        logscan(tmp_path, "--config", str(other), "config", "show").stdout,
        logscan(tmp_path, "config", "show", f"--config={other}").stdout,
    ):
        assert "width = 99" in text and "top = 10" in text
    assert str(other) in logscan(tmp_path, "config", "path", "--config", str(other)).stdout
    assert "sample_logs" in logscan(tmp_path, "report", "sample_logs/exim", "--config", str(other)).stdout


def test_base_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGSCAN_CONFIG", raising=False)
    monkeypatch.setenv("HOME", "/home/joe")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")  # the specification: "consider the path invalid and ignore it"
    assert [str(place.path) for place in config.places()] == [
        "/etc/logscan/config.toml",
        "/home/joe/.config/logscan/config.toml",
    ]
    monkeypatch.delenv("HOME")
    assert [str(place.path) for place in config.places()] == ["/etc/logscan/config.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\ntpo = 3\n", ":2: tpo: no such option; did you mean 'top'?"),
        ("[report]\n[raport]\n", ":2: [raport]: no such table; did you mean 'report'?"),
        ("[events]\ntop = 3\n", ":2: [events] top: no such option of logscan events; known are"),
        ("[report]\nmin_coverag = 3\n", ":2: [report] min-coverag: no such option of logscan report; did you mean"),
        ("journal = 'yes'\n", ":1: journal takes true or false, not a text"),
        ("top = [3]\n", ":1: top takes one text or number, not a list"),
        ("top = true\n", ":1: top takes one text or number, not true or false"),
        ("top = 0\n", ":1: top: "),
        ("[report]\nformat = 'pdf'\n", ":2: [report] format: "),
        ("patterns = [1, [2]]\n", ":1: patterns takes a list of texts, not a list"),
        ("top = \n", ": Invalid value (at line 1, column 7)"),
        ("[report]\ntop = {a = 1}\n", ":2: [report] top takes one text or number, not a table"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(OptionError) as error:
        held(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'config.toml'}{said}")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such configuration file \(--config\)"):
        config.read(config.Place(tmp_path / "x", "--config", True))
    assert config.read(config.Place(tmp_path / "x", "user's file", False)) is None
    (tmp_path / "x").write_bytes(b"\xff")
    with pytest.raises(OptionError, match="not UTF-8"):
        config.read(config.Place(tmp_path / "x", "user's file", False))
    with pytest.raises(InputError, match="cannot be read"):
        config.read(config.Place(tmp_path, "user's file", False))


def test_a_broken_file_stops_no_other_command(user: Path, tmp_path: Path) -> None:
    user.write_text("nonsense")
    assert logscan(tmp_path, "explain", "421").returncode == 0
    assert logscan(tmp_path, "report", "--help").returncode == 0
    assert logscan(tmp_path, "config", "path").returncode == 0
    done = logscan(tmp_path, "report", "sample_logs")
    assert done.returncode == 2 and str(user) in done.stderr


def test_dates_may_be_dates(tmp_path: Path) -> None:
    found = held(tmp_path, "since = 2026-11-01\nuntil = 2026-11-02T06:30:00\npatterns = 'one'\n")["report"]
    assert [setting.value for setting in found.values()] == ["2026-11-01", "2026-11-02T06:30:00", ["one"]]


@given(st.lists(st.sampled_from(["--config", "f", "--config=g", "--top", "--", "-"]), max_size=6))
def test_config_moves_to_the_front_and_nothing_else_moves(args: list[str]) -> None:
    moved = configuring.to_the_front(args)
    asked, taken = configuring.asked_in(moved)
    assert (asked is not None) == bool(taken)
    if "--config" not in moved[:1] and not taken:
        assert moved == args


def test_nothing_heavy_is_loaded_for_it() -> None:
    program = "import logscan.configuring, sys; print([m for m in ('polars', 'pandas', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
