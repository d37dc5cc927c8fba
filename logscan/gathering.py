"""The command that packs evidence."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from logscan import console
from logscan.choices import Privacy, Reading, masker_of
from logscan.errors import InputError, OptionError
from logscan.groups import grouped


@dataclass(frozen=True, slots=True)
class Subject:
    """What the evidence is about."""

    problem: Annotated[int | None, typer.Option(metavar="N", help="The problem with this number in the report.")] = None
    queue_id: Annotated[str | None, typer.Option(metavar="ID", help="One message.")] = None
    domain: Annotated[str | None, typer.Option(metavar="D", help="Mail to this domain that failed.")] = None
    provider: Annotated[str | None, typer.Option(metavar="P", help="Mail to this provider that failed: google …")] = (
        None
    )
    unparsed: Annotated[bool, typer.Option("--unparsed", help="Lines that were not understood.")] = False


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(grouped(evidence))


def evidence(  # noqa: PLR0913, PLR0917  # the options of the command
    reading: Reading = Reading(),  # noqa: B008  # frozen
    subject: Subject = Subject(),
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The archive to write.")] = Path(
        "evidence.zip"
    ),
    reader: Annotated[
        str, typer.Option("--for", metavar="bug|provider", help="bug hides every name, provider hides people alone.")
    ] = "bug",
    lines: Annotated[int, typer.Option(help="The most lines of the log to take.", min=2)] = 200,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    plain: Annotated[bool, typer.Option("--no-redact", help="Hide nothing.")] = False,
    redact_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="The key of the pseudonyms (default: one of this run).")
    ] = None,
) -> None:
    """Pack what one problem, message, domain or provider is about, to send it to a provider or with a bug report."""
    from logscan import __version__
    from logscan import evidence as packs

    if reader not in [*packs.For]:
        raise OptionError(f"--for {reader}: it is for a provider, or for a report of a bug: --for provider, --for bug")
    if plain and redact_key:
        raise OptionError("--no-redact hides nothing, so it takes no --redact-key")
    if output.exists() and not force and not _asked(output):
        raise OptionError(f"{output}: is there already; name another file with -o, or add --force")
    options = reading.options()
    people = reader == packs.For.PROVIDER
    masker = None if plain else masker_of(Privacy(redact=True, redact_key=redact_key), people=people)
    about = packs.About(subject.problem, subject.queue_id, subject.domain, subject.provider, subject.unparsed)
    made = packs.pack(
        reading.named(), options, about, reader=packs.For(reader), masker=masker, most=lines, version=__version__
    )
    _write(output, made.archive())
    console.write(f"{output}:\n{made.listing()}\n\nLook at it before you send it: unzip -p {output} | less")


def _asked(output: Path) -> bool:
    """Whether someone at a terminal lets a file be written over."""
    return sys.stdin.isatty() and sys.stderr.isatty() and typer.confirm(f"{output} is there; write over it?", err=True)


def _write(output: Path, data: bytes) -> None:
    """Write a file that only its owner can read."""
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror}); name another file with -o") from None
