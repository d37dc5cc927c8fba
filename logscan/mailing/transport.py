"""Hands a message over: to the sendmail command of this machine, or to a server by SMTP.

What the server refuses is explained as logscan explains any reply, with its remedy.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from logscan import private
from logscan.errors import DeliveryError, OptionError
from logscan.mailing import addresses, credentials
from logscan.mailing.credentials import Account
from logscan.mailing.refusals import advice, refused
from logscan.render.escape import safe

SECONDS = 60.0
_PORTS = {"smtp": 25, "smtps": 465}
_COMMANDS = ("/usr/sbin/sendmail", "/usr/lib/sendmail")
# sysexits(3), which every sendmail keeps to.
_EXITS = {
    64: "it did not understand its options", 65: "it did not understand the message",
    67: "it does not know a recipient", 68: "it does not know the host of a recipient",
    69: "a recipient was refused, or the mail system is down", 70: "it found an error in itself",
    71: "the system failed it", 72: "a file of its configuration is missing", 73: "it cannot write to its queue",
    74: "reading or writing failed; is the disk full?", 75: "it failed for now; try again later",
    76: "the other server broke the protocol", 77: "this account may not send mail", 78: "its configuration is broken",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sendmail:
    """The sendmail command, which every MTA for Unix brings."""

    path: str

    def send(self, message: EmailMessage, sender: str, recipients: Sequence[str]) -> dict[str, str]:
        """Hand the message over; return the recipients that were refused, of which sendmail knows none.

        The recipients are those of the message's headers. Raises DeliveryError.
        """
        command = [self.path, "-t", "-i", "-f", sender]
        text = message.as_bytes(policy=message.policy.clone(linesep="\n"))
        try:
            done = subprocess.run(command, input=text, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise DeliveryError(
                f"{self.path} took more than {SECONDS:.0f} seconds; the MTA's log may say why"
            ) from None
        except OSError as error:
            raise DeliveryError(f"{self.path} cannot be run: {error.strerror}") from None
        if done.returncode:
            said = safe(" ".join((done.stderr or done.stdout).decode("utf-8", "replace").split()), 500)
            means = _EXITS.get(done.returncode, "")
            raise DeliveryError(
                f"{self.path} ended with {done.returncode}{f' ({means})' if means else ''}"
                f"{f', and said: {said}' if said else ''}; the MTA's log has more"
            )
        return {}


@dataclass(frozen=True, slots=True)
class Smtp:
    """A server that takes mail by SMTP; ``tls`` from the first byte (smtps)."""

    host: str
    port: int
    tls: bool
    account: Account | None

    @property
    def name(self) -> str:
        """The server as errors name it."""
        return f"{self.host}:{self.port}"

    def send(self, message: EmailMessage, sender: str, recipients: Sequence[str]) -> dict[str, str]:
        """Hand the message over; return the recipients that were refused, each with the reply and what it means.

        Raises DeliveryError where nobody gets the message.
        """
        try:
            server = self._connected()
            try:
                self._secured(server)
                self._logged_in(server)
                found = server.sendmail(sender, list(recipients), message.as_bytes())
            finally:
                with suppress(OSError, smtplib.SMTPException):  # the mail is taken, or the error is on its way
                    server.quit()
                server.close()
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(_why(self, sender, error)) from None
        return {address: advice(*reply) for address, reply in found.items()}

    def _connected(self) -> smtplib.SMTP:
        own = addresses.host_name()
        if self.tls:
            return smtplib.SMTP_SSL(self.host, self.port, local_hostname=own, timeout=SECONDS, context=_context())
        return smtplib.SMTP(self.host, self.port, local_hostname=own, timeout=SECONDS)

    def _secured(self, server: smtplib.SMTP) -> None:
        """Start TLS where the server offers it, but on this machine itself; a password needs it everywhere."""
        server.ehlo_or_helo_if_needed()
        if self.tls:
            return
        if server.has_extn("starttls") and not (private.this_machine(self.host) and self.account is None):
            server.starttls(context=_context())
            server.ehlo()
        elif self.account is not None:
            raise DeliveryError(
                f"{self.name} offers no TLS, and the password would be readable on the way; try smtps://{self.host}"
            )

    def _logged_in(self, server: smtplib.SMTP) -> None:
        if self.account is None:
            return
        user = self.account.user
        try:
            server.login(user, self.account.password)
        except smtplib.SMTPAuthenticationError as error:
            why = advice(error.smtp_code, error.smtp_error)
            raise DeliveryError(f"{self.name} refuses the login of {user}: {why}") from None
        except smtplib.SMTPNotSupportedError:
            raise DeliveryError(
                f"{self.name} takes no login; use its port for submission, often 587 or 465, or no account"
            ) from None


Transport = Sendmail | Smtp


def transport(via: str | None, auth: str | None) -> Transport:
    """The way that mail goes: ``sendmail`` (the default), the path of such a command, ``smtp://…`` or ``smtps://…``.

    Raises OptionError for anything else.
    """
    if via in (None, "", "sendmail"):
        found = next((path for path in _COMMANDS if os.access(path, os.X_OK)), None) or shutil.which("sendmail")
        if found is None:
            raise OptionError("there is no sendmail command on this machine; name a server: --mail-via smtp://HOST:587")
        return _no_account(Sendmail(found), auth)
    assert via is not None
    if via.startswith("/"):
        if not os.access(via, os.X_OK) or Path(via).is_dir():
            raise OptionError(f"--mail-via: {via} is no command that can be run")
        return _no_account(Sendmail(via), auth)
    return _server(via, auth)


def _no_account(way: Sendmail, auth: str | None) -> Sendmail:
    if auth:
        raise OptionError("--mail-auth is for servers (--mail-via smtp://…); sendmail needs no account")
    return way


def _server(via: str, auth: str | None) -> Smtp:
    try:
        parts = urlsplit(via)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if "@" in parts.netloc:
        raise OptionError(
            "--mail-via: an account on the command line can be read by everyone on this machine; "
            f"put it into {credentials.USER} and {credentials.PASSWORD}, or into a file (--mail-auth FILE)"
        )
    rest = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in _PORTS or not host or rest or not via.isprintable():
        raise OptionError(
            f"--mail-via: {via!a} is none of sendmail, smtp://HOST:PORT, smtps://HOST:PORT, or the path of a command"
        )
    return Smtp(host, port or _PORTS[parts.scheme], parts.scheme == "smtps", credentials.account(auth))


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _why(way: Smtp, sender: str, error: Exception) -> str:
    """Why nobody got the message, and what to try next."""
    text = f"{way.name}: {error}"
    match error:
        case smtplib.SMTPRecipientsRefused():
            text = f"{way.name} takes mail for none of the recipients. {refused(error.recipients)}"
        case smtplib.SMTPSenderRefused():
            text = f"{way.name} refuses the sender {sender}: {advice(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPResponseException():
            text = f"{way.name} refuses: {advice(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPServerDisconnected():
            text = f"{way.name} broke off the connection before it took the mail; look into its log"
        case ssl.SSLCertVerificationError():
            text = (
                f"the certificate of {way.name} is not to be trusted ({error.verify_message}); name the server as its "
                "certificate does, or let SSL_CERT_FILE name a file with the authority that signed it"
            )
        case ssl.SSLError():
            why = error.reason or error
            text = f"no TLS with {way.name} ({why}); smtps:// is for port 465, smtp:// for ports that begin without TLS"
        case TimeoutError():
            text = f"{way.name} did not answer within {SECONDS:.0f} seconds; is the port right, and open?"
        case OSError() if not isinstance(error, smtplib.SMTPException):
            text = (
                f"{way.name} cannot be reached: {error.strerror or error}; is that the name and the port of the server?"
            )
    return text
