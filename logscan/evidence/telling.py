"""What a pack of evidence says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from logscan.evidence.about import For
from logscan.filling import named_in
from logscan.findings import Findings

if TYPE_CHECKING:
    import polars as pl

    from logscan.masking import Masker

_SAYS = {
    "problem.txt": "the cause, its cost, replies and what is advised, as the report shows it",
    "events.csv": "each attempt or refusal: when (UTC), from where, to where, the reply, what was made of it",
    "lines.log": "the lines of the log, as they stand there but for what is hidden",
    "places.txt": "the file and byte offset of each of these lines",
    "unparsed.log": "lines of a mail server that logscan does not understand yet",
    "coverage.txt": "how much of the logs was understood, and in which form they are",
}


def text_of(lines: Iterable[str]) -> str:
    """Lines as a text."""
    return "".join(f"{line}\n" for line in lines)


def readme(  # noqa: PLR0913, PLR0917  # all that a pack says of itself
    words: str,
    reader: For,
    masker: Masker | None,
    report: Findings,
    found: pl.DataFrame | None,
    version: str,
    files: dict[str, str],
) -> str:
    """The text that says what is in a pack, and what was hidden."""
    return text_of(
        [
            f"Evidence about {words}.",
            "",
            f"made by     logscan {version}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            *_counts(found),
            f"hidden      {_hidden(masker)}",
            f"log files   {len(report.sources)}",
            "",
            *(f"{name:13} {_SAYS[name]}" for name in files),
            *(_for_provider(found) if reader is For.PROVIDER and found is not None else []),
        ]
    )


def _counts(found: pl.DataFrame | None) -> Iterator[str]:
    if found is not None:
        times = found.get_column("timestamp").drop_nulls().dt.strftime("%Y-%m-%d %H:%M:%S").sort()
        if times.len():
            yield f"period      {times[0]} to {times[-1]} UTC"
        yield f"events      {found.height}"


def _hidden(masker: Masker | None) -> str:
    if masker is None:
        return "nothing: names and addresses are the real ones"
    if masker.people:
        return "people (local parts, logins, subjects); hosts, domains and IP addresses are the real ones"
    return "every address, host, domain and IP address; equal pseudonyms stand for equal names"


def _for_provider(found: pl.DataFrame) -> list[str]:
    """What a provider's form asks for, as far as the log has it."""
    replies = found.select("diagnostic", "remote_ip").unique(maintain_order=True).head(1000).rows()
    ours = sorted({ip for text, peer in replies if (ip := named_in(text or "", peer or "")["ip"])})
    top = found.get_column("diagnostic").drop_nulls().value_counts(sort=True).head(3).get_column("diagnostic").to_list()
    hosts = found.get_column("reporting_mta").drop_nulls().unique().sort().to_list()
    peers = found.get_column("remote_mta").drop_nulls().unique().sort().head(5).to_list()
    return [
        "",
        "For the form:",
        f"  our sending address   {', '.join(ours[:5]) or 'the replies do not name it: add it'}",
        f"  our hosts             {', '.join(hosts) or 'the log does not name them'}",
        f"  your hosts            {', '.join(peers) or 'none answered'}",
        "  times                 UTC, in events.csv",
        *(f"  reply                 {text}" for text in top),
    ]
