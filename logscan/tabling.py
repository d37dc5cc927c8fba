"""The commands that write tables of what logs hold: events and summary."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from logscan import lastly
from logscan.choices import Privacy, Reading, masker_of
from logscan.errors import OptionError
from logscan.groups import grouped


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


Raw = Annotated[bool, typer.Option("--raw", help="CSV for programs: no apostrophe before =, +, - and @.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(grouped(events))
    app.command()(grouped(summary))


def events(  # noqa: PLR0913, PLR0917  # the options of the command
    reading: Reading = Reading(),  # noqa: B008  # frozen
    columns: Annotated[str | None, typer.Option(help="Only these columns, separated by commas.")] = None,
    format: Annotated[TableFormat, typer.Option(help="How to write the events.")] = TableFormat.CSV,
    raw: Raw = False,
    privacy: Privacy = Privacy(),  # noqa: B008  # frozen
    onward: lastly.Onward = lastly.Onward(),  # noqa: B008  # frozen
) -> None:
    """Write every SMTP reply event as a table: one row for each delivery attempt or refusal."""
    from logscan import redacting, scan
    from logscan.render import events as render_events

    paths = reading.named()
    names = scan.known_columns(columns.split(",") if columns else None)
    _refuse_terminal(format)
    with lastly.going_on(onward, "events", paths) as last:
        options = reading.options(last)
        masker = masker_of(privacy)
        frame = scan.read_events(paths, options)
        frame = (redacting.frame(frame, masker) if masker else frame).select(names)
        sys.stdout.flush()
        render_events.write(frame, format.value, sys.stdout.buffer, raw=raw)
        lastly.good(last)


def summary(  # the options of the command
    reading: Reading = Reading(),  # noqa: B008  # frozen
    format: Annotated[TableFormat, typer.Option(help="How to write the counts.")] = TableFormat.CSV,
    raw: Raw = False,
    privacy: Privacy = Privacy(),  # noqa: B008  # frozen
    onward: lastly.Onward = lastly.Onward(),  # noqa: B008  # frozen
) -> None:
    """Write counts of events as a table: by outcome, reason, rule, codes, provider, domain, hour and wording."""
    from logscan import redacting, tallies
    from logscan.render import events as render_events
    from logscan.summary import SUMMARY

    paths = reading.named()
    _refuse_terminal(format)
    with lastly.going_on(onward, "summary", paths) as last:
        options = reading.options(last)
        masker = masker_of(privacy)
        frame = tallies.summarise_logs(paths, options)
        frame = redacting.frame(frame, masker) if masker else frame
        sys.stdout.flush()
        render_events.write(frame, format.value, sys.stdout.buffer, raw=raw, columns=SUMMARY)
        lastly.good(last)


def _refuse_terminal(format: TableFormat) -> None:
    if format is TableFormat.PARQUET and sys.stdout.isatty():
        raise OptionError(
            "parquet is not for a terminal; send it to a file: logscan events … --format parquet > events.parquet"
        )
