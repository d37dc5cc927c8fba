"""The commands that read logs: report and events."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from logscan import console
from logscan.choices import Journal, MtaName, Paths, Since, Tz, Until, Year, named, read_options
from logscan.console import ExitStatus, Patterns, Width
from logscan.errors import OptionError


class ReportFormat(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class EventsFormat(StrEnum):
    """How events are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(report)
    app.command()(events)


def report(  # noqa: PLR0913, PLR0917  # the options of the command
    paths: Paths = None,
    journal: Journal = False,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    year: Year = None,
    mta: MtaName = None,
    patterns: Patterns = None,
    top: Annotated[int, typer.Option(help="How many problems to show.", min=1)] = 10,
    format: Annotated[ReportFormat, typer.Option(help="How to write the report.")] = ReportFormat.TEXT,
    min_coverage: Annotated[
        float | None,
        typer.Option(help="Exit with 4 when less than this share (%) of the server's lines is understood."),
    ] = None,
    width: Width = None,
) -> None:
    """Report on mail logs: what got through, what did not, why, and what to do."""
    from logscan import workers

    paths = named(paths, journal)
    with workers.beside(paths) as mapper:
        from logscan import progress, result

        options = read_options(mta, since, until, tz, year, patterns)
        with progress.Bar(sys.stderr) as bar:
            found = result.of(paths, options, mapper=mapper, progress=bar.update)
    if format is ReportFormat.TEXT:
        encoding = sys.stdout.encoding or "ascii"
        text = found.to_text(width=console.width(width), colour=console.colour(), top=top, encoding=encoding)
    else:
        text = found.to_json() if format is ReportFormat.JSON else found.to_csv()
    console.write(text)
    if min_coverage is not None and found.coverage < min_coverage:
        typer.echo(
            f"logscan: {found.coverage:.1f} % of the server's lines understood, below {min_coverage:g} %",
            err=True,
        )
        raise typer.Exit(ExitStatus.COVERAGE)


def events(  # noqa: PLR0913, PLR0917  # the options of the command
    paths: Paths = None,
    journal: Journal = False,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    year: Year = None,
    mta: MtaName = None,
    patterns: Patterns = None,
    columns: Annotated[str | None, typer.Option(help="Only these columns, separated by commas.")] = None,
    format: Annotated[EventsFormat, typer.Option(help="How to write the events.")] = EventsFormat.CSV,
) -> None:
    """Write every SMTP reply event as a table: one row for each delivery attempt or refusal."""
    from logscan import scan
    from logscan.render import events as render_events

    paths = named(paths, journal)
    options = read_options(mta, since, until, tz, year, patterns)
    frame = scan.read_events(paths, options, columns=columns.split(",") if columns else None)
    if format is EventsFormat.PARQUET and sys.stdout.isatty():
        raise OptionError(
            "parquet is not for a terminal; send it to a file: logscan events … --format parquet > events.parquet"
        )
    sys.stdout.flush()
    render_events.write(frame, format.value, sys.stdout.buffer)
