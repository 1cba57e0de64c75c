"""Eager attention of tiny models, to hold recorded rows against."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from transformers import AttentionInterface

from tests.tiny import (
    ARCHITECTURES,
    BYPASSING,
    MORE_ATTENTION,
    some_ids,
)

EVERY = (*ARCHITECTURES, *MORE_ATTENTION, *BYPASSING)


TOLERANCE = 1e-5


LENGTH = 24


@torch.inference_mode()
def eager_weights(model: Any, ids: torch.Tensor, **inputs: Any) -> torch.Tensor:
    """Tensor [layer, batch, head, query, key] that transformers returns; of a model that may be changed."""
    # falcon refuses set_attn_implementation
    model.config._attn_implementation = "eager"
    return torch.stack(model(ids, output_attentions=True, use_cache=False, **inputs).attentions)


@torch.inference_mode()
def plain_logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    return model(ids, use_cache=False).logits


def batch(rows: int, length: int = LENGTH) -> torch.Tensor:
    return torch.tensor([some_ids(length, seed=row) for row in range(rows)])


def state_of(model: Any) -> tuple[Any, ...]:
    """The registry, and everything of a model that recording could have changed."""
    modules = list(model.modules())
    return (
        list(AttentionInterface._global_mapping.items()),
        model.config._attn_implementation,
        [(len(m._forward_hooks), len(m._forward_pre_hooks), sorted(vars(m))) for m in modules],
        [(name, t.data_ptr(), t._version) for name, t in model.state_dict().items()],
        model.training,
    )


def assert_close(found: torch.Tensor, want: torch.Tensor) -> None:
    np.testing.assert_allclose(found.numpy(), want.numpy(), atol=TOLERANCE, rtol=0)
