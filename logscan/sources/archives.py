"""Zip and tar archives of logs: their members are read in place, one stream each, and never put on disk.

Names of members are shown to people and never used as paths. A tar is read from its beginning for each member.
"""

from __future__ import annotations

import contextlib
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any, NamedTuple

from logscan.sources.model import Portion
from logscan.sources.stream import Stream

_LONGEST_NAME = 1 << 20  # bytes of a header that tells names and such; a longer one is an attack on our memory
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_FAILURES = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError,
    struct.error, OverflowError,
)  # fmt: skip  # RuntimeError: encrypted; NotImplementedError is one


class Entry(NamedTuple):
    """A file in an archive: its name, where it lies, when it was written, its beginning; or why it is left out."""

    name: str
    portion: Portion
    modified: datetime | None
    head: bytes = b""
    why: str = ""


class Damaged(Exception):  # noqa: N818  (what was found before it counts)
    """The archive cannot be read further."""


def kind(head: bytes) -> str | None:
    """What an archive that begins so, once decompressed, is: zip, tar, or None for no archive."""
    if head.startswith(_ZIP):
        return "zip"
    try:
        return "tar" if tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "replace").name else None
    except (tarfile.TarError, ValueError):
        return None


def entries(file: IO[bytes] | Stream, kind: str, size: int) -> Iterator[Entry]:
    """The files in an archive with their first ``size`` bytes; of several with one name, the last.

    Raises Damaged, after all that can be read, when the archive is.
    """
    found: dict[str, Entry] = {}
    try:
        for entry in _of_zip(file, size) if kind == "zip" else _of_tar(file, size):  # type: ignore[arg-type]  # by kind
            if entry.name in found:
                yield entry._replace(why="another entry of the archive has the same name")
                continue
            found[entry.name] = entry
            yield entry
    except _FAILURES as error:
        raise Damaged(str(error) or type(error).__name__) from None


def _of_zip(file: IO[bytes], size: int) -> Iterator[Entry]:
    with zipfile.ZipFile(file) as archive:
        for at, info in enumerate(archive.infolist()):
            if info.is_dir():
                continue
            entry = Entry(info.filename, Portion("zip", at, info.file_size), _zip_time(info))
            if info.flag_bits & 1:
                yield entry._replace(why="encrypted; take it out with `unzip`, which asks for the password")
                continue
            try:
                with archive.open(info) as member:
                    yield entry._replace(head=member.read(size))
            except _FAILURES as error:
                yield entry._replace(why=f"damaged, or packed in a way not read here ({error})")


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time).astimezone(UTC)  # zip knows local times only
    except (ValueError, OverflowError, OSError):
        return None


def _of_tar(stream: Stream, size: int) -> Iterator[Entry]:
    source: Any = stream  # it can be read, which is all that tarfile asks for
    with tarfile.open(fileobj=source, mode="r|", tarinfo=_Info) as archive:
        for info in archive:
            entry = Entry(info.name, Portion("tar", info.offset_data, info.size), _tar_time(info))
            if info.issparse():
                yield entry._replace(why="a sparse file")
            elif info.isreg():
                member = archive.extractfile(info)
                yield entry._replace(head=member.read(size) if member else b"")
        if stream.damage:
            raise Damaged(stream.damage)


def _tar_time(info: tarfile.TarInfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(info.mtime, UTC)
    except (ValueError, OverflowError, OSError):
        return None


class _Info(tarfile.TarInfo):
    """A header of a tar; those that tell long names are not believed to be of any length."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Info:
        info = super().frombuf(buf, encoding, errors)
        told = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, b"X")
        if info.type in told and info.size > _LONGEST_NAME:
            raise tarfile.ReadError(f"a header of {info.size:,} bytes")
        return info


@contextlib.contextmanager
def opened(file: IO[bytes] | Stream, portion: Portion) -> Iterator[Any]:
    """The bytes of a member, as a file object whose failures are OSError."""
    if isinstance(file, Stream):
        file.skip(portion.at)
        yield _Window(file, portion.size)
        return
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
            member = stack.enter_context(archive.open(archive.infolist()[portion.at]))
        except (IndexError, *_FAILURES) as error:
            raise OSError(f"the archive is damaged, or was changed meanwhile: {error}") from None
        yield _Plain(member)


class _Plain:
    def __init__(self, member: IO[bytes]) -> None:
        self._member = member

    def read(self, size: int) -> bytes:
        try:
            return self._member.read(size)
        except _FAILURES as error:
            raise OSError(str(error) or "the archive ends too early") from None


class _Window:
    """So many bytes of a stream."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left)) if self._left else b""
        self._left -= len(data)
        if self._left and not data:
            raise OSError(self._stream.damage or "the archive ends too early")
        return data
