"""Mail: what is sent to a real SMTP server is a message without defects, and its refusals are explained."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from figures import EMPTY, findings
from hypothesis import given
from hypothesis import strategies as st

from logscan.errors import DeliveryError, InputError, OptionError
from logscan.mailing import addresses, credentials, message, transport
from logscan.outputs.mail import worth_telling

ROOT = Path(__file__).parent.parent
LOG = "sample_logs/postfix/mixed.log"
SENDER = "mon@example.com"


class Server:
    """A mail server that keeps what it takes, and refuses what it is told to."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.secured: list[bool] = []
        self.replies: dict[str, str] = {}
        self.data = "250 2.0.0 queued"
        self.port = 0

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, *___: Any) -> str:  # noqa: N802  # its name there
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # its name there
        self.taken.append(envelope)
        self.secured.append(session.ssl is not None)
        return self.data

    def only(self) -> EmailMessage:
        """The one message that was taken; without defects anywhere."""
        assert len(self.taken) == 1
        return whole(self.taken[0].content)


def whole(content: str | bytes | None) -> EmailMessage:
    assert isinstance(content, bytes)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.isascii()
    got = email.message_from_bytes(content, policy=email.policy.default)
    for part in got.walk():
        assert not part.defects
        assert not [value.defects for value in part.values() if value.defects]
    assert isinstance(got, EmailMessage)
    return got


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as plug:
        return int(plug.getsockname()[1])


