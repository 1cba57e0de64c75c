"""A fork analysis that was ended early keeps what it has, and goes on as it was asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.test_forks import POSITIONS, a_run, texts, tried
from tests.tiny import held, tiny_session
from tokenscope_widgets.analysis.forks import ForkAnalysis
from tokenscope_widgets.errors import InputError, OutOfMemoryError
from tokenscope_widgets.session import Session


def test_work_that_was_ended_keeps_its_batches_and_can_be_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenscope_widgets.forking._ROWS_AT_ONCE", 2)
    session = tiny_session()
    run = a_run(session)
    plan = session.plan_forks(run, POSITIONS, 2, until="run", least_probability=0.0, max_new_tokens=6)
    with held(session):
        job = session.start_forks(plan, lambda _known: job.cancel())
    partial = job.wait()
    assert not partial.finished
    assert sum(len(arm.runs) for point in partial.points for arm in point.arms if not arm.written) == 2
    whole = session.forks(run, resume=partial)
    assert texts(whole) == texts(tried(session, run))


def test_an_analysis_of_another_run_is_not_resumed(tiny_session: Session) -> None:
    found = tried(tiny_session, a_run(tiny_session))
    with pytest.raises(InputError, match=r"is an analysis of another run. Pass resume.run as the run"):
        tiny_session.forks(a_run(tiny_session), resume=found)


def test_an_analysis_goes_on_as_it_was_asked(tiny_session: Session) -> None:
    run = a_run(tiny_session)
    found = tried(tiny_session, run, tests=always)
    with pytest.raises(InputError, match=r"goes on as it was asked: it takes no positions, max_new_tokens"):
        tiny_session.forks(run, [17], resume=found, max_new_tokens=9)
    with pytest.raises(InputError, match=r"was judged by other tests. Leave tests out"):
        tiny_session.forks(run, resume=found, tests=never)
    assert texts(tiny_session.forks(run, resume=found, tests=always)) == texts(found)


def always(text: str) -> bool:
    return True


def never(text: str) -> bool:
    return False


def test_what_is_resumed_is_judged_by_the_tests_of_the_first_part() -> None:
    session = tiny_session()
    run = a_run(session)
    found = tried(session, run, tests=always)
    whole = session.forks(run, resume=without_others(found))
    assert [[arm.outcomes[0]["tests"] for arm in point.arms] for point in whole.points] == [["passed"] * 3] * 3
    assert [point.pivot.value for point in whole.points] == [0, 0, 0]


def without_others(found: ForkAnalysis) -> ForkAnalysis:
    """As if it had been ended before any other token was tried."""
    points = [
        replace(p, arms=(p.arms[0], *(replace(arm, runs=(), outcomes=()) for arm in p.arms[1:]))) for p in found.points
    ]
    return replace(found, points=tuple(points))


def test_an_unfinished_analysis_lacks_continuations_not_only_tokens(tiny_session: Session) -> None:
    run = a_run(tiny_session)
    found = tried(tiny_session, run, do_sample=True, samples=3)
    arm = found.points[0].arms[0]
    less = replace(arm, runs=arm.runs[:1], outcomes=arm.outcomes[:1])
    fewer = replace(found.points[0], arms=(less, *found.points[0].arms[1:]))
    partial = replace(found, points=(fewer, *found.points[1:]))
    assert not partial.finished
    assert len(tiny_session.plan_forks(run, resume=partial).sites) == 2
    assert texts(tiny_session.forks(run, resume=partial)) == texts(found)


def test_cancelling_ends_the_tests_too(monkeypatch: pytest.MonkeyPatch) -> None:
    session = tiny_session()
    run = a_run(session)
    calls: list[str] = []

    def slow(text: str) -> None:
        calls.append(text)
        job.cancel()

    plan = session.plan_forks(run, POSITIONS, 2, until="run", least_probability=0.0, max_new_tokens=6, tests=slow)
    with held(session):
        job = session.start_forks(plan)
    partial = job.wait()
    assert len(calls) == 1
    assert [len(point.arms[0].outcomes) for point in partial.points] == [1, 0, 0]
    assert session.forks(run, resume=partial).finished


def test_a_failure_of_the_model_keeps_what_was_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenscope_widgets.forking._ROWS_AT_ONCE", 2)
    session = tiny_session()
    run = a_run(session)
    plan = session.plan_forks(run, POSITIONS, 2, until="run", least_probability=0.0, max_new_tokens=6)
    real = session.model.forward._run
    with held(session):
        job = session.start_forks(plan, lambda _known: setattr(session.model.forward, "_run", out_of_memory))
    with pytest.raises(OutOfMemoryError) as caught:
        job.wait()
    partial = caught.value.partial
    assert isinstance(partial, ForkAnalysis)
    assert sum(len(arm.runs) for point in partial.points for arm in point.arms if not arm.written) == 2
    monkeypatch.setattr(session.model.forward, "_run", real)
    assert texts(session.forks(run, resume=partial)) == texts(tried(session, run))


def out_of_memory(*_: Any) -> Any:
    raise RuntimeError("CUDA out of memory")


def test_a_failure_before_the_first_token_is_explained_too(monkeypatch: pytest.MonkeyPatch) -> None:
    session = tiny_session()
    run = a_run(session)
    session._writer._caches.clear()
    monkeypatch.setattr(session.model.forward, "_run", out_of_memory)
    with pytest.raises(OutOfMemoryError, match="ran out of memory"):
        tried(session, run)
