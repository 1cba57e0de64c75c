"""Rows of different lengths in one batch: shorter ones are padded in front, where no token looks."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch

from tokenscope_widgets.analysis.forward import ForwardPass, cache_length


class PaddedForward:
    """A `ForwardPass` over rows that begin with padding: masks it, and counts positions without it.

    Parameters
    ----------
    forward : ForwardPass
        With ``supports_padding``.
    padding : sequence of int
        How many columns of each row are padding.
    """

    def __init__(self, forward: ForwardPass, padding: Sequence[int]) -> None:
        self._forward = forward
        self._padding = torch.tensor(padding, device=forward.device)[:, None]
        self.slice_length = forward.slice_length

    @torch.inference_mode()
    def __call__(self, token_ids: torch.Tensor, cache: Any, keep: int | torch.Tensor = 1) -> torch.Tensor:
        """As `ForwardPass`; ``cache`` holds the padding, too."""
        start = cache_length(cache)
        columns = torch.arange(start + token_ids.shape[1], device=self._padding.device)[None]
        mask = (columns >= self._padding).long()
        positions = (columns[:, start:] - self._padding).clamp(min=0)
        return self._forward(token_ids, cache, keep, mask=mask, positions=positions)

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""
        self._padding = self._padding[list(rows)]


def padded_cache(caches: Sequence[Any]) -> Any:
    """One cache of a batch out of one-row caches, the shorter ones padded in front with zeros."""
    longest = max(cache_length(cache) for cache in caches)
    batch = copy.copy(caches[0])
    batch.layers = []
    for layers in zip(*(cache.layers for cache in caches), strict=True):
        layer = copy.copy(layers[0])
        layer.keys = torch.cat([_padded(one.keys, longest) for one in layers])
        layer.values = torch.cat([_padded(one.values, longest) for one in layers])
        batch.layers.append(layer)
    return batch


def _padded(values: torch.Tensor, length: int) -> torch.Tensor:
    """Keys or values [1, head, position, channel] at the end of ``length`` positions."""
    missing = length - values.shape[-2]
    return torch.nn.functional.pad(values, (0, 0, missing, 0))
