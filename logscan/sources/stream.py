"""Streams of decompressed bytes that say what is wrong instead of raising in the middle."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
from typing import Any

from logscan.sources import unpack

_PIECE = 128 * 1024  # stored bytes read at a time
_LIMIT = 1024 * 1024  # decompressed bytes given at a time


class Stream:
    """Plain bytes of a file object.

    ``consumed`` counts the stored bytes that were read, ``position`` the bytes that were given. When reading
    fails, the stream ends, and ``damage`` says why, in words.
    """

    packed = ""  # the compression

    def __init__(self, raw: Any, *, head: bytes = b"", seekable: bool = False, end: int | None = None) -> None:
        self._raw = raw
        self.end = end  # of what is given; None is all there is
        self._head = head  # read already, to see what it is
        self._seekable = seekable
        self.consumed = 0
        self.position = 0
        self.damage = ""
        self._peeked = b""

    def peek(self, size: int) -> bytes:
        """The next ``size`` bytes, or all there are; they stay to be read."""
        found, self._peeked = self._peeked, b""
        while len(found) < size and (data := self.read(size - len(found))):
            found += data
        self._peeked = found
        return found

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; none at the end."""
        if self._peeked:
            return self._again(size)
        if self.damage:
            return b""
        try:
            data = self._stored(self._room(size))
        except OSError as error:
            self.damage = error.strerror or str(error)
            return b""
        self.position += len(data)
        return data

    def look(self, at: int, size: int) -> bytes:
        """Bytes at another place of a plain file, which stays where it is; none where that cannot be had."""
        if self._seekable and not self.packed and hasattr(os, "pread"):
            with contextlib.suppress(OSError):
                size = size if self.end is None else max(min(size, self.end - at), 0)
                return os.pread(self._raw.fileno(), size, at)
        return b""

    def _room(self, size: int) -> int:
        return size if self.end is None else max(min(size, self.end - self.position), 0)

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes, or to the end."""
        if self._seekable:
            self._peeked = b""
            self._raw.seek(count)
            self.consumed = self.position = count
            return
        while count > 0 and (data := self.read(min(count, _LIMIT))):
            count -= len(data)

    def _again(self, size: int) -> bytes:
        data, self._peeked = self._peeked[:size], self._peeked[size:]
        return data

    def _stored(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            while (data := self._raw.read(size)) is None:  # a pipe that somebody made non-blocking
                select.select([self._raw], [], [])
        self.consumed += len(data)
        return bytes(data)


class Unpacked(Stream):
    """The decompressed bytes of a file object: of all its members, one after the other."""

    def __init__(  # noqa: PLR0913  # what a stream is told, and how it is packed
        self,
        raw: Any,
        kind: str,
        *,
        head: bytes = b"",
        seekable: bool = False,
        piece: int = 0,
        end: int | None = None,
    ) -> None:
        super().__init__(raw, head=head, seekable=seekable, end=end)
        self.packed = kind
        self._piece = piece or _PIECE
        self._waiting = b""  # stored bytes that belong to the next member
        self._codec = unpack.codec(kind)

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, and all that can be decompressed; none at the end."""
        if self._peeked:
            return self._again(size)
        if self.damage:
            return b""
        size = self._room(min(size, _LIMIT))
        try:
            data = self._next(size) if size else b""
        except unpack.failures() as error:
            self.damage = getattr(error, "strerror", None) or str(error)
            data = self._rescue(size)
        self.position += len(data)
        return data

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes, or to the end."""
        while count > 0 and (data := self.read(count)):
            count -= len(data)

    def _next(self, size: int) -> bytes:
        while True:
            if self._codec.eof and not self._next_member():
                return b""
            stored = b""
            if self._codec.needs_input:
                stored, self._waiting = self._waiting or self._stored(self._piece), b""
                if not stored:
                    raise EOFError("the file ends too early")
            data = self._codec.decompress(stored, size)
            if data:
                return data

    def _next_member(self) -> bool:
        rest = self._codec.unused_data.lstrip(b"\0")  # padding, as on tapes and in xz(1)
        while not rest:
            stored = self._stored(self._piece)
            if not stored:
                return False
            rest = stored.lstrip(b"\0")
        self._waiting = rest
        self._codec = unpack.codec(self.packed)
        return True

    def _rescue(self, size: int) -> bytes:
        """What the failed call could still have given: the file is read again up to there, then bytewise."""
        if not self._seekable:
            return b""
        self._raw.seek(0)
        again = Unpacked(self._raw, self.packed, piece=4096)
        again.skip(self.position)
        found: list[bytes] = []
        while len(found) < size and (data := again.read(1)):
            found.append(data)
        return b"".join(found)


UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Utf16(Stream):
    """A stream of UTF-16 as UTF-8, by its byte order mark, which is left out; ``position`` counts UTF-8 bytes."""

    def __init__(self, inner: Stream, end: int | None = None) -> None:
        super().__init__(None, end=end)
        self.packed = inner.packed
        self._inner = inner
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._ready = b""
        self._ended = False

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; none at the end."""
        if self._peeked:
            return self._again(size)
        while not self._ready and not self._ended:
            data = self._inner.read(_LIMIT)
            self._ended = not data
            self._ready = self._decoder.decode(data, final=self._ended).encode("utf-8", "replace")
            self.consumed, self.damage = self._inner.consumed, self._inner.damage
        size = self._room(size)
        data, self._ready = self._ready[:size], self._ready[size:]
        self.position += len(data)
        return data


def decoded(stream: Stream, end: int | None = None) -> Stream:
    """The stream itself, or as UTF-8 (up to ``end`` bytes of it) when it begins with a byte order mark of UTF-16."""
    return Utf16(stream, end) if stream.peek(2) in UTF16 else stream
