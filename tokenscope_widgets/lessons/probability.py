"""Lesson 02: probability, entropy, surprisal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.lessons import answers
from tokenscope_widgets.lessons.answers import Exercises

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation


def surprisal_in_bits(answer: object, *, run: Generation, at: int) -> str:
    """The surprisal of a token, in bits."""
    nats, p = float(run.surprisal_nats[at]), float(run.probability[at])
    slips = [
        (p, "That is the probability. Take its logarithm."),
        (1 - p, "1 − p is not the surprisal. Take the logarithm of p."),
        (float(run.entropy_nats[at]) / math.log(2), "That is the entropy: of the choice, not of the token."),
    ]
    answers.number(answer, nats / math.log(2), "bits", slips, "Surprisal in bits is −log2(p).")
    return f"As surprising as {nats / math.log(2):.1f} tosses of a coin that all show heads."


def entropy_in_bits(answer: object, *, p: Sequence[float]) -> str:
    """The entropy of a distribution, in bits."""
    bits = -np.log2(np.array([one for one in p if one > 0]))
    right = float(sum(one * math.log2(1 / one) for one in p if one > 0))
    slips = [
        (float(bits.mean()), "That is the plain mean of the surprisals. Each counts by its probability."),
        (float(bits.sum()), "That is the sum of the surprisals. Each counts by its probability."),
        (math.log2(len(p)), "That would be the entropy if all were equally likely."),
    ]
    answers.number(answer, right, "bits", slips, "Add up p · log2(1/p) over all tokens.")
    return f"A sure choice has 0 bits, and {len(p)} equally likely tokens have {math.log2(len(p)):g}."


def unexpectedly_surprising(answer: object, *, run: Generation) -> str:
    """Where the surprisal exceeded what the model expected of it by most."""
    gap = run.surprisal_nats - run.entropy_nats
    right = int(np.nanargmax(gap))
    surprising, open_choice = int(np.nanargmax(run.surprisal_nats)), int(np.nanargmax(run.entropy_nats))
    slips = [
        (
            surprising,
            f"That is the most surprising token, at an open choice: the model expected "
            f"{run.entropy_nats[surprising]:.1f} nats of surprisal there. Subtract the entropy.",
        ),
        (open_choice, "That is the most open choice. Look for a choice that was hardly open."),
    ]
    answers.position(answer, right, len(run), slips, "Where is surprisal minus entropy largest?", run.prompt_length)
    return f"{run.surprisal_nats[right]:.1f} nats of surprisal, where {run.entropy_nats[right]:.2f} were expected."


def perplexity(answer: object, *, run: Generation, start: int) -> str:
    """The perplexity of the tokens from a position on."""
    nats = run.surprisal_nats[start:].astype(np.float64)
    mean = float(nats.mean())
    slips = [
        (mean, "That is the mean surprisal in nats. Perplexity is its exponential."),
        (2**mean, "The surprisals are in nats, so the base is e: exp(mean), not 2 ** mean."),
        (math.exp(min(float(nats.sum()), 700)), "That is exp of the sum. Take the mean first."),
        (float(np.exp(nats).mean()), "That is the mean of 1/p. Take the mean of the surprisals, then exp."),
        (run.perplexity, f"That is the run's own perplexity. Only the tokens from {start} on are asked for."),
        (math.exp(-mean), "That is the geometric mean of the probabilities: 1 over the perplexity."),
    ]
    answers.number(answer, math.exp(mean), "", slips, "exp of the mean surprisal in nats.")
    return f"As unsure, on average, as between {math.exp(mean):.1f} equally likely tokens."


EXERCISES: Exercises = {
    "02.1": surprisal_in_bits,
    "02.2": entropy_in_bits,
    "02.3": unexpectedly_surprising,
    "02.4": perplexity,
}
