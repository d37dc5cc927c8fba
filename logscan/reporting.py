"""The command that reports on logs, and what belongs to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from logscan import console, lastly
from logscan.choices import Privacy, Reading, masker_of
from logscan.console import ExitStatus, Patterns, Width
from logscan.groups import grouped
from logscan.outputs import writing
from logscan.outputs.options import Alarms, Sending
from logscan.outputs.writing import Format, Output


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(grouped(report))
    app.command()(redact_key)
    app.command()(measures)


def report(  # noqa: PLR0913, PLR0917  # the options of the command
    reading: Reading = Reading(),  # noqa: B008  # frozen
    top: Annotated[int, typer.Option(help="How many problems to show.", min=1)] = 10,
    format: Format = None,
    output: Output = None,
    width: Width = None,
    privacy: Privacy = Privacy(),  # noqa: B008  # frozen
    alarms: Alarms = Alarms(),  # noqa: B008  # frozen
    sending: Sending = Sending(),  # noqa: B008  # frozen
    onward: lastly.Onward = lastly.Onward(),  # noqa: B008  # frozen
) -> None:
    """Report on mail logs: what got through, what did not, why, and what to do."""
    from logscan import workers

    if alarms.fail_if and "help" in alarms.fail_if:
        measures(reading.patterns)
        return
    paths = reading.named()
    form, file = writing.prepared(format, output)
    with lastly.going_on(onward, "report", paths) as last, workers.beside(paths) as mapper:
        from logscan import progress, result
        from logscan.outputs import delivering

        plan = delivering.planned(
            alarms, sending, reading.patterns, plugin=form is writing.ReportFormat.NAGIOS, top=top
        )
        options = reading.options(last)
        masker = masker_of(privacy)
        with delivering.failures_told(plan), progress.Bar(sys.stderr) as bar:
            found = result.of(paths, options, mapper=mapper, progress=bar.update)
        real = found
        found = real.masked(masker) if masker else real

        def write() -> None:
            if format or output or not sending.mail_to:
                writing.write(found, form, file, top=top, width=width)

        status = delivering.deliver(found, plan, write, real=real)
        lastly.good(last, plan.plugin or status != ExitStatus.FAILED)
    raise typer.Exit(status)


def measures(patterns: Patterns = None, width: Width = None) -> None:
    """List what `--fail-if` can name, and the rules of its language."""
    from logscan.alerts import listed
    from logscan.outputs import delivering

    console.write(listed(delivering.names(patterns), console.width(width)))


def redact_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; it must not exist yet.")],
) -> None:
    """Make a key for --redact-key: with it, pseudonyms are the same in every report."""
    from logscan import redactkey

    redactkey.create(file)
    typer.echo(f"logscan: {file} written; whoever has it can check guesses, so keep it to yourself", err=True)
