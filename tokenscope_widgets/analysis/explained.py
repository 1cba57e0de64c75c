"""What is explained: the log-probability, logit or probability of tokens, or their lead over others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

OUTPUTS = ("logprob", "logit", "probability")
QUANTITIES = {"logprob": "nats", "logit": "logit", "probability": "probability"}


@dataclass(frozen=True, eq=False)
class Explained:
    """The numbers an explanation takes apart.

    Attributes
    ----------
    positions : int64 [target]
        Where each target stands, rising; it is predicted at the position before.
    token_ids : int64 [target]
        The target tokens.
    contrast_ids : int64 [target] or None
        With a contrast, the explained number is that of the target minus that of the contrast.
    output : str
        ``"logprob"`` (nats), ``"logit"`` or ``"probability"``, all at temperature 1.
    together : bool
        Gradients: one backward pass for the sum over the targets, instead of one for each.
    """

    positions: NDArray[np.int64]
    token_ids: NDArray[np.int64]
    contrast_ids: NDArray[np.int64] | None = None
    output: str = "logprob"
    together: bool = False

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def context_length(self) -> int:
        """How many tokens stand before the last target."""
        return int(self.positions[-1])

    @property
    def rows(self) -> int:
        """How many rows of gradients there are: one per target, or one in all."""
        return 1 if self.together else len(self)

    @property
    def quantity(self) -> str:
        """The unit of the explained number."""
        return QUANTITIES[self.output]

    def only(self, target: int) -> Explained:
        """One of the targets."""
        one = slice(target, target + 1)
        contrast = None if self.contrast_ids is None else self.contrast_ids[one]
        return replace(self, positions=self.positions[one], token_ids=self.token_ids[one], contrast_ids=contrast)

    def values(self, logits: torch.Tensor) -> torch.Tensor:
        """The explained numbers, float32 [..., target]; gradients flow.

        Parameters
        ----------
        logits : Tensor [..., target, vocabulary]
            At the position before each target.

        Raises
        ------
        ModelOutputError
            The logits are not finite.
        """
        import torch

        from tokenscope_widgets.analysis.metrics import require_finite

        scores = logits.float()
        log_z = torch.logsumexp(scores, -1, keepdim=True)
        require_finite(log_z)
        if self.output != "logit":
            scores = scores - log_z
        own = _pick(scores, self.token_ids)
        other = _pick(scores, self.contrast_ids) if self.contrast_ids is not None else None
        if self.output == "probability":
            own, other = own.exp(), other.exp() if other is not None else None
        return own if other is None else own - other


def _pick(scores: torch.Tensor, token_ids: NDArray[np.int64]) -> torch.Tensor:
    import torch

    index = torch.as_tensor(token_ids, device=scores.device).expand(scores.shape[:-1])
    return scores.gather(-1, index[..., None])[..., 0]
