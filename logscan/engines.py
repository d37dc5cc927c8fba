"""Engines: each one maps a function over things to do and gives the results back.

An engine knows nothing of mail; ``scan(…, mapper=…)`` takes any callable of this form.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import select
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

In = TypeVar("In")
Out = TypeVar("Out")


def serial(function: Callable[[In], Out], things: Iterable[In]) -> Iterator[Out]:
    """One after the other, in this thread."""
    return map(function, things)


def threads(function: Callable[[In], Out], things: Iterable[In], workers: int | None = None) -> Iterator[Out]:
    """In a pool of threads; only a few more things than there are workers are drawn and held at a time."""
    from concurrent.futures import ThreadPoolExecutor

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


class Forked:
    """Worker processes beside this one, forked at once so that they load what they need while this one does.

    Make it before any thread runs and before heavy modules are loaded; ``warm`` is called in each worker first. Called
    like any engine, but once, it gives the results in any order. This process works, too.
    """

    def __init__(self, count: int, warm: Callable[[], object]) -> None:
        self.workers = [_Worker(warm) for _ in range(count)]

    def __call__(self, function: Callable[[In], Out], things: Iterable[In]) -> Iterator[Out]:
        """Map a function over things, here and in the workers."""
        from concurrent.futures import ThreadPoolExecutor

        source = iter(things)
        own: Future[Out] | None = None
        left = True
        with ThreadPoolExecutor(1, thread_name_prefix="logscan") as pool:
            while True:
                for worker in self.workers:
                    if left and not worker.busy:
                        thing = next(source, _NOTHING)
                        left = thing is not _NOTHING
                        worker.give(function, thing) if left else None
                if left and own is None:
                    thing = next(source, _NOTHING)
                    left = thing is not _NOTHING
                    own = pool.submit(function, thing) if left else None
                busy = [worker for worker in self.workers if worker.busy]
                if own is None and not busy:
                    return
                for worker in [] if left else self.workers:
                    worker.dismiss()
                ready = select.select([worker.answers for worker in busy], [], [], _TICK if own else None)[0]
                for worker in busy:
                    if worker.answers in ready:
                        yield worker.take()
                if own is not None and own.done():
                    yield own.result()
                    own = None

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers:
            worker.close()


_NOTHING: Any = object()
_TICK = 0.002  # seconds between looks at the work of this process itself


class _Worker:
    """One forked process and the pipes to and from it."""

    def __init__(self, warm: Callable[[], object]) -> None:
        task_read, task_write = os.pipe()
        answer_read, answer_write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(task_write)
            os.close(answer_read)
            _serve(warm, os.fdopen(task_read, "rb"), os.fdopen(answer_write, "wb"))
        os.close(task_read)
        os.close(answer_write)
        self.tasks = os.fdopen(task_write, "wb")
        self.answers = os.fdopen(answer_read, "rb", buffering=0)
        self.reader = io.BufferedReader(self.answers, 1 << 20)
        self.busy = False

    def give(self, function: Callable[[Any], Any], thing: Any) -> None:
        """Send one task."""
        self.busy = True
        pickle.dump((function, thing), self.tasks, protocol=5)
        self.tasks.flush()

    def take(self) -> Any:
        """Wait for one answer; raises what the task raised."""
        self.busy = False
        try:
            good, answer = pickle.load(self.reader)  # from our own fork
        except EOFError as error:
            raise MemoryError("a worker process ended without an answer; was it short of memory?") from error
        if not good:
            raise answer
        return answer

    def dismiss(self) -> None:
        """Let the process end as soon as it has answered."""
        with contextlib.suppress(OSError):
            self.tasks.close()

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self.tasks.close()
            self.answers.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _serve(warm: Callable[[], object], tasks: io.BufferedReader, answers: io.BufferedWriter) -> NoReturn:
    """A worker's life: do what comes until the pipe closes."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.suppress(Exception):  # what is wrong shows again in the first task, and is told then
            warm()
        while True:
            function, thing = pickle.load(tasks)  # from our own parent
            try:
                answer = (True, function(thing))
            except Exception as error:  # whatever it is, it is told to the parent
                answer = (False, error)
            pickle.dump(answer, answers, protocol=5)
            answers.flush()
    except (EOFError, OSError):
        pass
    finally:
        os._exit(0)
