"""The command line: commands and their options, no logic. Heavy modules are imported inside the commands."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from logscan import __version__, asking, configuring, gathering, places, plugin, reporting, scheduling, tabling
from logscan.console import ExitStatus
from logscan.errors import LogscanError, OptionError


class _Group(TyperGroup):
    """``logscan PATH…`` is ``logscan report PATH…``; a word that is neither file nor command is refused."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        args = configuring.to_the_front(args)
        asked, taken = configuring.asked_in(args)
        own, args = args[:taken], args[taken:]
        if not args:
            typer.echo(_welcome() + ctx.get_help())
            ctx.exit(ExitStatus.DONE)
        if args[0] not in self.commands and args[0] not in {"--help", "-h", "--version", "--config"}:
            if not args[0].startswith("-") and not _may_be_log(args[0]):
                raise OptionError(_neither(args[0], sorted(self.commands)))
            args = ["report", *args]
        if args[0] in configuring.readers(self.commands) and not {"--help", "-h"} & set(args):
            ctx.default_map = configuring.defaults(ctx, self.commands, asked)
        return super().parse_args(ctx, [*own, *args])

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever reads our output has enough; the interpreter must not complain about it either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(ExitStatus.DONE)


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


app = typer.Typer(
    cls=_Group,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reads mail server logs and tells why mail is not getting through, and what to do about it.\n\n"
    "`logscan PATH…` is short for `logscan report PATH…`.",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"logscan {__version__}")
        raise typer.Exit(ExitStatus.DONE)


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    config: configuring.Asked = None,
) -> None:
    pass


reporting.register(app)
scheduling.register(app)
tabling.register(app)
gathering.register(app)
asking.register(app)
configuring.register(app)


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
        if plugin.asked(sys.argv[1:]):
            sys.exit(plugin.run(app))
        app()
    except OptionError as error:
        _fail(str(error), ExitStatus.USAGE)
    except LogscanError as error:
        _fail(str(error), ExitStatus.FAILED)
    except KeyboardInterrupt:
        _fail("stopped", ExitStatus.INTERRUPTED)
    except Exception as error:  # a mistake of ours, whatever it is
        if os.environ.get("LOGSCAN_TRACEBACK"):
            raise
        _fail(_mistake(error), ExitStatus.FAILED)


def _mistake(error: Exception) -> str:
    """Words for an error that should not be there: what it is, where it is, and how to report it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace is not None else None
    place = f" in {os.path.basename(code.co_filename)}, {code.co_name}" if code is not None else ""  # noqa: PTH119  # a name
    said = ascii(str(error))[1:-1][:200]
    return (
        f"a mistake in logscan {__version__} itself: {type(error).__name__}{place}: {said}. Please report it with the "
        "lines that led to it; LOGSCAN_TRACEBACK=1 shows more"
    )


def _fail(message: str, status: ExitStatus) -> NoReturn:
    sys.stderr.write(f"logscan: {message}\n")
    sys.exit(status)
