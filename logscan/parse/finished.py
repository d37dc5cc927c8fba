"""Sessions that several blocks or files tell of: what they say when their rows are together."""

from __future__ import annotations

import polars as pl

from logscan.framing import Clock
from logscan.packs.mta import Mta
from logscan.packs.tables import Table, format_of
from logscan.parse import lines, records, sessions

_CLOCK = Clock("UTC", 2000, 101)  # the rows have their time already


def finished_sessions(
    rows: pl.DataFrame, packs: tuple[Mta, ...], wanted: lines.Wanted, *, last: bool
) -> tuple[list[tuple[str, lines.Parsed]], pl.DataFrame]:
    """What sessions say whose rows came from several blocks, file by file, and the rows that wait on.

    ``rows`` are those that waited, of one folder, in the order of files. The ``last`` time none waits any more.
    """
    out: dict[str, lines.Parsed] = {}
    left: list[pl.DataFrame] = []
    for (mta_id, format_id), mine in rows.group_by("_mta", "_format", maintain_order=True):
        known = format_of(Table(str(mta_id), str(format_id)), packs)
        if known is None or known[1].talk is None:
            continue
        talk = known[1].talk
        whole, later = (sessions.copies(mine, talk), mine.clear()) if last else sessions.parted(mine, talk)
        left.append(later)
        done = sessions.assembled(whole, talk) if whole.height else whole
        for name, count in whole.group_by("source").len().sort("source").rows():
            part = done.filter(pl.col("source") == name).drop("source", "_mta")
            coverage = lines.Coverage(ignored=count - part.height)
            found: dict[str, list[pl.DataFrame]] = {kind: [] for kind in records.KINDS}
            records.shown(coverage, records.unshaped(part, known, _CLOCK, wanted, coverage, found), talk, name)
            _add(out, name, records.parsed(found, name, wanted, coverage))
    return list(out.items()), pl.concat(left) if left else rows.clear()


def _add(parts: dict[str, lines.Parsed], name: str, more: lines.Parsed) -> None:
    """Put what one format of a file says to what others did."""
    if (one := parts.get(name)) is None:
        parts[name] = more
        return
    one.events = pl.concat([one.events, more.events], how="diagonal_relaxed")
    one.notices = pl.concat([one.notices, more.notices], how="diagonal_relaxed")
    one.coverage += more.coverage
