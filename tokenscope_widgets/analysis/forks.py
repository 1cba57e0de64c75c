"""Where a run was decided: at each position, how the outcome depends on the token that is put there.

The outcome's distribution before and after a token follows *Forking Paths in Neural Text Generation* (Bigelow et al.
2024, arXiv 2412.07961); the change in the chance of success is what the Phi-4 report (2412.08905) calls pivotal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.analysis.fork_statistics import Interval, Trials, distance
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.records import Generation

OUTCOMES = ("text", "tree", "tests")
UNKNOWN = "unknown"
"""The test result of a continuation that was cut off before what was asked for was written."""


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
        ``tests`` (``"passed"``, ``"failed"`` …; ``"unknown"`` where it was cut off before it could tell) and
        ``message``.
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
        return self._count("passed")

    @property
    def unknown(self) -> int:
        """How many were cut off before the tests could tell."""
        return self._count(UNKNOWN)

    def _count(self, status: str) -> int:
        return sum(outcome.get("tests") == status for outcome in self.outcomes)


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
    samples : int
        How many continuations of each token were asked for.
    """

    at: int
    entropy_nats: float
    role: str
    arms: tuple[ForkArm, ...]
    drawn: bool
    samples: int = 1

    @property
    def tail_mass(self) -> float:
        """The probability of all tokens that were not tried."""
        return max(0.0, 1.0 - float(self._weights.sum()))

    @property
    def finished(self) -> bool:
        """Whether every arm has as many outcomes as were asked for."""
        return all(len(arm.outcomes) >= self.samples for arm in self.arms)

    @property
    def tested(self) -> bool:
        """Whether the tests could tell about the written token."""
        return any(one.get("tests", UNKNOWN) != UNKNOWN for one in self.arms[0].outcomes)

    def chance(self, token_id: int | None = None) -> Interval:
        """The chance of passing the tests: with this token there, or, without one, before any is chosen.

        Raises
        ------
        InputError
            No tests were run, or they could not tell; the token was not tried.
        """
        trials = self._trials
        if token_id is None:
            return trials.chance_before()
        index = next((i for i, arm in enumerate(self._tried) if arm.token_id == token_id), None)
        if index is None:
            raise bad_value("token_id", token_id, f"was not tried at position {self.at}", "Use one of the arms")
        return trials.chance_after(index)

    @cached_property
    def pivot(self) -> Interval:
        """The chance of passing after the written token minus that before it, −1 … 1."""
        return self._trials.pivot()

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
        counted = [Counter(one.get(outcome, "") for one in arm.outcomes) for arm in self._tried]
        names = sorted(set().union(*counted))
        counts = np.array([[c[name] for name in names] for c in counted], np.int64)
        return distance(counts, self._weights, self.drawn, self.at)

    @property
    def _tried(self) -> list[ForkArm]:
        return [arm for arm in self.arms if arm.outcomes]

    @property
    def _weights(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Probabilities of what was tried; stored ones may sum to a little more than 1."""
        weights = np.array([arm.probability for arm in self._tried], np.float64)
        return weights / max(1.0, float(weights.sum()))

    @cached_property
    def _trials(self) -> Trials:
        self._require("tests")
        passed = np.array([arm.passed for arm in self._tried], np.int64)
        unknown = np.array([arm.unknown for arm in self._tried], np.int64)
        failed = np.array([len(arm.outcomes) for arm in self._tried], np.int64) - passed - unknown
        return Trials(self._weights, passed, failed, unknown, self.drawn, self.at)

    def _require(self, outcome: str) -> None:
        written = self.arms[0].outcomes
        if not written:
            raise bad_value(
                "point", self.at, "is not finished: its written token has no outcome", "Resume the analysis"
            )
        if outcome != "tests":
            return
        if "tests" not in written[0]:
            raise bad_value("outcome", outcome, "no tests were run", "Pass tests=… to session.forks")
        if not self.tested:
            raise bad_value(
                "point", self.at, "cannot be judged: the run ends before the tests can tell", "Write more tokens"
            )


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
        The tests that were run, or the name of the function; empty for none.
    seed : int
    settings : dict
        What continuations were made with, beside the run's own settings.
    check : str, callable or None
        The tests themselves.

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
    check: Any = field(default=None, repr=False)

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
        points = self.known(outcome)
        figures = [(point.pivot if outcome == "tests" else point.moved(outcome), point) for point in points]
        certain = [(abs(figure.value), point) for figure, point in figures if figure.excludes_zero]
        return [point for _, point in sorted(certain, key=lambda pair: (-pair[0], pair[1].at))]

    def known(self, outcome: str) -> list[ForkPoint]:
        """The points of which there is a figure."""
        points = [point for point in self.points if point.arms[0].outcomes]
        return [point for point in points if point.tested] if outcome == "tests" else points

    def to_frame(self) -> pd.DataFrame:
        """One row per token tried."""
        import pandas as pd

        return pd.DataFrame([row for point in self.points for row in _rows(self.run, point, bool(self.tests))])


def _rows(run: Generation, point: ForkPoint, tested: bool) -> list[dict[str, Any]]:
    whole: dict[str, Any] = {"at": point.at, "role": point.role, "entropy_nats": point.entropy_nats}
    whole["tail_mass"] = point.tail_mass
    if point.arms[0].outcomes:
        whole["moved_tree"] = point.moved("tree").value
        if point.tested:
            whole |= {"pivot": point.pivot.value, "pivot_low": point.pivot.low, "pivot_high": point.pivot.high}
    out = []
    for arm in point.arms:
        own = {"token_id": arm.token_id, "token": arm.text, "written": arm.written, "probability": arm.probability}
        own["continuations"] = len(arm.outcomes)
        if tested:
            own |= {
                "passed": arm.passed,
                "unknown": arm.unknown,
                "message": arm.outcomes[0].get("message", "") if arm.outcomes else "",
            }
        own["continuation"] = arm.runs[0].completion[-60:] if arm.runs else ""
        out.append({**whole, **own})
    return out
