"""A session tries other tokens at several positions, in few batches, and says what came of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.tiny import some_ids, tiny_session
from tokenscope_widgets.analysis.forks import ForkAnalysis
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session

POSITIONS = [17, 20, 24]


def a_run(session: Session, **settings: Any) -> Generation:
    return session.generate(some_ids(16), max_new_tokens=14, eos_token_ids=(), **settings)


def tried(session: Session, run: Generation, **options: Any) -> ForkAnalysis:
    given = {"alternatives": 2, "until": "run", "least_probability": 0.0, "max_new_tokens": 6, **options}
    return session.forks(run, POSITIONS, **given)


def texts(found: ForkAnalysis) -> list[tuple[int, int, list[list[int]]]]:
    return [(p.at, arm.token_id, [r.token_ids.tolist() for r in arm.runs]) for p in found.points for arm in p.arms]


def test_every_token_is_continued_from_its_position(tiny_session: Session) -> None:
    run = a_run(tiny_session)
    found = tried(tiny_session, run)
    assert [point.at for point in found.points] == POSITIONS
    for point in found.points:
        assert [arm.written for arm in point.arms] == [True, False, False]
        assert point.arms[0].runs == (run,)
        for arm in point.arms[1:]:
            assert arm.runs[0].token_ids[: point.at + 1].tolist() == [*run.token_ids[: point.at], arm.token_id]
            assert len(arm.runs[0]) == point.at + 1 + 6
    assert found.finished


def test_batched_equals_one_by_one(tiny_session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(tiny_session)
    together = tried(tiny_session, run)
    monkeypatch.setattr("tokenscope_widgets.forking._ROWS_AT_ONCE", 1)
    assert texts(tried(tiny_session, run)) == texts(together)


def test_the_same_seed_draws_the_same_continuations_in_whatever_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    session = tiny_session()
    run = a_run(session)
    drawn = {"do_sample": True, "samples": 3, "seed": 5}
    first = tried(session, run, **drawn)
    monkeypatch.setattr("tokenscope_widgets.forking._ROWS_AT_ONCE", 4)
    assert texts(tried(tiny_session(), run, **drawn)) == texts(first)
    assert texts(tried(session, run, **{**drawn, "seed": 6})) != texts(first)


def test_drawn_continuations_are_tried_for_the_written_token_too(tiny_session: Session) -> None:
    found = tried(tiny_session, a_run(tiny_session), do_sample=True, samples=3)
    assert [len(arm.runs) for arm in found.points[0].arms] == [3, 3, 3]
    assert all(point.drawn for point in found.points)


def test_positions_are_chosen_where_the_model_was_open(tiny_session: Session) -> None:
    run = a_run(tiny_session)
    found = tiny_session.plan_forks(run, 4, 2, least_probability=0.0).analysis
    strongest = sorted(range(16, 30), key=lambda at: -run.entropy_nats[at])[:4]
    assert [point.at for point in found.points] == sorted(strongest)


def test_a_plan_says_what_it_costs_and_writes_nothing(tiny_session: Session) -> None:
    run = a_run(tiny_session)
    plan = tiny_session.plan_forks(run, POSITIONS, 2, least_probability=0.0, max_new_tokens=10)
    assert (len(plan.sites), plan.tokens) == (6, 60)
    assert plan.seconds > 0
    assert not tiny_session.worker.busy


@pytest.mark.parametrize("budget", [None, float("inf"), float("nan")])
def test_an_unlimited_budget_is_refused_with_the_estimate(tiny_session: Session, budget: Any) -> None:
    run = a_run(tiny_session)
    with pytest.raises(InputError, match=r"sets no limit, and this takes about 60 tokens, 0 s. Use 60"):
        tried(tiny_session, run, budget_tokens=budget, max_new_tokens=10)


def test_more_than_the_budget_is_refused_with_the_estimate(tiny_session: Session) -> None:
    with pytest.raises(InputError, match=r"budget_tokens=50: is too little: this takes about 60 tokens"):
        tried(tiny_session, a_run(tiny_session), budget_tokens=50, max_new_tokens=10)


def test_a_check_of_the_text_decides_what_passes(tiny_session: Session) -> None:
    run = a_run(tiny_session)
    seen: list[str] = []

    def first_three(text: str) -> bool:
        seen.append(text)
        return len(seen) <= 3

    found = tried(tiny_session, run, tests=first_three)
    assert (found.tests, found.check) == ("first_three", first_three)
    assert [[arm.outcomes[0]["tests"] for arm in p.arms] for p in found.points] == [["passed", "failed", "failed"]] * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positions": 0}, r"positions=0: asks about nothing"),
        ({"positions": [3]}, r"positions=3: stands in the prompt. Use 16 … 29"),
        ({"positions": [99]}, r"positions=99: is not a position in a run of 30 tokens"),
        ({"positions": []}, r"positions=\[\]: is empty"),
        ({"positions": "17"}, r"positions='17': is neither a number nor a list of positions"),
        ({"positions": 2.5}, r"positions=2.5: is neither a number nor a list of positions"),
        ({"alternatives": 99}, r"alternatives=99: the run holds"),
        ({"alternatives": 0}, r"alternatives=0: must be a whole number from 1"),
        ({"seed": -1}, r"seed=-1: must be a whole number from 0"),
        ({"seed": "a"}, r"seed='a': must be a whole number from 0"),
        ({"least_probability": 2}, r"least_probability=2: must be from 0 to below 1"),
        ({"least_probability": "x"}, r"least_probability='x': is no number"),
        ({"budget_tokens": "10"}, r"budget_tokens='10': is no number. This takes about"),
        ({"positions": 12, "least_probability": 0.99}, r"found none: no token is code where another has"),
        ({"resume": "x"}, r"resume='x': is no fork analysis"),
        ({"samples": 0}, r"samples=0: must be a whole number from 1"),
        ({"samples": 4}, r"samples=4: greedy continuations are all alike. Add do_sample=True, or use 1"),
        ({"until": "word"}, r"until='word': is no unit"),
        ({"tests": 7}, r"tests=7: is neither text nor a function"),
        ({"tests": "assert f(1)"}, r"running generated code is off. session.allow_running\(\) switches it on"),
    ],
)
def test_bad_input_is_refused(tiny_session: Session, options: dict[str, Any], message: str) -> None:
    run = a_run(tiny_session)
    with pytest.raises(InputError, match=message):
        tiny_session.forks(run, **{"positions": POSITIONS, "max_new_tokens": 4, **options})


def test_each_continuation_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenscope_widgets.forking._ROWS_AT_ONCE", 2)
    session = tiny_session()
    run, calls = a_run(session), []

    def counted(text: str) -> None:
        calls.append(text)

    plan = session.plan_forks(run, POSITIONS, 2, until="run", least_probability=0.0, max_new_tokens=6, tests=counted)
    session.start_forks(plan, lambda _known: None).wait()
    assert len(calls) == 3 + 6


def test_a_text_that_someone_wrote_can_be_asked_about(tiny_session: Session) -> None:
    run = tiny_session.score(some_ids(12))
    found = tiny_session.forks(run, [3, 8], 1, until="run", least_probability=0.0, max_new_tokens=4)
    assert [len(point.arms[1].runs[0]) for point in found.points] == [3 + 1 + 4, 8 + 1 + 4]
    with pytest.raises(InputError, match=r"positions=0: has nothing before it. Use 1 … 11"):
        tiny_session.forks(run, [0], 1)


def test_a_position_named_twice_is_asked_about_once(tiny_session: Session) -> None:
    found = tiny_session.forks(a_run(tiny_session), np.array([20, 20, 17]), 1, least_probability=0.0, max_new_tokens=2)
    assert [(point.at, len(point.arms[1].runs)) for point in found.points] == [(17, 1), (20, 1)]


def test_the_run_of_another_model_is_refused(tiny_session: Session) -> None:
    run = a_run(tiny_session)
    other = replace(run, provenance=replace(run.provenance, model="another"))
    with pytest.raises(InputError, match=r"was made by another, and this session's model is tiny-llama"):
        tried(tiny_session, other)


def test_a_branch_can_be_analysed_like_any_run(tiny_session: Session) -> None:
    branch = tiny_session.branch(a_run(tiny_session), 17, 200, max_new_tokens=8)
    found = tiny_session.forks(branch, [20], 1, until="run", least_probability=0.0, max_new_tokens=4)
    assert found.points[0].arms[0].runs == (branch,)
    assert found.finished
