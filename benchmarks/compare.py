"""Runs logscan and the incumbents over one log, in turn, and prints a Markdown table."""

import argparse
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOGWATCH = Path("/usr/share/logwatch/scripts/services/postfix")
STARTUP_RUNS = 10
EXIM = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
HEADER = "| command | best s | median s | CPU s | peak MB | MB/s | times logscan |\n|---|--:|--:|--:|--:|--:|--:|"
STARTUP_HEADER = "| command | best s | median s |\n|---|--:|--:|"
# Every column of every row, and nothing made of them; the five lines of the header are left out.
READ_CSV = (
    "import sys, polars as pl; "
    "print(pl.read_csv(sys.argv[1], has_header=False, skip_lines=5, infer_schema=False).height)"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds on the wall, seconds of all processors, and the largest resident set in bytes."""

    wall: float
    cpu: float
    memory: int


@dataclass(slots=True)
class Command:
    """One program to measure; it reads `stdin` when that is given."""

    label: str
    argv: list[str]
    stdin: Path | None = None
    samples: list[Sample] = field(default_factory=list)

    @property
    def best(self) -> float:
        """Give the shortest time on the wall."""
        return min(sample.wall for sample in self.samples)

    @property
    def median(self) -> float:
        """Give the median time on the wall."""
        return statistics.median(sample.wall for sample in self.samples)


def run(command: Command) -> None:
    """Run a command once and keep what it cost; a failure ends the whole comparison of it."""
    with (command.stdin or Path(os.devnull)).open("rb") as source:
        began = time.perf_counter()
        process = subprocess.Popen(command.argv, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        complaint = process.stderr.read()
        # wait4 and not wait, because it tells the usage of this one child.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise RuntimeError(f"{command.label}: exit status {process.returncode}: {last[0]}")
    command.samples.append(Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024))


def kind_of(log: Path) -> str:
    """Say whose log it is, by its beginning: that of a table, of Exim's own, else one that went through syslog."""
    with log.open("rb") as stream:
        head = stream.read(4096)
    if b"#Fields:" in head:
        return "exchange"
    return "exim" if EXIM.match(head) else "postfix"


def candidates(log: Path, logscan: str | None) -> list[Command]:
    """Give the commands for a log of its kind."""
    ours = Command("`logscan FILE`", [logscan or "logscan", str(log)])
    limit = Command("`wc -l FILE`", ["wc", "-l", str(log)])
    kind = kind_of(log)
    if kind == "exchange":
        polars = Command("polars alone: `read_csv(FILE)`", [sys.executable, "-c", READ_CSV, str(log)])
        return [ours, polars, Command("`rg -c ',FAIL,' FILE`", ["rg", "-c", ",FAIL,", str(log)]), limit]
    if kind == "exim":
        stats = Command("`eximstats FILE`", ["eximstats", str(log)])
        return [ours, stats, Command("`rg -c ' => ' FILE`", ["rg", "-c", " => ", str(log)]), limit]
    return [
        ours,
        Command("`pflogsumm FILE`", ["pflogsumm", str(log)]),
        Command("postfix-logwatch `< FILE`", ["perl", str(LOGWATCH)], stdin=log),
        Command("`rg -c ' status=' FILE`", ["rg", "-c", " status=", str(log)]),
        limit,
    ]


def commands(log: Path, logscan: str | None) -> tuple[list[Command], list[str]]:
    """Give the commands that can run here, and what is missing, with the reason."""
    found: list[Command] = []
    missing: list[str] = []
    for command in candidates(log, logscan):
        if shutil.which(command.argv[0]) is None:
            missing.append(f"{command.label}: no program `{command.argv[0]}`")
        elif command.stdin is not None and not LOGWATCH.exists():
            missing.append(f"{command.label}: no file {LOGWATCH}, which Debian's package logwatch brings")
        else:
            found.append(command)
    return found, missing


def rounds(found: Sequence[Command], count: int) -> list[str]:
    """Run all commands in turn, `count` times, and give the failures."""
    failures: dict[str, str] = {}
    for number in range(1, count + 1):
        for command in found:
            if command.label in failures:
                continue
            print(f"round {number} of {count}: {command.label}", file=sys.stderr)
            try:
                run(command)
            except (RuntimeError, OSError) as error:
                failures[command.label] = str(error)
                command.samples.clear()
    return list(failures.values())


def table(found: Sequence[Command], size: int) -> str:
    """Write the measurements as a Markdown table; `size` is that of the log in bytes."""
    measured = [command for command in found if command.samples]
    reference = next((command.best for command in measured if command.label.startswith("`logscan")), None)
    # A child starts with the pages of this process, so that nothing below them can be told.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    lines = [HEADER]
    for command in measured:
        cpu = statistics.median(sample.cpu for sample in command.samples)
        memory = max(sample.memory for sample in command.samples)
        peak = f"{memory / 1e6:.0f}" if memory > floor * 1.1 else f"< {floor * 1.1 / 1e6:.0f}"
        ratio = f"{command.best / reference:.2f}" if reference else "-"
        lines.append(
            f"| {command.label} | {command.best:.3f} | {command.median:.3f} | {cpu:.3f} "
            f"| {peak} | {size / 1e6 / command.best:.0f} | {ratio} |"
        )
    return "\n".join(lines)


def startup(logscan: str) -> str:
    """Time commands that read no log, as a Markdown table."""
    lines = [STARTUP_HEADER]
    for arguments in (["--help"], ["explain", "421"]):
        command = Command(f"`logscan {' '.join(arguments)}`", [logscan, *arguments])
        for _ in range(STARTUP_RUNS):
            run(command)
        lines.append(f"| {command.label} | {command.best:.3f} | {command.median:.3f} |")
    return "\n".join(lines)


def describe(log: Path) -> str:
    """Say on what machine, and on which log, all this was measured."""
    with log.open("rb") as stream:
        # Reading it once also puts the file into the page cache for everybody.
        lines = sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
    versions = [f"Python {platform.python_version()}"]
    for name in ("pflogsumm", "rg"):
        if shutil.which(name):
            said = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")
            versions.append(f"{name}: {said[0].strip()}")
    size = log.stat().st_size / 1e6
    return (
        f"{log.name}: {size:.1f} MB, {lines:,} lines; {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors; {', '.join(versions)}"
    )


def main() -> int:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path, nargs="?", help="a log, such as generate.py writes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--logscan", default=shutil.which("logscan"), help="path of the executable")
    parser.add_argument("--startup", action="store_true", help="also time commands that read no log")
    args = parser.parse_args()
    if args.log is None and not args.startup:
        parser.error("name a log, or ask for --startup")
    failures: list[str] = []
    if args.log is not None:
        print(describe(args.log) + "\n")
        found, missing = commands(args.log, args.logscan)
        failures = rounds(found, args.rounds)
        print(table(found, args.log.stat().st_size))
        print("".join(f"\nLeft out: {reason}" for reason in missing + failures))
    if args.startup:
        if args.logscan is None:
            print("Left out: start-up, as no program `logscan` was found")
            return 1
        try:
            print(startup(args.logscan))
        except (RuntimeError, OSError) as error:
            failures.append(str(error))
            print(f"Left out: start-up, {error}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
