"""Logs elsewhere: whatever URL fsspec knows (s3://, https://, sftp://, memory:// …); needs the extra "remote".

Credentials in a URL, and its query, stay out of names and messages.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from logscan.errors import InputError, LogscanError, MissingExtraError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:::[A-Za-z][A-Za-z0-9+.-]*)*://")
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "created")
_STATUS = {
    401: "no permission (401)",
    403: "no permission (403)",
    404: "not found (404)",
    410: "gone (410)",
}


class Remote(NamedTuple):
    """A file elsewhere: the URL that leads to its file system, its path there, its name for people."""

    url: str
    path: str
    name: str
    size: int | None
    modified: datetime | None


def is_url(path: str) -> bool:
    """Whether a path is a URL, and not a file of this machine."""
    return _SCHEME.match(path) is not None


def shown(url: str) -> str:
    """A URL without credentials: no user and password, no query."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    path = re.split("[?#]", path, maxsplit=1)[0] if scheme.split("::")[-1].startswith("http") else path
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def find(url: str) -> list[Remote]:
    """The files that a URL names; one with ``*``, ``?`` or ``[`` in its path may name several, in order of names.

    Raises InputError for a file that is not there or may not be read, MissingExtraError for a missing package.
    """
    with _told(url):
        system, path = _system(url)
        web = urlsplit(url).scheme.startswith("http")
        if glob.has_magic(path) and not (web and "?" in path and "*" not in path):
            paths = sorted(str(one) for one in system.glob(path))
            if not paths:
                raise InputError(f"{shown(url)}: no file matches this pattern")
        elif not web and system.isdir(path):
            paths = sorted(str(one) for one in system.find(path))
            if not paths:
                raise InputError(f"{shown(url)}: the folder holds no files")
        else:
            paths = [path]
        found = [(one, system.info(one)) for one in paths]
        return [_remote(url, one, info) for one, info in found if info.get("type") != "directory"]


def _remote(url: str, path: str, info: dict[str, Any]) -> Remote:
    size = info.get("size")
    times = [info[name] for name in _TIMES if info.get(name) is not None]
    scheme = _SCHEME.match(url)
    name = path if _SCHEME.match(path) else f"{scheme[0] if scheme else ''}{path.lstrip('/')}"
    host = urlsplit(url).netloc.rpartition("@")[2]
    if (
        scheme and path.startswith("/") and not f"{path}/".startswith(f"/{host}/")
    ):  # sftp and its like: the path is that on the host
        name = f"{scheme[0]}{host}{path}"
    return Remote(url, path, shown(name), int(size) if size is not None else None, _time(times[0]) if times else None)


def _time(value: Any) -> datetime | None:
    try:
        when = value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


@contextmanager
def opened(url: str, path: str) -> Iterator[Any]:
    """A file elsewhere, as a file object whose failures are OSError without secrets; raises as ``find`` does."""
    with _told(url):
        system, _ = _system(url)
        raw = system.open(path, "rb")
    try:
        yield _Guarded(raw)
    finally:
        raw.close()


def _system(url: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise MissingExtraError(
            f"{shown(url)}: reading it needs one more package: pip install 'logscan[remote]'"
        ) from None
    system, path = fsspec.core.url_to_fs(url)
    return system, str(path)


@contextmanager
def _told(url: str) -> Iterator[None]:
    name = shown(url)
    try:
        yield
    except LogscanError:
        raise
    except ImportError as error:
        raise MissingExtraError(f"{name}: reading it needs one more package ({_why(error)})") from None
    except Exception as error:  # any file system has errors of its own
        cause = error.__cause__ if isinstance(error, FileNotFoundError) else None  # the web's are all of this kind
        if isinstance(error, FileNotFoundError) and (cause is None or isinstance(cause, FileNotFoundError)):
            raise InputError(f"{name}: no such file there; look at the folder above, or check the spelling") from None
        why = _why(cause or error)
        hint = "" if "no permission" not in why else "; check who you are there: the access key, login or token"
        raise InputError(f"{name}: cannot be read ({why}){hint}") from None


def _why(error: BaseException) -> str:
    """What is wrong, without the address, which may hold a password."""
    status = _STATUS.get(int(getattr(error, "status", 0) or 0))
    if status:
        return status
    if isinstance(error, PermissionError):
        return "no permission"
    if isinstance(error, ValueError) and "rotocol" in str(error):
        return "no such kind of URL is known"
    if isinstance(error, ImportError):
        return re.sub(r"[^A-Za-z0-9 .,'_-]", "", str(error))[:120]
    text = getattr(error, "strerror", None) or type(error).__name__
    return str(text)


class _Guarded:
    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._raw.read(size))
        except Exception as error:  # as above
            raise OSError(_why(error)) from None

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return int(self._raw.seek(offset, whence))
        except Exception as error:  # as above
            raise OSError(_why(error)) from None

    def tell(self) -> int:
        return int(self._raw.tell())

    def seekable(self) -> bool:
        return bool(self._raw.seekable())
