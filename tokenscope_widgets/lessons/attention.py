"""Lesson 04: is attention importance?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.lessons import answers
from tokenscope_widgets.lessons.answers import Exercises, NotYet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.analysis.faithfulness import Faithfulness


def share_of_the_sink(answer: object, *, attention: Attention, at: int) -> str:
    """What share of the attention that chose a token went to the first token."""
    right = float(_read(attention, at)[0])
    slips = [(float(np.nanmean(attention.sink_share())), "That is over all rows. One token's row is asked for.")]
    if at in attention.queries:
        own = float(attention.mean()[int(np.flatnonzero(attention.queries == at)[0]), 0])
        slips.insert(0, (own, "That row is one too late: a token is chosen by the row before it."))
    answers.number(answer, right, "share", slips, "Take attention.row_for_token(at), the mean over layers and heads.")
    return f"{right:.0%} go to the first token, of {at} that could be read."


def most_read(answer: object, *, attention: Attention, at: int) -> str:
    """Which token was read most, the first one aside."""
    read = _read(attention, at)
    right = 1 + int(np.argmax(read[1:at]))
    slips = [
        (0, "That is the sink, which is read whatever the text says. Leave it out."),
        (right - 1, "One too early: if you cut off the first token, add 1 to what argmax gives."),
    ]
    answers.position(answer, right, at, slips, "Which key has the largest weight, but for key 0?")
    return f"It got {read[right]:.0%}; is it needed, too?"


def most_needed(answer: object, *, needed: Attribution, looked: Attribution) -> str:
    """Which token costs most when it alone is left out."""
    starts = needed.sources.starts
    index = int(np.nanargmax(needed.total))
    right = int(starts[index])
    by_weight = looked.total.copy()
    slips = [(int(starts[np.nanargmax(by_weight)]), "That is the most attended one. Look at the ablation.")]
    by_weight[0] = 0
    slips.append((int(starts[np.nanargmax(by_weight)]), "That one is read most after the sink. Look at the ablation."))
    answers.position(answer, right, int(starts[-1]) + 1, slips, "Where is needed.total largest?")
    lost, share = float(needed.total[index]), float(looked.total[index])
    return f"Without it the token loses {lost:.1f} nats; it got {share:.0%} of the attention."


def better_than_chance(answer: object, *, trust: Mapping[str, Faithfulness]) -> str:
    """Which methods name tokens that matter more than random ones do."""
    names = [answer] if isinstance(answer, str) else answer
    if not isinstance(names, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in names):
        raise NotYet('A list of names is asked for, as ["saliency"].')
    if unknown := [name for name in names if name not in trust]:
        raise NotYet(f"{unknown[0]!r} was not measured. Choose from {', '.join(trust)}.")
    right = {name for name, one in trust.items() if float(one.deletion[0]) > float(one.band()[1][0])}
    wrong = sorted(set(names) - right)
    if wrong:
        one = trust[wrong[0]]
        low, high = (float(end[0]) for end in one.band())
        where = "inside" if float(one.deletion[0]) >= low else "below"
        cost = f"{wrong[0]} costs {one.deletion[0]:.2f} nats"
        raise NotYet(f"{cost}: {where} the band of random deletions, {low:.2f} … {high:.2f}.")
    if missing := len(right - set(names)):
        raise NotYet(
            f"All that you name is right, but {missing} more cost{'s' if missing == 1 else ''} more than the band."
        )
    return "Their top tokens cost more than those of nine in ten random choices, here, for this one token."


def _read(attention: Attention, at: int) -> NDArray[np.floating]:
    read: NDArray[np.floating] = np.nanmean(attention.row_for_token(at).astype(np.float64), axis=(0, 1))
    return read


EXERCISES: Exercises = {
    "04.1": share_of_the_sink,
    "04.2": most_read,
    "04.3": most_needed,
    "04.4": better_than_chance,
}
