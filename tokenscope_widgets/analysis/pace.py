"""How long a model takes, before it has been timed."""

from __future__ import annotations

import time
from typing import Any

import torch

from tokenscope_widgets.analysis.forward import ForwardPass

_GUESSES = 7


@torch.inference_mode()
def guess_seconds_per_token(model: Any) -> float:
    """From the number of parameters and how fast this machine multiplies; the first real work corrects it."""
    size = 512
    one = torch.ones(size, size, dtype=model.dtype, device=ForwardPass(model).device)
    # a busy machine makes a guess too long, never too short
    seconds = max(min(_product_seconds(one) for _ in range(_GUESSES)), 1e-5)
    # activations, attention and Python take about as long again as the products with the weights
    return float(2 * model.num_parameters() / size**3 * seconds)


def _product_seconds(square: torch.Tensor) -> float:
    began = time.perf_counter()
    (square @ square)[0, 0].item()
    return time.perf_counter() - began
