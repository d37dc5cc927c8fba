"""Writes a finished report: in which format, to which file or to standard output."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logscan import console
from logscan.errors import OptionError
from logscan.outputs import files

if TYPE_CHECKING:
    from logscan.result import Report


class ReportFormat(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    NAGIOS = "nagios"
    HTML = "html"


_BY_SUFFIX = {
    ".json": ReportFormat.JSON,
    ".csv": ReportFormat.CSV,
    ".md": ReportFormat.MARKDOWN,
    ".markdown": ReportFormat.MARKDOWN,
    ".html": ReportFormat.HTML,
    ".htm": ReportFormat.HTML,
}
Format = Annotated[
    ReportFormat | None,
    typer.Option(
        help="How to write the report (default: text, or what the name of --output ends in; with --mail-to none)."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the report to this file, whole or not at all."),
]


def prepared(form: ReportFormat | None, file: Path | None) -> tuple[ReportFormat, Path | None]:
    """Format and file; raises, before a log is read, where the report could not be made or written."""
    from logscan import render

    file = None if file == Path("-") else file
    if form is None:
        form = _BY_SUFFIX.get(file.suffix.lower(), ReportFormat.TEXT) if file is not None else ReportFormat.TEXT
    if form is ReportFormat.NAGIOS:
        if file is not None:
            raise OptionError("--format nagios is one line for a monitoring system, which reads standard output")
        return form, None
    render.ready(form.value)
    if file is not None:
        files.writable(file)
    return form, file


def write(found: Report, form: ReportFormat, file: Path | None, *, top: int, width: int | None) -> None:
    """Write a report to a file, or else to standard output."""
    text = _text(found, form, file is None, top, width)
    if file is None:
        console.write(text)
    else:
        files.replace(file, text)


def _text(found: Report, form: ReportFormat, shown: bool, top: int, width: int | None) -> str:
    if form is ReportFormat.TEXT:
        encoding = (sys.stdout.encoding or "ascii") if shown else "utf-8"
        return found.to_text(width=console.width(width), colour=shown and console.colour(), top=top, encoding=encoding)
    if form is ReportFormat.MARKDOWN:
        return found.to_markdown(top=top)
    if form is ReportFormat.HTML:
        return found.to_html(top=top)
    return found.to_json() if form is ReportFormat.JSON else found.to_csv()
