"""What was written since the last good run: by place in the files, not by time, and through rotation.

A file is known again by the first bytes of its decompressed content, whatever its name is now. Of two files of a series
that begin alike one is a copy of the other (logrotate's copytruncate and compress make them): one of them is read.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from logscan.errors import ChangedError, InputError, OptionError
from logscan.sources import finding, journal, opening, remote, rotation
from logscan.sources.model import Found, Skipped, Source
from logscan.state import HEAD, Mark, State, hashed

_TRIES = 40
_PAUSE = 0.05  # seconds; logrotate renames a series in much less
_STEP = 64 * 1024


class Part(NamedTuple):
    """What a run covers of a file: from a byte of its decompressed content to another; None is its end."""

    name: str
    start: int
    end: int | None


@dataclass(slots=True)
class Onward:
    """The sources with what is to be read of them, and what the next run must know."""

    found: Found
    before: State
    parts: list[Part] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # where the last run ended, and what is not to be found any more
    cursors: dict[str, str] = field(default_factory=dict)  # by the names of journals

    def passed(self, source: Source, data: bytes) -> None:
        """Note how far a journal was read; ``data`` are whole entries of it."""
        at = data.rfind(_CURSOR)  # within a text, the quotes of such words would be escaped
        if source.command and at >= 0:
            start = at + len(_CURSOR)
            self.cursors[source.series] = data[start : data.find(b'"', start)].decode("ascii", "replace")

    def after(self, now: datetime) -> State:
        """What is to be kept when the run was good."""
        return self.before.then(now, self.series, self.marks, self.cursors)


_CURSOR = b'"__CURSOR":"'


class _Candidate(NamedTuple):
    source: Source
    head: bytes
    named: bool  # or met while looking for what a named file was rotated to
    place: tuple[int, int]  # device, inode
    mark: Mark | None

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """Which one of several copies is read: the greatest."""
        same = self.mark is not None and self.place == (self.mark.device, self.mark.inode)
        return same, self.source.compression is None, not _rotated(self.source), self.source.size or 0


def onward(names: list[str], before: State, since: datetime | None, until: datetime | None) -> Onward:
    """What the named logs hold that was not counted yet; in a first run, all that they hold.

    Raises OptionError for what has no places to go on from (standard input, URLs, archives, pipes), ChangedError when
    files are renamed all the time, and what ``find`` raises.
    """
    for name in names:
        if name == "-" or remote.is_url(name):
            raise OptionError(_nowhere("standard input" if name == "-" else remote.shown(name)))
    for _ in range(_TRIES):
        seen = dict(_listed(names))
        try:
            plan = _planned(names, before, since, until)
            if dict(_listed(names)) == seen:
                return plan
        except InputError as error:
            if not isinstance(error, ChangedError) and dict(_listed(names)) == seen:
                raise
        time.sleep(_PAUSE)
    raise ChangedError(f"{', '.join(names)}: files are renamed or cut all the time (log rotation?); run logscan again")


def _nowhere(name: str) -> str:
    return (
        f"{name}: there is no place in it to go on from; --since-last reads log files, folders of them, and journals "
        "(--since reads by time)"
    )


def _listed(names: list[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The files that matter, and which they are now."""
    for name in names:
        if name.startswith(journal.PREFIX):
            continue
        below = [str(path) for path in Path(name).rglob("*")] if Path(name).is_dir() else []
        hits = glob.glob(name, recursive=True) if glob.has_magic(name) else []  # noqa: PTH207  # as find does
        for path in [name, *below, *hits, *rotated(name)]:
            try:
                status = Path(path).stat()
            except OSError:
                continue
            yield path, (status.st_dev, status.st_ino)


def rotated(name: str) -> list[str]:
    """The files that a log which is being written may have been rotated to; none for a file that was itself rotated."""
    path = Path(name)
    if rotation.place(path.name).family or not path.name:
        return []
    try:
        beside = sorted(os.listdir(path.parent))  # noqa: PTH208  # names are what is compared
    except OSError:
        return []
    places = ((other, rotation.place(other)) for other in beside)
    return [str(path.with_name(other)) for other, spot in places if spot.family and spot.series == path.name]


def _planned(names: list[str], before: State, since: datetime | None, until: datetime | None) -> Onward:
    own, others = [], []
    for name in names:
        older = [] if name.startswith(journal.PREFIX) or Path(name).is_dir() else rotated(name)
        others += older
        if not older or Path(name).exists():
            own.append(name)
    found = finding.find(own, since, until, also=others)
    met = set(others) - set(own)
    for source in found.sources:
        if source.portion or source.url or (source.size is None and not source.command):
            raise OptionError(_nowhere(source.name))
    plan = Onward(Found((), tuple(_told(found.skipped, met)), found.heads), before)
    chosen = {one.source.name: one for one in _chosen(found.sources, met, before)}
    newest = {source.series: source.name for source in found.sources if source.name in chosen}
    taken: list[Source] = []
    for source in found.sources:
        if source.command:
            taken.append(_journal(source, before))
        elif source.name in chosen:
            taken += _taken(chosen[source.name], plan, last=newest[source.series] == source.name)
    plan.found = replace(plan.found, sources=tuple(taken))
    there = [one.mark for one in chosen.values()]
    plan.gone = [mark.path for mark in before.marks if mark.last and mark.series in plan.series and mark not in there]
    return plan


