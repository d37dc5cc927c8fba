"""logscan as a plugin of a monitoring system (``--format nagios``): whatever goes wrong is UNKNOWN, and said so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

UNKNOWN = 3


def asked(arguments: Sequence[str]) -> bool:
    """Whether the arguments ask for a plugin's answer."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=False)
    return any(word == "--format=nagios" or (word == "--format" and value == "nagios") for word, value in pairs)


def run(app: Callable[..., Any]) -> int:
    """Run a command; return its status, which is UNKNOWN, told in one line, where it could not be done."""
    try:
        status = app(standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        told = error.format_message() if hasattr(error, "format_message") else str(error) or type(error).__name__
        line = "; ".join(part.strip() for part in told.splitlines() if part.strip(" ^"))
        sys.stdout.write(f"LOGSCAN UNKNOWN - {line.replace('|', '/')}\n")
        return UNKNOWN
    return status if isinstance(status, int) else 0
