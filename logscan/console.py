"""What every command needs of the terminal: exit statuses, width, colour, output, options that they share."""

from __future__ import annotations

import os
import shutil
import sys
from enum import IntEnum
from typing import Annotated

import typer


class ExitStatus(IntEnum):
    """What the exit status says; the README has the same table."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    THRESHOLD = 3
    COVERAGE = 4
    INTERRUPTED = 130


Patterns = Annotated[list[str] | None, typer.Option(metavar="DIR", help="A folder with packs of your own.")]
Width = Annotated[int | None, typer.Option(help="Columns of text output (default: the terminal's, or 80).", min=40)]


def width(asked: int | None) -> int:
    """How wide to write: as asked, else as the terminal is."""
    if asked is not None:
        return asked
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return max(60, min(shutil.get_terminal_size((80, 24)).columns, 160))
    return 80


def colour() -> bool:
    """Tell whether colours are wanted: on a terminal that has them, without NO_COLOR (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write(text: str) -> None:
    """Write a text to standard output, ended by a newline."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()
