"""How much memory is free, so that work which cannot fit is refused before it starts."""

from __future__ import annotations

import psutil
import torch

from tokenscope_widgets.errors import OutOfMemoryError

_MOST_SHARE = 0.8


def free_bytes(device: torch.device) -> int:
    """Free memory where a model's tensors live."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def require_memory(nbytes: int, device: torch.device, argument: str, remedy: str) -> None:
    """Refuse what would take more than four fifths of the free memory.

    Raises
    ------
    OutOfMemoryError
    """
    free = free_bytes(device)
    if nbytes > _MOST_SHARE * free:
        raise OutOfMemoryError(
            f"{argument}: would take about {nbytes / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free. {remedy}."
        )


def gradient_bytes(model_config: object, length: int, batch: int = 1) -> int:
    """About how much a forward pass that keeps its activations for gradients takes, in bytes (float32).

    Per token and layer some 16 vectors of the hidden size and 4 of the feed-forward size, and per layer the
    attention weights of every head, which only memory-saving kernels avoid.
    """
    hidden = int(getattr(model_config, "hidden_size", 1024))
    inner = int(getattr(model_config, "intermediate_size", None) or 4 * hidden)
    layers = int(getattr(model_config, "num_hidden_layers", 24))
    heads = int(getattr(model_config, "num_attention_heads", 16))
    per_layer = length * (16 * hidden + 4 * inner) + heads * length * length
    return 4 * batch * layers * per_layer
