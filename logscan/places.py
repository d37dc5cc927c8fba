"""Where mail logs usually are, so that someone new has a command to try."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

USUAL = (
    "/var/log/mail.log",
    "/var/log/maillog",
    "/var/log/mail/mail.log",
    "/var/log/mail",
    "/var/log/exim4/mainlog",
    "/var/log/exim_mainlog",
    "/var/log/exim/mainlog",
)


def found() -> str | None:
    """The mail log of this machine, where it has one in a usual place."""
    return next((path for path in USUAL if Path(path).is_file()), None)


def has_journal() -> bool:
    """Whether this machine keeps a systemd journal."""
    for folder in ("/var/log/journal", "/run/log/journal"):
        try:
            if os.listdir(folder):  # noqa: PTH208  # names will do
                return True
        except OSError:
            continue
    return False


def proposals(word: str, commands: list[str]) -> list[str]:
    """Commands and files that a mistyped word may have meant, the likeliest first."""
    near = difflib.get_close_matches(word, commands, n=1)
    folder = Path(word).parent
    try:
        beside = [os.fspath(folder / name) if "/" in word else name for name in os.listdir(folder)]  # noqa: PTH208  # names are wanted
    except OSError:
        beside = []
    near += difflib.get_close_matches(word, [*beside, *(p for p in USUAL if Path(p).is_file())], n=2, cutoff=0.75)
    return list(dict.fromkeys(near))
