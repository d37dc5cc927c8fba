"""Fixtures of the tests against real servers.

`LOGSCAN_REQUIRE_SERVERS=1` makes tests fail where they would be skipped, and fetches the servers first.
`LOGSCAN_POSTFIX_RUN=FOLDER` and `LOGSCAN_EXIM_RUN=FOLDER` keep a run, and take it again the next time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import harness, packages

REQUIRED = os.environ.get("LOGSCAN_REQUIRE_SERVERS") == "1"


@pytest.fixture(scope="session")
def exim_runs() -> Iterator[dict[str, harness.EximRun]]:
    kept = os.environ.get("LOGSCAN_EXIM_RUN")
    if kept and Path(kept, "default", "said.jsonl").exists():
        yield harness.load_exim(Path(kept))
        return
    if REQUIRED and not packages.available():
        packages.fetch(packages.root())
    if REQUIRED and not packages.exim_available():
        packages.fetch(packages.exim_root(), packages.EXIM_SERVERS)
    obstacle = packages.obstacle()
    if not obstacle and not packages.exim_available():
        obstacle = "Exim is not unpacked: run `python tests/integration/packages.py`"
    if obstacle:
        (pytest.fail if REQUIRED else pytest.skip)(obstacle)
    if kept:
        yield harness.play_exim(Path(kept))
        return
    with tempfile.TemporaryDirectory(prefix="logscan-exim-") as folder:
        Path(folder).chmod(0o755)
        yield harness.play_exim(Path(folder))


def need_servers() -> None:
    if REQUIRED and not packages.available():
        packages.fetch(packages.root())
    if obstacle := packages.obstacle():
        (pytest.fail if REQUIRED else pytest.skip)(obstacle)


@pytest.fixture(scope="session")
def servers() -> None:
    """Postfix is there to be run."""
    need_servers()


@pytest.fixture(scope="session")
def postfix_run() -> Iterator[harness.PostfixRun]:
    kept = os.environ.get("LOGSCAN_POSTFIX_RUN")
    if kept and Path(kept, "said.jsonl").exists():
        yield harness.load(Path(kept))
        return
    need_servers()
    if kept:
        yield harness.play(Path(kept))
        return
    with tempfile.TemporaryDirectory(prefix="logscan-postfix-") as folder:
        yield harness.play(Path(folder))
