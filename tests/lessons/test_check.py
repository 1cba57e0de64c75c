"""Right answers pass; typical wrong ones are told what is wrong with them, but not the solution."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import tokenscope_widgets as ts
from tests.lessons.material import AT, GAP, GIVEN, LEAD, MEAN, NATS, RUN, SIZE, P, alternatives, attention
from tokenscope_widgets.lessons import answers, check
from tokenscope_widgets.lessons.answers import NotYet
from tokenscope_widgets.lessons.checking import LESSONS, exercises

RIGHT = [
    ("01.1", len(RUN)),
    ("01.2", 29),
    ("01.3", SIZE / len(RUN)),
    ("02.1", NATS / math.log(2)),
    ("02.1", np.float32(NATS / math.log(2))),
    ("02.2", 1.75),
    ("02.3", GAP),
    ("02.4", math.exp(MEAN)),
    ("03.1", alternatives()[0] ** 2 / (alternatives() ** 2).sum()),
    ("03.2", 2),
    ("03.3", alternatives()[1] / alternatives()[:2].sum()),
    ("03.4", np.prod(RUN.probability[19:29])),
    ("04.1", attention().row_for_token(4)[..., 0].mean()),
    ("04.2", 2),
    ("04.3", 2),
    ("04.4", ["attention", "ablation"]),
    ("05.1", 1),
    ("05.2", math.exp(3)),
    ("05.3", LEAD),
    ("06.2", 0.55 / 0.95),
    ("06.3", 1 - 0.55 / 0.95),
    ("06.4", 30),
    ("07.2", 0.75),
    ("07.3", "(C)"),
    ("07.4", 2 / 3),
]

WRONG = [
    ("01.1", len(RUN.text), "how many characters"),
    ("01.1", len(RUN) - 1, "One too few"),
    ("01.1", "83", "without quotes"),
    ("01.1", 12.5, "whole number"),
    ("01.2", RUN.text.find("elif"), "counts characters"),
    ("01.2", 4, "That is its line"),
    ("01.2", 28, "One too early"),
    ("01.3", len(RUN) / SIZE, "the other way round"),
    ("02.1", NATS, "That is in nats"),
    ("02.1", NATS / math.log(10), "base 10"),
    ("02.1", -NATS / math.log(2), "the sign is not"),
    ("02.1", float(RUN.probability[AT]), "Take its logarithm"),
    ("02.1", RUN.surprisal_nats, "One number"),
    ("02.1", float("nan"), "nothing stands before it"),
    ("02.1", math.inf, "logarithm taken of 0"),
    ("02.1", True, "this is a bool"),
    ("02.1", math.log, "Call it"),
    ("02.1", 50, "too large"),
    ("02.1", round(NATS / math.log(2)), "rounded too far"),
    ("02.2", 1.75 * math.log(2), "That is in nats"),
    ("02.2", 2.25, "counts by its probability"),
    ("02.2", 2, "equally likely"),
    ("02.3", GAP + 1, "One too far"),
    ("02.3", len(RUN) + 5, "outside the text"),
    ("02.3", RUN.tokens.texts[GAP], "is text"),
    ("02.4", MEAN, "its exponential"),
    ("02.4", RUN.perplexity, "own perplexity"),
    ("03.1", 100 * alternatives()[0] ** 2 / (alternatives() ** 2).sum(), "percent"),
    ("03.1", alternatives()[0] ** 2, "divide by the sum"),
    ("03.1", "57 %", "43 % is 0.43"),
    ("03.1", 1.7, "lies between 0 and 1"),
    ("03.2", 1, "one more is kept"),
    ("03.3", alternatives()[1], "before the cut"),
    ("03.3", alternatives()[0] / alternatives()[:2].sum(), "the first choice"),
    ("03.4", RUN.probability[19:29].mean(), "multiply"),
    ("04.1", float(attention().mean()[4, 0]), "one too late"),
    ("04.1", 1 - attention().row_for_token(4)[..., 0].mean(), "That is the rest"),
    ("04.2", 0, "That is the sink"),
    ("04.2", 1, "add 1"),
    ("04.3", 0, "most attended"),
    ("04.3", 1, "read most after the sink"),
    ("04.4", ["attention"], "1 more costs more"),
    ("04.4", ["ablation", "attention_rollout"], "below the band"),
    ("04.4", ["saliency"], "was not measured"),
    ("04.4", 3, "list of names"),
    ("05.1", "def fibonacci", "index of cause.to_frame()"),
    ("05.1", 2, "pushed least"),
    ("05.2", 3.0, "Turn it into a factor"),
    ("05.2", 8.0, "not 2 ** nats"),
    ("05.3", LEAD / math.log(2), "That is in bits"),
    ("05.3", math.exp(LEAD), "Take the logarithm"),
    ("06.2", 2 / 3, "Weigh each by its probability"),
    ("06.2", 0.55, "Divide by the probability of all tokens"),
    ("06.3", 0.55 / 0.95 - 1, "the other way round"),
    ("06.4", 20, "this choice mattered"),
    ("06.4", 21, "The positions are 20, 30"),
    ("07.2", 0.25, "smaller score"),
    ("07.2", 6, "Divide by all 8 pairs"),
    ("07.3", "a", "lower end"),
    ("07.3", "e", "none of a, b, c, d"),
    ("07.3", 3, "letter in quotes"),
    ("07.4", 2, "Divide by the 3"),
    ("07.4", 1 / 3, "share of all tokens"),
]


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_a_right_answer_passes(exercise: str, answer: object) -> None:
    found = check(exercise, answer, **GIVEN[exercise])
    assert found, found
    assert repr(found).startswith(f"✓ {exercise}: right. ")


@pytest.mark.parametrize(("exercise", "answer", "hint"), WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(exercise: str, answer: object, hint: str) -> None:
    found = check(exercise, answer, **GIVEN[exercise])
    assert found.status == "wrong"
    assert hint in found.message
    assert not found


def test_a_rounded_answer_of_three_digits_passes() -> None:
    assert check("02.1", float(f"{NATS / math.log(2):.3g}"), **GIVEN["02.1"])


@pytest.mark.parametrize("answer", [..., None])
def test_an_exercise_without_an_answer_says_so(answer: object) -> None:
    found = check("02.2", answer, p=P)
    assert found.status == "unanswered"
    assert repr(found).startswith("… 02.2: not answered yet. ")


def test_a_position_counted_from_the_first_written_token_is_recognised() -> None:
    with pytest.raises(NotYet, match="counts from the first written token"):
        answers.position(24, 43, len(RUN), prompt_length=19)


def test_a_token_that_does_not_stand_there_is_refused() -> None:
    with pytest.raises(ts.TokenScopeError, match="does not stand in the text"):
        check("01.2", 3, run=RUN, token="nowhere")


@pytest.mark.parametrize(
    ("exercise", "told"),
    [
        ("02.9", "Use one of 02.1, 02.2, 02.3, 02.4"),
        ("09.1", "The lessons are 01, 02"),
        (2.1, "Write lesson and number as text"),
        ("first", "Write lesson and number as text"),
    ],
)
def test_an_unknown_exercise_names_those_there_are(exercise: Any, told: str) -> None:
    with pytest.raises(ts.TokenScopeError, match=told):
        check(exercise, 1)


def test_the_leading_zero_may_be_left_out() -> None:
    assert check("2.2", 1.75, p=P).exercise == "02.2"


def test_what_an_exercise_needs_is_named() -> None:
    with pytest.raises(ts.TokenScopeError, match=r'check\("02\.1", answer, run=run, at=at\)'):
        check("02.1", 1, run=RUN)


def test_what_an_exercise_does_not_use_is_refused() -> None:
    with pytest.raises(ts.TokenScopeError, match=r"is nothing that exercise 02\.2 uses"):
        check("02.2", 1, p=P, at=3)


def test_every_lesson_has_three_or_four_exercises_numbered_in_order() -> None:
    for lesson in LESSONS:
        names = list(exercises(lesson))
        assert names == [f"{lesson}.{i}" for i in range(1, len(names) + 1)]
        assert len(names) in (3, 4)


def test_findings_are_counted_only_where_they_are_mistakes() -> None:
    evidences = [ts.code.parse(RUN).diagnostics()]
    assert check("07.1", sum(len(one.confidently_wrong) for one in evidences), evidences=evidences)
    assert check("07.1", 99, evidences=evidences).status == "wrong"


def test_the_checks_load_neither_torch_nor_pandas() -> None:
    loading = "import sys; import tokenscope_widgets.lessons.checking as c; [c.exercises(one) for one in c.LESSONS]"
    heavy = "print(sorted({'torch', 'pandas', 'plotly', 'tree_sitter'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", f"{loading}; {heavy}"], capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == "[]"
