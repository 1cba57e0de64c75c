"""Lesson 05: causes and contrasts."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.lessons import answers
from tokenscope_widgets.lessons.answers import Exercises, NotYet

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.session import Session

_MOST_CHARACTERS = 80


def strongest_source(answer: object, *, cause: Attribution) -> str:
    """Which source pushed the token most."""
    if isinstance(answer, str):
        raise NotYet("That is text. The number of the source is asked for: the index of cause.to_frame().")
    total = cause.total
    right = int(np.nanargmax(total))
    slips = [(int(np.nanargmin(total)), "That is the one that pushed least."), (right + 1, "Sources count from 0.")]
    answers.position(answer, right, len(total), slips, "Where is cause.total largest?")
    return f"Without it the token loses {total[right]:.2f} nats."


def times_less_likely(answer: object, *, cause: Attribution, source: int) -> str:
    """By which factor the probability falls without a source."""
    nats = float(cause.total[source])
    slips = [
        (nats, "Those are nats: a difference of logarithms. Turn it into a factor with exp."),
        (2**nats, "Nats have the base e: exp(nats), not 2 ** nats."),
        (10**nats, "Nats have the base e: exp(nats), not 10 ** nats."),
        (math.exp(-nats), "That is what is left of the probability: 1 over the factor that is asked for."),
        (1 - math.exp(-nats), "That is the share that is lost. The factor is asked for."),
    ]
    answers.number(answer, math.exp(nats), "", slips, "exp of the score in nats.")
    return f"Without that source the token is {math.exp(nats):.0f} times less likely."


def lead_in_nats(answer: object, *, run: Generation, at: int, rival: str) -> str:
    """By how much the written token leads over another, in nats."""
    p, q = float(run.probability[at]), _probability(run, at, rival)
    slips = [
        (p - q, "That is the difference of the probabilities. The lead is that of their logarithms."),
        (p / q, "That is how many times likelier it is. Take the logarithm."),
        (q / p, "That is the quotient the other way round, and without its logarithm."),
        (-math.log(p), "That is the surprisal of the written token. The rival's is needed, too."),
        (-math.log(q), "That is the surprisal of the rival. The written token's is needed, too."),
    ]
    answers.number(answer, math.log(p / q), "nats", slips, "ln p − ln q.")
    return f"It is {p / q:.2f} times as likely as {rival!r}."


def another_first_choice(
    answer: object, *, session: Session, run: Generation, at: int, docstring: str, rival: str
) -> str:
    """A docstring with which the model prefers another token."""
    given = answers.text(answer, _MOST_CHARACTERS).strip()
    if '"""' in given or "\\" in given:
        raise NotYet("Write the words of the docstring, without quotation marks around them and without backslashes.")
    if rival.strip() in re.findall(r"\w+", given.lower()):
        raise NotYet(f"Without the word {rival.strip()!r} itself.")
    before = b"".join(run.tokens.token_bytes[: at + 1]).decode()
    if docstring not in before:
        raise NotYet(
            f"The text before position {at} does not contain the docstring {docstring!r}: pass it as it stands."
        )
    changed = session.score(before.replace(docstring, given))
    p, q = float(changed.probability[-1]), _probability(changed, len(changed) - 1, rival)
    if q <= p:
        written = run.tokens.texts[at]
        raise NotYet(
            f"Now {written!r} has {p:.0%} and {rival!r} {q:.0%}: still behind. What would a {rival.strip()} be for?"
        )
    return f"{rival!r} has {q:.0%} now, and {run.tokens.texts[at]!r} {p:.0%}: one line, another program."


def _probability(run: Generation, at: int, text: str) -> float:
    """Of a stored alternative; 0 for what is less likely than those."""
    return next((p for _, label, p in run.alternatives(at) if label == text), 0.0)


EXERCISES: Exercises = {
    "05.1": strongest_source,
    "05.2": times_less_likely,
    "05.3": lead_in_nats,
    "05.4": another_first_choice,
}