def _told(skipped: Iterable[Skipped], met: set[str]) -> list[Skipped]:
    return [one for one in skipped if one.name not in met]


def _journal(source: Source, before: State) -> Source:
    cursor = before.journals.get(source.series)
    return replace(source, command=(*source.command, f"--after-cursor={cursor}")) if cursor else source


def _chosen(sources: Iterable[Source], met: set[str], before: State) -> list[_Candidate]:
    """The files by what they hold, each content once within a series."""
    # The file that is being written comes first: when it is copied and cut meanwhile, its copy is seen in any case.
    files = sorted((one for one in sources if not one.command), key=_rotated)
    found: dict[str, list[_Candidate]] = {}
    for source in files:
        head = opening.beginning(source, HEAD)
        place = _place(source)
        mark = _known(head, source.series, place, before)
        one = _Candidate(source, head, source.path not in met, place, mark)
        found.setdefault(source.series, []).append(one)
    out = []
    for group in found.values():
        kept: list[_Candidate] = []
        for one in sorted(group, key=lambda one: one.rank, reverse=True):
            if not any(_alike(one.head, other.head) for other in kept):
                kept.append(one)
        out += kept
    return out


def _rotated(source: Source) -> bool:
    return bool(rotation.place(Path(source.path or "").name).family)


def _place(source: Source) -> tuple[int, int]:
    try:
        status = Path(source.path or "").stat()
    except OSError:
        raise ChangedError(f"{source.name}: is gone (log rotation?); run logscan again") from None
    return status.st_dev, status.st_ino


def _alike(one: bytes, other: bytes) -> bool:
    shorter = min(len(one), len(other))
    return shorter > 0 and one[:shorter] == other[:shorter]


def _known(head: bytes, series: str, place: tuple[int, int], before: State) -> Mark | None:
    """What is known of a file that begins so."""
    hashes = hashed(head)

    def good(mark: Mark) -> tuple[bool, bool, int]:
        return mark.series == series, place == (mark.device, mark.inode), len(mark.head)

    return max((mark for mark in before.marks if mark.fits(hashes)), key=good, default=None)


def _taken(one: _Candidate, plan: Onward, *, last: bool) -> list[Source]:
    """What is to be read of a file, noted in the plan; nothing for one without anything new."""
    source, mark = one.source, one.mark
    if source.series not in plan.series:
        plan.series.append(source.series)
    old = mark is None and not one.named and source.series not in plan.before.series  # rotated before the first run
    done = old or (mark is not None and mark.offset is None)
    start = 0 if mark is None else mark.offset or 0
    end: int | None = None
    reached: int | None = None
    rest = 0
    if not source.compression:
        end, rest = _whole_lines(source, mark, last=last)
        start = end if done else min(start, end)
        # A copy that is not complete yet ends earlier than what was read of the file itself.
        whole = mark is None or mark.offset is None or one.place == (mark.device, mark.inode)
        reached = end if whole or mark is None else max(mark.offset or 0, end)
    if one.head:
        plan.marks.append(Mark(source.series, str(source.path), *one.place, hashed(one.head), reached, rest, last))
    if (done or start == end) and (source.compression or not last):
        return []
    plan.parts.append(Part(source.name, start, end))
    return [replace(source, start=start, end=end, head=b"" if source.utf16 else one.head)]


def _whole_lines(source: Source, mark: Mark | None, *, last: bool) -> tuple[int, int]:
    """Where the last whole line ends, and how much there is behind it.

    What a rotated file holds behind its last newline, and held already when the last run saw it, is a line, too.
    """
    end, size = _decoded_end(source) if source.utf16 else _plain_end(source)
    if mark is not None and mark.offset is not None and end < mark.offset <= size:
        end = mark.offset
    if mark is not None and not last and 0 < size - end == mark.rest:
        end = size
    return end, size - end


def _plain_end(source: Source) -> tuple[int, int]:
    with opening.raw(source) as file:
        size = at = os.fstat(file.fileno()).st_size
        while at > 0:
            start = max(at - _STEP, 0)
            newline = os.pread(file.fileno(), at - start, start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1, size
            at = start
    return 0, size


def _decoded_end(source: Source) -> tuple[int, int]:
    end = size = 0
    with opening.opened(source) as stream:
        while data := stream.read(_STEP):
            if b"\n" in data:
                end = size + data.rfind(b"\n") + 1
            size += len(data)
    return end, size
