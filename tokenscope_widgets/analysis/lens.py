"""The logit lens: what a model would say if it stopped after a layer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.metrics import require_finite
from tokenscope_widgets.analysis.records import Generation, label
from tokenscope_widgets.analysis.selection import chosen
from tokenscope_widgets.analysis.unembedding import Unembedding, unembedding
from tokenscope_widgets.errors import bad_value

Floats = NDArray[np.float32]
# the logits of some layers and positions stay below 32 MB
_CHUNK_ELEMENTS = 2**23
# keeps 0 · (−inf) from becoming NaN
_LOWEST = torch.finfo(torch.float32).min


@dataclass(frozen=True, eq=False)
class Lens:
    """Next-token distributions read from the residual stream after each layer, at temperature 1.

    Attributes
    ----------
    top_ids : int64 [layer, position, k]
        The likeliest next tokens, likeliest first.
    top_logprobs_nats : float32 [layer, position, k]
    logprob_nats : float32 [layer, position]
        Of the token that does come next, at position + 1; NaN after the last token.
    rank : float32 [layer, position]
        Of that token; 1 is the layer's first choice.
    kl_to_final_nats : float32 [layer, position]
        KL divergence of the layer's distribution from the final one, KL(final ‖ layer): what it costs to believe the
        layer where the final layer is the truth.
    layers, positions : int64
        What each index stands for. The final layer is the model's own answer.
    run : Generation or None
        The text, where it is known.
    vocabulary : mapping of int to bytes
        The bytes of the tokens in ``top_ids``, where they are known.
    """

    top_ids: NDArray[np.int64]
    top_logprobs_nats: Floats
    logprob_nats: Floats
    rank: Floats
    kl_to_final_nats: Floats
    layers: NDArray[np.int64]
    positions: NDArray[np.int64]
    run: Generation | None = None
    vocabulary: Mapping[int, bytes] = field(default_factory=dict)

    def label(self, token_id: int) -> str:
        """How a token id is written for a reader."""
        return label(self.vocabulary.get(int(token_id), b""))

    @property
    def probability(self) -> Floats:
        """p of the token that comes next, float32 [layer, position]."""
        return np.exp(self.logprob_nats)


@torch.inference_mode()
def lens(
    model: Any,
    token_ids: Sequence[int],
    layers: int | Iterable[int] | None = None,
    positions: int | Iterable[int] | None = None,
    k: int = 5,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int], object] = lambda _tokens: None,
) -> Lens:
    """Read the layers of a model as next-token distributions, in one teacher-forced pass over a text.

    Each layer's output goes through the model's own final norm, head, scales and soft cap. Logits are made for a
    few layers and positions at a time, so that memory stays bounded whatever the vocabulary.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model of transformers.
    token_ids : sequence of int
        The whole text.
    layers, positions : int or sequence of int, optional
        What to read; None for all. Negative ones count from the end. Position *t* predicts token *t* + 1.
    k : int
        How many of the likeliest tokens to keep.
    cancelled : callable
        Asked every few layers. Once true, the result has the positions that were finished.
    progress : callable
        Given the number of tokens done, every few layers.

    Raises
    ------
    InputError
        The model's head was not found, or something named is out of range.
    ModelOutputError
        Logits are NaN: half precision out of its range.

    References
    ----------
    nostalgebraist 2020, "interpreting GPT: the logit lens".
    """
    forward = ForwardPass(model)
    if isinstance(k, bool) or not 1 <= k <= forward.vocabulary_size:
        raise bad_value("k", k, "is no number of tokens to keep", f"Use 1 … {forward.vocabulary_size}")
    if not len(token_ids):
        raise bad_value("token_ids", token_ids, "is empty", "Give at least one token")
    way_out = unembedding(model)
    wanted = chosen("layer", layers, len(way_out.blocks))
    kept = np.sort(chosen("position", positions, len(token_ids)))
    ids = torch.tensor([list(token_ids)], dtype=torch.long)
    cache = forward.new_cache() if forward.supports_cache else None
    step = forward.slice_length if cache is not None else ids.shape[1]
    found, done = _empty(wanted, kept, k), 0
    for start in range(0, ids.shape[1], step):
        if cancelled():
            break
        here = kept[(kept >= start) & (kept < start + step)]
        with _residuals(way_out, torch.from_numpy(here - start)) as hidden:
            forward(ids[:, start : start + step], cache)
        following = torch.from_numpy(np.append(token_ids, -1)[here + 1])
        stop = min(start + step, ids.shape[1])
        for finished, share in _read(
            way_out, hidden, following, found, done, max(1, _CHUNK_ELEMENTS // forward.vocabulary_size)
        ):
            reached = done + finished
            progress(start + int(share * (stop - start)))
            if cancelled():
                return _up_to(found, reached)
        done += len(here)
        if not len(here):
            progress(stop)
    return _up_to(found, done)


@contextmanager
def _residuals(way_out: Unembedding, rows: torch.Tensor) -> Iterator[dict[int, torch.Tensor]]:
    """Layer to its block's output at some rows of the next forward of this thread, Tensor [row, hidden]."""
    kept: dict[int, torch.Tensor] = {}
    thread = threading.get_ident()

    def keeper(layer: int) -> Callable[..., None]:
        def keep(_block: torch.nn.Module, _given: Any, output: Any) -> None:
            if threading.get_ident() == thread:
                kept[layer] = (output[0] if isinstance(output, tuple) else output)[0, rows]

        return keep

    with ExitStack() as stack:
        for layer, block in enumerate(way_out.blocks):
            stack.callback(block.register_forward_hook(keeper(layer)).remove)
        yield kept


