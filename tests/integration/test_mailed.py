"""Mailed reports arrive in a mailbox by way of a real Postfix, without defects, and its log tells of them."""

from __future__ import annotations

import email
import email.policy
import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from . import harness


@pytest.fixture(scope="module")
def folder(servers: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("mailed")
    harness.run_in_world("run_mailed", place)
    return place


@pytest.fixture(scope="module")
def done(folder: Path) -> Any:
    return json.loads((folder / "done.json").read_text())


def box(folder: Path, user: str) -> list[EmailMessage]:
    """The messages in a mailbox; every part of them is without defects."""
    found = []
    for path in sorted((folder / user).iterdir()):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        for part in message.walk():
            assert not part.defects
            assert not [value.defects for value in part.values() if value.defects]
        found.append(message)
    return found


def test_they_arrive(folder: Path, done: Any) -> None:
    assert done["smtp"] == {"status": 0, "out": "", "err": ""}
    assert done["sendmail"] == {"status": 0, "out": "", "err": ""}
    (by_smtp, partly), (by_sendmail,) = box(folder, "anna"), box(folder, "carl")
    for message in (by_smtp, by_sendmail, partly):
        assert message["Return-Path"] == "<mon@example.com>"
        assert message["From"] == "Mon <mon@example.com>"
        assert "recipients delivered" in message["Subject"]
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        assert text is not None
        assert html is not None
        assert "── Coverage" in text.get_content()
        assert "recipients got the mail" in html.get_content()
    assert by_sendmail["To"].addresses[0].display_name == "Carl Ö"
    assert len({message["Message-ID"] for message in (by_smtp, by_sendmail, partly)}) == 3


def test_refusals_are_explained(done: Any) -> None:
    assert done["partly"]["status"] == 1
    assert done["partly"]["err"].startswith("logscan: the report did not go to nobody@example.com: 550 5.1.1 ")
    assert "(unknown user). Correct the address" in done["partly"]["err"]


def test_the_log_tells_of_them(folder: Path) -> None:
    import logscan

    events = logscan.read([folder / "mailed.log"], tz="UTC")
    there = events[(events["event"] == "delivery") & (events["recipient_domain"] == "example.com")]
    assert there["outcome"].tolist() == ["delivered"] * 3
    assert set(there["envelope_sender"]) == {"mon@example.com"}
    refused = events[events["event"] == "rejection"]
    assert refused["reason"].tolist() == ["user_unknown"]
