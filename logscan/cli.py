"""The command line: commands and their options, no logic. Heavy modules are imported inside the commands."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from logscan import __version__, asking, console, places
from logscan.console import ExitStatus, Patterns, Width
from logscan.errors import LogscanError, OptionError


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


class _Group(TyperGroup):
    """``logscan PATH…`` is ``logscan report PATH…``; a word that is neither file nor command is refused."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args:
            typer.echo(_welcome() + ctx.get_help())
            ctx.exit(ExitStatus.DONE)
        own = {"--help", "-h", "--version", "--install-completion", "--show-completion"}
        if args[0] not in self.commands and not own & set(args[:1]):
            if not args[0].startswith("-") and not _may_be_log(args[0]):
                _usage(_neither(args[0], sorted(self.commands)))
            args = ["report", *args]
        return super().parse_args(ctx, args)


def _may_be_log(word: str) -> bool:
    return word.startswith("journal:") or "://" in word or os.path.exists(word) or any(sign in word for sign in "*?[")  # noqa: PTH110  # a word, not yet a path


def _neither(word: str, commands: list[str]) -> str:
    near = places.proposals(word, commands)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{word!r} is neither a file nor a command{hint} (`logscan --help` lists the commands)"


def _welcome() -> str:
    log = places.found()
    if log:
        return f"Try this first:\n\n    logscan {log}\n\n"
    if places.has_journal():
        return "Try this first; this machine keeps its mail log in the systemd journal:\n\n    logscan --journal\n\n"
    return "Try this first, with the path of a mail log:\n\n    logscan /var/log/mail.log\n\n"


def _usage(message: str) -> NoReturn:
    typer.echo(f"logscan: {message}", err=True)
    raise typer.Exit(ExitStatus.USAGE)


app = typer.Typer(
    cls=_Group,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reads mail server logs and tells why mail is not getting through, and what to do about it.\n\n"
    "`logscan PATH…` is short for `logscan report PATH…`.",
)
Paths = Annotated[
    list[str] | None, typer.Argument(metavar="PATH...", help="Files, folders, globs, or - for standard input.")
]
Journal = Annotated[
    bool,
    typer.Option("--journal", help="Read the systemd journal: this machine's, or the files and folders named."),
]
Since = Annotated[str | None, typer.Option(help="From when: yesterday, 2h, 2026-11-01, 'last week' …")]
Until = Annotated[str | None, typer.Option(help="Until when; a day or week is included.")]
Tz = Annotated[
    str | None,
    typer.Option(help="Zone of stamps that name none, and of the report (default: this machine's)."),
]
Year = Annotated[
    int | None, typer.Option(help="Year of the first line, where stamps have no year.", min=1970, max=9998)
]
MtaName = Annotated[str | None, typer.Option("--mta", help="Read as this MTA only: postfix …")]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"logscan {__version__}")
        raise typer.Exit(ExitStatus.DONE)


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _named(paths: list[str] | None, journal: bool) -> list[str]:
    """What to read, journals marked as such."""
    if journal:
        return [f"journal:{path}" for path in paths or [""]]
    if not paths:
        raise OptionError("nothing to read; name a log file or folder, - for standard input, or --journal")
    return paths


def _options(  # noqa: PLR0913, PLR0917  # the options that reading commands share
    mta: str | None,
    since: str | None,
    until: str | None,
    tz: str | None,
    year: int | None,
    patterns: list[str] | None,
) -> Any:
    from logscan import scan

    return scan.Options(mta, since, until, tz, year, tuple(patterns or ()))


@app.command()
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

    paths = _named(paths, journal)
    with workers.beside(paths) as mapper:
        from logscan import progress, result

        options = _options(mta, since, until, tz, year, patterns)
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


@app.command()
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

    paths = _named(paths, journal)
    options = _options(mta, since, until, tz, year, patterns)
    frame = scan.read_events(paths, options, columns=columns.split(",") if columns else None)
    if format is EventsFormat.PARQUET and sys.stdout.isatty():
        raise OptionError(
            "parquet is not for a terminal; send it to a file: logscan events … --format parquet > events.parquet"
        )
    sys.stdout.flush()
    render_events.write(frame, format.value, sys.stdout.buffer)


asking.register(app)


def main() -> NoReturn:
    """Run the command line; errors become one line on standard error and an exit status."""
    try:
        _run()
    except SystemExit as end:
        _leave(end)
    _leave(SystemExit(ExitStatus.DONE))


def _leave(end: SystemExit) -> NoReturn:
    """End without tidying up first: the system takes back what a scan holds much faster than the interpreter does."""
    if not isinstance(end.code, int | None):
        raise end
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        raise end from None
    os._exit(end.code or 0)


def _run() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except OptionError as error:
        _fail(str(error), ExitStatus.USAGE)
    except LogscanError as error:
        _fail(str(error), ExitStatus.FAILED)
    except BrokenPipeError:
        # Whoever reads our output has enough; the interpreter must not complain about it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitStatus.DONE)
    except KeyboardInterrupt:
        _fail("stopped", ExitStatus.INTERRUPTED)


def _fail(message: str, status: ExitStatus) -> NoReturn:
    sys.stderr.write(f"logscan: {message}\n")
    sys.exit(status)
