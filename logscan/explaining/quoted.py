"""Takes off what people and programs put around a reply: by ``pasted.toml``, and by the parts of every MTA's pack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from logscan.packs import Mta, Shape
from logscan.packs.match import Fields, match_shape, split_reply


def unquoted(text: str, packs: tuple[Mta, ...]) -> Fields:
    """The columns that a text tells; ``diagnostic`` is the reply, or what is left of the text.

    Layers are taken off one by one, the outermost first, each way of quoting once. What an inner layer tells counts
    more, but ``mta``: who wrote the outermost one wrote the text.
    """
    fields: Fields = {"diagnostic": text}
    left = list(_ways(packs))
    while found := next(((way, told) for way in left if (told := _told(way, fields))), None):
        left.remove(found[0])
        fields |= found[1]
    return fields


@cache
def _ways(packs: tuple[Mta, ...]) -> tuple[tuple[Mta, Shape], ...]:
    return tuple(_in_order(packs))


def _in_order(packs: tuple[Mta, ...]) -> Iterator[tuple[Mta, Shape]]:
    """Every way of quoting, those of ``pasted.toml`` first; of an MTA, what the longest list of its parts takes off."""
    for pack in packs:
        if pack.quotes:
            yield from ((pack, shape) for shape in pack.events)
    for pack in packs:
        parts = max((shape.parts for shape in pack.events), key=len, default=())
        if parts and not pack.quotes:
            yield pack, Shape("quoted", "event", ("^(?P<diagnostic>.*)$",), parts=parts)


def _told(way: tuple[Mta, Shape], so_far: Fields) -> Fields:
    """What one way of quoting tells that is not known yet; nothing where the text is not quoted so."""
    pack, shape = way
    fields = match_shape(pack, shape, "", so_far["diagnostic"] or "")
    if fields is None:
        return {}
    if not pack.quotes and so_far.get("mta") != pack.id and not _known_by(fields, so_far):
        return {}
    if not pack.quotes:
        fields["mta"] = pack.id
    settled = ("agent", "mta") if so_far.get("mta") else ("agent",)
    return {
        name: value
        for name, value in fields.items()
        if name not in settled and value is not None and so_far.get(name) != value
    }


def _known_by(fields: Fields, so_far: Fields) -> bool:
    """Tell whether the parts of an MTA know a text as theirs: a reply as it stands says nothing of who quotes it."""
    if fields.get("_reply") or fields.get("diagnostic") != so_far["diagnostic"]:
        return True
    return bool(fields.get("smtp_command")) and split_reply(so_far["diagnostic"])[0] is None
