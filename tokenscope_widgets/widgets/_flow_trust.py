"""Which sources the figure of trust deletes: those that a map shows, and that speak for the token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.attribution import Attribution
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.sources import sources_of
from tokenscope_widgets.widgets._flow_question import FlowQuestion

_FEWEST_RIVALS = 3


@dataclass(frozen=True, eq=False)
class TrustPlan:
    """What is deleted.

    Attributes
    ----------
    ranked : Attribution
        All sources, in the order in which the map shows them.
    count : int
        How many of them are deleted.
    against : bool
        They speak against the token, so that deleting them should make it likelier.
    """

    ranked: Attribution
    count: int
    against: bool


def plan_trust(
    run: Generation,
    question: FlowQuestion,
    far: NDArray[np.int64],
    weight: NDArray[np.float32],
    known: Attribution | None,
    top: int,
) -> TrustPlan | str:
    """What to delete for the ``top`` strongest edges of a token, or why there is no figure.

    Of signed scores those are deleted that speak for the token; where all that are shown speak against it, those, and
    the number should rise. Where every source is shown, the strongest third: deleting all says nothing of an order.
    """
    if question.direction == "readers":
        return "Deleting sources tells about what a token read, not about who reads it."
    if known is not None and not known.finished:
        return "Not measured: not every source was computed."
    sources, offset = _sources(run, question, known)
    count, scores = len(sources), np.full((1, len(sources)), np.nan, np.float32)
    signed = known is not None and known.signed
    against = signed and not bool((weight[:top] > 0).any())
    picked = top if not signed else int((weight[:top] < 0).sum() if against else (weight[:top] > 0).sum())
    value = (-weight if against else weight) if signed else np.abs(weight)
    there = (far >= offset) & (far < count + offset)
    scores[0, far[there] - offset] = value[there]
    many = picked if picked < count else max(1, count // 3)
    if count < 2 or comb(count, many) <= _FEWEST_RIVALS:
        return f"With {count} {sources.unit}{'' if count == 1 else 's'} before it there is too little to compare with."
    return TrustPlan(_ranking(run, question, known, sources, scores), many, against)


def _sources(run: Generation, question: FlowQuestion, known: Attribution | None) -> tuple[Partition, int]:
    """All sources that could be deleted, and the far end that the first of them is drawn as."""
    assert question.at is not None
    stop = question.at if known is None else int(known.explained.positions[0])
    whole = sources_of(run, question.unit, stop)
    if question.sink or not question.of_attention:
        return whole, 0
    # the sink was left out of the map, so random deletions must not hit it either
    alone = int(whole.stops[0]) == 1
    if alone:
        return whole[1:], 1
    starts = whole.starts.copy()
    starts[0] = 1
    return Partition(whole.unit, starts, whole.stops), 0


def _ranking(
    run: Generation,
    question: FlowQuestion,
    known: Attribution | None,
    sources: Partition,
    scores: NDArray[np.float32],
) -> Attribution:
    """The scores as an attribution of what the map explains, with its own options."""
    if known is not None:
        return replace(known, sources=sources, scores=scores)
    at = np.array([question.at], np.int64)
    explained = Explained(at, run.token_ids[at].astype(np.int64))
    return Attribution(run, "attention", explained, sources, scores, np.zeros(1, np.float32))
