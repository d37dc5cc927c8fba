"""Runs a command with the system calls that a unit file allows: `python confined.py UNIT COMMAND…`."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pyseccomp

# What systemd allows always, for its own sake (systemd.exec(5), SystemCallFilter=).
ALWAYS = {"execve", "exit", "exit_group", "getrlimit", "rt_sigreturn", "sigreturn"}


def calls(name: str) -> set[str]:
    """The system calls of a group, which may hold groups."""
    if not name.startswith("@"):
        return {name}
    command = ["systemd-analyze", "--no-pager", "syscall-filter", name]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    words = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    return set().union(*map(calls, words))


def allowed(unit: str) -> set[str]:
    """The system calls that are left by the lines of a unit."""
    out = calls("@default") | ALWAYS
    for line in unit.splitlines():
        if line.startswith("SystemCallFilter="):
            words = line.partition("=")[2].removeprefix("~").split()
            named = set[str]().union(*map(calls, words))
            out = out - named | ALWAYS if "=~" in line else out | named
    return out


def main() -> None:
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in allowed(Path(sys.argv[1]).read_text()):
        try:
            rules.add_rule(pyseccomp.ALLOW, name)
        except (OSError, ValueError, RuntimeError):
            continue  # a call that this kernel does not have
    rules.load()
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
