"""What the stages hand to each other: sources, spans of them, and blocks of their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Portion(NamedTuple):
    """A member of an archive: what kind that is (zip, tar), where the member lies, and its size there.

    ``at`` is the number of a zip's entry, or the place of the first byte in a tar, decompressed by ``packed``.
    """

    kind: str
    at: int
    size: int
    packed: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One file or stream.

    ``name`` is shown to people and stored with the events: the path as given, ``-`` for standard input, whose
    ``path`` is None. ``compression`` is gz, bz2, xz or zst, by the file's first bytes and never by its name;
    None is plain. ``size`` counts stored bytes, ``modified`` is in UTC; both are None for streams, whose
    compression only shows when they are read. Files of one rotated series share ``series``, the path of the
    file that is being written. ``inode`` tells whether a path still leads to the same file. A file of ``utf16`` is read
    as UTF-8; offsets count the bytes of that. ``command`` writes the source's bytes when it is no file.
    ``portion`` tells which member of the archive at ``path`` it is; ``url`` leads to the file system of ``path``.
    It is read from ``start`` of the decompressed stream, where a line begins, to ``end``; ``head`` holds the first
    bytes that the file must still have after that.
    """

    name: str
    path: str | None
    compression: str | None
    size: int | None
    modified: datetime | None
    series: str
    inode: int | None = None
    utf16: bool = False
    command: tuple[str, ...] = ()
    portion: Portion | None = None
    url: str = field(default="", repr=False)
    start: int = 0
    end: int | None = None
    head: bytes = field(default=b"", repr=False)

    @property
    def whole(self) -> bool:
        """Whether it can only be read from its beginning, by one reader."""
        elsewhere = self.command or self.portion or self.url
        return bool(elsewhere or self.compression or self.size is None or self.utf16)


class Skipped(NamedTuple):
    """A file or folder that was met on the way and not taken, and why, in words."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """The sources in reading order, and what was left out."""

    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    heads: Mapping[str, bytes] = field(default_factory=dict)  # how members of archives begin, by name


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``stop`` of a source's decompressed stream; None is its end.

    A line belongs to the span that holds its first byte.
    """

    source: Source
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Contiguous whole lines of a source, as they stand in the file.

    ``offset`` is where ``data`` begins in the decompressed stream. Every line has its newline; only the last
    line of a source may lack it. When ``dropped`` is not 0, ``data`` is the head of one over-long line, and
    so many bytes were cut off its end, newline included. ``consumed`` is how far the stored file was read.
    ``around`` are the whole lines before and behind that begin within ``framing.REACH`` bytes.
    """

    source: Source
    offset: int
    data: bytes
    dropped: int = 0
    consumed: int = 0
    around: tuple[bytes, bytes] = (b"", b"")
