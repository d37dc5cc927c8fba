"""What journalctl may answer: a stand-in for it says what the real one says on machines unlike this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import wraps

LINE = "Nov 24 05:37:24 mx1 postfix/smtp[1]: ABC123: to=<a@b.example>, relay=none, dsn=4.4.1, status=deferred (x)"
HINT = (
    "Hint: You are currently not seeing messages from other users and the system.\\n"
    "      Users in groups 'adm', 'systemd-journal' can see all messages."
)


def says(folder: Path, program: str, *args: str) -> tuple[int, str, str]:
    """What logscan answers where journalctl is this shell program."""
    fake = folder / "journalctl"
    if program:
        fake.write_text(f"#!/bin/sh\n{program}\n")
        fake.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}:/usr/bin:/bin" if program else str(folder), "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, "-m", "logscan", *args], env=env, capture_output=True, encoding="utf-8", check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def entry(folder: Path) -> Path:
    path = folder / "entry.json"
    path.write_text(wraps.journal(LINE) + "\n")
    return path


def test_no_journalctl(tmp_path: Path) -> None:
    status, _, said = says(tmp_path, "", "--journal")
    assert status == 1 and "without systemd there is no journal" in said


@pytest.mark.parametrize("end", ["exit 0", "exit 1"])
def test_no_permission(tmp_path: Path, end: str) -> None:
    status, _, said = says(tmp_path, f'printf "{HINT}" >&2; {end}', "--journal")
    assert status == 1 and "usermod -aG systemd-journal" in said
    words = "No journal files were opened due to insufficient permissions."
    status, _, said = says(tmp_path, f'echo "{words}" >&2; {end}', "report", "--journal")
    assert status == 1 and "no permission" in said


def test_no_journal(tmp_path: Path) -> None:
    status, _, said = says(tmp_path, 'echo "No journal files were found." >&2', "--journal")
    assert status == 1 and "there is none here" in said


def test_it_fails_on_the_way(tmp_path: Path) -> None:
    program = f'cat {entry(tmp_path)}; case "$*" in *json*) echo "Bad message" >&2; exit 3;; esac'
    status, _, said = says(tmp_path, program, "--journal")
    assert status == 1 and "cannot read it (Bad message)" in said


def test_what_it_is_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "asked"
    program = f'echo "$*" >> {log}; cat {entry(tmp_path)}'
    args = ["events", "--journal", "--since", "2026-11-23T10:00:00", "--until", "2026-11-25", "--tz", "UTC"]
    status, out, _ = says(tmp_path, program, *args, "--columns", "outcome,source")
    assert (status, out) == (0, "outcome,source\ndeferred,the systemd journal (facility mail)\n")
    _, asked = log.read_text().splitlines()
    for word in ("--output=json", "--all", "--no-pager", "--since=@1795428000", "--until=@", "SYSLOG_FACILITY=2"):
        assert word in asked
    says(tmp_path, f'case "$*" in *FACILITY*) ;; *) cat {entry(tmp_path)};; esac', "--journal")
    status, out, _ = says(tmp_path, f'case "$*" in *FACILITY*) ;; *) cat {entry(tmp_path)};; esac', "--journal")
    assert status == 0 and "(all entries)" in out


def test_whoever_reads_has_enough(tmp_path: Path) -> None:
    """An endless journal whose reader stops is stopped, too."""
    path = tmp_path / "bad.toml"
    program = f'case "$*" in *json*) while :; do cat {entry(tmp_path)}; done;; *) echo x;; esac'
    status, _, said = says(tmp_path, program, "--journal", "--patterns", str(path))
    assert status != 0 and said


def test_paths_and_no_paths(tmp_path: Path) -> None:
    status, _, said = says(tmp_path, "", "report")
    assert status == 2 and "--journal" in said
    status, _, said = says(tmp_path, "true", "--journal", str(tmp_path / "none"))
    assert status == 1 and "no such journal file or folder" in said


def test_no_line_of_a_mail_server(tmp_path: Path) -> None:
    (tmp_path / "entry").write_text(wraps.journal(LINE.replace("postfix/smtp", "cron")) + "\n")
    status, _, said = says(tmp_path, f"cat {tmp_path}/entry", "--journal")
    assert status == 1 and "no line of a mail server" in said
