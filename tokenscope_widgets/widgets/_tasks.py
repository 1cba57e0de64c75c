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
    """A job, what it is for, and whether its result is still wanted."""

    kind: str
    label: str
    job: Job[Any]
    question: FlowQuestion | None = None
    top: int = 0
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
    """

    def __init__(
        self,
        tell: Callable[[str, str, float], None],
        take: Callable[[Task], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        self._tell, self._take, self._fail = tell, take, fail
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
                    other.dropped = True
                    other.job.cancel()
            self._open.append(task)
            self._tell("queued", task.label, 0.0)
        task.job.observer = lambda _job: self._advanced(task)
        task.job.then(lambda _job: self._ended(task))

    def cancel(self) -> None:
        """Ask all to end; what they have is still taken."""
        for task in list(self._open):
            task.job.cancel()

    def wait(self) -> None:
        """Return once none is left; Ctrl-C cancels."""
        while self._open:
            with suppress(Exception, IndexError):  # failures are told
                self._open[0].job.wait()
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
        with self._lock:
            if failure is not None:
                self._fail(failure)
            self._open.remove(task)
            if not self._open:
                self._tell("idle" if failure is None else "error", "", 0.0)
