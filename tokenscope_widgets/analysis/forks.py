"""Where a run was decided: at each position, how the outcome depends on the token that is put there.

The outcome's distribution before and after a token follows *Forking Paths in Neural Text Generation* (Bigelow et al.
2024, arXiv 2412.07961); the change in the chance of success is what the Phi-4 report (2412.08905) calls pivotal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.records import Generation

Floats = NDArray[np.float64]

OUTCOMES = ("text", "tree", "tests")
_DRAWS = 2000
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True)
class Interval:
    """A figure, and between what it lies: 95 % of what chance allows, and whatever the tokens not tried might do."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    @property
    def excludes_zero(self) -> bool:
        """Whether it is certain that there is a change."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, eq=False)
class ForkArm:
    """One token at a position, and what came of it.

    Attributes
    ----------
    token_id : int
    text : str
    probability : float
        At temperature 1, as the run holds it.
    written : bool
        Whether the run itself has this token there.
    runs : tuple of Generation
        The continuations that were made; fewer than asked for where the work was ended.
    outcomes : tuple of dict
        Of each continuation: ``text`` and ``tree`` (what makes it the same as another), and, where tests were run,
        ``tests`` (``"passed"``, ``"failed"`` …) and ``message``.
    """

    token_id: int
    text: str
    probability: float
    written: bool
    runs: tuple[Generation, ...] = ()
    outcomes: tuple[dict[str, str], ...] = ()

    @property
    def passed(self) -> int:
        """How many of the continuations passed the tests."""
        return sum(outcome.get("tests") == "passed" for outcome in self.outcomes)


@dataclass(frozen=True, eq=False)
class ForkPoint:
    """A position, the tokens tried there, and how much depends on which it is.

    Attributes
    ----------
    at : int
    entropy_nats : float
    role : str
        Of the code at this token; empty where no syntax is known.
    arms : tuple of ForkArm
        The written token first, the others by probability.
    drawn : bool
        Whether continuations were drawn: then an arm's outcomes vary by chance. Greedy ones do not.
    """

    at: int
    entropy_nats: float
    role: str
    arms: tuple[ForkArm, ...]
    drawn: bool

    @property
    def tail_mass(self) -> float:
        """The probability of all tokens that were not tried."""
        return max(0.0, 1.0 - sum(arm.probability for arm in self.arms if arm.outcomes))

    @cached_property
    def finished(self) -> bool:
        """Whether every arm has an outcome."""
        return all(arm.outcomes for arm in self.arms)

    def chance(self, token_id: int | None = None) -> Interval:
        """The chance of passing the tests: with this token there, or, without one, before any is chosen."""
        self._require("tests")
        means, draws, weights = self._means(), self._draws(), self._weights()
        if token_id is None:
            low, high = _ends(draws @ weights)
            return Interval(float(means @ weights / weights.sum()), low, min(1.0, high + self.tail_mass))
        index = next((i for i, arm in enumerate(self._tried) if arm.token_id == token_id), None)
        if index is None:
            raise bad_value("token_id", token_id, f"was not tried at position {self.at}", "Use one of the arms")
        return Interval(float(means[index]), *_ends(draws[:, index]))

    @cached_property
    def pivot(self) -> Interval:
        """The chance of passing after the written token minus that before it, −1 … 1."""
        self._require("tests")
        means, draws, weights = self._means(), self._draws(), self._weights()
        low, high = _ends(draws[:, 0] - draws @ weights)
        return Interval(float(means[0] - means @ weights / weights.sum()), low - self.tail_mass, high)

    def moved(self, outcome: str = "tree") -> Interval:
        """How far the written token moved the outcome's distribution: total variation, 0 … 1.

        Parameters
        ----------
        outcome : str
            ``"text"``, ``"tree"`` or ``"tests"``.
        """
        if outcome not in OUTCOMES:
            raise bad_value("outcome", outcome, "is no outcome", f"Use one of {', '.join(OUTCOMES)}")
        self._require(outcome)
        shares, weights = self._shares(outcome), self._weights()
        value = np.abs(shares[0] - weights @ shares / weights.sum()).sum() / 2
        samples = self._resampled(shares) if self.drawn else [shares]
        # tokens that were not tried may do what the written one did, or something else altogether
        apart = np.array([np.abs(one[0] - weights @ one).sum() for one in samples])
        low, _ = _ends((apart - self.tail_mass) / 2)
        _, high = _ends((apart + self.tail_mass) / 2)
        return Interval(float(value), max(0.0, low), min(1.0, high))

    @property
    def _tried(self) -> list[ForkArm]:
        return [arm for arm in self.arms if arm.outcomes]

    def _require(self, outcome: str) -> None:
        written = self.arms[0].outcomes
        if not written:
            raise bad_value(
                "point", self.at, "is not finished: its written token has no outcome", "Resume the analysis"
            )
        if outcome == "tests" and "tests" not in written[0]:
            raise bad_value("outcome", outcome, "no tests were run", "Pass tests=… to session.forks")

    def _weights(self) -> Floats:
        return np.array([arm.probability for arm in self._tried], np.float64)

    def _means(self) -> Floats:
        return np.array([arm.passed / len(arm.outcomes) for arm in self._tried], np.float64)

    def _draws(self) -> Floats:
        """Plausible chances of passing, [draw, arm]: Beta with Jeffreys' prior; greedy ones are as they are."""
        if not self.drawn:
            return self._means()[None]
        passed = np.array([arm.passed for arm in self._tried])
        failed = np.array([len(arm.outcomes) for arm in self._tried]) - passed
        return np.random.default_rng(self.at).beta(passed + 0.5, failed + 0.5, (_DRAWS, len(passed)))

    def _shares(self, outcome: str) -> Floats:
        """The share of each outcome in each arm, [arm, outcome]."""
        counted = [Counter(one.get(outcome, "") for one in arm.outcomes) for arm in self._tried]
        names = sorted(set().union(*counted))
        return np.array([[c[name] / c.total() for name in names] for c in counted])

    def _resampled(self, shares: Floats) -> list[Floats]:
        """What the shares might have been with other draws (bootstrap within each arm)."""
        random = np.random.default_rng(self.at)
        sizes = [len(arm.outcomes) for arm in self._tried]
        one = [random.multinomial(n, row, _DRAWS) / n for n, row in zip(sizes, shares, strict=True)]
        return list(np.stack(one, axis=1))


