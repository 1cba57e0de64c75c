"""What the continuations of a fork analysis came to, and what cannot be told of those that were cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tokenscope_widgets.analysis.forks import UNKNOWN, ForkAnalysis, ForkArm
from tokenscope_widgets.consequences import is_check
from tokenscope_widgets.errors import InputError

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.consequences import Consequence

_CUT = ("length", "context")

Place = tuple[int, int]
"""A position, and the token that was put there."""


def with_outcomes(analysis: ForkAnalysis, judged: Sequence[tuple[Place, Consequence, bool]]) -> ForkAnalysis:
    """The analysis with some more continuations, and what became of each.

    Parameters
    ----------
    analysis : ForkAnalysis
    judged : sequence of (place, Consequence, bounded)
        The last is whether it was to end with its line, statement or function. Those whose tests were ended early are
        left out.

    Raises
    ------
    InputError
        No program can be put to these tests.
    """
    of_text = is_check(analysis.check)
    found: dict[Place, list[tuple[Generation, dict[str, str]]]] = {}
    for place, one, bounded in judged:
        if analysis.check is not None and one.outcome is None:
            continue
        whole = analysis.until if bounded else ""
        found.setdefault(place, []).append((one.run, _outcome(one, whole, of_text)))
    points = [
        replace(point, arms=tuple(_filled(arm, found.get((point.at, arm.token_id), ())) for arm in point.arms))
        for point in analysis.points
    ]
    return replace(analysis, points=tuple(points))


def _filled(arm: ForkArm, new: Sequence[tuple[Generation, dict[str, str]]]) -> ForkArm:
    runs, outcomes = [run for run, _ in new], [outcome for _, outcome in new]
    return replace(arm, runs=(*arm.runs, *runs), outcomes=(*arm.outcomes, *outcomes))


def _outcome(one: Consequence, whole: str, of_text: bool) -> dict[str, str]:
    from tokenscope_widgets.code.equivalence import keys_of

    text, tree, _ = keys_of(one.program.code)
    found = {"text": text, "tree": tree}
    outcome = one.outcome
    if outcome is None:
        return found
    if not outcome.judged:
        raise InputError(f"tests: no program can be put to them. {outcome.message[:1].upper()}{outcome.message[1:]}.")
    if _tells(one, bool(whole), of_text):
        return {**found, "tests": outcome.status, "message": outcome.message}
    return {**found, "tests": UNKNOWN, "message": f"cut off before its {whole or 'program'} was whole"}


def _tells(one: Consequence, bounded: bool, of_text: bool) -> bool:
    """Whether the verdict is one on what was to be written, and not on the beginning of it.

    Of a whole run that was cut off, what stands before the cut tells, as far as it is whole; and a user's own check of
    the text sees where it ends.
    """
    if one.run.finish not in _CUT:
        return True
    if bounded or one.outcome is None:
        return False
    whole = bool(one.program.left_out) and one.outcome.status in ("failed", "timeout")
    return of_text or whole or one.outcome.status == "passed"
