"""Attribution by gradients: saliency, input × gradient, integrated gradients.

One forward pass serves all targets, then each takes one vector–Jacobian product. Gradients say how the output answers
to a very small change of an embedding, which no text can make: compare with ablation before believing them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.watch import Watch
from tokenscope_widgets.errors import ModelOutputError

REDUCTIONS = ("sum", "l2", "abs")
_TOKENS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class TokenScores:
    """Scores of every context token.

    Attributes
    ----------
    scores : float32 [target, token]
        NaN at and after the target, and for targets that a cancel left out.
    full : float32 [target]
        The explained numbers after the full context.
    completeness_error : float32 [target] or None
        For integrated gradients: the sum of the scores minus the change that they should add up to.
    """

    scores: NDArray[np.float32]
    full: NDArray[np.float32]
    completeness_error: NDArray[np.float32] | None = None


def saliency(
    forward: ForwardPass, token_ids: NDArray[np.int64], explained: Explained, watch: Watch | None = None
) -> TokenScores:
    """The length (L2) of the gradient with respect to each token's embedding (Simonyan et al. 2014); no sign."""
    return _first_order(forward, token_ids, explained, watch or Watch(), use_input=False, reduction="l2")


def input_x_gradient(
    forward: ForwardPass,
    token_ids: NDArray[np.int64],
    explained: Explained,
    *,
    reduction: str = "sum",
    watch: Watch | None = None,
) -> TokenScores:
    """Embedding times gradient (Shrikumar et al. 2016), over the embedding's dimensions.

    Parameters
    ----------
    reduction : str
        ``"sum"`` keeps the sign; ``"l2"`` and ``"abs"`` lose it.
    """
    return _first_order(forward, token_ids, explained, watch or Watch(), use_input=True, reduction=reduction)


