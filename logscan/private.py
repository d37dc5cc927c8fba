"""Secrets: files that only their owner may read, and hosts to which they may go without TLS."""

from __future__ import annotations

import os
import stat
from ipaddress import ip_address
from pathlib import Path

from logscan.errors import InputError


def text_of(path: Path, what: str) -> str:
    """The text of a file with a secret; raises InputError where its permissions let others in."""
    try:
        with path.open(encoding="utf-8") as lines:
            mode = stat.S_IMODE(os.fstat(lines.fileno()).st_mode)
            if mode & 0o077:
                raise InputError(
                    f"{path}: others may read or write this file (mode {mode:04o}), and it holds {what}; "
                    f"take that away with `chmod 600 {path}`"
                )
            return lines.read()
    except UnicodeError:
        raise InputError(f"{path}: no text; it should hold {what}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); it should hold {what}") from None


def this_machine(host: str) -> bool:
    """Whether a name or address is that of the machine itself, to which nothing goes over a network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
