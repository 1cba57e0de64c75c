"""The jobs a widget has started: which are still wanted, how far they are, and when all have ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tokenscope_widgets.widgets._flow_question import FlowQuestion
from tokenscope_widgets.worker import Job

_SECONDS_BETWEEN_PROGRESS = 0.1


@dataclass(eq=False)
class Task:
    """A job, what it is for (``of``: whose result it is), and whether that is still wanted."""

    kind: str
    label: str
    job: Job[Any]
    question: FlowQuestion | None = None
    top: int = 0
    of: object = None
    dropped: bool = False
    told: float = 0.0


class Tasks:
    """Tasks of one widget.

    Parameters
    ----------
    tell : callable
        Given (status, label, progress 0 … 1) whenever they change.
    take : callable
        Given each task whose result is wanted, on the worker thread, once it has ended well.
    fail : callable
        Given the error of a task that failed, or whose result could not be taken.
    drop : callable
        Given each task whose result is not wanted any more.
    """

    def __init__(
        self,
        tell: Callable[[str, str, float], None],
        take: Callable[[Task], None],
        fail: Callable[[BaseException], None],
        drop: Callable[[Task], None] = lambda _task: None,
    ) -> None:
        self._tell, self._take, self._fail, self._drop = tell, take, fail, drop
        self._open: list[Task] = []
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, task: Task) -> None:
        """Watch a task. A new attribution takes the place of one that still runs, and anything that of a figure of
        trust: the reader has moved on."""
        with self._lock:
            for other in self._open:
                if other.kind == "trust" or task.kind == other.kind == "attribution":
                    self._let_go(other)
            self._open.append(task)
            self._tell("queued", task.label, 0.0)
        task.job.observer = lambda _job: self._advanced(task)
        task.job.then(lambda _job: self._ended(task))

    def drop_all(self) -> None:
        """Ask all to end; what they have is not wanted."""
        with self._lock:
            for task in self._open:
                self._let_go(task)

    def _let_go(self, task: Task) -> None:
        if not task.dropped:
            task.dropped = True
            task.job.cancel()
            self._drop(task)

    def cancel(self) -> None:
        """Ask all to end; what they have is still taken."""
        for task in list(self._open):
            task.job.cancel()

    def wait(self) -> None:
        """Return once none is left; Ctrl-C cancels."""
        while self._open:
            with suppress(Exception):  # failures are told; the last may have ended just now
                task = self._open[0]
                task.job.wait()
                # a job that was cancelled to make room for others must not take those with it
                if task.job.interrupted and not task.dropped:
                    self.cancel()
            time.sleep(0.01)

    def _advanced(self, task: Task) -> None:
        if time.monotonic() - task.told > _SECONDS_BETWEEN_PROGRESS:
            task.told = time.monotonic()
            self._tell("computing", task.label, min(1.0, task.job.progress / max(task.job.total, 1)))

    def _ended(self, task: Task) -> None:
        failure = task.job.failure
        try:
            if failure is None and not task.dropped:
                self._take(task)
        except Exception as error:
            failure = error
        failure = None if task.dropped else failure
        with self._lock:
            self._open.remove(task)
            last = not self._open
        if failure is not None:
            self._fail(failure)
        if last:
            self._tell("idle" if failure is None else "error", "", 0.0)
