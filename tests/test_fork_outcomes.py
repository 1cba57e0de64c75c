"""What continuations came to, and what cannot be told of them."""

from __future__ import annotations

import pytest

from tests.code.written import written
from tokenscope_widgets.analysis.forks import ForkAnalysis, ForkArm, ForkPoint
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.program import program_of
from tokenscope_widgets.consequences import Consequence
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.fork_outcomes import with_outcomes
from tokenscope_widgets.sandbox import Outcome


def test_a_continuation_that_was_cut_off_in_its_function_says_nothing_about_the_tests() -> None:
    known = whole_of("def f(x):\n    return x", finish="length", passed=False, bounded=True)
    assert known.arms[1].outcomes[0] == {
        "text": known.arms[1].outcomes[0]["text"],
        "tree": known.arms[1].outcomes[0]["tree"],
        "tests": "unknown",
        "message": "cut off before its function was whole",
    }
    assert str(known.pivot) == "0.00 [0.00, 0.50]"


def test_of_a_whole_run_what_stands_before_the_cut_tells() -> None:
    cut = whole_of("def f(x):\n    return 2\n\nprint(f(", finish="length", passed=False, bounded=False)
    assert cut.arms[1].outcomes[0]["tests"] == "failed"
    open_ = whole_of("def f(x):\n    return 2", finish="length", passed=False, bounded=False)
    assert open_.arms[1].outcomes[0]["tests"] == "unknown"


def judged_of(run: Generation) -> ForkAnalysis:
    """Two tokens at one position, with nothing known of either."""
    point = ForkPoint(5, 1.0, "name", (ForkArm(1, "a", 0.5, True), ForkArm(2, "b", 0.5, False)), False)
    return ForkAnalysis(run, (point,), "function", "assert f(1)", 0, {}, "assert f(1)")


def whole_of(text: str, *, finish: str, passed: bool, bounded: bool) -> ForkPoint:
    """A point whose written token passes, and whose other one led to this text."""
    run, other = written("def f(x):\n    return x\n", prompt_length=3), written(text, prompt_length=3, finish=finish)
    status = "passed" if passed else "failed"
    mine = Consequence(run, program_of(run), Outcome("passed", 1, 1, (), "1 of 1 passed", None, "", 0.1))
    theirs = Consequence(other, program_of(other), Outcome(status, int(passed), 1, (), "0 of 1 passed", None, "", 0.1))
    return with_outcomes(judged_of(run), [((5, 1), mine, bounded), ((5, 2), theirs, bounded)]).points[0]


def test_tests_that_no_program_can_be_put_to_are_refused() -> None:
    run = written("def f(x):\n    return x\n", prompt_length=3)
    outcome = Outcome(
        "not_runnable", 0, 1, (), "the tests import nosuch, which is not installed", None, "", 0.1, "", False
    )
    with pytest.raises(
        InputError, match=r"tests: no program can be put to them. The tests import nosuch, which is not"
    ):
        with_outcomes(judged_of(run), [((5, 1), Consequence(run, program_of(run), outcome), True)])
