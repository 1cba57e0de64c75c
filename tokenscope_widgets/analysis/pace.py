"""How long a model takes, before it has been timed."""

from __future__ import annotations

import time
from typing import Any

import torch

from tokenscope_widgets.analysis.forward import ForwardPass


@torch.inference_mode()
def guess_seconds_per_token(model: Any) -> float:
    """From the number of parameters and how fast this machine multiplies; the first real work corrects it."""
    size = 512
    one = torch.ones(size, size, dtype=model.dtype, device=ForwardPass(model).device)
    one @ one
    began = time.perf_counter()
    (one @ one)[0, 0].item()
    seconds = max(time.perf_counter() - began, 1e-5)
    # activations, attention and Python take about as long again as the products with the weights
    return float(2 * model.num_parameters() / size**3 * seconds)
