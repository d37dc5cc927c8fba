"""The options of what is done with a finished report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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
    warn: Annotated[
        list[str] | None,
        typer.Option(metavar="EXPR", help="With --format nagios: WARNING when this holds; repeatable."),
    ] = None
    crit: Annotated[
        list[str] | None,
        typer.Option(metavar="EXPR", help="With --format nagios: CRITICAL when this holds; repeatable."),
    ] = None
    min_coverage: Annotated[
        float | None,
        typer.Option(help="Exit with 4 when less than this share (%) of the server's lines is understood."),
    ] = None


class Attachment(StrEnum):
    """A form of the report that can be attached to a mail."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Sending:
    """To whom the report goes: by mail, and to a receiver on the web."""

    mail_to: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Mail the report to this address; repeatable.")
    ] = None
    mail_from: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The sender of that mail.")] = None
    mail_subject: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Its subject (default: the result in short).")
    ] = None
    mail_via: Annotated[
        str | None,
        typer.Option(metavar="WAY", help="sendmail (the default), smtp://HOST:PORT or smtps://HOST:PORT."),
    ] = None
    mail_auth: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A file with user = … and password = … for that server; else LOGSCAN_SMTP_USER and "
            "LOGSCAN_SMTP_PASSWORD are used.",
        ),
    ] = None
    mail_attach: Annotated[
        list[Attachment] | None, typer.Option(help="Attach the report in this form, too; repeatable.")
    ] = None
    mail_empty: Annotated[
        bool, typer.Option("--mail-empty", help="Mail the report even if there is nothing to say.")
    ] = False
    webhook: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Post the report in short, as JSON, to this address when a --fail-if holds; @FILE holds the address.",
        ),
    ] = None
    webhook_always: Annotated[bool, typer.Option("--webhook-always", help="Post it even when no --fail-if holds.")] = (
        False
    )
