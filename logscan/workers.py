"""Decides whether a scan from the command line gets worker processes, and starts them before anything is loaded."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from logscan import engines

_WORTH = 24 << 20  # bytes below which starting another process costs more than it saves
_MOST = 8


@contextmanager
def beside(paths: Sequence[str]) -> Iterator[engines.Forked | None]:
    """Workers for large logs on a machine with several processors; None where threads do as well."""
    count = min(os.cpu_count() or 1, _MOST) - 1
    if count < 1 or not hasattr(os, "fork") or sum(map(_size, paths)) < _WORTH:
        yield None
        return
    # One process for each processor: threads inside them would only get in each other's way.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    forked = engines.Forked(count, _load)
    try:
        yield forked
    finally:
        forked.close()


def _size(path: str) -> int:
    """Stored bytes of a file, or of the files in a folder or behind a pattern; 0 for what cannot be seen."""
    if not os.path.exists(path):  # noqa: PTH110  # a word of the command line, not yet a path
        return sum(map(_size, glob.glob(path))) if glob.has_magic(path) else 0  # noqa: PTH207  # as it is
    try:
        if os.path.isdir(path):  # noqa: PTH112  # as above
            with os.scandir(path) as entries:
                return sum(entry.stat().st_size for entry in entries if entry.is_file())
        return os.path.getsize(path)  # noqa: PTH202  # as above
    except OSError:
        return 0


def _load() -> None:
    """What a worker needs, loaded while the parent process loads the same."""
    from logscan import packs, scan

    packs.mtas()
    packs.knowledge()
    del scan
