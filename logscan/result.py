"""A report as the library hands it out: findings that can show themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logscan import building, engines, redacting, redactkey, scan
from logscan.errors import ChangedError
from logscan.findings import Covered, Findings, SinceLast
from logscan.masking import Masker
from logscan.packs import knowledge, mtas, site_folders
from logscan.parse.lines import Coverage
from logscan.render import render
from logscan.summary import from_pandas, summary_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


_TRIES = 5


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one or more logs; ``findings`` holds them as data."""

    findings: Findings

    @property
    def coverage(self) -> float:
        """The share (%) of the mail servers' own lines that was understood; 100 when there are none."""
        return self.findings.coverage.share

    def to_text(self, *, width: int = 100, colour: bool = False, top: int | None = 10, encoding: str = "utf-8") -> str:
        """The report for a terminal, wrapped to a width; plain ASCII for an encoding other than UTF-8."""
        return render(self.findings, "text", width=width, colour=colour, top=top, encoding=encoding)

    def to_json(self) -> str:
        """The report as JSON (schema logscan.report/1)."""
        return render(self.findings, "json")

    def to_csv(self) -> str:
        """Problems and refusals as CSV, one row each."""
        return render(self.findings, "csv")

    def to_markdown(self, *, top: int | None = 10) -> str:
        """The report in short as GitHub-flavoured Markdown."""
        return render(self.findings, "markdown", top=top)

    def to_html(self, *, top: int | None = 10) -> str:
        """The report as one web page that needs nothing else; the ``top`` costliest causes stand at its head.

        Raises MissingExtraError without ``pip install 'logscan[report]'``.
        """
        return render(self.findings, "html", top=top)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain dicts, lists, texts and numbers."""
        return self.findings.to_dict()

    def redacted(self, key: str | bytes | None = None, *, all_: bool = False) -> Report:
        """The same report with pseudonyms for addresses, hosts, domains and IP addresses.

        They are the same in every report with this key, and hold for this report alone without one. ``all_`` hides the
        mail providers, too. Reasons and remedies were decided before, and stay.
        """
        return self.masked(masker(key, all_=all_))

    def masked(self, masker: Masker) -> Report:
        """The same report as this masker shows it."""
        return Report(redacting.findings(self.findings, masker))

    def __str__(self) -> str:
        return self.to_text()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.to_text())

    def __repr__(self) -> str:
        return self.to_text()


def masker(key: str | bytes | None, *, all_: bool = False) -> Masker:
    """What puts pseudonyms under a key, or under one of its own."""
    secret = redactkey.random_key() if key is None else key.encode() if isinstance(key, str) else key
    return Masker(secret, all_=all_)


def of(
    paths: scan.Paths | pd.DataFrame,
    options: scan.Options,
    *,
    mapper: scan.Mapper | None = None,
    progress: scan.Progress | None = None,
) -> Report:
    """A report on logs, or on an events table."""
    if hasattr(paths, "columns"):
        return _of_events(from_pandas(paths), options)  # type: ignore[arg-type]  # a pandas frame
    found = _summarised(paths, options, mapper or engines.threads, progress)
    folders = site_folders(options.patterns)
    return Report(
        building.build(
            found.summary,
            found.coverage,
            knowledge(folders),
            mtas(folders),
            sources=found.read,
            skipped=[(item.name, item.why) for item in found.skipped],
            zone=found.zone,
            since=found.since,
            until=found.until,
            natures=found.natures,
            since_last=_since_last(found, options),
        )
    )


def _summarised(
    paths: scan.Paths, options: scan.Options, mapper: scan.Mapper, progress: scan.Progress | None
) -> scan.Result:
    """Scan; once more where logs are rotated meanwhile and it is known which lines were counted."""
    for left in range(_TRIES if options.last else 0, 0, -1):
        try:
            return scan.summarise_paths(paths, options, mapper=mapper, progress=progress)
        except ChangedError:
            if left == 1:
                raise
            mapper = engines.threads  # the other may serve once only
    return scan.summarise_paths(paths, options, mapper=mapper, progress=progress)


def _since_last(found: scan.Result, options: scan.Options) -> SinceLast | None:
    new = found.onward
    if new is None or options.last is None:
        return None
    return SinceLast(new.before.at, [Covered(*part) for part in new.parts], new.gone)


def _of_events(events: pl.DataFrame, options: scan.Options) -> Report:
    import polars as pl

    folders = site_folders(options.patterns)
    names = events.get_column("source").drop_nulls().unique().sort().to_list()
    return Report(
        building.build(
            summary_of(events, pl.DataFrame()),
            Coverage(lines=events.height, events=events.height),
            knowledge(folders),
            mtas(folders),
            sources=names,
            skipped=[],
            zone=scan.zone_name(options.tz),
        )
    )
