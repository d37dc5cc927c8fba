"""``--since-last``: a run covers what was logged since the last good one, and only a good one moves on.

A run is good when everything that was asked for has been done: the report written, mailed, saved.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from logscan import state


@dataclass(frozen=True, slots=True)
class Onward:
    """Whether to go on where the last run ended."""

    since_last: Annotated[
        bool,
        typer.Option(
            "--since-last",
            help="What was logged since the last good run with this option, rotated files included; in a first run, "
            "all that --since asks for.",
        ),
    ] = False
    state: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Where --since-last notes how far it came (default: a file for these paths)."
        ),
    ] = None


@contextmanager
def going_on(onward: Onward, command: str, paths: Sequence[str]) -> Iterator[state.Last | None]:
    """What the last run left; what this one leaves is kept at the end, if it was good. None without --since-last.

    Raises LogscanError while another run goes on, InputError for a state that cannot be read or written.
    """
    if not onward.since_last:
        yield None
        return
    path = Path(onward.state) if onward.state else state.usual_path(command, list(paths))
    with state.locked(path):
        last = state.Last(state.load(path))
        yield last
        if last.good and last.after is not None:
            _keep(path, last.after)


def good(last: state.Last | None, really: bool = True) -> None:
    """Say that everything that was asked for has been done."""
    if last is not None:
        last.good = really


def _keep(path: Path, after: state.State) -> None:
    sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):  # a pipe or terminal has nothing to put on a disk
        os.fsync(sys.stdout.fileno())
    state.save(path, after)
