"""Mail addresses as people type them, checked before anything is done with them."""

from __future__ import annotations

import getpass
import re
import socket
from email.errors import HeaderParseError
from email.headerregistry import Address
from pathlib import Path

from logscan.errors import OptionError

_FORM = re.compile(r"\s*(?:(?P<name>[^<>]*?)\s*<(?P<within>[^<>\s]+)>|(?P<bare>[^<>\s]+))\s*")
_MAILNAME = Path("/etc/mailname")  # Debian: the name to put behind the @


def address(text: str, option: str) -> Address:
    """One address, ``user@example.com`` or ``Name <user@example.com>`` (RFC 5322 section 3.4).

    A domain outside ASCII becomes its IDNA form (RFC 5890). Raises OptionError for what is no address, holds control
    characters, or would need SMTPUTF8 (RFC 6531).
    """
    if not text.isprintable():
        raise OptionError(f"{option}: {text!a} holds characters that no address may hold")
    form = _FORM.fullmatch(text)
    name, bare = (form["name"] or "", form["within"] or form["bare"]) if form else ("", "")
    local, at, domain = bare.rpartition("@")
    if not at or not local or not domain or any(sign in bare for sign in ',;:"()[]\\'):
        raise OptionError(f"{option}: {text!r} is no mail address; write user@example.com or 'Name <user@example.com>'")
    if not local.isascii():
        raise OptionError(f"{option}: {bare!r} has letters before the @ that not every server takes; use another one")
    if bare.startswith("-"):
        raise OptionError(f"{option}: {bare!r} begins with a hyphen, which sendmail would take for an option")
    try:
        found = Address(name.strip('"'), addr_spec=f"{local}@{domain.encode('idna').decode()}")
    except (HeaderParseError, ValueError, IndexError, UnicodeError):
        raise OptionError(f"{option}: {text!r} is no mail address; write user@example.com") from None
    if len(found.addr_spec) > 254:  # RFC 5321 section 4.5.3.1.3
        raise OptionError(f"{option}: an address of more than 254 characters is none")
    return found


def host_name() -> str:
    """The name of this machine, as complete as it knows it."""
    full = socket.getfqdn()
    return socket.gethostname() if full.startswith("localhost") or ":" in full or not full else full


def own() -> Address:
    """Who sends: the account that runs logscan, at what /etc/mailname says, else at this machine."""
    try:
        domain = _MAILNAME.read_text(encoding="ascii").strip() if _MAILNAME.is_file() else ""
    except (OSError, UnicodeError):
        domain = ""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in containers
        user = "logscan"
    try:
        return Address("logscan", addr_spec=f"{user}@{domain or host_name()}")
    except (HeaderParseError, ValueError, IndexError):
        raise OptionError(
            f"the sender {user}@{domain or host_name()} would be no mail address; name one with --mail-from"
        ) from None


def subject(text: str) -> str:
    """A subject as asked for; raises OptionError for one that would begin another header."""
    if not text.isprintable():
        raise OptionError(f"--mail-subject: {text!a} holds control characters; a subject is one line of text")
    if len(text) > 500:
        raise OptionError("--mail-subject: a subject of more than 500 characters is none")
    return text
