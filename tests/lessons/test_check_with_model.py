"""Answers that are tried: on the model, or as tests of its programs."""

from __future__ import annotations

import pytest

import tokenscope_widgets as ts
from tests.lessons.material import RUN
from tokenscope_widgets.lessons import check


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("hello", "All of it is ASCII"),
        ("é", "Look for characters"),
        ("x" * 13, "12 at most"),
        ("", "empty"),
        (3, "int"),
    ],
)
def test_a_text_without_more_tokens_than_characters_is_not_enough(
    answer: object, hint: str, demo_session: ts.Session
) -> None:
    assert hint in check("01.4", answer, session=demo_session).message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("Return the n-th Fibonacci number.", "still behind"),
        ("Return the max.", "Without the word"),
        ('"""Return it."""', "without quotation marks"),
        ("Return\nit.", "one line"),
        (("Return the largest value.",), "this is a tuple"),
    ],
)
def test_a_docstring_that_changes_nothing_is_told_the_probabilities(
    answer: object, hint: str, demo_session: ts.Session
) -> None:
    given = {"run": RUN, "at": 43, "docstring": "Return the n-th Fibonacci number.", "rival": " max"}
    assert hint in check("05.4", answer, session=demo_session, **given).message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("assert f(0) == 0", "among the tests already"),
        ("assert f(3) == 2", "works fails it, too"),
        ("assert f(1) == 1", "Both programs pass"),
        ("asert f(3)", "no Python"),
        ("f(3) == 3", "One assert statement"),
        (True, "this is a bool"),
    ],
)
def test_an_assertion_that_tells_nothing_is_told_why(answer: object, hint: str, demo_session: ts.Session) -> None:
    good, bad = (demo_session.score(f"def f(x):\n    return {body}\n") for body in ("x", "min(x, 1)"))
    demo_session.allow_running()
    try:
        said = check("06.1", answer, session=demo_session, good=good, bad=bad, tests="assert f(0) == 0")
    finally:
        demo_session.forbid_running()
    assert hint in said.message
