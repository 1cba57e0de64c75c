"""Read attention weights while a model runs with its own kernel, and in one pass over a given text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch

from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.attention_interface import AttentionCall, listening
from tokenscope_widgets.analysis.attention_sites import AttentionSites, attention_sites, listening_eager
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.selection import chosen, ranges
from tokenscope_widgets.errors import ModelOutputError, bad_value

Rows = Literal["last", "all"] | Sequence[int]
_DTYPES = {"float32": torch.float32, "float16": torch.float16}


class AttentionRecorder:
    """Keeps the attention rows of the latest forward until they are taken. Made by `recording`."""

    def __init__(self, sites: AttentionSites, layers: Iterable[int], rows: Rows, heads: Sequence[int] | None) -> None:
        self._sites = sites
        self._layers = frozenset(layers)
        self._rows = _as_index(rows)
        self._heads = None if heads is None else list(heads)
        self._taken: dict[int, torch.Tensor] = {}

    def take(self) -> dict[int, torch.Tensor]:
        """Layer to weights of the latest forward, Tensor [batch, head, row, key]; what is taken is forgotten.

        Under a cache the keys are all tokens so far, the rows those of the slice that was fed.
        """
        taken, self._taken = self._taken, {}
        return taken

    @torch.no_grad()
    def _hear(self, call: AttentionCall) -> None:
        layer = self._sites.layer_of.get(call.module)
        if layer in self._layers:
            self._keep(layer, call.weights(self._rows))

    @torch.no_grad()
    def _read(self, module: torch.nn.Module, weights: torch.Tensor) -> None:
        layer = self._sites.layer_of[module]
        if layer in self._layers:
            part = weights[:, :, self._rows]
            # a view would keep every row of the layer alive
            self._keep(layer, part.clone() if part.numel() < weights.numel() else part.detach())

    def _keep(self, layer: int | None, weights: torch.Tensor) -> None:
        assert layer is not None
        self._taken[layer] = weights if self._heads is None else weights[:, self._heads]


@contextmanager
def recording(
    model: Any,
    layers: int | Iterable[int] | None = None,
    rows: Rows = "last",
    heads: Sequence[int] | None = None,
) -> Iterator[AttentionRecorder]:
    """Record attention of every forward of ``model`` on this thread, while the block lasts.

    The model keeps its own attention kernel and its results every bit: only the wanted rows are computed once more,
    by the architecture's own eager function. Architectures that bypass transformers' ``AttentionInterface`` (bloom,
    falcon, mpt, codegen, gptj, gpt_neo) run in eager mode meanwhile. Other models, and other threads, are not
    affected. Afterwards, also after an exception, model and registry are as they were.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model of transformers.
    layers : int or sequence of int, optional
        Which layers; None for all that have attention.
    rows : "last", "all" or sequence of int
        Which of the rows of each forward: of the tokens it is *fed*, not of those in its cache.
    heads : sequence of int, optional
        Which heads; None for all.

    Raises
    ------
    InputError
        The model, or a layer named, has no attention.
    """
    sites = attention_sites(model)
    recorder = AttentionRecorder(sites, _layers_with_attention(sites, layers), rows, heads)
    heard = (
        listening(sites.implementation, recorder._hear)
        if sites.through_interface
        else listening_eager(model, sites.layer_of, sites.must_ask, recorder._read)
    )
    with heard:
        yield recorder


def _as_index(rows: Rows) -> slice | torch.Tensor:
    if isinstance(rows, str):
        if rows not in ("last", "all"):
            raise bad_value("rows", rows, "is no choice of rows", "Use 'last', 'all', or a list of indices")
        return slice(-1, None) if rows == "last" else slice(None)
    indices = [int(row) for row in rows]
    # a slice is a view, a list of indices copies
    if indices and indices == list(range(indices[0], indices[0] + len(indices))) and indices[0] >= 0:
        return slice(indices[0], indices[-1] + 1)
    return torch.tensor(indices, dtype=torch.long)


def _layers_with_attention(sites: AttentionSites, layers: int | Iterable[int] | None) -> list[int]:
    if layers is None:
        return list(sites.layers)
    found: list[int] = chosen("layer", layers, sites.layer_count).tolist()
    for layer in found:
        if layer not in sites.layers:
            problem = "has no attention (it is a state-space or linear-attention layer)"
            raise bad_value("layer", layer, problem, f"Layers with attention: {ranges(sites.layers)}")
    return found


def attention_bytes(layers: int, heads: int, queries: int, keys: int, dtype: str = "float32") -> int:
    """Memory that the weights of an `Attention` of this size take, in bytes."""
    return layers * heads * queries * keys * np.dtype(dtype).itemsize


@torch.inference_mode()
def attention_shape(model: Any, length: int, layer: Any, head: Any, query: Any) -> tuple[int, int, int, int]:
    """How many layers, heads, queries and keys are asked for.

    Raises
    ------
    InputError
        One is out of range, or the model has no attention.
    """
    sites = attention_sites(model)
    heads = int(model.config.get_text_config().num_attention_heads)
    layers = len(_layers_with_attention(sites, layer))
    return layers, len(chosen("head", head, heads)), len(chosen("query", query, length)), length


def attention_of(
    model: Any,
    token_ids: Sequence[int],
    layers: int | Iterable[int] | None = None,
    heads: int | Iterable[int] | None = None,
    queries: int | Iterable[int] | None = None,
    *,
    dtype: str = "float32",
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int], object] = lambda _tokens: None,
) -> Attention:
    """Attention of a given text, in one teacher-forced pass.

    The text is fed in slices through a cache, so that beside the result only a slice's weights are held.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model of transformers.
    token_ids : sequence of int
        The whole text.
    layers, heads, queries : int or sequence of int, optional
        What to keep; None for all. Negative ones count from the end. Queries come out in the order of the text.
    dtype : "float32" or "float16"
        How the weights are kept. `attention_bytes` says beforehand how much memory that is.
    cancelled : callable
        Asked between two slices. Once true, the result has the queries that were reached.
    progress : callable
        Given the number of tokens done, after each slice.

    Raises
    ------
    InputError
        The model has no attention, or something named is out of range.
    ModelOutputError
        Weights are NaN: half precision out of its range.
    """
    if dtype not in _DTYPES:
        raise bad_value("dtype", dtype, "is no way to keep weights", "Use 'float32' or 'float16'")
    if not len(token_ids):
        raise bad_value("token_ids", token_ids, "is empty", "Give at least one token")
    sites = attention_sites(model)
    head_count = int(model.config.get_text_config().num_attention_heads)
    wanted = _layers_with_attention(sites, layers)
    kept_heads = chosen("head", heads, head_count)
    kept = np.sort(chosen("query", queries, len(token_ids)))
    weights = torch.zeros((len(wanted), len(kept_heads), len(kept), len(token_ids)), dtype=_DTYPES[dtype])
    forward, done = ForwardPass(model), 0
    for start, ids, cache in _slices(forward, token_ids):
        if cancelled():
            break
        rows = kept[(kept >= start) & (kept < start + ids.shape[1])] - start
        with recording(model, wanted if len(rows) else (), rows.tolist(), kept_heads.tolist()) as recorder:
            forward(ids, cache)
        for layer, part in recorder.take().items():
            weights[wanted.index(layer), :, done : done + len(rows), : part.shape[-1]] = part[0]
        done += len(rows)
        progress(start + ids.shape[1])
    _require_numbers(weights)
    return Attention(
        weights=weights[:, :, :done].numpy(),
        layers=np.array(wanted, dtype=np.int64),
        heads=kept_heads,
        queries=kept[:done],
        layer_count=sites.layer_count,
        head_count=head_count,
    )


def _slices(forward: ForwardPass, token_ids: Sequence[int]) -> Iterator[tuple[int, torch.Tensor, Any]]:
    """Where each slice of a text starts, its ids as Tensor [1, position], and the cache of what precedes it."""
    cache = forward.new_cache() if forward.supports_cache else None
    step = forward.slice_length if cache is not None else len(token_ids)
    for start in range(0, len(token_ids), step):
        yield start, torch.tensor([list(token_ids[start : start + step])], dtype=torch.long), cache


def _require_numbers(weights: torch.Tensor) -> None:
    if not bool(torch.isfinite(weights).all()):
        raise ModelOutputError(
            "attention: the model computed NaN or infinite weights. This is usual for half precision out of its range: "
            "load the model with dtype='float32' or 'bfloat16'."
        )
