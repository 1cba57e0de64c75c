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
        # rows of different lengths need their positions said; models without the argument count columns
        self.supports_padding = self.supports_cache and {"attention_mask", "position_ids"} <= parameters.keys()
        self.vocabulary_size = int(model.config.get_text_config().vocab_size)
        # the head's output for a slice stays below 64 MB, and a slice below half a second on a laptop
        self.slice_length = max(16, min(_SLICE_MOST, _SLICE_ELEMENTS // self.vocabulary_size))

    @property
    def cache_bytes_per_token(self) -> int:
        """About what a token takes in a cache, by the model's config; 0 where that does not say."""
        config = self._model.config.get_text_config()
        heads = getattr(config, "num_attention_heads", None) or 0
        size = getattr(config, "head_dim", None) or (getattr(config, "hidden_size", 0) // heads if heads else 0)
        kept = getattr(config, "num_key_value_heads", None) or heads
        return int(2 * getattr(config, "num_hidden_layers", 0) * kept * size * self.dtype.itemsize)

    def new_cache(self) -> Any:
        """An empty cache."""
        from transformers import DynamicCache

        return DynamicCache()

    @torch.inference_mode()
    def __call__(
        self,
        token_ids: torch.Tensor,
        cache: Any = None,
        keep: int | torch.Tensor = 1,
        *,
        embeddings: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        positions: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Logits of the wanted positions, Tensor [row, position, vocabulary]; ``cache`` grows in place.

        Parameters
        ----------
        token_ids : Tensor [row, position], int64
            The tokens that are not in the cache yet; all of them without a cache.
        keep : int or Tensor [position], int64
            The last so many positions, or these, counted within ``token_ids``.
        embeddings : Tensor [row, position, hidden], optional
            Given to the model in place of the tokens.
        mask : Tensor [row, position], int64, optional
            0 for padding, of what the cache holds and of the tokens.
        positions : Tensor [row, position], int64, optional
            Where the tokens stand in their text.
        """
        given = {"input_ids": token_ids.to(self.device)} if embeddings is None else {"inputs_embeds": embeddings}
        if mask is not None:
            given["attention_mask"] = mask
        if positions is not None:
            given["position_ids"] = positions
        return self._run(given, cache, keep)

    def differentiable(self, embeddings: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
        """As a call with ``embeddings``, without a cache, and gradients flow; call it outside inference mode."""
        return self._run({"inputs_embeds": embeddings}, None, keep)

    def embed(self, token_ids: torch.Tensor) -> torch.Tensor:
        """Embeddings of tokens, Tensor [..., hidden], in the model's own number format; a copy."""
        found: torch.Tensor = self._model.get_input_embeddings()(token_ids.to(self.device))
        return found.detach().clone()

    def mean_embedding(self) -> torch.Tensor:
        """The mean embedding of the vocabulary, Tensor [hidden], taken in slices."""
        size, step = self.vocabulary_size, 4096
        parts = [self.embed(torch.arange(i, min(i + step, size))).float().sum(0) for i in range(0, size, step)]
        return torch.stack(parts).sum(0) / size

    @property
    def device(self) -> torch.device:
        """Where the tokens go: the device of the embeddings, also where the model is spread over several."""
        weight = getattr(self._model.get_input_embeddings(), "weight", None)
        found: torch.device = self._model.device if weight is None or weight.is_meta else weight.device
        # a model whose weights are all fetched when they are needed moves what it is given
        return torch.device("cpu") if found.type == "meta" else found

    @property
    def dtype(self) -> torch.dtype:
        """The model's number format."""
        found: torch.dtype = self._model.dtype
        return found

    def _run(self, given: dict[str, Any], cache: Any, keep: int | torch.Tensor) -> torch.Tensor:
        arguments: dict[str, Any] = {**given, "use_cache": cache is not None}
        if cache is not None:
            arguments["past_key_values"] = cache
        if self._keeps_logits:
            arguments["logits_to_keep"] = keep if isinstance(keep, int) else keep.to(self.device)
        logits: torch.Tensor = self._model(**arguments).logits
        if isinstance(keep, int):
            return logits[:, -keep:]
        return logits if self._keeps_logits else logits[:, keep.to(logits.device)]


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
