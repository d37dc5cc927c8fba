"""Which files are one log, cut by rotation, and in which order they were written.

logrotate(8) and newsyslog(8) name what they rotate away by age (``mail.log.1``, higher is older) or by date
(``mail.log-20261101``); Exchange starts a new file by date and counter (``MSGTRK2026110112-1.LOG``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from logscan.sources.model import Skipped, Source

_PACKED = re.compile(r"\.(?:gz|bz2|xz|zst|zstd)$", re.IGNORECASE)
_DATED = re.compile(
    r"(?P<stem>.*?)[-._]?(?<![0-9])(?P<day>20[0-9]{2}(?P<dash>-?)(?:0[1-9]|1[0-2])(?P=dash)(?:0[1-9]|[12][0-9]|3[01]))"
    r"(?:[T_]?(?P<time>[0-9]{2}(?:[0-9]{2}){0,2}))?(?:[-._](?P<count>[0-9]{1,14}))?(?P<end>\.[A-Za-z]{1,8})?"
)
_EPOCH = re.compile(r"(?P<stem>.+)[-.](?P<epoch>1[0-9]{9})(?P<end>\.[A-Za-z]{1,8})?")  # dateformat -%s
_NUMBERED = re.compile(r"(?P<stem>.+)\.(?P<number>[0-9]{1,5})(?P<end>\.[A-Za-z]{1,8})?")


class Place(NamedTuple):
    """A file name's place in its series; ``rank`` grows with time among names of one ``family``."""

    series: str
    family: str  # date, number, or "" for a name without either
    rank: tuple[int, int]


class Member(NamedTuple):
    """A source, its place, and a hash of its first bytes (None: there are none)."""

    source: Source
    place: Place
    head: int | None


def place(name: str) -> Place:
    """Take a file name apart: the name that the log has while it is written, and when this file was."""
    bare = _PACKED.sub("", name)
    if match := _DATED.fullmatch(bare):
        digits = match["day"].replace("-", "") + (match["time"] or "")
        rank = (int(digits.ljust(14, "0")), int(match["count"] or 0))
        return Place(match["stem"] + (match["end"] or ""), "date", rank)
    if match := _EPOCH.fullmatch(bare):
        rank = (int(f"{datetime.fromtimestamp(int(match['epoch']), UTC):%Y%m%d%H%M%S}"), 0)
        return Place(match["stem"] + (match["end"] or ""), "date", rank)
    if match := _NUMBERED.fullmatch(bare):
        return Place(match["stem"] + (match["end"] or ""), "number", (-int(match["number"]), 0))
    return Place(bare, "", (0, 0))


def arranged(members: Iterable[Member]) -> tuple[list[Source], list[Skipped]]:
    """The series in order of first appearance, each with its oldest file first; and what is there twice.

    While logrotate compresses ``mail.log.1``, ``mail.log.1.gz`` lies beside it and holds the same lines. Of
    two files in the same place that begin alike, the compressed one is left out.
    """
    series: dict[str, list[Member]] = {}
    for member in members:
        series.setdefault(member.source.series, []).append(member)
    sources: list[Source] = []
    skipped: list[Skipped] = []
    for group in series.values():
        ordered = _oldest_first(group)
        for member, following in zip(ordered, [*ordered[1:], None], strict=True):
            if following and member.head is not None and member[1:] == following[1:]:
                why = f"holds the same log as {following.source.name}"
                skipped.append(Skipped(member.source.name, why))
            else:
                sources.append(member.source)
    return sources, skipped


def _oldest_first(group: list[Member]) -> list[Member]:
    families: dict[str, list[Member]] = {}
    for member in group:
        families.setdefault(member.place.family, []).append(member)

    def age(family: str) -> tuple[bool, float]:
        return family == "", max(_modified(member) for member in families[family])

    def within(member: Member) -> tuple[tuple[int, int], bool, float]:
        return member.place.rank, member.source.compression is None, _modified(member)

    return [member for family in sorted(families, key=age) for member in sorted(families[family], key=within)]


def _modified(member: Member) -> float:
    return member.source.modified.timestamp() if member.source.modified else 0.0
