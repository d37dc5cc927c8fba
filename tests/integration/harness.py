"""Plays the scenarios in a world of their own and reads back what happened."""

from __future__ import annotations

import calendar
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import records, world
from .exim import VARIANTS
from .records import Refused, Said, Sent

SERVERS = ("mx1", "out", "local", "soft", "front", "screen")
SYSLOG = ("rsyslog-iso", "rsyslog-5424", "rsyslog-repeated")
MONTHS = {name: n for n, name in enumerate(calendar.month_abbr)}


@dataclass(frozen=True)
class EximRun:
    """What one run of Exim left behind: its own logs, what rsyslogd wrote, and the truth."""

    variant: str
    logs: dict[str, Path]
    said: list[Said]
    sent: list[Sent]
    refused: list[Refused]

    @property
    def year(self) -> int:
        """Return the year of the time stamps."""
        return int(self.logs["mainlog"].read_text(encoding="utf-8", errors="replace")[:4])


@dataclass(frozen=True)
class PostfixRun:
    """What one run left behind: the logs, and the truth that they must agree with.

    `log` holds the lines of all servers that write their own log, in order of time; `logs` has each
    server's file, and the files that rsyslogd wrote for one more server.
    """

    log: Path
    logs: dict[str, Path]
    said: list[Said]
    sent: list[Sent]
    refused: list[Refused]

    @property
    def year(self) -> int:
        """Return the year of the time stamps."""
        return int(self.logs["rsyslog-iso"].read_text(encoding="utf-8")[:4])


def play(folder: Path) -> PostfixRun:
    """Run all servers and scenarios; the logs and records go to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    run_in_world("run", folder)
    return load(folder)


def run_in_world(module: str, folder: Path) -> None:
    """Run a module of this package in a world of its own; it writes to a folder."""
    environment = {**os.environ, "PYTHONPATH": str(world.import_root()), "TZ": "UTC"}
    result = subprocess.run(
        world.command(module, str(folder)),
        env=environment, cwd=folder, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    if result.returncode:
        raise RuntimeError(f"the run failed:\n{result.stdout}\n{result.stderr}")


def play_exim(folder: Path) -> dict[str, EximRun]:
    """Run all scenarios on Exim once for each way to log, each in a world of its own, at the same time."""
    environment = {**os.environ, "PYTHONPATH": str(world.import_root()), "TZ": "UTC"}
    running = {}
    for variant in VARIANTS:
        place = folder / variant.name
        place.mkdir(parents=True, exist_ok=True)
        running[variant.name] = subprocess.Popen(
            world.command("run_exim", str(place), variant.name),
            env=environment, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    said = {name: process.communicate(timeout=240)[0] for name, process in running.items()}
    for name, process in running.items():
        if process.returncode:
            raise RuntimeError(f"the run {name} failed:\n{said[name]}")
    return load_exim(folder)


def load_exim(folder: Path) -> dict[str, EximRun]:
    """Read the logs and records of a run of Exim, by the names of the variants."""
    found = {}
    for variant in VARIANTS:
        place = folder / variant.name
        own = {name: place / name for name in ("mainlog", "rejectlog")}
        found[variant.name] = EximRun(
            variant.name,
            own | {name: place / f"{name}.log" for name in SYSLOG},
            records.load_said(place / "said.jsonl"),
            records.load_sent(place / "sent.jsonl"),
            records.load_refused(place / "refused.jsonl"),
        )
    return found


def load(folder: Path) -> PostfixRun:
    """Read the logs and records of a run."""
    logs = {name: folder / f"{name}.log" for name in (*SERVERS, *SYSLOG)}
    merged = folder / "all.log"
    merge([logs[name] for name in SERVERS], merged)
    return PostfixRun(
        merged,
        logs,
        records.load_said(folder / "said.jsonl"),
        records.load_sent(folder / "sent.jsonl"),
        records.load_refused(folder / "refused.jsonl"),
    )


def merge(logs: list[Path], into: Path) -> None:
    """Put logs with traditional time stamps together in order of time."""
    lines = [f"{line}\n" for log in logs for line in log.read_bytes().decode().split("\n")[:-1]]
    into.write_bytes("".join(sorted(lines, key=_moment)).encode())


def _moment(line: str) -> tuple[int, str]:
    return MONTHS.get(line[:3], 0), line[4:15]
