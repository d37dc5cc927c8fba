"""Packs of evidence: the right events and lines, hidden as far as the reader allows, never over a file."""

from __future__ import annotations

import csv
import io
import stat
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import logscan
from logscan.cli import app

LOGS = Path(__file__).parent.parent / "sample_logs"
EXIM = LOGS / "exim"
NAMES = ("example.net", "example.com", "example.org", "192.0.2.", "2001:db8::25")


def pack(folder: Path, *args: str) -> dict[str, str]:
    """The files of the pack that the command writes."""
    out = folder / "pack.zip"
    done = CliRunner().invoke(app, ["evidence", *args, "--year", "2026", "--tz", "UTC", "-o", str(out), "--force"])
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert all(name in done.stdout for name in files), "it lists what is inside"
    assert all(name in files["README.txt"] for name in files if name != "README.txt")
    return files


def rows(files: dict[str, str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["events.csv"])))


@pytest.mark.parametrize("place", ["postfix", "exim", "exchange"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_problem_has_its_events_and_no_others(tmp_path: Path, place: str, number: int) -> None:
    report = logscan.report(LOGS / place, year=2026, tz="UTC").findings
    problem = report.problems[number - 1]
    files = pack(tmp_path, str(LOGS / place), "--problem", str(number), "--no-redact", "--lines", "1000")
    found = rows(files)
    expired = [row for row in found if row["outcome"] == "expired" and not row["reply_code"] and not row["dsn"]]
    assert len(found) - len(expired) == problem.count
    assert {row["reason"] for row in found} == {problem.reason}
    assert problem.title[1:20] in files["problem.txt"]
    assert "nothing: names and addresses are the real ones" in files["README.txt"]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    files = pack(tmp_path, str(EXIM), "--provider", "google", "--no-redact")
    lines = files["lines.log"].splitlines()
    places = [line.split("\t")[1].rpartition(":") for line in files["places.txt"].splitlines()]
    assert len(lines) == len(places) > 3
    for line, (name, _, offset) in zip(lines, places, strict=True):
        assert Path(name).read_bytes()[int(offset) :].startswith(line.encode())


def test_the_most_lines_are_the_first_and_the_last(tmp_path: Path) -> None:
    every = pack(tmp_path, str(EXIM / "mainlog-all.log"), "--domain", "example.net", "--no-redact", "--lines", "9999")
    some = pack(tmp_path, str(EXIM / "mainlog-all.log"), "--domain", "example.net", "--no-redact", "--lines", "4")
    lines = every["lines.log"].splitlines()
    assert some["lines.log"].splitlines() == [*lines[:2], *lines[-2:]]


def test_a_bug_report_names_nobody(tmp_path: Path) -> None:
    for place in ("postfix", "exim", "exchange"):
        text = "\n".join(pack(tmp_path, str(LOGS / place), "--domain", "example.net").values())
        assert not [name for name in NAMES if name in text]
        assert "Report" not in text.replace("Reports", ""), "no subject of a message"


def test_lines_that_are_hidden_are_read_as_before(tmp_path: Path) -> None:
    plain = pack(tmp_path, str(EXIM), "--domain", "example.net", "--no-redact")
    hidden = pack(tmp_path, str(EXIM), "--domain", "example.net")
    (tmp_path / "plain.log").write_text(plain["lines.log"])
    (tmp_path / "hidden.log").write_text(hidden["lines.log"])
    before = logscan.read(tmp_path / "plain.log", year=2026, tz="UTC")
    after = logscan.read(tmp_path / "hidden.log", year=2026, tz="UTC")
    kept = ["timestamp", "queue_id", "outcome", "reply_code", "enhanced_code", "reason", "status"]
    assert len(before) > 10
    assert after[kept].equals(before[kept])


def test_a_provider_sees_hosts_and_addresses_but_no_people(tmp_path: Path) -> None:
    files = pack(tmp_path, str(EXIM), "--provider", "google", "--for", "provider")
    text = "\n".join(files.values())
    assert "mx.example.net" in text and "192.0.2.25" in text and "@example.net" in text
    people = {row["envelope_recipient"].partition("@")[0] for row in rows(files)}
    assert people and all(name.startswith("user-") for name in people)
    said = files["README.txt"]
    assert "our sending address   192.0.2.1" in said and "421 4.7.28" in said and "UTC" in said


def test_a_message_has_every_line_of_its(tmp_path: Path) -> None:
    log = LOGS / "postfix" / "mixed.log"
    id_ = logscan.read(log, year=2026, tz="UTC")["queue_id"].dropna().iloc[0]
    files = pack(tmp_path, str(log), "--queue-id", id_)
    with_id = [line for line in log.read_text().splitlines() if f"{id_}:" in line]
    assert len(files["lines.log"].splitlines()) >= len(with_id) > 1


def test_lines_that_are_not_understood(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text("Jan  5 03:04:05 mx1 postfix/smtp[1]: something never seen at mx.acme.org for anna@acme.org\n")
    files = pack(tmp_path, str(log), "--unparsed")
    assert set(files) == {"README.txt", "unparsed.log", "coverage.txt"}
    assert "something never seen at host-" in files["unparsed.log"] and "acme" not in files["unparsed.log"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "name one thing"),
        (["--problem", "1", "--domain", "example.net"], "name one thing"),
        (["--problem", "999"], "the report has"),
        (["--domain", "nowhere.invalid"], "there is no mail to nowhere.invalid"),
        (["--provider", "gogle"], "did you mean google?"),
        (["--queue-id", "nothing"], "there is no message nothing"),
        (["--problem", "1", "--for", "fun"], "--for provider"),
        (["--problem", "1", "--no-redact", "--redact-key", "x"], "hides nothing"),
        (["--problem", "1", "--redact-key", "/nowhere/key"], "redact-key"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path: Path, args: list[str], says: str) -> None:
    out = tmp_path / "pack.zip"
    done = CliRunner().invoke(app, ["evidence", str(EXIM), "--year", "2026", *args, "-o", str(out)])
    assert done.exit_code and says in str(done.exception)
    assert not out.exists()


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    out.write_text("mine")
    done = CliRunner().invoke(app, ["evidence", str(EXIM), "--problem", "1", "-o", str(out)])
    assert "is there already" in str(done.exception)
    assert out.read_text() == "mine"
    done = CliRunner().invoke(app, ["evidence", "-", "--problem", "1", "-o", str(tmp_path / "x.zip")])
    assert "standard input" in str(done.exception)
