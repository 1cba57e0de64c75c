"""What is known of the next-token distribution at each position, and of the token that stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TokenDistribution:
    """Measures of one next-token distribution per row, and of one token under it.

    All arrays have one row per token. NaN (and −1 in ``top_ids``) means "not computed".

    Attributes
    ----------
    logprob_nats : float32 [token]
        ln p of the token that stands there, at most 0.
    rank : float32 [token]
        1 + the number of vocabulary entries with a larger logit; 1 is the first choice.
    entropy_nats : float32 [token]
        −Σ p ln p over the whole vocabulary, 0 … ln(vocabulary size).
    margin : float32 [token]
        p₁ − p₂, the gap between the two likeliest tokens, 0 … 1.
    nucleus_size : float32 [token]
        The fewest tokens whose probabilities add up to 0.9.
    tail_mass : float32 [token]
        Probability outside the ``k`` likeliest tokens, 0 … 1.
    top_ids : int32 [token, k]
        The ``k`` likeliest token ids, likeliest first.
    top_logprobs_nats : float32 [token, k]
        Their ln p.
    """

    logprob_nats: Floats
    rank: Floats
    entropy_nats: Floats
    margin: Floats
    nucleus_size: Floats
    tail_mass: Floats
    top_ids: NDArray[np.int32]
    top_logprobs_nats: Floats

    def __len__(self) -> int:
        return len(self.logprob_nats)

    def __getitem__(self, rows: slice) -> TokenDistribution:
        return TokenDistribution(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @property
    def k(self) -> int:
        """How many likeliest tokens are kept per row."""
        return int(self.top_ids.shape[1])

    @property
    def probability(self) -> Floats:
        """p of the token that stands there, float32 [token], 0 … 1."""
        return np.exp(self.logprob_nats)

    @property
    def surprisal_nats(self) -> Floats:
        """−ln p of the token that stands there, float32 [token]."""
        return -self.logprob_nats

    @classmethod
    def unknown(cls, rows: int, k: int) -> TokenDistribution:
        """Rows in which nothing was computed."""

        def nothing() -> Floats:
            return np.full(rows, np.nan, np.float32)

        return cls(
            logprob_nats=nothing(),
            rank=nothing(),
            entropy_nats=nothing(),
            margin=nothing(),
            nucleus_size=nothing(),
            tail_mass=nothing(),
            top_ids=np.full((rows, k), -1, np.int32),
            top_logprobs_nats=np.full((rows, k), np.nan, np.float32),
        )

    @classmethod
    def concat(cls, parts: Sequence[TokenDistribution]) -> TokenDistribution:
        """The rows of several, one after the other; where they keep different ``k``, the rest is unknown."""
        widest = max(p.k for p in parts)
        parts = [p._widened(widest) for p in parts]
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})

    def _widened(self, k: int) -> TokenDistribution:
        if self.k == k:
            return self
        extra = TokenDistribution.unknown(len(self), k - self.k)
        return replace(
            self,
            top_ids=np.hstack([self.top_ids, extra.top_ids]),
            top_logprobs_nats=np.hstack([self.top_logprobs_nats, extra.top_logprobs_nats]),
        )
