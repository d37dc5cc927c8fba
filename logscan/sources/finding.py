"""Paths → sources: files, patterns, folders, pipes and standard input, each file once."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from logscan.errors import InputError, MissingExtraError
from logscan.sources import archives, journal, opening, remote, rotation, trouble, within
from logscan.sources.model import Found, Skipped, Source
from logscan.sources.rotation import Member, Place
from logscan.sources.stream import UTF16
from logscan.sources.trouble import Unfit


def find(
    paths: Iterable[str | os.PathLike[str]],
    since: datetime | None = None,
    until: datetime | None = None,
    also: Iterable[str] = (),
) -> Found:
    """The log files that ``paths`` name, in reading order, and what was left out on the way.

    A path is a file, a folder (searched with its subfolders), a pattern (``*``, ``?``, ``[…]``, ``**``), a
    pipe, ``journal:`` alone or with a journal's file or folder, or ``-`` for standard input. The files of a rotated
    series come oldest first, series in order of their first appearance, and a file that is named twice, be it by a
    link, comes once. In folders and patterns, whatever is no log is skipped with a reason: hidden, empty, binary or
    unreadable files, sockets. Journals are asked for entries from ``since`` until ``until``. Files of ``also``
    are taken as if they were met in a folder.

    Raises InputError for a named path that does not exist or cannot be read, and for a pattern or folder
    without files; MissingExtraError for a named .zst file without a zstd package.
    """
    search = _Search(since, until)
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        search.take(os.fspath(path))
    for path in also:
        search.met(path)
    sources, twins = rotation.arranged(search.members)
    skipped = [Skipped(name, why) for name, why in search.skipped.items()]
    return Found(tuple(sources), tuple(skipped + twins), search.heads)


class _Search:
    """Collects sources, each file once, and the reasons for what is left out."""

    def __init__(self, since: datetime | None, until: datetime | None) -> None:
        self.period = since, until  # all that is asked of a journal
        self.members: list[Member] = []
        self.skipped: dict[str, str] = {}
        self.heads: dict[str, bytes] = {}
        self._seen: dict[tuple[int, int], Path] = {}

    def take(self, path: str) -> None:
        """Add what the user named; raises what is wrong with it."""
        if path == "-":
            self._stream(Source("-", None, None, None, None, series="-"))
            return
        if path.startswith(journal.PREFIX):
            self._stream(journal.source(path, *self.period))
            return
        if remote.is_url(path):
            self._url(path)
            return
        if not path or "\0" in path:
            raise InputError(f"{path!r} is no file name; name a file, a folder, or - for standard input")
        try:
            if glob.has_magic(path) and not _there(path):
                self._pattern(path)
            elif stat.S_ISDIR(_status(path).st_mode):
                if not self._folder(path):
                    raise Unfit("the folder holds no files", "name a log file, or another folder")
            else:
                self._file(path, named=True)
        except Unfit as unfit:
            raise unfit.told(_shown(path)) from None

    def _url(self, url: str) -> None:
        before = len(self.members)
        met = list(within.elsewhere(url))
        self._within(met)
        if len(self.members) == before:
            whys = "; ".join(f"{one.name}: {one.why}" for one in met[:3])
            raise InputError(f"{remote.shown(url)}: nothing to read in it ({whys or 'no files'})")

    def _within(self, met: Iterable[within.Met]) -> None:
        """Add the members of an archive, or files elsewhere, or note why not."""
        for one in met:
            if one.member is None:
                self.skipped.setdefault(one.name, one.why)
            elif one.name not in self.heads:
                self.members.append(one.member)
                self.heads[one.name] = one.head

    def _pattern(self, pattern: str) -> None:
        hits = glob.glob(pattern, recursive=True)  # noqa: PTH207  (pathlib takes no absolute patterns)
        if not hits:
            raise trouble.no_match(pattern)
        for hit in sorted(hits, key=lambda hit: (Path(hit).is_symlink(), hit)):
            self.met(hit)

    def _folder(self, path: str) -> int:
        """Add the files below a folder, real ones before links to them; how many entries there are."""
        try:
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda entry: (entry.is_symlink(), entry.name))
        except OSError as error:
            raise trouble.failed(path, error) from None
        below = []
        for entry in entries:
            if entry.name.startswith("."):
                self._skip(entry.path, "hidden folder" if _is_folder(entry) else "hidden file")
            elif _is_folder(entry) and entry.is_symlink():
                self._skip(entry.path, "a link to a folder")
            elif _is_folder(entry):
                below.append(entry.path)
            else:
                self.met(entry.path)
        for folder in below:
            self.met(folder)
        return len(entries)

    def met(self, path: str) -> None:
        """Add what was met in a folder or pattern, or note why not."""
        try:
            if stat.S_ISDIR(_status(path).st_mode):
                self._folder(path)
            else:
                self._file(path, named=False)
        except Unfit as unfit:
            self._skip(path, unfit.why)

    def _skip(self, path: str, why: str) -> None:
        self.skipped.setdefault(_shown(path), why)

    def _file(self, path: str, *, named: bool) -> None:
        status = _status(path)
        place = Path(path).parent.resolve() / Path(path).name
        first = self._seen.get((status.st_dev, status.st_ino))
        if first is not None:
            if first != place:
                self._skip(path, f"the same file as {first}")
            return
        if stat.S_ISREG(status.st_mode):
            member = _member(path, status, place, named=named)
            if isinstance(member, Member):
                self.members.append(member)
            else:
                self._archive(*member)
        elif named and (stat.S_ISFIFO(status.st_mode) or stat.S_ISCHR(status.st_mode)):
            name = _shown(path)
            self._stream(Source(name, path, None, None, None, series=name))
        else:
            raise _odd(status.st_mode)
        self._seen[status.st_dev, status.st_ino] = place

    def _archive(self, source: Source, kind: str) -> None:
        met = within.members(replace(source, compression=None), kind, source.compression)
        if not any(one.member for one in met):
            whys = "; ".join(f"{one.name}: {one.why}" for one in met[:3])
            raise Unfit(f"a {kind} archive without logs ({whys or 'it is empty'})", "name a log file")
        self._within(met)

    def _stream(self, source: Source) -> None:
        member = Member(source, Place(source.name, "", (0, 0)), None)
        if member not in self.members:
            self.members.append(member)


def _member(path: str, status: os.stat_result, place: Path, *, named: bool) -> Member | tuple[Source, str]:
    """A file as a member of its series, or an archive and its kind."""
    try:
        head, compression, damage = opening.head(path)
    except OSError as error:
        raise trouble.failed(path, error) from None
    except MissingExtraError as error:
        raise Unfit(str(error), error=MissingExtraError) from None
    if compression and damage and not head:
        raise Unfit(f"damaged {compression} data ({damage})", f"check it with `{trouble.tester(compression, path)}`")
    kind = archives.kind(head)
    if kind is None or (kind == "zip" and compression):
        trouble.refuse_other_formats(head, path)
        kind = None
    if not named and not head:
        raise Unfit("empty")
    if kind is None and not named and b"\0" in head and not head.startswith(UTF16):
        raise Unfit("binary, not text")
    spot = rotation.place(place.name)
    source = Source(
        name=_shown(path),
        path=path,
        compression=compression,
        size=status.st_size,
        modified=opening.modified(status),
        series=_shown(str(place.parent / spot.series)),
        inode=status.st_ino,
        utf16=head.startswith(UTF16),
    )
    return (source, kind) if kind else Member(source, spot, hash(head) if head else None)


def _status(path: str) -> os.stat_result:
    try:
        return Path(path).stat()
    except OSError as error:
        raise trouble.failed(path, error) from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads back to itself, or to where nobody may look
        return False


def _there(path: str) -> bool:
    try:
        Path(path).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # and not to be read: a later step says so
    return True


def _odd(mode: int) -> Unfit:
    advice = "name a log file, or send its text with `… | logscan -`"
    if stat.S_ISSOCK(mode):
        return Unfit("a socket, not a file", advice)
    return Unfit("a pipe, read only when named" if stat.S_ISFIFO(mode) else "a device, not a file", advice)


def _shown(path: str) -> str:
    """The path as text that can be printed and stored: bytes that are no UTF-8 are replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
