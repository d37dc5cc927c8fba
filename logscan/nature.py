"""In which form a log is written, told from its beginning, in words for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from logscan import wrapping
from logscan.framing import Frame, compiled
from logscan.packs import Mta, tables

_HEAD = 16 * 1024
_LINES = 60
_OFFSET = re.compile(r".*(?:Z|[+-][0-9]{2}:?[0-9]{2})$")


def nature_of(head: bytes, packs: tuple[Mta, ...], zone: str, aside: Mapping[str, str] = MappingProxyType({})) -> str:
    """The form of a log that begins with ``head``: whose lines, how framed, in what time; empty if no frame fits.

    ``zone`` is the zone of stamps that name none. ``aside`` says of formats of tables by which other logs their
    deliveries are counted.
    """
    table = tables.detect(head, packs)
    known = tables.format_of(table, packs) if table is not None else None
    if known is not None:
        time = f"times in {known[1].zone}" if known[1].zone else f"local time ({zone})"
        counted = f"; deliveries are counted in {aside[known[1].id]}" if known[1].id in aside else ""
        return f"{known[0].name} {known[1].name}, {time}{counted}"
    titles: Counter[str] = Counter()
    times: Counter[str] = Counter()
    around: Counter[str] = Counter()
    mtas: dict[str, dict[str, None]] = {}
    for raw in _lines(head):
        inside = wrapping.peeled(raw, lambda text: _framed(text, packs) is not None)
        around[inside.title if inside else ""] += 1
        line = inside.text if inside else raw
        framed = _framed(line, packs)
        if framed is None:
            continue
        frame, found, mine = framed
        titles[frame.title] += 1
        zoned = frame.stamp == "iso" and _OFFSET.match(found["_stamp"])
        times["times with offset" if zoned else f"local time ({zone})"] += 1
        for mta in mine:
            traits = mtas.setdefault(mta.name, {})
            payload = line[found.end() :]
            traits |= {trait.name: None for trait in mta.traits if compiled(trait.pattern).match(payload)}
    if not titles:
        return ""
    whose = " and ".join(" with ".join(filter(None, (name, ", ".join(traits)))) for name, traits in mtas.items())
    return ", ".join(filter(None, (whose, *(kind.most_common(1)[0][0] for kind in (titles, around, times)))))


def _lines(head: bytes) -> list[str]:
    lines = head[:_HEAD].split(b"\n")
    whole = lines[:-1] if len(lines) > 1 else lines
    return [line.removesuffix(b"\r").decode("utf-8", "replace") for line in whole[:_LINES]]


def _framed(line: str, packs: tuple[Mta, ...]) -> tuple[Frame, re.Match[str], list[Mta]] | None:
    """The first frame that a line has, and the MTAs whose tag stands in it; one without tags is its MTA's own."""
    for mta in packs:
        for frame in mta.frames:
            found = compiled(frame.pattern).match(line)
            if found is None:
                continue
            agent = found.groupdict().get("agent")
            whose = [mta] if agent is None else [m for m in packs if re.search(m.tag, agent)]
            return frame, found, whose
    return None
