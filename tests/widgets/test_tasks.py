"""Waiting for the jobs of a widget."""

from __future__ import annotations

import threading
import time
from typing import Any

from tokenscope_widgets.widgets._tasks import Task, Tasks
from tokenscope_widgets.worker import Worker


def test_waiting_for_a_cancelled_job_leaves_the_one_that_took_its_place() -> None:
    worker, gate, taken = Worker(), threading.Event(), []

    def slow(job: Any) -> str:
        for _ in range(30):
            time.sleep(0.01)
            if job.cancelled:
                return "cancelled"
        return "whole"

    def take(task: Task) -> None:
        taken.append(task.job.wait())
        if task.label == "first":
            tasks.add(Task("lens", "second", worker.submit(slow)))

    tasks = Tasks(lambda *_: None, take, lambda failure: taken.append(failure))
    tasks.add(Task("lens", "first", worker.submit(lambda _job: gate.wait() and "first")))
    tasks.cancel()
    threading.Timer(0.1, gate.set).start()
    tasks.wait()
    assert taken == ["first", "whole"]
