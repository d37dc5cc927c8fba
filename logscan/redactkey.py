"""The key of pseudonyms: made once, kept by whoever wants the same ones in every report."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from logscan.errors import InputError, OptionError

VARIABLE = "LOGSCAN_REDACT_KEY"
_BYTES = 32
_LEAST = 16


def random_key() -> bytes:
    """A key for this run alone."""
    return secrets.token_bytes(_BYTES)


def create(path: Path) -> None:
    """Write a new key to a file that only its owner can read; raises OptionError where there is one already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise OptionError(f"{path}: is there already, and a key is never overwritten; name another file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); name a file in a folder of yours") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")


def read(path: str | os.PathLike[str]) -> bytes:
    """The key in a file: any text of at least 16 characters; raises InputError."""
    try:
        key = Path(path).read_bytes().strip()
    except OSError as error:
        raise InputError(
            f"{path}: the key cannot be read ({error.strerror}); `logscan redact-key {path}` makes one"
        ) from None
    if len(key) < _LEAST:
        raise InputError(
            f"{path}: shorter than {_LEAST} characters, too easy to guess; `logscan redact-key` makes a key"
        )
    return key
