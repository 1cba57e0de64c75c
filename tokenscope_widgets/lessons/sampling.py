"""Lesson 03: sampling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.lessons import answers
from tokenscope_widgets.lessons.answers import Exercises

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokenscope_widgets.analysis.records import Generation


def first_choice_at_a_temperature(answer: object, *, run: Generation, at: int, temperature: float) -> str:
    """How likely the first choice is at another temperature."""
    p = _stored(run, at)
    colder, warmer = p ** (1 / temperature), p**temperature
    slips = [
        (colder[0], "That does not add up to 1 over all tokens: divide by the sum of all that you raised."),
        (warmer[0] / warmer.sum(), "That is temperature 1/T. Logits are divided by T, so p is raised to 1/T."),
        (p[0] / temperature, "The logits are divided, not the probabilities."),
        (p[0], "That is at temperature 1."),
    ]
    right = float(colder[0] / colder.sum())
    answers.number(answer, right, "share", slips, "Raise every p to 1/T, then divide by the sum.")
    return f"{p[0]:.0%} at temperature 1, {right:.0%} at {temperature:g}."


def kept_by_top_p(answer: object, *, run: Generation, at: int, top_p: float) -> str:
    """How many tokens top-p keeps."""
    sums = np.cumsum(_stored(run, at))
    right = int(np.searchsorted(sums, top_p)) + 1
    slips = [
        (
            right - 1,
            f"Those hold only {sums[max(right - 2, 0)]:.0%}: one more is kept, the one that reaches {top_p:.0%}.",
        ),
        (right + 1, f"One fewer holds {sums[right - 1]:.0%} already."),
        (len(sums), "Those are all that the run has stored."),
    ]
    answers.count(answer, right, slips, "Add up the likeliest until the sum reaches top_p.")
    return f"The {right} likeliest hold {sums[right - 1]:.0%}."


def second_choice_after_top_k(answer: object, *, run: Generation, at: int, top_k: int) -> str:
    """How likely the second choice is where only the likeliest are left."""
    p = _stored(run, at)
    kept = float(p[:top_k].sum())
    slips = [
        (p[1], "That is before the cut. What is left must add up to 1 again."),
        (p[0] / kept, "That is the first choice; the second is asked for."),
        (kept, "That is what all kept tokens had together before the cut."),
    ]
    answers.number(answer, float(p[1]) / kept, "share", slips, "Divide by the sum of what is kept.")
    return f"{p[1]:.0%} before the cut, {p[1] / kept:.0%} after."


def chance_of_a_text(answer: object, *, run: Generation, start: int, stop: int) -> str:
    """How likely sampling at temperature 1 writes exactly these tokens."""
    p = run.probability[start:stop].astype(np.float64)
    right = float(np.prod(p))
    slips = [
        (float(p.mean()), "That is the mean. All of them have to happen: multiply."),
        (float(p.sum()), "That is the sum. All of them have to happen: multiply."),
        (float(p.min()), "That is the least likely of them. The others have to happen, too."),
        (math.log(right), "That is the logarithm. Take exp of it."),
        (float(np.prod(p[:-1])), "The last token is missing."),
        (float(np.prod(p[1:])), "The first token is missing."),
    ]
    answers.number(answer, right, "share", slips, "Multiply the probabilities of the tokens.")
    return f"{len(p)} first choices, and still only {right:.1%} for all of them together."


def _stored(run: Generation, at: int) -> NDArray[np.float64]:
    return np.array([p for _, _, p in run.alternatives(at)], np.float64)


EXERCISES: Exercises = {
    "03.1": first_choice_at_a_temperature,
    "03.2": kept_by_top_p,
    "03.3": second_choice_after_top_k,
    "03.4": chance_of_a_text,
}
