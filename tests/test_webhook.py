"""Webhooks: what a real receiver gets, when, and what is said where it does not take it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from figures import findings

from logscan import webhook
from logscan.alerts import Held
from logscan.errors import DeliveryError, InputError, OptionError
from logscan.render import brief

ROOT = Path(__file__).parent.parent
LOG = "sample_logs/postfix/mixed.log"


class Receiver:
    """A web server that keeps what is posted, and answers as it is told to, one status after the other."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.location = ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # its name there
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers.items()), body))
                status = receiver.answers.pop(0) if receiver.answers else 200
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()

            do_GET = do_POST  # noqa: N815  # its name there

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/S3CRET?key=S3CRET"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def only(self) -> Any:
        assert len(self.got) == 1
        return json.loads(self.got[0][2])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "PAUSE", 0)
    monkeypatch.delenv(webhook.TOKEN, raising=False)


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LOGSCAN_")}
    done = subprocess.run(
        [sys.executable, "-m", "logscan", *arguments, "--year", "2026"],
        cwd=ROOT, env={**plain, "TZ": "UTC", "PYTHONWARNINGS": "error", **env}, capture_output=True, encoding="utf-8",
        timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "S3CRET" not in done.stdout + done.stderr
    return done


def test_an_alert_that_holds_is_posted(receiver: Receiver) -> None:
    done = run(LOG, "--webhook", receiver.url, "--fail-if", "lost > 0", LOGSCAN_WEBHOOK_TOKEN="t0ken")
    assert done.returncode == 3
    assert "── Coverage" in done.stdout
    got = receiver.only()
    assert got["schema"] == "logscan.alert/1"
    assert got["text"].startswith("ALERT: logscan ")
    assert "\n• lost &gt; 0: lost " in got["text"]
    assert got["alerts"][0]["expression"] == "lost > 0"
    assert got["totals"]["recipients"] > 100
    assert len(got["problems"]) == 5
    assert got["error"] is None
    path, headers, _ = receiver.got[0]
    assert path == "/hooks/S3CRET?key=S3CRET"
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer t0ken"


def test_no_alert_holds(receiver: Receiver) -> None:
    assert run(LOG, "--webhook", receiver.url, "--fail-if", "lost > 100000").returncode == 0
    assert receiver.got == []
    assert run(LOG, "--webhook", receiver.url, "--webhook-always").returncode == 0
    assert receiver.only()["alerts"] == []
    assert "Authorization" not in receiver.got[0][1]


def test_that_no_report_could_be_made_is_posted(receiver: Receiver) -> None:
    assert run("pyproject.toml", "--webhook", receiver.url, "--fail-if", "lost > 0").returncode == 1
    got = receiver.only()
    assert got["text"].startswith("FAILED: logscan ")
    assert "no line of a mail server" in got["error"]


def test_a_receiver_that_refuses(receiver: Receiver) -> None:
    receiver.answers = [403]
    done = run(LOG, "--webhook", receiver.url, "--webhook-always")
    assert done.returncode == 1
    assert "answers 403 Forbidden; LOGSCAN_WEBHOOK_TOKEN holds the token it wants" in done.stderr
    assert "── Coverage" in done.stdout
    assert len(receiver.got) == 1


@pytest.mark.parametrize("answer", [500, 503, 0])
def test_a_fault_that_passes_is_tried_once_more(receiver: Receiver, answer: int) -> None:
    receiver.answers = [answer]
    webhook.hook(receiver.url).post({})
    assert len(receiver.got) == 2
    receiver.answers = [answer, answer, answer]
    with pytest.raises(DeliveryError, match="tried twice") as error:
        webhook.hook(receiver.url).post({})
    assert "S3CRET" not in str(error.value)
    assert len(receiver.got) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.answers, receiver.location = [status], receiver.url
    with pytest.raises(DeliveryError, match="it has moved, which is not followed"):
        webhook.hook(receiver.url).post({})
    assert len(receiver.got) == 1


def test_nobody_there() -> None:
    with pytest.raises(DeliveryError, match="cannot be reached"):
        webhook.hook("http://127.0.0.1:1/").post({})


def test_no_tls_there(receiver: Receiver) -> None:
    with pytest.raises(DeliveryError, match="cannot be reached"):
        webhook.hook(receiver.url.replace("http:", "https:")).post({})


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://h/", "file:///etc/passwd", "https://", "https://h:x/", "https://h/ x", "https://h/\r\nX: y",
            "https://u:p@h/", "https://ä.example/"],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(OptionError):
        webhook.hook(url)


def test_a_token_goes_over_tls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(webhook.TOKEN, "t0ken")
    assert "t0ken" not in repr(webhook.hook("https://chat.example/hooks/x"))
    with pytest.raises(OptionError, match="use https://"):
        webhook.hook("http://chat.example/hooks/x")
    monkeypatch.setenv(webhook.TOKEN, "t\r\nX: y")
    with pytest.raises(OptionError, match="no token may hold"):
        webhook.hook("https://chat.example/hooks/x")


def test_secrets_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address, token = tmp_path / "address", tmp_path / "token"
    for file, text in ((address, "https://chat.example/hooks/S3CRET\n"), (token, "t0ken\n")):
        file.write_text(text)
        file.chmod(0o600)
    monkeypatch.setenv(webhook.TOKEN_FILE, str(token))
    made = webhook.hook(f"@{address}")
    assert (made.url, made.token, made.name) == ("https://chat.example/hooks/S3CRET", "t0ken", "https://chat.example")
    token.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        webhook.hook(f"@{address}")


@pytest.mark.parametrize(
    "payload",
    [
        lambda text: brief.payload(findings(), [Held(f"{text} > 1", (text,))], text),
        lambda text: brief.failure(text, text),
    ],
)
def test_no_text_calls_up_a_channel_or_moves_a_cursor(payload: Callable[[str], Any]) -> None:
    said = payload("<!channel> & \x1b[31m \u202e <https://x.example|y>")["text"]
    assert "<" not in said
    assert "&lt;!channel&gt; &amp; \\x1b[31m \\u202e" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--webhook", "https://h/"], "--webhook posts when a --fail-if holds"),
        (["--webhook-always"], "name it with --webhook"),
        (["--warn", "lost > 1"], "are for --format nagios"),
    ],
)
def test_options_that_make_no_sense(arguments: list[str], why: str) -> None:
    done = run(LOG, *arguments)
    assert done.returncode == 2
    assert why in done.stderr
