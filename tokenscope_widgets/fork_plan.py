"""What a fork analysis would do, and whether that is affordable."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.branching import Site
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.forks import ForkAnalysis
    from tokenscope_widgets.analysis.settings import DecodingSettings

_DRAWN_SAMPLES = 8


@dataclass(frozen=True, eq=False)
class ForkPlan:
    """What a fork analysis would do. From `Session.plan_forks`.

    Attributes
    ----------
    analysis : ForkAnalysis
        With what is known already; the rest is to be done.
    sites : tuple of Site
        The continuations to write.
    tokens : int
        The most that will be written.
    seconds : float
        About how long that takes.
    """

    analysis: ForkAnalysis
    sites: tuple[Site, ...]
    tokens: int
    seconds: float


def missing(analysis: ForkAnalysis) -> list[Site]:
    """The continuations that are not there yet. A greedy run is its own continuation."""
    out = []
    for point in analysis.points:
        for arm in point.arms:
            if arm.written and not point.drawn:
                continue
            for sample in range(len(arm.outcomes), point.samples):
                out.append(Site(point.at, arm.token_id, _seed_of(analysis.seed, point.at, arm.token_id, sample)))
    return out


def _seed_of(seed: int, at: int, token_id: int, sample: int) -> int:
    """A seed of its own for each continuation, so that neither batches nor order change what is drawn."""
    return int(np.random.SeedSequence([seed, at, token_id, sample]).generate_state(1)[0])


def asked_positions(run: Generation, positions: Any) -> int | list[int]:
    """How many positions to look for, or these, each once and in order.

    Of a text that the model did not write, any token but the first can be asked about.
    """
    whole = _whole_number(positions)
    if whole is not None:
        if whole < 1:
            raise bad_value("positions", positions, "asks about nothing", "Use 1 or more")
        return whole
    if isinstance(positions, str | bytes | float) or not isinstance(positions, Sequence | np.ndarray):
        raise bad_value("positions", positions, "is neither a number nor a list of positions", "Use 12, or [20, 43]")
    if not len(positions):
        raise bad_value("positions", positions, "is empty", "Name positions, or say how many to look for")
    return sorted({_askable(run, at) for at in positions})


def first_askable(run: Generation) -> int:
    """The first position that can be asked about."""
    return run.prompt_length if run.prompt_length < len(run) else 1


def _askable(run: Generation, at: Any) -> int:
    place, first = run.position(at, "positions"), first_askable(run)
    if place < first:
        what = "stands in the prompt" if run.prompt_length < len(run) else "has nothing before it"
        raise bad_value("positions", at, what, f"Use {first} … {len(run) - 1}")
    return place


def checked_numbers(alternatives: Any, seed: Any, least_probability: Any) -> tuple[int, int, float]:
    """The numbers of an analysis, or a clear refusal."""
    others = _whole_number(alternatives)
    if others is None or others < 1:
        raise bad_value("alternatives", alternatives, "must be a whole number from 1", "Use 3")
    number = _whole_number(seed)
    if number is None or number < 0:
        raise bad_value("seed", seed, "must be a whole number from 0", "Use 0")
    if isinstance(least_probability, bool) or not isinstance(least_probability, int | float | np.floating):
        raise bad_value("least_probability", least_probability, "is no number", "Use 0.01")
    if not 0 <= least_probability < 1:
        raise bad_value("least_probability", least_probability, "must be from 0 to below 1", "Use 0.01")
    return others, number, float(least_probability)


def samples_of(samples: Any, settings: DecodingSettings) -> int:
    """How many continuations each token gets."""
    if samples is None:
        return _DRAWN_SAMPLES if settings.do_sample else 1
    whole = _whole_number(samples)
    if whole is None or whole < 1:
        raise bad_value("samples", samples, "must be a whole number from 1", "Use 1 for greedy continuations, or 8")
    if whole > 1 and not settings.do_sample:
        raise bad_value("samples", samples, "greedy continuations are all alike", "Add do_sample=True, or use 1")
    return whole


def check_resumed(resume: Any, run: Generation, tests: Any, others: list[str]) -> None:
    """Refuse to go on with another run's analysis, or with other questions than it was asked."""
    from tokenscope_widgets.analysis.forks import ForkAnalysis

    if not isinstance(resume, ForkAnalysis):
        raise bad_value("resume", resume, "is no fork analysis", "Pass what session.forks returned")
    if resume.run.run_id != run.run_id:
        raise bad_value("resume", resume, "is an analysis of another run", "Pass resume.run as the run")
    if tests is not None and tests != resume.check:
        raise bad_value("resume", resume, "was judged by other tests", "Leave tests out, or ask anew without resume")
    if others:
        named = ", ".join(others)
        raise bad_value(
            "resume", resume, f"goes on as it was asked: it takes no {named}", "Leave them out, or ask anew"
        )


def check_budget(budget: Any, tokens: int, seconds: float) -> None:
    """Refuse what would write more tokens than the budget, with an estimate."""
    estimate = f"about {tokens:,} tokens, {_duration(seconds)}"
    if budget is None or (isinstance(budget, float) and not math.isfinite(budget)):
        raise bad_value("budget_tokens", budget, f"sets no limit, and this takes {estimate}", f"Use {tokens}")
    if isinstance(budget, bool) or not isinstance(budget, int | float | np.number):
        raise bad_value("budget_tokens", budget, "is no number", f"This takes {estimate}: use {tokens}")
    if tokens > budget:
        raise bad_value(
            "budget_tokens",
            budget,
            f"is too little: this takes {estimate}",
            f"Use {tokens}, or ask for fewer positions, alternatives, samples or max_new_tokens",
        )


def _whole_number(value: Any) -> int | None:
    """A whole number of whatever type, or None."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
