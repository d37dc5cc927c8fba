"""Rules tried on a file of replies: what is decided, and how often it is as labelled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logscan.errors import InputError
from logscan.explaining import trial
from logscan.packs import knowledge, mtas

KNOWN, PACKS = knowledge(), mtas()


def write(tmp_path: Path, *entries: object) -> Path:
    path = tmp_path / "replies.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def test_each_line_of_a_text_is_a_reply_or_a_log_line(tmp_path: Path) -> None:
    path = tmp_path / "replies.txt"
    path.write_text(
        "# what they say\n\n550 5.1.1 User unknown\n"
        "host mx.example.net[192.0.2.25] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)\n"
        "Nov 24 05:37:24 mx1 postfix/smtp[1]: 3F2A1C0E5B: to=<a@example.org>, relay=none, delay=1, delays=1/0/0/0, "
        "dsn=4.4.1, status=deferred (connect to x.example[192.0.2.1]:25: Connection refused)\n"
    )
    found = trial.tried(path, PACKS, KNOWN)
    assert [(row.id, row.reason, row.status) for row in found] == [
        ("3", "user_unknown", "permanent"),
        ("4", "mailbox_full", "transient"),
        ("5", "network_error", "transient"),
    ]
    assert trial.scores(found) == []


def test_labels_are_held_against_what_is_decided(tmp_path: Path) -> None:
    right = {"reason": "user_unknown", "party": "us", "status": "permanent"}
    path = write(
        tmp_path,
        {"id": "a", "diagnostic": "550 5.1.1 User unknown", **right},
        {"id": "b", "diagnostic": "452 4.2.2 Mailbox full", "reason": "system_full", "status": "transient"},
        {"id": "c", "diagnostic": "451 x", "reason": "server_error", "party": "peer", "status": "transient"},
    )
    rows = trial.tried(path, PACKS, KNOWN)
    everything, transient, permanent = trial.scores(rows)
    assert (everything.replies, everything.reason, everything.status) == (3, 1, 3)
    assert (transient.replies, transient.wrong_sure, transient.undefined) == (2, 1, 1)
    assert (permanent.replies, permanent.reason, permanent.party) == (1, 1, 1)
    assert [row["id"] for row in trial.shown(rows, only_wrong=True)] == ["b", "c"]
    assert next(trial.shown(rows, only_wrong=True))["wanted"] == {"reason": "system_full"}


def test_a_guess_is_not_sure(tmp_path: Path) -> None:
    rows = trial.tried(
        write(
            tmp_path,
            {"diagnostic": "550 5.7.1 zzz", "smtp_command": "RCPT"},
            {"diagnostic": "550 5.7.26"},
            {"diagnostic": "550 5.7.26 zzz"},  # words that nobody knows may say something else
            {"diagnostic": "550 zzz"},
        ),
        PACKS,
        KNOWN,
    )
    assert [row.sure for row in rows] == [False, True, False, False]


def test_the_peer_tells_the_provider(tmp_path: Path) -> None:
    site = tmp_path / "packs" / "remedies"
    site.mkdir(parents=True)
    (site / "own.toml").write_text(
        '[[rule]]\nid = "own"\nprovider = "google"\ntext = ["zzz"]\nreason = "policy"\nsource = "x"\n'
        'example = { diagnostic = "550 zzz" }\n'
    )
    path = write(
        tmp_path,
        {"diagnostic": "550 zzz", "remote_mta": "gmail-smtp-in.l.google.com"},
        {"diagnostic": "550 zzz", "recipient_domain": "gmail.com"},
        {"diagnostic": "550 zzz", "remote_mta": "mx.example.net"},
    )
    known = knowledge((tmp_path / "packs",))
    assert [row.rule for row in trial.tried(path, PACKS, known)] == ["own", "own", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"diagnostic": 3}\n', ':1: not an object with "diagnostic"'),
        ("[]\n", ":1: not an object"),
        ('\n{"diagnostic": "550 x", "reason": "nonsense"}\n', ":2: 'nonsense' is no reason"),
        (
            '{"diagnostic": "550 x", "smtp_command": "END_OF_DATA"}\n',
            ":1: 'END_OF_DATA' is no smtp_command",
        ),
        ("{\n", ":1: "),
    ],
)
def test_a_bad_file_is_told_by_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        trial.tried(path, PACKS, KNOWN)


def test_no_file_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("none.txt", "bytes.txt", "."):
        with pytest.raises(InputError, match="cannot be read"):
            trial.tried(tmp_path / name, PACKS, KNOWN)
