"""One thread that does a model's work, one job after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Generic, TypeVar

T = TypeVar("T")


class Job(Generic[T]):
    """Work that was queued, and may be running.

    Its function is given the job itself, and asks ``job.cancelled`` between two steps.

    Attributes
    ----------
    progress, total : int
        How much is done, and of how much at the most, in tokens.
    observer : callable or None
        Called with the job by the work itself, whenever it has advanced.
    """

    def __init__(self, total: int = 0) -> None:
        self.progress = 0
        self.total = total
        self.observer: Callable[[Job[T]], None] | None = None
        # cancelled by Ctrl-C, which is meant for everything that is waited for
        self.interrupted = False
        self._cancel = threading.Event()
        self._future: Future[T]

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel.is_set()

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._future.done()

    @property
    def failure(self) -> BaseException | None:
        """The error it ended with, if it has ended so."""
        return self._future.exception() if self._future.done() else None

    def then(self, call: Callable[[Job[T]], None]) -> None:
        """Call with the job once it has ended, on the worker thread (or here, if it has ended already)."""
        self._future.add_done_callback(lambda _future: call(self))

    def advance(self, steps: int) -> None:
        """Say that so much more is done."""
        self.progress += steps
        if self.observer is not None:
            self.observer(self)

    def cancel(self) -> None:
        """Ask the work to end at its next step; it keeps what it has."""
        self._cancel.set()

    def wait(self, tick: Callable[[], None] | None = None, tick_seconds: float = 0.1) -> T:
        """The result, or the error. Ctrl-C cancels the work and returns what there is.

        ``tick`` is called about ten times a second meanwhile.
        """
        while True:
            try:
                wait_for([self._future], timeout=tick_seconds)
                if self._future.done():
                    return self._future.result()
                if tick:
                    tick()
            except KeyboardInterrupt:
                if self.cancelled:
                    raise
                self.interrupted = True
                self.cancel()


class Worker:
    """Runs jobs in the order they come, on one thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tokenscope")
        self._waiting = 0
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a job is queued or running."""
        return self._waiting > 0

    def submit(self, work: Callable[[Job[T]], T], total: int = 0) -> Job[T]:
        """Queue work and return at once."""
        job: Job[T] = Job(total)

        def run() -> T:
            try:
                return work(job)
            finally:
                with self._lock:
                    self._waiting -= 1

        with self._lock:
            self._waiting += 1
        job._future = self._pool.submit(run)
        return job
