"""One way to call any causal language model, with or without a key–value cache."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import torch

_SLICE_ELEMENTS = 2**24
_SLICE_MOST = 256


class ForwardPass:
    """Token ids to logits.

    The cache is a ``DynamicCache`` made without the model's config: it never drops keys, so that sliding-window
    models can be branched anywhere (their masks still apply the window).
    """

    def __init__(self, model: Any) -> None:
        parameters = inspect.signature(model.forward).parameters
        self._model = model
        self._keeps_logits = "logits_to_keep" in parameters
        self.supports_cache = "past_key_values" in parameters and not getattr(model, "_is_stateful", False)
        self.vocabulary_size = int(model.config.get_text_config().vocab_size)
        # the head's output for a slice stays below 64 MB, and a slice below half a second on a laptop
        self.slice_length = max(16, min(_SLICE_MOST, _SLICE_ELEMENTS // self.vocabulary_size))

    def new_cache(self) -> Any:
        """An empty cache."""
        from transformers import DynamicCache

        return DynamicCache()

    @torch.inference_mode()
    def __call__(self, token_ids: torch.Tensor, cache: Any = None, keep: int = 1) -> torch.Tensor:
        """Logits of the last ``keep`` positions, Tensor [row, keep, vocabulary]; ``cache`` grows in place.

        Parameters
        ----------
        token_ids : Tensor [row, position], int64
            The tokens that are not in the cache yet; all of them without a cache.
        """
        arguments: dict[str, Any] = {
            "input_ids": token_ids.to(self._model.device),
            "use_cache": cache is not None,
        }
        if cache is not None:
            arguments["past_key_values"] = cache
        if self._keeps_logits:
            arguments["logits_to_keep"] = keep
        logits: torch.Tensor = self._model(**arguments).logits
        return logits[:, -keep:]


def cache_length(cache: Any) -> int:
    """How many tokens a cache holds."""
    return int(cache.get_seq_length()) if cache is not None else 0


def fork_cache(cache: Any, length: int, rows: int = 1) -> Any:
    """A cache of the first ``length`` tokens, repeated for a batch of ``rows``.

    Keys and values are views until the fork's next step concatenates, so the original stays as it was.
    """
    fork = copy.copy(cache)
    fork.layers = []
    for layer in cache.layers:
        part = copy.copy(layer)
        if part.is_initialized:
            part.keys, part.values = layer.keys[..., :length, :], layer.values[..., :length, :]
        fork.layers.append(part)
    if rows > 1:
        fork.batch_repeat_interleave(rows)
    return fork


def cache_bytes(cache: Any) -> int:
    """Memory a cache's keys and values take, in bytes."""
    layers = [layer for layer in cache.layers if layer.is_initialized]
    return sum(t.numel() * t.element_size() for layer in layers for t in (layer.keys, layer.values))
