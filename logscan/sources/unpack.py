"""Decompressors behind one face, that of bz2.BZ2Decompressor: decompress(data, limit), eof, needs_input."""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Protocol

from logscan.errors import MissingExtraError

MAGIC = {"gz": b"\x1f\x8b\x08", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00", "zst": b"\x28\xb5\x2f\xfd"}
_SKIPPABLE = b"\x2a\x4d\x18"  # RFC 8878 section 3.1.2: pzstd writes one such frame in front of each other frame


class Codec(Protocol):
    """One member (gz), stream (bz2, xz) or frame (zst) being decompressed."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out before more goes in."""

    @property
    def unused_data(self) -> bytes:
        """What was put in after the member's end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most ``max_length`` more bytes; what remains of ``data`` is kept for the next call."""


def kind(head: bytes) -> str | None:
    """The compression of a file that begins with ``head``: a key of MAGIC, or None."""
    if head[1:4] == _SKIPPABLE and head[0] & 0xF0 == 0x50:
        return "zst"
    return next((name for name, magic in MAGIC.items() if head.startswith(magic)), None)


def codec(name: str) -> Codec:
    """A fresh decompressor for ``name``, a key of MAGIC.

    Raises MissingExtraError when this Python cannot read the format.
    """
    try:
        if name == "gz":
            return _Gzip()
        if name == "zst":
            return _zstd()
        if name == "bz2":
            import bz2

            return bz2.BZ2Decompressor()
        import lzma

        return lzma.LZMADecompressor()
    except ImportError as error:
        if name == "zst":
            raise MissingExtraError("reading .zst logs needs one more package: pip install 'logscan[zstd]'") from None
        raise MissingExtraError(f"this Python was built without {name} support ({error})") from None


def failures() -> tuple[type[Exception], ...]:
    """What decompressors raise on damaged data; bz2's OSError has no errno."""
    found: list[type[Exception]] = [zlib.error, EOFError, OSError]
    for module, name in (
        ("lzma", "LZMAError"),
        ("zstandard", "ZstdError"),
        ("compression.zstd", "ZstdError"),
    ):
        try:
            found.append(getattr(importlib.import_module(module), name))
        except ImportError:
            continue
    return tuple(found)


class _Gzip:
    """zlib's decompressor, which hands back the input that it has no room for.

    Whoever asks for single bytes wants all that comes before some damage, and so it is fed single bytes.
    """

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._kept = b""
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not (self._full or self._kept)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._kept

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        data = self._kept + data if self._kept else data
        fed = 1 if max_length == 1 else len(data)
        out = self._inner.decompress(data[:fed], max_length)
        # At the member's end, zlib may leave in unconsumed_tail what it has put into unused_data.
        self._kept = (b"" if self._inner.eof else self._inner.unconsumed_tail) + data[fed:]
        self._full = len(out) == max_length
        return out


def _zstd() -> Codec:
    try:
        return importlib.import_module("compression.zstd").ZstdDecompressor()  # type: ignore[no-any-return]
    except ImportError:  # before Python 3.14
        return _Zstandard(importlib.import_module("zstandard"))


class _Zstandard:
    """The zstandard package's decompressor, which has no limit: it is fed in small pieces.

    A block of 128 KiB takes at least 4 stored bytes, so a piece of 512 cannot give more than 16 MiB.
    As above, bytewise out is bytewise in.
    """

    _PIECE = 512

    def __init__(self, library: Any) -> None:
        self._inner = library.ZstdDecompressor().decompressobj()
        self._input = b""
        self._at = 0  # how much of the input was fed
        self._out = b""
        self._given = 0  # how much of the output was handed out

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof) and self._given >= len(self._out)

    @property
    def needs_input(self) -> bool:
        return self._given >= len(self._out) and self._at >= len(self._input)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inner.unused_data) + self._input[self._at :]

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        if data:
            self._input, self._at = self._input[self._at :] + data, 0
        while self._given >= len(self._out) and not self._inner.eof and self._at < len(self._input):
            piece = self._input[self._at : self._at + (1 if max_length == 1 else self._PIECE)]
            self._at += len(piece)
            self._out, self._given = self._inner.decompress(piece), 0
        start, self._given = self._given, self._given + max_length
        return self._out[start : self._given]