Starter = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts servers, on ports of their own."""
    running: list[Controller] = []

    def begin(**options: Any) -> Server:
        server = Server()
        server.port = free_port()
        controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
        controller.start()
        running.append(controller)
        return server

    yield begin
    for controller in running:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost, with its key, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, "-days", "2"]
    subprocess.run([*command, "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
    (folder / "pem").write_text((folder / "crt").read_text() + (folder / "key").read_text())
    return folder / "pem"


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate)
    return made


def logins(_: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"mon", b"s3cret")
    return AuthResult(success=good, handled=good)


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "logscan", *arguments]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LOGSCAN_")}
    environment = {**plain, "TZ": "UTC", "PYTHONWARNINGS": "error", **(env or {})}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def mailed(server: Server, *arguments: str, to: str = "a@example.com", **more: Any) -> subprocess.CompletedProcess[str]:
    via = f"smtp://127.0.0.1:{server.port}"
    return run(*arguments, "--mail-to", to, "--mail-from", SENDER, "--mail-via", via, "--year", "2026", **more)


# What is sent.


def test_a_report_arrives_and_nothing_is_printed(start: Starter) -> None:
    server = start()
    done = mailed(server, LOG, to="Jörg <a@bücher.example>")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    got = server.only()
    assert got["From"] == SENDER
    assert got["To"].addresses[0].display_name == "Jörg"
    assert server.taken[0].mail_from == SENDER
    assert server.taken[0].rcpt_tos == ["a@xn--bcher-kva.example"]
    assert re.fullmatch(r"logscan \S+: [0-9.]+ % of [0-9,]+ recipients delivered, .* lost.*", got["Subject"])
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Date"].datetime.tzinfo is not None
    assert re.fullmatch(r"<[^@<>\s]+@[^@<>\s]+>", got["Message-ID"])
    body = got.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "got the mail" in text
    assert "── Coverage" in text
    assert "\x1b" not in text


def test_what_is_asked_for_is_printed_too(start: Starter) -> None:
    server = start()
    done = mailed(server, LOG, "--format", "csv")
    assert done.stdout.startswith("section,rank")
    assert server.only()["Subject"]


def test_an_alert_stands_in_subject_and_text(start: Starter) -> None:
    server = start()
    done = mailed(server, LOG, "--fail-if", "lost > 0", "--min-coverage", "101")
    assert done.returncode == 3
    got = server.only()
    assert got["Subject"].startswith("ALERT: logscan ")
    body = got.get_body(("plain",))
    assert body is not None
    assert re.match(
        r"ALERT: lost > 0: lost \d+\r?\nALERT: [\d.]+ % of the server's lines understood", body.get_content()
    )


def test_a_subject_of_ones_own(start: Starter) -> None:
    server = start()
    assert mailed(server, LOG, "--mail-subject", "Bericht für heute ✓ " + "ä" * 200).returncode == 0
    assert server.only()["Subject"] == "Bericht für heute ✓ " + "ä" * 200


def test_the_report_is_attached_in_other_forms(start: Starter) -> None:
    server = start()
    assert mailed(server, LOG, "--mail-attach", "json", "--mail-attach", "csv").returncode == 0
    report, table = server.only().iter_attachments()
    assert (report.get_filename(), report.get_content_type()) == ("logscan-report.json", "application/json")
    assert json.loads(report.get_content())["schema"] == "logscan.report/1"
    assert (table.get_filename(), table.get_content_type()) == ("logscan-report.csv", "text/csv")
    assert table.get_content().startswith("section,rank")


def test_nothing_to_say_is_not_mailed_unless_asked(start: Starter, tmp_path: Path) -> None:
    server = start()
    log = tmp_path / "mail.log"
    log.write_text(
        "Nov 24 08:00:00 mx1 postfix/smtp[7]: 3F2A1C0E5B: to=<a@example.net>, relay=mx.example.net[192.0.2.1]:25, "
        "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n"
    )
    assert mailed(server, str(log)).returncode == 0
    assert mailed(server, str(log), "--fail-if", "lost > 0").returncode == 0
    assert server.taken == []
    assert mailed(server, str(log), "--mail-empty").returncode == 0
    assert "all 1 recipient delivered" in server.only()["Subject"]


def test_what_is_worth_telling() -> None:
    assert worth_telling(findings())
    assert not worth_telling(findings(**EMPTY))
    for name in ("problems", "refusals", "notices"):
        assert worth_telling(findings(**{**EMPTY, name: getattr(findings(), name)}))
    assert worth_telling(findings(**EMPTY, skipped=[("mail.log.1", "no permission to read it")]))
    assert not worth_telling(findings(**EMPTY, skipped=[("dpkg.log", "no line of a mail server")]))


@pytest.mark.parametrize("path", ["pyproject.toml", "nosuch.log*"])
def test_that_no_report_could_be_made_is_mailed(start: Starter, path: str) -> None:
    server = start()
    done = mailed(server, path)
    assert done.returncode == 1
    assert done.stdout == ""
    got = server.only()
    assert re.match(rf"FAILED: logscan \S+: {re.escape(path)}: no ", got["Subject"])
    body = got.get_body(("plain",))
    assert body is not None
    assert " ".join(done.stderr.removeprefix("logscan: ").split()) in " ".join(body.get_content().split())


# What is refused.


def test_one_recipient_refused_of_two(start: Starter) -> None:
    server = start()
    server.replies["x@example.com"] = "550 5.1.1 <x@example.com>: Recipient address rejected: User unknown"
    done = mailed(server, LOG, "--mail-to", "x@example.com")
    assert done.returncode == 1
    assert "the report did not go to x@example.com: 550 5.1.1 " in done.stderr
    assert "(unknown user). Correct the address" in done.stderr
    assert server.taken[0].rcpt_tos == ["a@example.com"]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("554 5.7.1 <a@example.com>: Relay access denied", "(relaying denied). The server says"),
        ("450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted", "--mail-via sendmail"),
        ("421 too busy", "Run it again later"),
    ],
)
def test_all_recipients_refused(start: Starter, reply: str, told: str) -> None:
    server = start()
    server.replies["a@example.com"] = reply
    done = mailed(server, LOG)
    assert done.returncode == 1
    assert done.stderr.startswith(f"logscan: the report was not mailed: 127.0.0.1:{server.port} ")
    assert reply in done.stderr
    assert told in done.stderr
    assert server.taken == []


def test_the_message_refused(start: Starter) -> None:
    server = start()
    server.data = "552 5.3.4 Message size exceeds fixed limit \x1b[31m"
    done = mailed(server, LOG)
    assert done.returncode == 1
    assert "552 5.3.4 Message size exceeds fixed limit" in done.stderr
    assert "(message too big)" in done.stderr
    assert "\x1b" not in done.stderr


def test_nobody_there(start: Starter) -> None:
    done = run(LOG, "--mail-to", "a@example.com", "--mail-via", "smtp://127.0.0.1:1", "--fail-if", "lost>0")
    assert done.returncode == 1
    assert "127.0.0.1:1 cannot be reached: Connection refused" in done.stderr
    assert "alert: lost>0" in done.stderr


# TLS and accounts.

ACCOUNT = {credentials.USER: "mon", credentials.PASSWORD: "s3cret"}


def submission(start: Starter, certificate: Path) -> Server:
    return start(tls_context=context(certificate), require_starttls=True, authenticator=logins, auth_required=True)


def test_an_account_goes_over_verified_tls_only(start: Starter, certificate: Path) -> None:
    server = submission(start, certificate)
    done = mailed(server, LOG, env={**ACCOUNT, "SSL_CERT_FILE": str(certificate)})
    assert (done.returncode, done.stderr) == (0, "")
    assert server.secured == [True]


def test_an_account_in_a_file(start: Starter, certificate: Path, tmp_path: Path) -> None:
    server = submission(start, certificate)
    file = tmp_path / "auth"
    file.write_text("# of the report\nuser = mon\npassword = s3cret\n")
    file.chmod(0o600)
    trust = {"SSL_CERT_FILE": str(certificate)}
    assert mailed(server, LOG, "--mail-auth", str(file), env=trust).returncode == 0
    file.chmod(0o640)
    done = mailed(server, LOG, "--mail-auth", str(file), env=trust)
    assert done.returncode == 1
    assert f"chmod 600 {file}" in done.stderr
    assert len(server.taken) == 1


def test_a_certificate_nobody_knows(start: Starter, certificate: Path) -> None:
    server = submission(start, certificate)
    done = mailed(server, LOG, env=ACCOUNT)
    assert done.returncode == 1
    assert "the certificate of 127.0.0.1:" in done.stderr
    assert "is not to be trusted (self-signed certificate)" in done.stderr
    assert server.taken == []


def test_a_wrong_password(start: Starter, certificate: Path) -> None:
    server = submission(start, certificate)
    done = mailed(
        server, LOG, env={**ACCOUNT, credentials.PASSWORD: "wrong!", "SSL_CERT_FILE": str(certificate)}
    )  # fmt: skip
    assert done.returncode == 1
    assert "refuses the login of mon: 535 5.7.8" in done.stderr
    assert "(SMTP login failed)" in done.stderr
    assert "wrong!" not in done.stderr


def test_no_password_without_tls(start: Starter) -> None:
    server = start(authenticator=logins, auth_require_tls=False)
    done = mailed(server, LOG, env=ACCOUNT)
    assert done.returncode == 1
    assert "offers no TLS, and the password would be readable on the way" in done.stderr
    assert server.taken == []


def test_tls_from_the_first_byte(start: Starter, certificate: Path) -> None:
    server = start(ssl_context=context(certificate), authenticator=logins, auth_require_tls=False)
    via = ["--mail-to", "a@example.com", "--mail-via", f"smtps://localhost:{server.port}"]
    done = run(LOG, *via, env={**ACCOUNT, "SSL_CERT_FILE": str(certificate)})
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.taken) == 1


def test_smtps_where_tls_comes_later(start: Starter) -> None:
    server = start()
    way = transport.transport(f"smtps://127.0.0.1:{server.port}", None)
    with pytest.raises(DeliveryError, match="smtps:// is for port 465"):
        way.send(EmailMessage(), SENDER, ["a@example.com"])


# Sendmail.


def command(folder: Path, script: str) -> str:
    path = folder / "sendmail"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_sendmail_gets_the_message_and_the_sender(tmp_path: Path) -> None:
    path = command(tmp_path, f'echo "$@" > {tmp_path}/args; cat > {tmp_path}/mail')
    done = run(LOG, "--mail-to", "a@example.com", "--mail-from", f"Mon <{SENDER}>", "--mail-via", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "args").read_text() == f"-t -i -f {SENDER}\n"
    sent = (tmp_path / "mail").read_bytes()
    assert b"\r" not in sent
    got = whole(sent.replace(b"\n", b"\r\n"))
    assert (got["To"], got["From"]) == ("a@example.com", f"Mon <{SENDER}>")


@pytest.mark.parametrize(("status", "told"), [(75, "it failed for now; try again later"), (64, "options"), (3, "")])
def test_sendmail_fails(tmp_path: Path, status: int, told: str) -> None:
    path = command(tmp_path, f"echo 'postdrop: warning: \x1b[1mmail system is down' >&2; exit {status}")
    done = run(LOG, "--mail-to", "a@example.com", "--mail-via", path)
    assert done.returncode == 1
    assert f"{path} ended with {status}" in done.stderr
    assert told in done.stderr
    assert "mail system is down" in done.stderr
    assert "\x1b" not in done.stderr


# What makes no sense, and what would be dangerous.


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b", "a@b c", "a@b\r\nBcc: x@y", "a@b\nBcc: x@y", "A\x00 <a@b>", "<a@b>, <c@d>", "a@b,c@d",
     "-oQ/tmp@example.com", "ä@example.com", "a@b@c", "a@b;c", '"a b"@c', "x <a@b> y", "a" * 300 + "@b.example",
     "a\u202e@b", "a@-\x7f"],
)  # fmt: skip
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(OptionError):
        addresses.address(text, "--mail-to")


@given(st.text(max_size=40) | st.from_regex(r"[a-z. <>@\"\r\n,:ä]{1,30}", fullmatch=True))
def test_no_address_and_no_subject_begins_a_header(text: str) -> None:
    try:
        one = addresses.address(text, "--mail-to")
        subject = addresses.subject(text)
    except OptionError:
        return
    built = message.build(message.Letter(subject, "x"), one, [one]).as_bytes()
    head = built.split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [b"Date", b"From", b"To", b"Subject", b"Message-ID", b"Auto-Submitted", b"User-Agent",
                     b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version"]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--mail-subject", "x"], "to whom"),
        (["--mail-to", "a@b", "--mail-subject", "x\nBcc: y@z"], "a subject is one line"),
        (["--mail-to", "a@b", "--mail-via", "smtp://u:p@h"], "LOGSCAN_SMTP_USER"),
        (["--mail-to", "a@b", "--mail-via", "http://h"], "none of sendmail, smtp://HOST:PORT"),
        (["--mail-to", "a@b", "--mail-via", "smtp://h:x"], "none of sendmail, smtp://HOST:PORT"),
        (["--mail-to", "a@b", "--mail-via", "smtp://h/x"], "none of sendmail, smtp://HOST:PORT"),
        (["--mail-to", "a@b", "--mail-via", "/nosuch/sendmail"], "no command that can be run"),
        (["--mail-to", "a@b", "--mail-via", "/bin/cat", "--mail-auth", "x"], "sendmail needs no account"),
    ],
)
def test_options_that_make_no_sense(arguments: list[str], why: str) -> None:
    done = run(LOG, *arguments)
    assert done.returncode == 2
    assert why in done.stderr


def test_half_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(credentials.USER, "mon")
    monkeypatch.delenv(credentials.PASSWORD, raising=False)
    with pytest.raises(OptionError, match="belong together"):
        transport.transport("smtp://h", None)


@pytest.mark.parametrize("text", ["", "user = x\n", "user x\npassword y\n", "user = \npassword = y\n"])
def test_files_that_hold_no_account(tmp_path: Path, text: str) -> None:
    file = tmp_path / "auth"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(InputError, match="user = "):
        credentials.account(str(file))
    with pytest.raises(InputError, match="cannot be read"):
        credentials.account(str(tmp_path / "nosuch"))


def test_a_password_is_never_shown() -> None:
    assert "s3cret" not in repr(credentials.Account("mon", "s3cret"))
