"""What each new token read, recorded while a run is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.attention_capture import AttentionRecorder, attention_bytes, recording
from tokenscope_widgets.analysis.attention_sites import attention_sites
from tokenscope_widgets.analysis.selection import chosen


class WrittenAttention:
    """Rows of the queries that wrote each new token: the query before the token.

    Parameters
    ----------
    model : PreTrainedModel
    layers : int or sequence of int, optional
        None for all.
    prompt_length, new_tokens : int
        Of the run; the second is an upper limit.
    """

    def __init__(self, model: Any, layers: int | Sequence[int] | None, prompt_length: int, new_tokens: int) -> None:
        sites = attention_sites(model)
        self._model = model
        self._layers = list(sites.layers) if layers is None else chosen("attention", layers, sites.layer_count).tolist()
        self._layer_count = sites.layer_count
        self._heads = int(model.config.get_text_config().num_attention_heads)
        self._length = prompt_length
        self._first_query = prompt_length - 1
        self._rows: list[np.ndarray[Any, np.dtype[np.float32]]] = []
        self._recorder: AttentionRecorder | None = None
        longest = prompt_length + new_tokens
        self.nbytes = attention_bytes(len(self._layers), self._heads, new_tokens, longest)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Listen to every forward pass on this thread."""
        with recording(self._model, self._layers) as self._recorder:
            yield
        self._recorder = None

    def take(self, length: int) -> None:
        """Keep what was read last, if the run has grown beyond what is known."""
        if length <= self._length or self._recorder is None:
            return
        self._length = length
        taken = self._recorder.take()
        rows = [taken[layer][0, :, -1].float().cpu().numpy() for layer in self._layers]
        self._rows.append(np.stack(rows))

    def result(self, length: int) -> Attention:
        """All rows, [layer, head, query, key], of a run of ``length`` tokens."""
        weights = np.zeros((len(self._layers), self._heads, len(self._rows), length), np.float32)
        for i, row in enumerate(self._rows):
            weights[:, :, i, : row.shape[-1]] = row
        queries = np.arange(self._first_query, self._first_query + len(self._rows), dtype=np.int64)
        return Attention(
            weights,
            np.array(self._layers, np.int64),
            np.arange(self._heads, dtype=np.int64),
            queries,
            self._layer_count,
            self._heads,
        )
