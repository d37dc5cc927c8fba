"""What the README shows is what logscan says, and its commands are ones that there are."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = {
    line.split("#")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if line.startswith("logscan ")
}


def logscan(*args: str) -> str:
    command = [sys.executable, "-m", "logscan", *args]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, cwd=ROOT).stdout


def test_the_report_in_the_readme_is_a_real_one() -> None:
    block = re.search(r"^```console\n\$ logscan (.*?)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert block is not None
    said = logscan(*shlex.split(block[1]), "--tz", "UTC", "--width", "80").splitlines()
    at = 0
    for line in block[2].splitlines():
        if line and not line.lstrip().startswith("[…"):
            assert line in said[at:], line
            at = said.index(line, at) + 1


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_in_the_readme_is_one(command: str) -> None:
    words = list(itertools.takewhile(lambda word: word not in ("|", ">"), shlex.split(command)))[1:]
    name = words[0] if words and re.fullmatch("[a-z-]+", words[0]) else "report"
    inner = [words[1]] if name in ("packs", "rules", "config") else []
    known = logscan(name, *inner, "--help")
    options = [word.split("=")[0] for word in words if word.startswith("-") and word != "-"]
    if name == "schedule":
        known += logscan("report", "--help")
    assert [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}\b", known)] == []
