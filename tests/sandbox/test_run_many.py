"""Several programs against the same tests."""

from __future__ import annotations

import threading
import time

import pytest

from tokenscope_widgets import sandbox
from tokenscope_widgets.errors import InputError

TESTS = sandbox.tests_from("assert x == 1")


def test_outcomes_come_in_the_order_of_the_programs_and_are_told_as_they_end():
    told: list[tuple[int, str]] = []
    threads = set()

    def on_done(index: int, outcome: sandbox.Outcome) -> None:
        told.append((index, outcome.status))
        threads.add(threading.current_thread())

    slow = "import time\ntime.sleep(0.5)\nx = 1"
    outcomes = sandbox.run_many([slow, "x = 2", "x = 1", "x"], TESTS, on_done=on_done)
    assert [outcome.status for outcome in outcomes] == ["passed", "failed", "passed", "error"]
    assert sorted(told) == [(0, "passed"), (1, "failed"), (2, "passed"), (3, "error")]
    assert told[-1][0] == 0
    assert threads == {threading.current_thread()}


def test_no_programs_give_no_outcomes():
    assert sandbox.run_many([], TESTS) == []


def test_one_text_is_not_a_list_of_programs():
    with pytest.raises(InputError, match="programs="):
        sandbox.run_many("x = 1", TESTS)


def test_cancelling_kills_what_runs_and_starts_nothing_more():
    done = []
    started = time.monotonic()
    outcomes = sandbox.run_many(
        ["x = 1", "while True: pass", "while True: pass", "x = 1"],
        TESTS,
        sandbox.Limits(seconds=30),
        cancelled=lambda: bool(done),
        on_done=lambda index, outcome: done.append(index),
    )
    assert time.monotonic() - started < 5
    assert outcomes[0].status == "passed"
    assert [outcome.status for outcome in outcomes[1:]] == ["not_runnable"] * 3
    assert outcomes[3].message == "cancelled before it ran"


def test_an_interrupt_in_the_middle_ends_what_runs():
    def interrupt(index: int, outcome: sandbox.Outcome) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sandbox.run_many(["x = 1", "while True: pass"], TESTS, sandbox.Limits(seconds=30), on_done=interrupt)
    assert time.monotonic() - started < 5


def test_threads_can_run_programs_at_the_same_time():
    outcomes: list[sandbox.Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(sandbox.run_tests("x = 1", TESTS))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.status for outcome in outcomes] == ["passed"] * 6
