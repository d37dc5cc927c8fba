"""Engines: each one maps a function over things to do and gives the results back in order.

An engine knows nothing of mail; ``scan(…, mapper=…)`` takes any callable of this form.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


def serial(function: Callable[[In], Out], things: Iterable[In]) -> Iterator[Out]:
    """One after the other, in this thread."""
    return map(function, things)


def threads(function: Callable[[In], Out], things: Iterable[In], workers: int | None = None) -> Iterator[Out]:
    """In a pool of threads; only a few more things than there are workers are drawn and held at a time."""
    count = workers or os.cpu_count() or 1
    with ThreadPoolExecutor(count, thread_name_prefix="logscan") as pool:
        flying: deque[Future[Out]] = deque()
        try:
            for thing in things:
                flying.append(pool.submit(function, thing))
                if len(flying) > count:
                    yield flying.popleft().result()
            while flying:
                yield flying.popleft().result()
        finally:
            for future in flying:
                future.cancel()
