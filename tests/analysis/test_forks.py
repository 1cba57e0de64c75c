"""What the figures of a fork analysis say of known outcomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.analysis.forks import ForkAnalysis, ForkArm, ForkPoint
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError

RUN = written("def f(a):\n    return a\n", prompt_length=3)


def arm(token: int, probability: float, *tests: str, written: bool = False, trees: str = "") -> ForkArm:
    outcomes = tuple(
        {"text": tree, "tree": tree, "tests": test} for test, tree in zip(tests, trees or "x" * 9, strict=False)
    )
    runs: tuple[Generation, ...] = (RUN,) * len(tests)
    return ForkArm(token, f"t{token}", probability, written, runs, outcomes)


def point(*arms: ForkArm, drawn: bool = False, at: int = 5) -> ForkPoint:
    return ForkPoint(at, 1.0, "keyword", arms, drawn)


def test_the_chance_before_a_token_is_that_of_all_tokens_tried() -> None:
    found = point(arm(1, 0.5, "passed", written=True), arm(2, 0.25, "failed"), arm(3, 0.25, "timeout"))
    assert found.tail_mass == 0
    assert str(found.chance()) == "0.50 [0.50, 0.50]"
    assert str(found.chance(1)) == "1.00 [1.00, 1.00]"
    assert str(found.pivot) == "0.50 [0.50, 0.50]"


def test_what_was_not_tried_may_pass_or_fail() -> None:
    found = point(arm(1, 0.5, "passed", written=True), arm(2, 0.25, "failed"))
    assert found.tail_mass == 0.25
    before = found.chance()
    assert (before.low, before.high) == (0.5, 0.75)
    assert before.value == pytest.approx(2 / 3)
    assert (found.pivot.low, found.pivot.high) == (0.25, 0.5)


def test_a_token_that_fails_where_others_pass_lowers_the_chance() -> None:
    found = point(arm(1, 0.6, "failed", written=True), arm(2, 0.4, "passed"))
    assert found.pivot.value == pytest.approx(-0.4)
    assert found.pivot.excludes_zero


def test_drawn_continuations_have_wide_intervals_while_they_are_few() -> None:
    few = point(arm(1, 0.5, *["passed"] * 3, written=True), arm(2, 0.5, *["failed"] * 3), drawn=True)
    many = point(arm(1, 0.5, *["passed"] * 9, written=True), arm(2, 0.5, *["failed"] * 9), drawn=True)
    assert few.pivot.value == many.pivot.value == 0.5
    assert few.pivot.low < many.pivot.low < 0.5
    assert few.pivot.low > 0


def test_the_interval_of_one_arm_is_that_of_its_beta_distribution() -> None:
    found = point(arm(1, 1.0, *["passed"] * 6, *["failed"] * 3, written=True), drawn=True).chance(1)
    assert found.value == pytest.approx(6 / 9)
    # the 2.5 and 97.5 % quantiles of Beta(6.5, 3.5)
    assert (found.low, found.high) == (pytest.approx(0.348, abs=0.02), pytest.approx(0.896, abs=0.02))


def test_a_token_that_leads_to_the_same_program_moves_nothing() -> None:
    found = point(arm(1, 0.5, "passed", written=True, trees="a"), arm(2, 0.5, "passed", trees="a"))
    assert str(found.moved("tree")) == "0.00 [0.00, 0.00]"


def test_another_program_behind_each_token_moves_by_the_probability_of_the_others() -> None:
    found = point(
        arm(1, 0.6, "passed", written=True, trees="a"),
        arm(2, 0.3, "passed", trees="b"),
        arm(3, 0.1, "failed", trees="c"),
    )
    assert found.moved("tree").value == pytest.approx(0.4)
    assert found.moved("tests").value == pytest.approx(0.1)


def test_what_was_not_tried_may_lead_to_the_same_program_or_to_another() -> None:
    found = point(arm(1, 0.6, "passed", written=True, trees="a"), arm(2, 0.2, "passed", trees="b"))
    moved = found.moved("tree")
    assert (moved.low, moved.high) == (pytest.approx(0.2), pytest.approx(0.4))
    assert moved.value == pytest.approx(0.25)


def test_the_decisive_points_come_first_and_uncertain_ones_not_at_all() -> None:
    strong = point(arm(1, 0.5, "passed", written=True), arm(2, 0.5, "failed"), at=4)
    weak = point(arm(1, 0.9, "passed", written=True), arm(2, 0.1, "failed"), at=5)
    open_ = point(arm(1, 0.5, "passed", written=True), arm(2, 0.1, "passed"), at=6)
    found = ForkAnalysis(RUN, (weak, open_, strong), "run", "assert f(1)", 0, {})
    assert [p.at for p in found.decisive()] == [4, 5]
    assert found.point(6).at == 6
    assert list(found.to_frame().columns[:4]) == ["at", "role", "entropy_nats", "tail_mass"]
    assert len(found.to_frame()) == 6


def test_an_unfinished_point_has_no_figure() -> None:
    found = point(arm(1, 0.5, written=True), arm(2, 0.5, "failed"))
    assert not found.finished
    with pytest.raises(InputError, match=r"its written token has no outcome. Resume the analysis"):
        _ = found.pivot


def test_an_arm_without_outcome_belongs_to_what_was_not_tried() -> None:
    found = point(arm(1, 0.5, "passed", written=True), arm(2, 0.4))
    assert found.tail_mass == pytest.approx(0.5)
    assert (found.chance().low, found.chance().high) == (0.5, 1.0)


def test_a_chance_of_tests_that_were_not_run_is_refused() -> None:
    untested = ForkArm(1, "t", 0.5, True, (RUN,), ({"text": "a", "tree": "a"},))
    with pytest.raises(InputError, match=r"no tests were run. Pass tests=… to session.forks"):
        point(untested).chance()
    with pytest.raises(InputError, match=r"was not tried at position 5"):
        point(arm(1, 0.5, "passed", written=True)).chance(7)
    with pytest.raises(InputError, match=r"is no outcome. Use one of text, tree, tests"):
        replace(point(arm(1, 0.5, "passed", written=True))).moved("words")


def test_what_is_not_known_of_a_token_may_pass_or_fail() -> None:
    found = point(arm(1, 0.5, "passed", written=True), arm(2, 0.5, "unknown"))
    assert str(found.chance(2)) == "0.50 [0.00, 1.00]"
    assert str(found.pivot) == "0.00 [0.00, 0.50]"
    assert not found.pivot.excludes_zero


def test_a_written_token_of_which_nothing_is_known_has_no_figure() -> None:
    found = point(arm(1, 0.5, "unknown", written=True), arm(2, 0.5, "failed"))
    assert not found.tested
    with pytest.raises(InputError, match=r"cannot be judged: the run ends before the tests can tell"):
        _ = found.pivot
    assert ForkAnalysis(RUN, (found,), "run", "assert f(1)", 0, {}).decisive() == []


def test_rounding_of_stored_probabilities_decides_nothing() -> None:
    near_one = point(
        arm(1, float(np.float32(0.99)), "passed", written=True), arm(2, float(np.float32(0.01)) + 1e-7, "passed")
    )
    assert near_one.tail_mass < 1e-9
    assert not near_one.pivot.excludes_zero
    assert not near_one.moved("tree").excludes_zero


def test_drawn_outcomes_of_one_distribution_seldom_seem_to_differ() -> None:
    random = np.random.default_rng(0)

    def null(seed: int) -> ForkPoint:
        draws = random.integers(0, 5, (3, 8))
        trees = ["".join("abcde"[i] for i in row) for row in draws]
        arms = (arm(i, 0.3, *["passed"] * 8, written=i == 0, trees=row) for i, row in enumerate(trees))
        return point(*arms, drawn=True, at=seed)

    certain = sum(null(seed).moved("tree").excludes_zero for seed in range(100))
    assert certain <= 12


def test_drawn_outcomes_of_different_distributions_are_told_apart() -> None:
    found = point(
        arm(1, 0.5, *["passed"] * 8, written=True, trees="a" * 8),
        arm(2, 0.5, *["passed"] * 8, trees="b" * 8),
        drawn=True,
    )
    assert found.moved("tree").value == pytest.approx(0.5)
    assert found.moved("tree").excludes_zero


def test_an_interval_holds_its_value() -> None:
    found = point(arm(1, 0.6, *["failed"] * 8, written=True), arm(2, 0.3, *["failed"] * 8), drawn=True)
    for figure in (found.chance(), found.chance(1), found.pivot, found.moved("tests")):
        assert figure.low <= figure.value <= figure.high
