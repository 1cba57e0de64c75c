"""Measure next-token distributions from logits."""

from __future__ import annotations

import numpy as np
import torch

from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.errors import ModelOutputError

NUCLEUS_MASS = 0.9
_ROWS_AT_ONCE = 32
_NUCLEUS_FIRST_LOOK = 64


@torch.inference_mode()
def measure(logits: torch.Tensor, token_ids: torch.Tensor, k: int) -> TokenDistribution:
    """Measure the softmax of each row of ``logits``, and the row's token under it.

    Parameters
    ----------
    logits : Tensor [row, vocabulary], any float type
        Widened to float32 first: in bfloat16 a log-probability is off by up to 0.13 nats. Entries of
        −inf have probability 0 and contribute 0 to the entropy.
    token_ids : Tensor [row], int64
        The token that stands in each row.
    k : int
        How many of the likeliest tokens to keep, 1 … vocabulary size.

    Raises
    ------
    ModelOutputError
        A row holds NaN or +inf.
    """
    starts = range(0, len(logits), _ROWS_AT_ONCE)
    parts = [_measure_chunk(logits[i : i + _ROWS_AT_ONCE], token_ids[i : i + _ROWS_AT_ONCE], k) for i in starts]
    return TokenDistribution.concat(parts) if parts else TokenDistribution.unknown(0, k)


def require_finite(log_normalizer: torch.Tensor) -> None:
    """Raise `ModelOutputError` where a row's log-sum-exp (Tensor [row]) is NaN or infinite."""
    if not bool(torch.isfinite(log_normalizer).all()):
        raise ModelOutputError(
            "logits: the model returned NaN or infinite values, so no probability can be computed. "
            "This is usual for half precision out of its range: load the model with dtype='float32' or "
            "'bfloat16'."
        )


def _measure_chunk(logits: torch.Tensor, token_ids: torch.Tensor, k: int) -> TokenDistribution:
    x = logits.float()
    log_z = torch.logsumexp(x, -1, keepdim=True)
    require_finite(log_z)
    logp = x - log_z
    # clamping keeps 0 · (−inf) from becoming NaN
    entropy = -(logp.exp() * logp.clamp_min(torch.finfo(torch.float32).min)).sum(-1)
    chosen = x.gather(-1, token_ids.to(x.device)[:, None])
    rank = (x > chosen).sum(-1) + 1
    width = min(max(k, _NUCLEUS_FIRST_LOOK), x.shape[-1])
    top = x.topk(width, dim=-1)
    top_logp = (top.values.double() - log_z.double()).float()
    mass = top_logp.double().exp().cumsum(-1)
    first_two = top_logp[:, :2].double().exp()
    margin = first_two[:, 0] - first_two[:, 1] if width > 1 else first_two[:, 0]
    return TokenDistribution(
        logprob_nats=_array((chosen - log_z)[:, 0]).clip(max=0),
        rank=_array(rank),
        entropy_nats=_array(entropy).clip(min=0),
        margin=_array(margin),
        nucleus_size=_array(_nucleus_sizes(logp, mass)),
        tail_mass=_array(1 - mass[:, k - 1]).clip(min=0),
        top_ids=top.indices[:, :k].cpu().numpy().astype(np.int32),
        top_logprobs_nats=_array(top_logp[:, :k]).clip(max=0),
    )


def _nucleus_sizes(logp: torch.Tensor, mass: torch.Tensor) -> torch.Tensor:
    """The fewest tokens that reach the nucleus mass; sorts the vocabulary only for rows that need it."""
    sizes = (mass < NUCLEUS_MASS).sum(-1) + 1
    flat = mass[:, -1] < NUCLEUS_MASS
    if bool(flat.any()):
        # numpy sorts values 25 times faster than torch sorts values and indices
        falling = np.sort(logp[flat].exp().cpu().numpy(), axis=-1)[:, ::-1]
        found = (np.cumsum(falling, axis=-1, dtype=np.float64) < NUCLEUS_MASS).sum(-1) + 1
        sizes[flat] = torch.from_numpy(found.clip(max=logp.shape[-1])).to(sizes.device)
    return sizes


def _array(values: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return values.to(torch.float32).cpu().numpy()
