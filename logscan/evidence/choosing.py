"""The events and lines that a pack of evidence is about."""

from __future__ import annotations

import io
from collections import defaultdict
from typing import TYPE_CHECKING

from logscan import places, scan, sources
from logscan.causes import BAD, entries
from logscan.errors import OptionError
from logscan.evidence.about import About, Line
from logscan.findings import Findings, Problem
from logscan.packs import knowledge, site_folders
from logscan.summary import cause

if TYPE_CHECKING:
    import polars as pl

_KEYS = ("event", "cause", "rule", "reason", "provider", "party", "reply_code", "enhanced_code", "dsn")


def problem_of(report: Findings, number: int) -> Problem:
    """The problem with a number; raises OptionError where the report has none."""
    if not 1 <= number <= len(report.problems):
        raise OptionError(f"--problem {number}: the report has {len(report.problems)} problems; its numbers are theirs")
    return report.problems[number - 1]


def selected(events: pl.DataFrame, about: About, problems: list[Problem], options: scan.Options) -> pl.DataFrame:
    """The events that it is about, in the order of the log; raises OptionError where there are none."""
    import polars as pl

    failed = pl.col("outcome").cast(pl.String).is_in(BAD)
    known = knowledge(site_folders(options.patterns))
    if problems:
        out = _of_problem(events, problems[0], options)
    elif about.queue_id is not None:
        out = events.filter(pl.col("queue_id") == about.queue_id)
    elif about.domain is not None:
        out = events.filter(failed & (pl.col("recipient_domain") == about.domain.lower()))
    else:
        name = about.provider or ""
        if name not in known.providers:
            near = places.proposals(name, sorted(known.providers))
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(sorted(known.providers))}"
            raise OptionError(f"--provider {name}: not known; {hint}")
        out = events.filter(failed & (pl.col("provider") == name))
    if out.is_empty():
        raise OptionError(f"there is no {about.words()} in these logs")
    return out


def _of_problem(events: pl.DataFrame, problem: Problem, options: scan.Options) -> pl.DataFrame:
    """The events of one problem: those whose cause stands in the same entry of the report as its example does."""
    import polars as pl

    rows = events.with_columns(cause())
    rows = rows.filter((pl.col("event") == problem.event) & pl.col("outcome").cast(pl.String).is_in(BAD))
    kinds = rows.select(_KEYS).unique(maintain_order=True)
    known = knowledge(site_folders(options.patterns))
    stands = [next(iter(entries([kind], known).values())) for kind in kinds.to_dicts()]
    rows = rows.join(kinds.with_columns(_entry=pl.Series(stands)), on=_KEYS, nulls_equal=True, maintain_order="left")
    shown = rows.filter((pl.col("source") == problem.source) & (pl.col("offset") == problem.offset))
    return rows.filter(pl.col("_entry").is_in(shown.get_column("_entry").implode())).drop("cause", "_entry")


def lines_of(
    paths: list[str], options: scan.Options, found: pl.DataFrame, queue_id: str | None, most: int
) -> list[Line]:
    """The lines of events, or every line of one message."""
    every = {one.name: one for one in scan.Scan(paths, options, messages=False, columns=None).found.sources}
    if queue_id is not None:
        taken = ((one, sources.lines_with(one, queue_id, most)) for one in every.values())
        return [Line(one.name, at, _decoded(line)) for one, lines in taken for at, line in lines][:most]
    spots = found.select("source", "offset").unique(maintain_order=True).rows()
    if len(spots) > most:
        spots = [*spots[: most - most // 2], *spots[len(spots) - most // 2 :]]
    offsets: dict[str, list[int]] = defaultdict(list)
    for source, offset in spots:
        offsets[source].append(offset)
    return [
        Line(name, at, _without_subject(_decoded(line), sources.beginning(every[name], 1 << 14)))
        for name in every
        if name in offsets
        for at, line in sources.lines_at(every[name], offsets[name])
    ]


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _without_subject(line: str, head: bytes) -> str:
    """A row of a table without the subject of the message, wherever the head of the file says that it stands."""
    import csv

    fields = next((row for row in head.decode("utf-8", "replace").splitlines() if "subject" in row.lower()), "")
    names = fields.removeprefix("#Fields:").lower().split(",")
    at = next((n for n, name in enumerate(names) if "subject" in name), None)
    if at is None or line.count(",") < len(names) // 2:
        return line
    row = next(csv.reader([line]), [])
    if at < len(row) and row[at]:
        row[at] = "<text>"
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(row)
    return out.getvalue()
