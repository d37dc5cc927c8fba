"""A progress line on a terminal, for anything that takes over a second."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

_AFTER = 1.0
_EVERY = 0.1


class Bar:
    """Shows share, lines and lines per second on one line, which it wipes at the end; silent when not a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.start = time.monotonic()
        self.shown = 0.0
        self.live = stream.isatty()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def update(self, done: int, total: int | None, lines: int) -> None:
        """Take note of stored bytes read, stored bytes in all (None: unknown) and lines."""
        now = time.monotonic()
        if not self.live or now - self.start < _AFTER or now - self.shown < _EVERY:
            return
        self.shown = now
        share = f"{min(done / total, 1):4.0%} " if total else ""
        rate = lines / (now - self.start)
        self.stream.write(f"\r\x1b[K{share}{lines:,} lines, {rate:,.0f} lines/s")
        self.stream.flush()
