"""What a stored distribution becomes under other sampler settings, as bounds where only its likeliest tokens are known.

Of the tail (all tokens that were not stored) three things are known: its mass, that none of its tokens is likelier than
the last stored one, and how many they are. Raised to 1/temperature, its sum lies between two extremes: the mass spread
evenly, or piled up on as few tokens as can hold it. Every bound here follows from these two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.errors import bad_value

Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]

GREEDY = "temperature 0"
# ln p is stored as float32 from logits of float32: their sum is not known better than this
_MASS_ERROR = 2e-6
# transformers compares float32 numbers: closer to a threshold than this, either may happen
_NEAR = 1e-6
_EXACT = 1e-6
_SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class Reweighted:
    """One next-token distribution under other sampler settings.

    Attributes
    ----------
    low, high : float64 [stored token]
        Between which its probability lies, 0 … 1; equal where it is known exactly.
    kept : bool [stored token]
        Whether it can be drawn; where ``low`` is 0 and this is true, it is not known.
    removed_by : tuple of str
        For each stored token, what takes it out: ``"top-k"``, ``"top-p"``, ``"min-p"``, ``"temperature 0"``, or "".
    tail_low, tail_high : float
        Between which the probability of all other tokens together lies.
    tail_removed_by : str
        What takes all of them out, as for stored tokens.
    exact : bool
        Whether all bounds meet, to 10⁻⁶.
    """

    low: Doubles
    high: Doubles
    kept: Mask
    removed_by: tuple[str, ...]
    tail_low: float
    tail_high: float
    tail_removed_by: str
    exact: bool
    _stages: _Stages | None

    def __repr__(self) -> str:
        kept, stored = int(self.kept.sum()), len(self.kept)
        told = "exact" if self.exact else "within bounds"
        likeliest = _share(float(self.low[0]), float(self.high[0]))
        rest = _share(self.tail_low, self.tail_high)
        return f"<Reweighted {kept} of {stored} stored tokens kept, likeliest {likeliest}, all others {rest}, {told}>"

    def outside(self, logprob_nats: float, rank: float) -> tuple[float, float, str]:
        """Bounds for a token that is not stored, and what takes it out.

        ``logprob_nats`` is its ln p at temperature 1, ``rank`` its place (1 is the likeliest), beyond the stored ones.
        """
        return (0.0, 0.0, GREEDY) if self._stages is None else self._stages.outside(logprob_nats, rank)


def reweighted(
    top_logprobs: Sequence[float] | NDArray[np.floating],
    tail_mass: float,
    vocabulary_size: int | None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Reweighted:
    """Apply sampler settings to stored alternatives, in transformers' order: temperature, top-k, top-p, min-p.

    Parameters
    ----------
    top_logprobs : float [stored token]
        ln p of the likeliest tokens at temperature 1, likeliest first.
    tail_mass : float
        Probability of all others together at temperature 1.
    vocabulary_size : int or None
        How many tokens there are; None where unknown: the bounds are wider then.
    temperature : float
        0 or more; 0 takes the first choice.
    top_k, top_p, min_p : number or None
        As in `DecodingSettings`. A token of the tail exactly as likely as the last stored one counts as less likely.

    Raises
    ------
    InputError
        Nothing is stored, or a setting is out of its range.
    """
    check_sampler(temperature, top_k, top_p, min_p)
    logprobs = np.asarray(top_logprobs, np.float64)
    if not len(logprobs) or not math.isfinite(tail_mass):
        raise bad_value("top_logprobs", top_logprobs, "nothing is stored here", "The first token of a run has none")
    if temperature == 0:
        first = np.arange(len(logprobs)) == 0
        removed = tuple("" if i == 0 else GREEDY for i in range(len(logprobs)))
        return Reweighted(first * 1.0, first * 1.0, first, removed, 0.0, 0.0, GREEDY, True, None)
    return _Stages(logprobs, tail_mass, vocabulary_size, 1 / temperature, top_k, top_p, min_p).result()


def _share(low: float, high: float) -> str:
    """A probability with three digits, two of them where only bounds are known."""
    ends = dict.fromkeys(f"{end:.3f}" for end in (low, high))
    return " … ".join(ends)


def check_sampler(temperature: float, top_k: int | None, top_p: float | None, min_p: float | None) -> None:
    """Raise `InputError` for the first setting out of its range."""
    if not _is_number(temperature) or temperature < 0:
        raise bad_value("temperature", temperature, "must be a number of at least 0", "0 takes the first choice")
    if top_k is not None and (isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1):
        raise bad_value("top_k", top_k, "must be a whole number of at least 1", "None keeps every token")
    if top_p is not None and not (_is_number(top_p) and 0 < top_p <= 1):
        raise bad_value("top_p", top_p, "must lie in (0, 1]", "None or 1 keeps every token")
    if min_p is not None and not (_is_number(min_p) and 0 <= min_p <= 1):
        raise bad_value("min_p", min_p, "must lie in [0, 1]", "None or 0 keeps every token")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class _Tail:
    """Sums of the tail's weights. A weight is (p / p of the first) ** power.

    ``mass`` and ``most_each`` are in units of the first token's probability.
    """

    def __init__(self, logprobs: Doubles, tail_mass: float, vocabulary_size: int | None, power: float) -> None:
        self.count = math.inf if vocabulary_size is None else max(0, vocabulary_size - len(logprobs))
        self._each = float(np.exp(logprobs[-1] - logprobs[0]))
        self._power = power
        room = self.count * self._each if self._each else 0.0
        first = float(np.exp(logprobs[0]))
        self._masses = [min(room, max(0.0, tail_mass + error) / first) for error in (-_MASS_ERROR, 0.0, _MASS_ERROR)]

    def sums(self, top: float) -> tuple[float, float]:
        """The least and the most that the ``top`` likeliest of the tail can weigh together."""
        lower, mass, upper = self._masses
        if self._power == 1 and top >= self.count:
            return mass, mass
        least = min(self._piled(lower, top), self._spread(lower, top, self.count))
        return least, max(self._piled(upper, top), self._spread(upper, top, top))

    def most_above(self, weight: float, top: float) -> float:
        """The most that tokens of at least this weight can weigh together."""
        each = max(weight ** (1 / self._power), _SMALLEST)
        count = math.floor(self._masses[2] / each * (1 + _NEAR))
        return self.sums(min(top, count))[1]

    def _piled(self, mass: float, top: float) -> float:
        """As many tokens as possible as likely as the last stored one."""
        if mass <= 0 or top <= 0:
            return 0.0
        full = min(top, math.floor(mass / self._each))
        rest = max(0.0, mass - full * self._each) if full < top else 0.0
        return float(full * self._each**self._power + rest**self._power)

    def _spread(self, mass: float, top: float, over: float) -> float:
        """All of ``over`` tokens equally likely."""
        if mass <= 0 or top <= 0:
            return 0.0
        if math.isinf(over):
            return (math.inf if self._power < 1 else mass if self._power == 1 else 0.0) if math.isinf(top) else 0.0
        return float(top * min(self._each, mass / over) ** self._power)


class _Stages:
    """The processors one after the other, on weights; ``sure`` and ``maybe`` are what surely, or possibly, stays."""

    def __init__(
        self,
        logprobs: Doubles,
        tail_mass: float,
        vocabulary_size: int | None,
        power: float,
        top_k: int | None,
        top_p: float | None,
        min_p: float | None,
    ) -> None:
        self._first, self._power, self._top_k = float(logprobs[0]), power, top_k
        self._top_p, self._min_p = top_p or 1.0, min_p or 0.0
        self._weights = np.exp((logprobs - logprobs[0]) * power)
        self._tail = _Tail(logprobs, tail_mass, vocabulary_size, power)
        self._by_top_k(logprobs)
        self._by_top_p()
        self._by_min_p()

    def _by_top_k(self, logprobs: Doubles) -> None:
        size, k = len(logprobs), self._top_k
        self._in_k: Mask = logprobs >= (logprobs[k - 1] if k and k < size else -math.inf)
        self._room = self._tail.count if k is None else min(self._tail.count, max(0, k - size))
        self._stored = float(self._weights[self._in_k].sum())
        self._low, self._high = self._in_top_k = self._tail.sums(self._room)

    def _by_top_p(self) -> None:
        self._sure_p = self._maybe_p = np.ones(len(self._weights), bool)
        # what is kept weighs at least this, and without its last token less
        self._least, self._most = 0.0, math.inf
        if self._top_p >= 1:
            return
        totals = self._stored + self._low, self._stored + self._high
        self._least, self._most = (self._top_p - _NEAR) * totals[0], (self._top_p + _NEAR) * totals[1]
        inside = self._weights * self._in_k
        before = np.cumsum(inside) - inside
        self._sure_p, self._maybe_p = before < self._least, before < self._most
        self._sure_p[0] = self._maybe_p[0] = True
        self._low = max(0.0, self._least - self._stored)
        over = self._most - self._stored
        self._high = min(self._high, over + float(self._weights[-1])) if over > 0 else 0.0

    def _by_min_p(self) -> None:
        self._sure_m, self._maybe_m = (self._weights >= self._min_p * (1 + side) for side in (_NEAR, -_NEAR))
        self._sure_m[0] = self._maybe_m[0] = True
        if self._min_p:
            self._low = 0.0
            above = self._tail.most_above(self._min_p, self._room) if self._maybe_m[-1] else 0.0
            self._high = min(self._high, above)

    def result(self) -> Reweighted:
        sure = self._in_k & self._sure_p & self._sure_m
        maybe = self._in_k & self._maybe_p & self._maybe_m
        possible = np.cumsum(self._weights * maybe)
        self._totals = float(self._weights[sure].sum()) + self._low, float(possible[-1]) + self._high
        low = np.where(sure, self._weights / self._totals[1], 0.0)
        # a token that stays has all before it beside it
        high = np.where(maybe, self._weights / np.maximum(self._totals[0], possible), 0.0)
        low = np.minimum(low, high)
        tail_low = self._low / (self._low + possible[-1]) if math.isfinite(self._low) else 1.0
        tail_high = self._high / (self._high + self._stored) if math.isfinite(self._high) else 1.0
        exact = float(np.append(high - low, tail_high - tail_low).max()) <= _EXACT
        removed = tuple(self._reason(i) for i in range(len(low)))
        return Reweighted(
            low, high, maybe, removed, float(tail_low), float(tail_high), self._tail_reason(), exact, self
        )

    def _reason(self, i: int) -> str:
        if not self._in_k[i]:
            return "top-k"
        return "top-p" if not self._maybe_p[i] else "" if self._maybe_m[i] else "min-p"

    def _tail_reason(self) -> str:
        if self._high > 0 or not self._tail.count:
            return ""
        if not self._room:
            return "top-k"
        return "top-p" if self._most <= self._stored else "min-p" if self._in_top_k[1] else ""

    def outside(self, logprob: float, rank: float) -> tuple[float, float, str]:
        weight = math.exp((logprob - self._first) * self._power)
        between = max(0.0, rank - len(self._weights) - 1)
        before = self._stored + between * weight
        if self._top_k and rank > self._top_k:
            return 0.0, 0.0, "top-k"
        if before >= self._most:
            return 0.0, 0.0, "top-p"
        if weight < self._min_p * (1 - _NEAR):
            return 0.0, 0.0, "min-p"
        at_most_before = self._stored + min(self._in_top_k[1] - weight, between * float(self._weights[-1]))
        sure = (self._top_p >= 1 or at_most_before < self._least) and weight >= self._min_p * (1 + _NEAR)
        high = weight / max(self._totals[0], before + weight)
        return min(weight / self._totals[1], high) if sure else 0.0, high, ""