def _read(
    way_out: Unembedding, hidden: dict[int, torch.Tensor], following: torch.Tensor, found: Lens, offset: int, chunk: int
) -> Iterator[tuple[int, float]]:
    """Measure the rows of ``hidden`` into ``found``, from ``offset`` on, ``chunk`` rows of logits at a time.

    Yields every few layers: how many rows are finished in all layers, and which share of the work is done.
    """
    last = len(way_out.blocks) - 1
    for start in range(0, len(following), chunk):
        rows = slice(start, start + chunk)
        final_logp = way_out.logits(hidden[last][rows]).log_softmax(-1)
        columns = slice(offset + start, offset + start + len(final_logp))
        # few rows make slow matrix products: several layers go at once where there is room
        together = max(1, chunk // len(final_logp))
        for place in range(0, len(found.layers), together):
            layers = found.layers[place : place + together].tolist()
            logits = way_out.logits(torch.stack([hidden[layer][rows].to(final_logp.device) for layer in layers]))
            _measure(logits, final_logp, following[rows], found, (slice(place, place + len(layers)), columns))
            found.kl_to_final_nats[found.layers == last, columns] = 0
            layers_done = (place + len(layers)) / len(found.layers)
            finished = start + len(final_logp) if layers_done == 1 else start
            yield finished, (start + layers_done * len(final_logp)) / len(following)


def _measure(
    x: torch.Tensor, final_logp: torch.Tensor, following: torch.Tensor, found: Lens, at: tuple[slice, slice]
) -> None:
    """Put what logits [layer, position, vocabulary] say into some layers and positions."""
    log_z = torch.logsumexp(x, -1)
    require_finite(log_z)
    top = x.topk(found.top_ids.shape[-1], dim=-1)
    found.top_ids[at] = top.indices.cpu().numpy()
    found.top_logprobs_nats[at] = _array(top.values - log_z[..., None]).clip(max=0)
    next_ids = following.to(x.device).expand(x.shape[:-1])
    next_x = x.gather(-1, next_ids.clamp_min(0)[..., None])
    known = next_ids >= 0
    found.logprob_nats[at] = _array((next_x[..., 0] - log_z).where(known, torch.nan)).clip(max=0)
    found.rank[at] = _array(((x > next_x).sum(-1) + 1.0).where(known, torch.nan))
    final_p = final_logp.exp()
    entropy = -(final_p * final_logp.clamp_min(_LOWEST)).sum(-1)
    divergence = log_z - entropy - torch.linalg.vecdot(final_p.expand_as(x), x.clamp_min(_LOWEST))
    found.kl_to_final_nats[at] = _array(divergence).clip(min=0)


def _empty(layers: NDArray[np.int64], positions: NDArray[np.int64], k: int) -> Lens:
    shape = (len(layers), len(positions))
    one, two, three = (np.full(shape, np.nan, dtype=np.float32) for _ in range(3))
    tops = np.full((*shape, k), np.nan, dtype=np.float32)
    return Lens(np.full((*shape, k), -1, dtype=np.int64), tops, one, two, three, layers, positions)


def _up_to(found: Lens, count: int) -> Lens:
    """The first positions only."""
    per_position = ("top_ids", "top_logprobs_nats", "logprob_nats", "rank", "kl_to_final_nats")
    parts = {name: getattr(found, name)[:, :count] for name in per_position}
    return replace(found, **parts, positions=found.positions[:count])


def _array(values: torch.Tensor) -> Floats:
    return values.float().cpu().numpy()
