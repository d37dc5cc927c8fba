"""Files that tell again what another file of the same server tells: logs of refusals, or of alerts, beside a main log.

Only equal lines count as told twice, wherever they stand; they are counted in the file that tells of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from logscan import framing, sources
from logscan.framing import compiled
from logscan.packs import Mta
from logscan.parse import copies, lines

_WANTED = lines.Wanted(frozenset({"timestamp", "event"}), messages=True)
_BLOCK = 8 << 20


def told_twice(
    found: tuple[sources.Source, ...],
    heads: Mapping[str, bytes],
    clocks: Mapping[str, framing.Clock],
    packs: tuple[Mta, ...],
) -> tuple[frozenset[str], frozenset[int]]:
    """The files that tell of nothing but refusals and notices, where others tell of more, and hashes of what they tell.

    ``heads`` holds how each file begins, ``clocks`` the clock for its stamps, by its name.
    """
    able = tuple(mta for mta in packs if copies.possible((mta,)))
    own = [one for one in found if one.name in clocks and _is_own(heads.get(one.name, b""), able)]
    if len(own) < 2:
        return frozenset(), frozenset()
    kinds = {one.name: _only_part(heads[one.name], clocks[one.name], able) for one in own}
    if False not in kinds.values():
        return frozenset(), frozenset()
    tellers = [one for one in own if kinds[one.name]]
    hashes = {
        number
        for one in tellers
        for block in sources.blocks(sources.Span(one), size=_BLOCK)
        for number in lines.told(block.data, block.offset, able, clocks[one.name])
    }
    return frozenset(one.name for one in tellers), frozenset(hashes)


def _is_own(head: bytes, packs: tuple[Mta, ...]) -> bool:
    """Whether a file begins as one that only an MTA itself writes: lines without a program's tag."""
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return any(compiled(frame.pattern).match(first) for mta in packs for frame in mta.frames if _untagged(frame))


def _untagged(frame: framing.Frame) -> bool:
    return "agent" not in compiled(frame.pattern).groupindex


def _only_part(head: bytes, clock: framing.Clock, packs: tuple[Mta, ...]) -> bool | None:
    """Whether the beginning of a file tells of refusals and notices alone; None when it tells of nothing."""
    out = lines.parse(head[: head.rfind(b"\n") + 1], 0, "", packs, clock, _WANTED)
    if out.coverage.facts:
        return False
    if out.events.is_empty():
        return True if out.coverage.notices else None
    return bool((out.events.get_column("event") == "rejection").all())
