"""The command line, case by case: tests/cases/*.toml hold arguments, input, and what comes out.

A case's ``stdout`` and ``stderr`` lines must appear in that order; ``absent`` lines must not appear at all.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
CASES = [
    pytest.param(case, id=f"{path.stem}:{case['name']}")
    for path in sorted((ROOT / "tests" / "cases").glob("*.toml"))
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]
_KNOWN = {"name", "args", "shell", "stdin", "status", "stdout", "stderr", "absent", "env", "exact"}


def run(case: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "TZ")}
    env |= {"TZ": "UTC", "TMP_CASE": str(folder), "PYTHONWARNINGS": "error", **case.get("env", {})}
    program = f"{sys.executable} -m logscan"
    command: str | list[str]
    if "shell" in case:
        command = ["bash", "-o", "pipefail", "-c", case["shell"].replace("logscan ", program + " ")]
    else:
        command = [*program.split(), *case["args"]]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        input=case.get("stdin"),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def in_order(wanted: list[str], text: str) -> str | None:
    """The first wanted piece that does not follow the ones before it."""
    at = 0
    for piece in wanted:
        at = text.find(piece, at)
        if at < 0:
            return piece
        at += len(piece)
    return None


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    assert set(case) <= _KNOWN, f"unknown keys: {set(case) - _KNOWN}"
    done = run(case, tmp_path)
    said = f"status {done.returncode}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"
    assert done.returncode == case.get("status", 0), said
    assert in_order(case.get("stdout", []), done.stdout) is None, said
    assert in_order(case.get("stderr", []), done.stderr) is None, said
    if "exact" in case:
        assert done.stdout == case["exact"], said
    for piece in [*case.get("absent", []), "Traceback"]:
        assert piece not in done.stdout + done.stderr, said
    if "stderr" not in case:
        assert done.stderr == "", said
