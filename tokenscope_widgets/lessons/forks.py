"""Lesson 06: forks and tests."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.lessons import answers
from tokenscope_widgets.lessons.answers import Exercises, NotYet

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.forks import ForkAnalysis, ForkPoint
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.session import Session

_MOST_CHARACTERS = 120


def telling_test(answer: object, *, session: Session, good: Generation, bad: Generation, tests: str) -> str:
    """An assertion that tells two programs apart."""
    given = answers.text(answer, _MOST_CHARACTERS).strip()
    _require_new_assertion(given, tests)
    first, second = session.consequences([good, bad], given)
    if first.passed is not True:
        raise NotYet(f"The program that works fails it, too: {first.message}.")
    if second.passed is not False:
        raise NotYet("Both programs pass it. Which numbers does the wrong one get wrong?")
    return f"Of the wrong program: {second.message}."


def chance_before(answer: object, *, point: ForkPoint) -> str:
    """The chance of passing before a token is chosen."""
    p, passed = _tried(point)
    slips = [
        (float(passed.mean()), "That counts every token alike. Weigh each by its probability."),
        (float((p * passed).sum()), "Divide by the probability of all tokens that were tried: it is not quite 1."),
        (float(passed[0]), "That is the chance after the written token."),
    ]
    right = float((p * passed).sum() / p.sum())
    answers.number(answer, right, "share", slips, "Add up p of the tokens that pass, and divide by p of all tried.")
    return f"A coin with {right:.0%}, tossed at position {point.at}."


def change_by_the_token(answer: object, *, point: ForkPoint) -> str:
    """The pivot: by how much the written token moved the chance of passing."""
    p, passed = _tried(point)
    before, after = float((p * passed).sum() / p.sum()), float(passed[0])
    slips = [
        (before, "That is the chance before. Subtract it from the chance after the written token."),
        (after, "That is the chance after. Subtract the chance before."),
        (before - after, "That is before minus after: the other way round."),
    ]
    answers.number(answer, after - before, "", [*slips, (100 * (after - before), "That looks like percent.")])
    return f"From {before:.2f} to {after:.2f}."


def hesitation_without_consequence(answer: object, *, found: ForkAnalysis) -> str:
    """The open choice on which nothing depended."""
    harmless = {point.at for point in found.points if not point.pivot.excludes_zero}
    value = answers.as_number(answer)
    point = next((one for one in found.points if one.at == value), None)
    if point is None:
        raise NotYet(f"Nothing was asked at {value:g}. The positions are {', '.join(str(p.at) for p in found.points)}.")
    if point.at not in harmless:
        raise NotYet(f"The pivot at {point.at} is {point.pivot}: the interval excludes 0, so this choice mattered.")
    return f"{point.entropy_nats:.2f} nats of entropy, and every token tried passes."


def _require_new_assertion(given: str, tests: str) -> None:
    try:
        parsed = ast.parse(given).body
    except SyntaxError as error:
        raise NotYet(f"That is no Python: {error.msg}.") from None
    if len(parsed) != 1 or not isinstance(parsed[0], ast.Assert):
        raise NotYet("One assert statement is asked for, as text: 'assert f(1) == 2'.")
    if ast.dump(parsed[0]) in [ast.dump(one) for one in ast.parse(tests).body]:
        raise NotYet("That one is among the tests already. Find another.")


def _tried(point: ForkPoint) -> tuple[np.ndarray, np.ndarray]:
    """Of each token tried: its probability, and the share of its continuations that passed."""
    arms = [arm for arm in point.arms if arm.outcomes and not arm.unknown]
    passed = [arm.passed / len(arm.outcomes) for arm in arms]
    return np.array([arm.probability for arm in arms], np.float64), np.array(passed, np.float64)


EXERCISES: Exercises = {
    "06.1": telling_test,
    "06.2": chance_before,
    "06.3": change_by_the_token,
    "06.4": hesitation_without_consequence,
}
