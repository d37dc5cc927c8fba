"""Which year the stamps of each file lie in, where stamps do not say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from logscan import framing, sources, wrapping


def of(
    found: tuple[sources.Source, ...], heads: Mapping[str, bytes], zone: str, year: int | None, now: datetime
) -> dict[str, framing.Clock]:
    """A clock for every file: by its own time, and along a rotated series, whose files follow each other.

    ``heads`` holds how each file begins, by its name.
    """
    out: dict[str, framing.Clock] = {}
    series: dict[str, list[sources.Source]] = {}
    for source in found:
        if source.path is not None and source.size is not None:
            series.setdefault(source.series, []).append(source)
    for group in series.values():
        starts = [(source, _first_month_day(heads.get(source.name, b""))) for source in group]
        if year is not None:
            out |= _forward(starts, zone, year)
        else:
            out |= _backward(starts, zone, now)
    return out


def _forward(starts: list[tuple[sources.Source, int | None]], zone: str, year: int) -> dict[str, framing.Clock]:
    out = {}
    before: int | None = None
    for source, first in starts:
        if first is None:
            out[source.name] = framing.Clock(zone, year, 101)
            continue
        if before is not None and first < before:
            year += 1
        before = first
        out[source.name] = framing.Clock.starting(year, first, zone)
    return out


def _backward(starts: list[tuple[sources.Source, int | None]], zone: str, now: datetime) -> dict[str, framing.Clock]:
    out = {}
    after: tuple[int, int] | None = None  # year and month-day of the next file's first line
    for source, first in reversed(starts):
        clock = framing.Clock.ending(source.modified or now, zone)
        if first is not None:
            year = clock.year_of(first // 100, first % 100)
            if after is not None and (year, first) > after:
                year = after[0] if first <= after[1] else after[0] - 1
                clock = framing.Clock.starting(year, first, zone)
            after = (year, first)
        out[source.name] = clock
    return out


def beginning_with(data: bytes, source: sources.Source, zone: str, year: int | None, now: datetime) -> framing.Clock:
    """The clock for a stream of which only the beginning is at hand."""
    first = _first_month_day(data)
    if year is not None and first is not None:
        return framing.Clock.starting(year, first, zone)
    return framing.Clock.ending(source.modified or now, zone)


def _first_month_day(data: bytes) -> int | None:
    for line in data[:4096].split(b"\n")[:8]:
        text = line.decode("utf-8", "replace")
        inside = wrapping.peeled(text, lambda inner: _month_day(inner) is not None)
        found = _month_day(inside.text if inside else text)
        if found is not None:
            return found
    return None


def _month_day(text: str) -> int | None:
    """Of a stamp without a year at a line's beginning, or behind its priority."""
    return framing.month_day(text[text.find(">", 0, 5) + 1 :])
