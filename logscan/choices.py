"""The options that commands which read logs share: what to read, which period, in whose zone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logscan.console import Patterns
from logscan.errors import OptionError
from logscan.state import Last

if TYPE_CHECKING:
    from logscan.masking import Masker

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


@dataclass(frozen=True, slots=True)
class Privacy:
    """Whether names and addresses are shown."""

    redact: Annotated[
        bool,
        typer.Option("--redact", help="Pseudonyms instead of addresses, hosts, domains and IP addresses."),
    ] = False
    redact_key: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Redact with the key in this file: the same pseudonyms in every report.",
        ),
    ] = None
    redact_all: Annotated[bool, typer.Option("--redact-all", help="Redact, and hide the mail providers, too.")] = False

    @property
    def wanted(self) -> bool:
        """Whether anything is to be hidden."""
        return self.redact or self.redact_all or self.redact_key is not None


def masker_of(privacy: Privacy, *, people: bool = False) -> Masker | None:
    """What puts pseudonyms, where they are wanted; it is told on standard error if they hold for this run alone.

    Raises InputError for a key that cannot be read.
    """
    if not privacy.wanted:
        return None
    from logscan import redactkey
    from logscan.masking import Masker

    path = privacy.redact_key or os.environ.get(redactkey.VARIABLE)
    if not path:
        typer.echo(
            "logscan: pseudonyms of this run alone; --redact-key FILE gives the same ones in every report", err=True
        )
    return Masker(redactkey.read(path) if path else redactkey.random_key(), all_=privacy.redact_all, people=people)


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read, which period of it, and how."""

    paths: Paths = None
    journal: Journal = False
    since: Since = None
    until: Until = None
    tz: Tz = None
    year: Year = None
    mta: MtaName = None
    patterns: Patterns = None

    def named(self) -> list[str]:
        """The paths, journals marked as such; raises OptionError where nothing is named."""
        if self.journal:
            return [f"journal:{path}" for path in self.paths or [""]]
        if not self.paths:
            raise OptionError("nothing to read; name a log file or folder, - for standard input, or --journal")
        return self.paths

    def options(self, last: Last | None = None) -> Any:
        """What a scan is to be told."""
        from logscan import scan

        return scan.Options(self.mta, self.since, self.until, self.tz, self.year, tuple(self.patterns or ()), last)
