"""One thread, jobs in order, cancelling, errors, and Ctrl-C while waiting."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tokenscope_widgets.worker import Job, Worker


def until_cancelled(job: Job[str]) -> str:
    for step in range(1000):
        if job.cancelled:
            return f"stopped after some of 1000 steps: {step < 1000}"
        time.sleep(0.005)
    return "never stopped"


class Interrupting:
    """Raises KeyboardInterrupt the first few times it is called, as Ctrl-C would."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> None:
        if self.left:
            self.left -= 1
            raise KeyboardInterrupt


def test_a_job_gives_its_result() -> None:
    assert Worker().submit(lambda job: 41 + 1).wait() == 42


def test_jobs_run_in_the_order_they_came() -> None:
    worker, order = Worker(), []
    jobs = [worker.submit(lambda _, n=n: order.append(n)) for n in range(20)]
    for job in reversed(jobs):
        job.wait()
    assert order == list(range(20))


def test_all_jobs_share_one_thread_that_is_not_the_caller_s() -> None:
    worker = Worker()
    threads = {worker.submit(lambda _: threading.get_ident()).wait() for _ in range(5)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_cancelled_job_ends_with_what_it_has() -> None:
    job = Worker().submit(until_cancelled)
    job.cancel()
    assert job.wait() == "stopped after some of 1000 steps: True"


def test_cancelling_one_job_leaves_the_next_alone() -> None:
    worker = Worker()
    first, second = worker.submit(until_cancelled), worker.submit(lambda job: job.cancelled)
    first.cancel()
    assert second.wait() is False


def test_an_error_reaches_whoever_waits() -> None:
    def fail(_: Job[None]) -> None:
        raise ZeroDivisionError("of the work")

    with pytest.raises(ZeroDivisionError, match="of the work"):
        Worker().submit(fail).wait()


def test_an_error_does_not_stop_the_worker() -> None:
    worker = Worker()
    failing: Job[Any] = worker.submit(lambda _: 1 / 0)
    assert worker.submit(lambda _: "next").wait() == "next"
    assert failing.done


def test_a_timeout_of_the_work_itself_is_its_error() -> None:
    def fail(_: Job[None]) -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        Worker().submit(fail).wait(tick_seconds=0.01)


def test_ctrl_c_cancels_and_returns_what_there_is() -> None:
    job = Worker().submit(until_cancelled)
    assert job.wait(tick=Interrupting(1), tick_seconds=0.01) == "stopped after some of 1000 steps: True"
    assert job.cancelled


def test_ctrl_c_while_waiting_for_the_result_cancels_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import tokenscope_widgets.worker as module

    interrupt, wait_for = Interrupting(1), module.wait_for

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        interrupt()
        return wait_for(*args, **kwargs)

    monkeypatch.setattr(module, "wait_for", interrupted)
    assert Worker().submit(until_cancelled).wait() == "stopped after some of 1000 steps: True"


def test_a_second_ctrl_c_gives_up_waiting() -> None:
    release = threading.Event()
    job = Worker().submit(lambda _: release.wait(10))
    with pytest.raises(KeyboardInterrupt):
        job.wait(tick=Interrupting(2), tick_seconds=0.01)
    release.set()


def test_a_caller_is_ticked_while_it_waits() -> None:
    ticks: list[int] = []
    job = Worker().submit(until_cancelled)

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            job.cancel()

    job.wait(tick, tick_seconds=0.01)
    assert len(ticks) >= 3


def test_a_worker_is_busy_while_anything_is_queued_or_running() -> None:
    worker, release = Worker(), threading.Event()
    assert not worker.busy
    first, second = worker.submit(lambda _: release.wait(10)), worker.submit(lambda _: None)
    assert worker.busy
    release.set()
    first.wait()
    second.wait()
    assert not worker.busy


def test_a_job_says_how_much_there_is_to_do_and_how_much_is_done() -> None:
    def work(job: Job[None]) -> None:
        job.progress = 7

    job = Worker().submit(work, total=9)
    job.wait()
    assert (job.progress, job.total, job.done) == (7, 9, True)
