"""The account for a mail server that asks for one: from the environment or a file, never from the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from logscan import private
from logscan.errors import InputError, OptionError

USER, PASSWORD = "LOGSCAN_SMTP_USER", "LOGSCAN_SMTP_PASSWORD"
_FORM = "two lines, user = NAME and password = SECRET"


@dataclass(frozen=True, slots=True)
class Account:
    """A user's name and password; the password is never shown."""

    user: str
    password: str = field(repr=False)


def account(file: str | None) -> Account | None:
    """The account in a file, else that of the environment, else None.

    Raises OptionError for a half of one, and InputError for a file that others may read, or that holds no account.
    """
    if file:
        return _of_file(Path(file))
    user, password = os.environ.get(USER, ""), os.environ.get(PASSWORD, "")
    if bool(user) != bool(password):
        raise OptionError(f"{USER} and {PASSWORD} belong together; only {USER if user else PASSWORD} is set")
    return Account(user, password) if user else None


def _of_file(path: Path) -> Account:
    fields: dict[str, str] = {}
    for number, line in enumerate(private.text_of(path, "the account for the mail server").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, sign, value = text.partition("=")
        if not sign or name.strip() not in ("user", "password"):
            raise InputError(f"{path}:{number}: neither user = … nor password = …; the file holds {_FORM}")
        fields[name.strip()] = value.strip()
    if not fields.get("user") or not fields.get("password"):
        raise InputError(f"{path}: the file should hold {_FORM}")
    return Account(fields["user"], fields["password"])
