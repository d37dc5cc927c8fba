"""The options of what is done with a finished report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True)
class Alarms:
    """When to raise the alarm."""

    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXPR",
            help="Exit with 3 when this holds, such as 'bounced>5% and attempts>100'; repeatable; "
            "`logscan measures` lists what can be named.",
        ),
    ] = None
    min_coverage: Annotated[
        float | None,
        typer.Option(help="Exit with 4 when less than this share (%) of the server's lines is understood."),
    ] = None
