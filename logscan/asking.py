"""The commands that ask what is known, and read no log: explain, compare, packs, rules."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from logscan import console
from logscan.console import ExitStatus, Patterns, Width
from logscan.errors import OptionError


class SchemaName(StrEnum):
    """What a schema is of."""

    REPORT = "report"
    EVENTS = "events"


class TrialFormat(StrEnum):
    """How a trial of the rules is written."""

    TEXT = "text"
    JSONL = "jsonl"


class ReferenceFormat(StrEnum):
    """How an explanation is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


packs_app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="The pattern packs: what is known, and checks."
)
rules_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The rules: tries them on replies.")


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(explain)
    app.command()(compare)
    app.command()(schema)
    app.add_typer(packs_app, name="packs")
    app.add_typer(rules_app, name="rules")


def explain(
    text: Annotated[list[str], typer.Argument(metavar="TEXT...", help="A code, a reply, or a whole log line.")],
    patterns: Patterns = None,
    format: Annotated[ReferenceFormat, typer.Option(help="How to write it.")] = ReferenceFormat.TEXT,
    width: Width = None,
) -> None:
    """Explain a reply code, an enhanced status code, a reply or a log line."""
    from logscan import explain as explain_

    console.write(_as(explain_(" ".join(text), patterns=patterns or ()), format, width))


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


def schema(
    name: Annotated[SchemaName, typer.Argument(metavar="report|events", help="Of what.")],
) -> None:
    """Print the JSON Schema of what --format json and jsonl write."""
    from logscan import published

    console.write(published.text(name.value))


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


@rules_app.command("test")
def rules_test(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Replies or log lines, one a line; or labelled ones as JSON lines.")
    ],
    patterns: Patterns = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Show only replies that are not decided as labelled.")] = False,
    format: Annotated[TrialFormat, typer.Option(help="How to write it.")] = TrialFormat.TEXT,
    width: Width = None,
) -> None:
    """Show what the rules, yours first, make of every reply in a file; and how often they are right."""
    from logscan.explaining import trial
    from logscan.packs import for_pasting, knowledge, site_folders
    from logscan.render import trial as render

    folders = site_folders(tuple(patterns or ()))
    found = trial.tried(file, for_pasting(folders), knowledge(folders))
    rows, scores = trial.shown(found, only_wrong=wrong), trial.scores(found)
    if format is TrialFormat.JSONL:
        console.write("\n".join(json.dumps(row) for row in rows))
    else:
        told = [render.rows(rows, console.width(width)), render.table(scores) if scores else ""]
        console.write("\n\n".join(text for text in told if text))
