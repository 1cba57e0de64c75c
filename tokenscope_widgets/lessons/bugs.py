"""Lesson 07: does uncertainty find bugs?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.lessons import answers
from tokenscope_widgets.lessons.answers import Exercises

if TYPE_CHECKING:
    from tokenscope_widgets.code.evidence import Evidence


def confidently_wrong(answer: object, *, evidences: Sequence[Evidence]) -> str:
    """How many mistakes have no surprising token."""
    grave = [row for one in evidences for row in one if row.written and row.finding.severity in ("error", "warning")]
    right = sum(row.confidently_wrong for row in grave)
    slips = [
        (len(grave), "That is how many mistakes there are. In how many of them had no token more than 1 nat?"),
        (len(grave) - right, "Those had a token with more than 1 nat of surprisal. The others are asked for."),
        (sum(len(one) for one in evidences), "That counts notes, too, as of code that was cut off."),
    ]
    answers.count(answer, right, slips, "Add up len(one.confidently_wrong).")
    return f"{right} of {len(grave)} mistakes: no threshold of 1 nat would have shown {'it' if right == 1 else 'them'}."


def auroc_by_hand(answer: object, *, scores: Sequence[float], flagged: Sequence[bool]) -> str:
    """The AUROC of a few scores, by counting pairs."""
    score, bug = np.asarray(scores, np.float64), np.asarray(flagged, bool)
    pairs = score[bug][:, None] - score[~bug][None, :]
    won = float((pairs > 0).sum() + (pairs == 0).sum() / 2)
    strict, right = float((pairs > 0).mean()), won / pairs.size
    slips = [
        (1 - right, "That counts the pairs in which the bug has the smaller score."),
        (won, f"That is how many pairs are in order. Divide by all {pairs.size} pairs of a bug and another token."),
        (strict, "Two scores that are equal count half."),
    ]
    answers.number(answer, right, "share", slips, "In how many of all pairs (bug, other) has the bug the larger score?")
    return f"{won:g} of {pairs.size} pairs are in order; guessing gets half."


def what_an_interval_says(answer: object) -> str:
    """What follows from an AUROC of a handful of flagged tokens."""
    return answers.choice(
        answer,
        {
            "a": "The value alone says so, but the interval is part of the result. What is its lower end?",
            "b": "The interval reaches far above 0.5, too: it does not show that there is nothing.",
            "c": "With so few flagged tokens the data fit a coin and a good finder alike. More samples would tell.",
            "d": "It is no share of tokens or bugs, but of pairs: a flagged token and another.",
        },
        "c",
    )


def worth_of_a_review(answer: object, *, surprisal: Sequence[float], flagged: Sequence[bool], k: int) -> str:
    """What share of the most surprising tokens is flagged."""
    values, bug = np.asarray(surprisal, np.float64), np.asarray(flagged, bool)
    hits = int(bug[np.argsort(-values, kind="stable")[:k]].sum())
    slips: list[tuple[float, str]] = [(bug.mean(), "That is the share of all tokens.")]
    if hits:
        slips += [(hits, f"That is how many. Divide by the {k} that were looked at.")]
        slips += [
            (hits / bug.sum(), f"That is the share of the flagged tokens. Divide by the {k} that were looked at.")
        ]
    answers.number(answer, hits / k, "share", slips, "Sort by surprisal, take the first k, and count what is flagged.")
    return f"{hits} of {k}; picking at random would give {bug.mean():.0%}."


EXERCISES: Exercises = {
    "07.1": confidently_wrong,
    "07.2": auroc_by_hand,
    "07.3": what_an_interval_says,
    "07.4": worth_of_a_review,
}
