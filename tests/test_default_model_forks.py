"""On the default model: the tokens that decide whether ``fibonacci`` passes its tests."""

from __future__ import annotations

import pytest

import tokenscope_widgets as ts
from tokenscope_widgets.analysis.forks import ForkAnalysis
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.demo import PROMPT

CASES = ((0, 0), (1, 1), (2, 1), (5, 5), (10, 55))
TESTS = "\n".join(f"assert fibonacci({n}) == {value}" for n, value in CASES)


@pytest.fixture(scope="module")
def run(demo_session: ts.Session) -> Generation:
    return demo_session.generate(PROMPT, max_new_tokens=64)


@pytest.fixture(scope="module")
def found(demo_session: ts.Session, run: Generation) -> ForkAnalysis:
    demo_session.allow_running(seconds=2.0)
    return demo_session.forks(run, tests=TESTS)


def outcomes(found: ForkAnalysis, at: int) -> dict[str, str]:
    return {arm.text: arm.outcomes[0]["message"][:11] for arm in found.point(at).arms}


def test_the_run_as_it_is_passes(demo_session: ts.Session, found: ForkAnalysis, run: Generation) -> None:
    assert demo_session.consequence(run, TESTS).message == "5 of 5 passed"


def test_the_token_after_else_decides_the_most(found: ForkAnalysis, run: Generation) -> None:
    first = found.decisive()[0]
    assert (first.at, run.tokens.texts[first.at]) == (43, " a")
    assert outcomes(found, 43) == {
        " a": "5 of 5 pass",
        " max": "2 of 5 pass",
        " return": "2 of 5 pass",
        " fib": "3 of 5 pass",
    }
    assert first.pivot.low > 0.4


def test_the_comparison_and_the_range_decide_too_and_the_loop_variable_does_not(found: ForkAnalysis) -> None:
    decisive = [point.at for point in found.decisive()]
    assert decisive[1:3] == [58, 20]
    assert 54 not in decisive
    assert set(outcomes(found, 54).values()) == {"5 of 5 pass"}


def test_what_was_cut_off_before_its_function_was_whole_counts_as_unknown(found: ForkAnalysis) -> None:
    assert found.point(20).arms[2].unknown == 1
    assert str(found.point(20).pivot) == "0.41 [0.30, 0.56]"


def test_each_continuation_is_the_branch_one_would_have_made(
    demo_session: ts.Session, found: ForkAnalysis, run: Generation
) -> None:
    for point in (found.point(29), found.point(43)):
        for arm in point.arms[1:3]:
            alone = demo_session.branch(run, point.at, arm.token_id, until="function")
            assert arm.runs[0].token_ids.tolist() == alone.token_ids.tolist()


def test_the_same_seed_draws_the_same(demo_session: ts.Session, run: Generation) -> None:
    def drawn(seed: int) -> list[list[int]]:
        again = demo_session.forks(
            run, [43], 2, 2, do_sample=True, temperature=1.0, until="run", max_new_tokens=8, seed=seed
        )
        return [one.token_ids.tolist() for one in again.runs]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)
