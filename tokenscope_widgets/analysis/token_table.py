"""The columns of a record: one row per token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.distribution import Floats, TokenDistribution


@dataclass(frozen=True, eq=False)
class TokenTable:
    """One row per token.

    Attributes
    ----------
    token_ids : int64 [token]
    token_bytes : tuple of bytes
        The bytes of source text each token stands for; none for special tokens. Concatenated, they are
        the text.
    texts : tuple of str
        The characters each token *completes*: a character split over several tokens belongs to the last.
    roles : uint8 [token]
        Values of `Role`.
    model : TokenDistribution
        Under the model's own distribution, at temperature 1.
    sampling : TokenDistribution
        Under the distribution that was drawn from, after all processors; NaN where nothing was drawn.
        The very same object as ``model`` where no processor changes it.
    time_ms : float32 [token]
        Milliseconds from one token to the next; NaN in the prompt.
    """

    token_ids: NDArray[np.int64]
    token_bytes: tuple[bytes, ...]
    texts: tuple[str, ...]
    roles: NDArray[np.uint8]
    model: TokenDistribution
    sampling: TokenDistribution
    time_ms: Floats

    def __len__(self) -> int:
        return len(self.token_ids)

    def __getitem__(self, rows: slice) -> TokenTable:
        model = self.model[rows]
        return TokenTable(
            token_ids=self.token_ids[rows],
            token_bytes=self.token_bytes[rows],
            texts=self.texts[rows],
            roles=self.roles[rows],
            model=model,
            sampling=model if self.sampling is self.model else self.sampling[rows],
            time_ms=self.time_ms[rows],
        )

    @classmethod
    def concat(cls, parts: Sequence[TokenTable]) -> TokenTable:
        """The rows of several tables, one after the other."""
        model = TokenDistribution.concat([p.model for p in parts])
        same = all(p.sampling is p.model for p in parts)
        return cls(
            token_ids=np.concatenate([p.token_ids for p in parts]),
            token_bytes=tuple(b for p in parts for b in p.token_bytes),
            texts=tuple(t for p in parts for t in p.texts),
            roles=np.concatenate([p.roles for p in parts]),
            model=model,
            sampling=model if same else TokenDistribution.concat([p.sampling for p in parts]),
            time_ms=np.concatenate([p.time_ms for p in parts]),
        )
