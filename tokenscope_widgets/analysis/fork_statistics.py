"""The figures of a fork analysis: chances and distances with what chance, and the tokens not tried, leave open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DRAWS = 2000
_LOW, _HIGH = 0.025, 0.975
_LEAST_CHANGE = 1e-6


@dataclass(frozen=True)
class Interval:
    """A figure, and between what it lies: 95 % of what chance allows, and whatever is not known might do."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    @property
    def excludes_zero(self) -> bool:
        """Whether it is certain that there is a change; rounding is none."""
        return self.low > _LEAST_CHANGE or self.high < -_LEAST_CHANGE


@dataclass(frozen=True, eq=False)
class Trials:
    """What came of the tokens tried at a position. The written one is the first.

    Attributes
    ----------
    weights : float array [arm]
        Probabilities of the tokens, of sum 1 at most; what is missing to 1 was not tried.
    passed, failed, unknown : int arrays [arm]
        Continuations by what became of them. Unknown ones might pass or fail.
    drawn : bool
        Whether another draw might have come out otherwise.
    seed : int
        Of the random numbers behind the intervals.
    """

    weights: Floats
    passed: Ints
    failed: Ints
    unknown: Ints
    drawn: bool
    seed: int

    @property
    def tail_mass(self) -> float:
        """The probability of what was not tried."""
        return max(0.0, 1.0 - float(self.weights.sum()))

    def chance_after(self, arm: int) -> Interval:
        """The chance of passing with this token there."""
        low, high = self._bounds()
        return _around(self._means()[arm], _quantile(low[:, arm], _LOW), _quantile(high[:, arm], _HIGH))

    def chance_before(self) -> Interval:
        """The chance of passing before a token is chosen."""
        low, high = self._bounds()
        top = min(1.0, _quantile(high @ self.weights, _HIGH) + self.tail_mass)
        return _around(self._value_before(), _quantile(low @ self.weights, _LOW), top)

    def pivot(self) -> Interval:
        """The chance after the written token minus that before it was chosen."""
        low, high = self._bounds()
        own, others = 1 - self.weights[0], self.weights[1:]
        least = _quantile(low[:, 0] * own - high[:, 1:] @ others, _LOW) - self.tail_mass
        most = _quantile(high[:, 0] * own - low[:, 1:] @ others, _HIGH)
        return _around(self._means()[0] - self._value_before(), max(-1.0, least), min(1.0, most))

    def _means(self) -> Floats:
        """The share that passed, of what is known; NaN where nothing is."""
        known = self.passed + self.failed
        shares: Floats = np.divide(self.passed, known, out=np.full(len(known), np.nan), where=known > 0)
        return shares

    def _value_before(self) -> float:
        means = self._means()
        known = ~np.isnan(means)
        return float(means[known] @ self.weights[known] / self.weights[known].sum()) if known.any() else float("nan")

    def _bounds(self) -> tuple[Floats, Floats]:
        """Chances as low and as high as they may be, [draw, arm].

        Drawn ones vary as a Beta distribution with Jeffreys' prior; greedy ones are as they are.
        """
        low, high = self._draws(self.passed), self._draws(self.passed + self.unknown)
        return low, np.where(self.unknown > 0, high, low)

    def _draws(self, passed: Ints) -> Floats:
        total = self.passed + self.failed + self.unknown
        if not self.drawn:
            return (passed / total)[None]
        return np.random.default_rng(self.seed).beta(passed + 0.5, total - passed + 0.5, (_DRAWS, len(passed)))


def distance(counts: Ints, weights: Floats, drawn: bool, seed: int) -> Interval:
    """How far the written token moved the outcome's distribution: total variation, 0 … 1.

    Parameters
    ----------
    counts : int array [arm, outcome]
        How often each outcome came of each token; the written one is the first.
    weights : float array [arm]
        As in `Trials`.
    drawn : bool
        A distance between drawn samples is never below 0 and mostly above, also where nothing differs. So it is
        corrected by its bootstrap bias, and its lower end is 0 unless a permutation test finds a difference (5 %).
    seed : int
    """
    tail = max(0.0, 1.0 - float(weights.sum()))
    whole = weights / weights.sum()
    shares = counts / counts.sum(axis=1, keepdims=True)
    value = float(np.abs(shares[0] - whole @ shares).sum() / 2)
    random = np.random.default_rng(seed)
    samples = _resampled(counts, random) if drawn else shares[None]
    # tokens that were not tried may do what the written one did, or something else altogether
    apart = np.abs(samples[:, 0] - np.einsum("a,daw->dw", weights, samples)).sum(axis=1)
    if not drawn:
        return _around(value, max(0.0, float(apart[0] - tail) / 2), min(1.0, float(apart[0] + tail) / 2))
    plain = float(np.abs(shares[0] - weights @ shares).sum())
    corrected = float(np.clip(2 * value - _distances(samples, whole).mean(), 0, 1))
    low = (2 * plain - _quantile(apart, _HIGH) - tail) / 2
    high = (2 * plain - _quantile(apart, _LOW) + tail) / 2
    if not _differs(counts, whole, value, random):
        low = 0.0
    return _around(corrected, min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0))


def _distances(samples: Floats, whole: Floats) -> Floats:
    """Total variation of each sample, [draw]; samples [draw, arm, outcome]."""
    mixed = np.einsum("a,daw->dw", whole, samples)
    return np.asarray(np.abs(samples[:, 0] - mixed).sum(axis=1) / 2)


def _resampled(counts: Ints, random: np.random.Generator) -> Floats:
    """What the shares might have been with other draws (bootstrap within each arm), [draw, arm, outcome]."""
    sizes = counts.sum(axis=1)
    drawn = [random.multinomial(n, row / n, _DRAWS) / n for n, row in zip(sizes, counts, strict=True)]
    return np.stack(drawn, axis=1)


def _differs(counts: Ints, whole: Floats, value: float, random: np.random.Generator) -> bool:
    """Whether outcomes dealt to the arms at random seldom lie as far apart as they do."""
    outcomes = np.repeat(np.tile(np.arange(counts.shape[1]), counts.shape[0]), counts.ravel())
    arms = np.repeat(np.arange(counts.shape[0]), counts.sum(axis=1))
    dealt = random.permuted(np.tile(outcomes, (_DRAWS, 1)), axis=1)
    samples = np.zeros((_DRAWS, *counts.shape))
    np.add.at(samples, (np.arange(_DRAWS)[:, None], arms[None, :], dealt), 1.0)
    samples /= counts.sum(axis=1)[None, :, None]
    as_far = int((_distances(samples, whole) >= value - 1e-9).sum())
    return (1 + as_far) / (1 + _DRAWS) < 0.05


def _around(value: float, low: float, high: float) -> Interval:
    """An interval that holds its value."""
    if np.isnan(value):
        value = (low + high) / 2
    return Interval(float(value), float(min(low, value)), float(max(high, value)))


def _quantile(values: Floats, q: float) -> float:
    return float(np.quantile(values, q))
