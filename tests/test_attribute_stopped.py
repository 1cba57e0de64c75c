"""Attributions that were cancelled keep what was computed."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from tests.attributing import QUICK, TEXT
from tests.tiny import held
from tokenscope_widgets import worker as worker_module
from tokenscope_widgets.analysis import variants as variants_module
from tokenscope_widgets.analysis.attribution import METHODS, Attribution
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.session import Session
from tokenscope_widgets.worker import Job


@pytest.fixture
def run(tiny_session: Session) -> Generation:
    return tiny_session.score(TEXT)


def one_source_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants_module, "_TOKENS_AT_ONCE", 1)


def cancelled_after(session: Session, run: Generation, steps: int, target: Any, method: str, **options: Any) -> Any:
    plan = session.plan_attribution(run, target, method, sources="token", **options)
    told: list[int] = []

    def observe(job: Job[Attribution]) -> None:
        told.append(job.progress)
        if len(told) == steps:
            job.cancel()

    with held(session):
        job = session.start_attribution(plan)
        job.observer = observe
    return job.wait()


def test_an_ablation_cancelled_half_way_keeps_what_was_computed(
    tiny_session: Session, run: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_source_at_a_time(monkeypatch)
    whole = tiny_session.attribute(run, 9, sources="token")
    found = cancelled_after(tiny_session, run, 4, 9, "ablation")
    known = np.isfinite(found.scores[0])
    assert not found.finished
    assert known.sum() == 4
    np.testing.assert_allclose(found.scores[0, known], whole.scores[0, known], atol=1e-5)
    assert repr(found).endswith("not finished>")


def test_gradients_cancelled_half_way_keep_the_targets_they_reached(tiny_session: Session, run: Generation) -> None:
    # told once for the forward pass, and after each target
    found = cancelled_after(tiny_session, run, 3, (9, 14), "input_x_gradient")
    assert not found.finished
    assert np.isfinite(found.scores).all(axis=1).tolist() == [True, True, False, False, False]
    assert np.isnan(found.scores[2:]).all()


def test_sampled_ablation_cancelled_half_way_fits_the_samples_there_are(
    tiny_session: Session, run: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_source_at_a_time(monkeypatch)
    found = cancelled_after(tiny_session, run, 30, 9, "surrogate", samples=64)
    assert not found.finished
    assert np.isfinite(found.scores).all()


@pytest.mark.parametrize("method", METHODS)
def test_what_was_cancelled_before_it_began_has_no_scores(tiny_session: Session, run: Generation, method: str) -> None:
    plan = tiny_session.plan_attribution(run, (9, 14), method, sources="token", **QUICK)
    with held(tiny_session):
        job = tiny_session.start_attribution(plan)
        job.cancel()
    found = job.wait()
    assert not found.finished
    # gradients look at the first target before they ask
    assert np.isnan(found.scores[1:]).all()


def test_ctrl_c_returns_what_there_is(tiny_session: Session, run: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    one_source_at_a_time(monkeypatch)
    interrupted, cancelled = threading.Event(), threading.Event()
    wait_for, cancel, advance = worker_module.wait_for, Job.cancel, Job.advance

    def interrupting(*args: Any, **kwargs: Any) -> Any:
        if not interrupted.is_set() and waiting.wait(10):
            interrupted.set()
            raise KeyboardInterrupt
        return wait_for(*args, **kwargs)

    def advancing(job: Job[Any], steps: int) -> None:
        advance(job, steps)
        waiting.set()
        assert cancelled.wait(10)

    def cancelling(job: Job[Any]) -> None:
        cancel(job)
        cancelled.set()

    waiting = threading.Event()
    monkeypatch.setattr(worker_module, "wait_for", interrupting)
    monkeypatch.setattr(Job, "advance", advancing)
    monkeypatch.setattr(Job, "cancel", cancelling)
    found = tiny_session.attribute(run, 9, sources="token")
    assert not found.finished
    assert np.isfinite(found.scores).sum() == 1
