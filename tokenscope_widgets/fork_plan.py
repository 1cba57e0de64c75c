"""What a fork analysis would do, and whether that is affordable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.branching import Site
from tokenscope_widgets.consequences import Checked
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
    settings : dict
        Changes to the run's settings.
    tests : str, callable or None
    samples : int
        Continuations of each token.
    tokens : int
        The most that will be written.
    seconds : float
        About how long that takes.
    """

    analysis: ForkAnalysis
    sites: tuple[Site, ...]
    settings: dict[str, Any]
    tests: Checked
    samples: int
    tokens: int
    seconds: float


def missing(analysis: ForkAnalysis, samples: int) -> list[Site]:
    """The continuations that are not there yet. A greedy run is its own continuation."""
    out = []
    for point in analysis.points:
        for arm in point.arms:
            if arm.written and not point.drawn:
                continue
            for sample in range(len(arm.outcomes), samples):
                out.append(Site(point.at, arm.token_id, _seed_of(analysis.seed, point.at, arm.token_id, sample)))
    return out


def _seed_of(seed: int, at: int, token_id: int, sample: int) -> int:
    """A seed of its own for each continuation, so that neither batches nor order change what is drawn."""
    return int(np.random.SeedSequence([seed, at, token_id, sample]).generate_state(1)[0])


def samples_of(samples: int | None, settings: DecodingSettings) -> int:
    """How many continuations each token gets."""
    if samples is None:
        return _DRAWN_SAMPLES if settings.do_sample else 1
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
        raise bad_value("samples", samples, "must be a whole number from 1", "Use 1 for greedy continuations, or 8")
    if samples > 1 and not settings.do_sample:
        raise bad_value("samples", samples, "greedy continuations are all alike", "Add do_sample=True, or use 1")
    return samples


def check_resumed(resume: ForkAnalysis, run: Generation) -> None:
    """Refuse to go on with another run's analysis."""
    if resume.run.run_id != run.run_id:
        raise bad_value("resume", resume, "is an analysis of another run", "Pass resume.run as the run")


def check_budget(budget: int | None, tokens: int, seconds: float) -> None:
    """Refuse what would write more tokens than the budget, with an estimate."""
    estimate = f"about {tokens:,} tokens, {_duration(seconds)}"
    if budget is None or (isinstance(budget, float) and math.isinf(budget)):
        raise bad_value("budget_tokens", budget, f"sets no limit, and this takes {estimate}", f"Use {tokens}")
    if tokens > budget:
        raise bad_value(
            "budget_tokens",
            budget,
            f"is too little: this takes {estimate}",
            f"Use {tokens}, or ask for fewer positions, alternatives, samples or max_new_tokens",
        )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
