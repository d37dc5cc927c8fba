"""Traffic over time as one row of bars for each fate: delivered, failed, refused by us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from logscan.findings import Findings, Hour
from logscan.render import words
from logscan.render.page import Page

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = ":-=+*#%@"
_HOURS = (1, 2, 3, 4, 6, 12, 24)
_DAYS = (2, 7, 14, 28)
_LABEL = 12  # cells before the bars
_PEAK = 14  # cells after them, at least
_WIDEST = 3  # cells of one bar


@dataclass(slots=True)
class Slot:
    """Some hours taken together: when they begin, and what came of the mail in them."""

    start: datetime
    delivered: int = 0
    failed: int = 0
    refused: int = 0


def strip(findings: Findings, page: Page) -> list[str]:
    """The rows of bars under a heading, with a scale and the days; nothing for a log of a single hour."""
    step, slots, room = _fitted(findings.hours, page)
    if len(slots) < 2:
        return []
    wide = max(1, min(_WIDEST, room // len(slots)))
    out = page.heading(f"Traffic {_unit(step)}", "each row to its own scale")
    rows: list[tuple[str, str, list[int]]] = [
        ("delivered", "green", [slot.delivered for slot in slots]),
        ("failed", "red", [slot.failed for slot in slots]),
        ("refused", "", [slot.refused for slot in slots]),
    ]
    for label, style, values in rows:
        if any(values):
            bars = page.paint(style, _bars(values, wide, page))
            out.append(f"  {label:<10}{bars}  max {words.number(max(values))}")
    out += _axis(slots, step, wide, page)
    return out + _worst(slots, step, page)


def _fitted(hours: Sequence[Hour], page: Page) -> tuple[int, list[Slot], int]:
    """The step, its slots, and the room for bars: what the greatest number beside them leaves."""
    peak = _PEAK
    while True:
        room = page.width - _LABEL - peak
        step = _step(len(hours), room)
        slots = _slots(hours, step, page)
        most = max((max(slot.delivered, slot.failed, slot.refused) for slot in slots), default=0)
        need = len(f"  max {words.number(most)}")
        if need <= peak:
            return step, slots, room
        peak = need


def _step(hours: int, room: int) -> int:
    """How many hours a bar stands for, so that all bars have room."""
    for step in (*_HOURS, *(24 * days for days in _DAYS)):
        if hours <= (room - 1) * step:
            return step
    step = 24 * _DAYS[-1]
    while hours > (room - 1) * step:
        step *= 2
    return step


def _unit(step: int) -> str:
    if step < 24:
        return "per hour" if step == 1 else f"per {step} hours"
    return {1: "per day", 7: "per week"}.get(step // 24, f"per {step // 24} days")


def _slots(hours: Sequence[Hour], step: int, page: Page) -> list[Slot]:
    """Hours put together along the clock and calendar of the report's zone."""
    slots: list[Slot] = []
    before: tuple[int, int] | None = None
    for hour in hours:
        here = hour.hour.astimezone(page.zone)
        day = (here.toordinal() - 1) // max(1, step // 24)  # day 1 of the calendar is a Monday
        key = (day, here.hour // step if step < 24 else 0)
        if key != before:
            slots.append(Slot(hour.hour))
            before = key
        slots[-1].delivered += hour.delivered
        slots[-1].failed += hour.deferred + hour.bounced + hour.expired
        slots[-1].refused += hour.rejected
    return slots


def _bars(values: Sequence[int], wide: int, page: Page) -> str:
    glyphs = page.glyph(_BARS, _ASCII_BARS)
    none, top = page.glyph("·", "."), max(values)
    return "".join((glyphs[-(-value * len(glyphs) // top) - 1] if value else none) * wide for value in values)


def _axis(slots: Sequence[Slot], step: int, wide: int, page: Page) -> list[str]:
    """The line of hours, where bars are fine enough, and the line of days."""
    here = [slot.start.astimezone(page.zone) for slot in slots]
    out = []
    ticks = next((every for every in (2, 3, 6, 12) if every % step == 0 and every // step * wide >= 4), 0)
    if ticks:
        marks = [(n * wide, f"{at.hour:02}") for n, at in enumerate(here) if at.hour % ticks == 0]
        out.append(_marked(marks, len(slots) * wide))
    begins = [n for n in range(len(here)) if n == 0 or _period_of(here[n], step) != _period_of(here[n - 1], step)]
    out.append(_days(slots, begins, wide, step, page))
    return [page.paint("dim", line) for line in out]


def _days(slots: Sequence[Slot], begins: Sequence[int], wide: int, step: int, page: Page) -> str:
    """The names of the days at their bars: all, or every second, third and so on."""
    bar = page.glyph("│", "|")
    room = len(slots) * wide + _PEAK
    line = ""
    for every in (0, 1, 2, 3, 4, 7, 14):
        names = [page.day(slots[n].start)[0 if every == 0 and step < 24 else 4 :] for n in begins]
        marks = [(n * wide, bar + name) for n, name in zip(begins, names, strict=True)]
        if len(marks) > 1 and marks[1][0] <= len(marks[0][1]):
            marks = marks[1:]  # the rest of a day in front has no room for its name
        marks = marks[:: max(1, every)]
        line = _marked(marks, room)
        if line.count(bar) >= len(marks) - 1:  # the last may be too near to the edge
            break
    return line


def _period_of(at: datetime, step: int) -> int:
    """What the axis names: every day, or every month where bars are days and more."""
    return at.toordinal() if step < 24 else at.year * 12 + at.month


def _marked(marks: Sequence[tuple[int, str]], length: int) -> str:
    """Labels at their places; one that would touch its neighbour or leave the line is left out."""
    line = ""
    for place, label in marks:
        if place >= len(line) + bool(line) and place + len(label) <= length:
            line = line.ljust(place) + label
    return " " * _LABEL + line


def _worst(slots: Sequence[Slot], step: int, page: Page) -> list[str]:
    worst = max(slots, key=lambda slot: slot.failed)
    if worst.failed < 2:
        return []
    number = words.number(worst.failed)
    if step == 24:
        return page.wrap(f"Most failures: {number} on {page.day(worst.start)}.", "  ", "  ")
    at = page.moment(worst.start) if step < 24 else page.day(worst.start)
    return page.wrap(f"Most failures: {number} in the {_unit(step)[4:]} from {at}.", "  ", "  ")