@dataclass(frozen=True, eq=False)
class ForkAnalysis:
    """Where a run was decided. From `Session.forks`.

    Attributes
    ----------
    run : Generation
    points : tuple of ForkPoint
        In the order of their positions.
    until : str
        How far continuations were written.
    tests : str
        The tests that were run; empty for none.
    seed : int
    settings : dict
        What continuations were made with, beside the run's own settings.

    Notes
    -----
    Where the work was ended early, some tokens have no outcome; ``session.forks(run, resume=this)`` goes on.
    """

    run: Generation
    points: tuple[ForkPoint, ...]
    until: str
    tests: str
    seed: int
    settings: dict[str, Any]

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        arms = sum(len(point.arms) for point in self.points)
        state = "" if self.finished else ", unfinished"
        return f"<ForkAnalysis of {len(self)} positions, {arms} tokens{state}>"

    @property
    def finished(self) -> bool:
        """Whether every token that was to be tried has an outcome."""
        return all(point.finished for point in self.points)

    @property
    def runs(self) -> list[Generation]:
        """All continuations, without the run itself."""
        return [one for point in self.points for arm in point.arms for one in arm.runs if one is not self.run]

    def point(self, at: int) -> ForkPoint:
        """The point at a position.

        Raises
        ------
        InputError
            This position was not asked about.
        """
        at = self.run.position(at)
        found = next((point for point in self.points if point.at == at), None)
        if found is None:
            raise bad_value("at", at, "was not asked about", f"Use one of {[p.at for p in self.points]}")
        return found

    def decisive(self, outcome: str | None = None) -> list[ForkPoint]:
        """The points that certainly matter (their interval excludes no change), the strongest first.

        Parameters
        ----------
        outcome : str, optional
            ``"text"``, ``"tree"``, ``"tests"`` (by the change in the chance of passing); by default the tests where
            they were run, else the tree.
        """
        outcome = outcome or ("tests" if self.tests else "tree")
        points = [point for point in self.points if point.arms[0].outcomes]
        figures = [(point.pivot if outcome == "tests" else point.moved(outcome), point) for point in points]
        certain = [(abs(figure.value), point) for figure, point in figures if figure.excludes_zero]
        return [point for _, point in sorted(certain, key=lambda pair: (-pair[0], pair[1].at))]

    def to_frame(self) -> pd.DataFrame:
        """One row per token tried."""
        import pandas as pd

        return pd.DataFrame([row for point in self.points for row in _rows(self.run, point, bool(self.tests))])


def _ends(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [_LOW, _HIGH])
    return float(low), float(high)


def _rows(run: Generation, point: ForkPoint, tested: bool) -> list[dict[str, Any]]:
    whole: dict[str, Any] = {"at": point.at, "role": point.role, "entropy_nats": point.entropy_nats}
    whole["tail_mass"] = point.tail_mass
    if point.arms[0].outcomes:
        whole["moved_tree"] = point.moved("tree").value
        if tested:
            whole |= {"pivot": point.pivot.value, "pivot_low": point.pivot.low, "pivot_high": point.pivot.high}
    out = []
    for arm in point.arms:
        own = {"token_id": arm.token_id, "token": arm.text, "written": arm.written, "probability": arm.probability}
        own["continuations"] = len(arm.outcomes)
        if tested:
            own |= {"passed": arm.passed, "message": arm.outcomes[0].get("message", "") if arm.outcomes else ""}
        own["continuation"] = arm.runs[0].completion[-60:] if arm.runs else ""
        out.append({**whole, **own})
    return out