def integrated_gradients(
    forward: ForwardPass,
    token_ids: NDArray[np.int64],
    explained: Explained,
    varied: NDArray[np.bool_],
    *,
    baseline_id: int | None = 0,
    steps: int = 20,
    reduction: str = "sum",
    watch: Watch | None = None,
) -> TokenScores:
    """Gradients along the straight way from a baseline to the text (Sundararajan et al. 2017), Gauss–Legendre nodes.

    Parameters
    ----------
    varied : bool [token]
        The tokens that take the way; the others stay as they are.
    baseline_id : int or None
        The token whose embedding the way starts from; None for zeros.
    """
    watch = watch or Watch()
    ids = torch.as_tensor(token_ids[: explained.context_length])[None]
    there = forward.embed(ids)
    way = (there - _baseline(forward, there, baseline_id)) * torch.as_tensor(varied[: ids.shape[1]]).to(
        there.device, there.dtype
    ).unsqueeze(-1)
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    gradients = torch.zeros(explained.rows, *way.shape[1:], dtype=torch.float32, device=way.device)
    at_once = max(1, _TOKENS_AT_ONCE // ids.shape[1])
    for first in range(0, steps, at_once):
        if watch.cancelled():
            return _scores(torch.full_like(gradients, torch.nan), explained, "sum", np.full(explained.rows, np.nan))
        part = slice(first, first + at_once)
        alphas = torch.as_tensor((nodes[part] + 1) / 2, dtype=way.dtype, device=way.device)
        points = (there - way) + way * alphas[:, None, None]
        share = torch.as_tensor(weights[part] / 2, dtype=torch.float32, device=way.device)
        for target, (_, gradient) in enumerate(_gradients(forward, points, explained)):
            gradients[target] += torch.einsum("s,s...->...", share, gradient.float())
        watch.advance(points.shape[0] * ids.shape[1] * _passes(explained.rows))
    ends = _values(forward, torch.cat([there, there - way]), explained)
    result = _scores(gradients * way.float(), explained, reduction, ends[0])
    signed = _scores(gradients * way.float(), explained, "sum", ends[0])
    error = np.nansum(signed.scores.astype(np.float64), axis=1) - (ends[0] - ends[1])
    return TokenScores(result.scores, result.full, error.astype(np.float32))


def _passes(targets: int) -> int:
    """Cost of a forward pass and one backward pass for each target, in forward passes."""
    return 1 + targets


def _first_order(
    forward: ForwardPass,
    token_ids: NDArray[np.int64],
    explained: Explained,
    watch: Watch,
    *,
    use_input: bool,
    reduction: str,
) -> TokenScores:
    ids = torch.as_tensor(token_ids[: explained.context_length])[None]
    there = forward.embed(ids)
    products = torch.full((explained.rows, *there.shape[1:]), torch.nan, device=there.device)
    full = np.full(explained.rows, np.nan, np.float32)
    if not watch.cancelled():
        watch.advance(ids.shape[1])
    for target, (value, gradient) in enumerate(_gradients(forward, there, explained)):
        full[target] = float(value[0])
        products[target] = gradient[0].float() * there[0].float() if use_input else gradient[0].float()
        watch.advance(ids.shape[1])
        if watch.cancelled():
            break
    return _scores(products, explained, reduction, full)


def _gradients(
    forward: ForwardPass, embeddings: torch.Tensor, explained: Explained
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """For each target: its values, Tensor [row], and their gradients, Tensor [row, token, hidden]."""
    with torch.inference_mode(False), torch.enable_grad():
        leaf = embeddings.detach().clone().requires_grad_(True)
        keep = torch.as_tensor(explained.positions - 1)
        logits = forward.differentiable(leaf, keep)
        last = explained.rows - 1
        for target in range(explained.rows):
            if explained.together:
                value = explained.values(logits).sum(-1)
            else:
                # of one position only: the vocabulary is too wide to go back through for all of them each time
                value = explained.only(target).values(logits[:, target : target + 1])[:, 0]
            # rows of a batch do not meet in the model: the gradient of the sum is each row's own
            (gradient,) = torch.autograd.grad(value.sum(), leaf, retain_graph=target < last)
            if not bool(torch.isfinite(gradient).all()):
                raise ModelOutputError(
                    f"gradient: the model's gradients are not finite in {forward.dtype}. Load the model with "
                    "dtype='float32' or 'bfloat16', or use method='ablation', which needs no gradient."
                )
            yield value.detach(), gradient


def _rows(explained: Explained, logits: torch.Tensor) -> torch.Tensor:
    """The explained numbers, or their sum, Tensor [text, row]."""
    values = explained.values(logits)
    return values.sum(-1, keepdim=True) if explained.together else values


@torch.inference_mode()
def _values(forward: ForwardPass, embeddings: torch.Tensor, explained: Explained) -> NDArray[np.float32]:
    keep = torch.as_tensor(explained.positions - 1)
    values = _rows(explained, forward.differentiable(embeddings, keep))
    return np.asarray(values.cpu().numpy(), np.float32)


def _baseline(forward: ForwardPass, like: torch.Tensor, baseline_id: int | None) -> torch.Tensor:
    if baseline_id is None:
        return torch.zeros_like(like)
    return forward.embed(torch.tensor([[baseline_id]])).to(like.device).expand_as(like)


def _scores(
    products: torch.Tensor, explained: Explained, reduction: str, full: NDArray[np.float32] | NDArray[np.float64]
) -> TokenScores:
    """Products [target, token, hidden] to scores; what stands at or after a target cannot reach it."""
    if reduction == "sum":
        reduced = products.double().sum(-1)
    elif reduction == "abs":
        reduced = products.double().abs().sum(-1)
    else:
        reduced = products.double().norm(dim=-1)
    scores = np.asarray(reduced.cpu().numpy(), np.float32)
    scores[np.arange(scores.shape[1]) >= explained.positions[: len(scores), None]] = np.nan
    return TokenScores(scores, np.asarray(full, np.float32))
