"""The commands that ask what is known, and read no log: explain, compare, packs, rules."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from logscan import console
from logscan.console import ExitStatus, Patterns, Width
from logscan.errors import OptionError


class ReferenceFormat(StrEnum):
    """How an explanation is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


packs_app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="The pattern packs: what is known, and checks."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(explain)
    app.command()(compare)
    app.add_typer(packs_app, name="packs")


def explain(
    text: Annotated[list[str], typer.Argument(metavar="TEXT...", help="A code, a reply, or a whole log line.")],
    format: Annotated[ReferenceFormat, typer.Option(help="How to write it.")] = ReferenceFormat.TEXT,
    width: Width = None,
) -> None:
    """Explain a reply code, an enhanced status code, a reply or a log line."""
    from logscan import explain as explain_

    console.write(_as(explain_(" ".join(text)), format, width))


def compare(
    codes: Annotated[list[str], typer.Argument(metavar="CODE CODE...", help="Two or more codes.")],
    format: Annotated[ReferenceFormat, typer.Option(help="How to write it.")] = ReferenceFormat.TEXT,
    width: Width = None,
) -> None:
    """Compare reply codes or enhanced status codes: what each means, and which applies when."""
    from logscan import compare as compare_

    if len(codes) < 2:
        raise OptionError("compare takes two or more codes, for example: logscan compare 211 421")
    console.write(_as(compare_(*codes), format, width))


def _as(thing: Any, format: ReferenceFormat, width: int | None) -> str:
    if format is ReferenceFormat.JSON:
        from logscan.render.reference import as_json

        return as_json(thing)
    if format is ReferenceFormat.MARKDOWN:
        return str(thing.to_markdown())
    return str(thing.to_text(width=console.width(width), colour=console.colour()))


@packs_app.command("list")
def packs_list(patterns: Patterns = None) -> None:
    """List the pattern packs and what each of them knows."""
    from logscan.packs import overview

    console.write(overview.text(tuple(patterns or ())))


@packs_app.command("check")
def packs_check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE...]", help="Pack files; default: all shipped.")
    ] = None,
    patterns: Patterns = None,
) -> None:
    """Check pattern packs against the laws of patterns/README.md."""
    from logscan.packs import overview

    text, good = overview.check(files or [], tuple(patterns or ()))
    console.write(text)
    if not good:
        raise typer.Exit(ExitStatus.FAILED)
