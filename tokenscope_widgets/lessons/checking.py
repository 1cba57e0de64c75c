"""From the id of an exercise to what is said of an answer."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.lessons.answers import Exercises, NotYet
from tokenscope_widgets.lessons.result import Result

LESSONS = {
    "01": "tokens",
    "02": "probability",
    "03": "sampling",
    "04": "attention",
    "05": "causes",
    "06": "forks",
    "07": "bugs",
}
"""The module that holds the exercises of each lesson."""


def check(exercise: str, answer: object, **given: Any) -> Result:
    """Check an answer to an exercise of the lessons.

    Parameters
    ----------
    exercise : str
        ``"02.1"``: the first of lesson 02.
    answer : object
        ``...`` and None are not answered yet.
    **given
        What the exercise is about, as its cell has it: ``run=run``, ``at=at`` … Right answers are computed from it,
        so that another model or another prompt works, too.

    Returns
    -------
    Result
        Whether it is right, else what is wrong with it.

    Raises
    ------
    InputError
        No such exercise, or it needs other things than were given. A wrong answer raises nothing.
    """
    exercise, ask = _exercise(exercise)
    _require(exercise, ask, given)
    if answer is None or answer is ...:
        return Result(exercise, "unanswered", "Put your answer in place of the dots and run the cell again.")
    try:
        return Result(exercise, "right", ask(answer, **given))
    except NotYet as hint:
        return Result(exercise, "wrong", str(hint))


def exercises(lesson: str) -> Exercises:
    """The exercises of a lesson, by id."""
    module = import_module(f"tokenscope_widgets.lessons.{LESSONS[lesson]}")
    found: Exercises = module.EXERCISES
    return found


def _exercise(name: object) -> tuple[str, Callable[..., str]]:
    parts = re.fullmatch(r"\s*0?(\d)\.(\d)\s*", name) if isinstance(name, str) else None
    if parts is None:
        raise bad_value("exercise", name, "is no exercise", 'Write lesson and number as text: "02.1"')
    lesson = f"0{parts[1]}"
    if lesson not in LESSONS:
        raise bad_value("exercise", name, "is of no lesson", f"The lessons are {', '.join(LESSONS)}")
    known = exercises(lesson)
    if (exercise := f"{lesson}.{parts[2]}") not in known:
        raise bad_value("exercise", name, f"is not in lesson {lesson}", f"Use one of {', '.join(known)}")
    return exercise, known[exercise]


def _require(exercise: str, ask: Callable[..., str], given: dict[str, Any]) -> None:
    wanted = [name for name, one in inspect.signature(ask).parameters.items() if one.kind is one.KEYWORD_ONLY]
    if missing := [name for name in wanted if name not in given]:
        call = ", ".join(f"{name}={name}" for name in wanted)
        raise InputError(f'{missing[0]}: exercise {exercise} needs it. Write check("{exercise}", answer, {call}).')
    if unknown := [name for name in given if name not in wanted]:
        raise bad_value(
            unknown[0], given[unknown[0]], f"is nothing that exercise {exercise} uses", f"It takes {', '.join(wanted)}"
        )
