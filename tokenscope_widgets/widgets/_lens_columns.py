"""What is known of a lens map, in windows of columns, and the messages that bring them to a view."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.lens import Lens
from tokenscope_widgets.analysis.records import Generation, label
from tokenscope_widgets.widgets._columns import ColumnWriter

Message = tuple[dict[str, Any], list[bytes]]

_SHORT_RUN = 1024
_KEPT_BYTES = 2**26


@dataclass(frozen=True, eq=False)
class Window:
    """The columns of some neighbouring tokens: what each layer would say in their place.

    Attributes
    ----------
    top_ids : int64 [layer, column, k]
        −1 where nothing is known.
    top_logprobs_nats : float32 [layer, column, k]
    logprob_nats, rank, kl_to_final_nats : float32 [layer, column]
        Of the token that stands in the text; NaN where nothing is known.
    """

    top_ids: NDArray[np.int64]
    top_logprobs_nats: NDArray[np.float32]
    logprob_nats: NDArray[np.float32]
    rank: NDArray[np.float32]
    kl_to_final_nats: NDArray[np.float32]

    @classmethod
    def unknown(cls, layers: int, columns: int, k: int) -> Window:
        """A window of which nothing is known yet."""
        cell = (layers, columns)
        numbers = (np.full(cell, np.nan, np.float32) for _ in range(3))
        return cls(np.full((*cell, k), -1, np.int64), np.full((*cell, k), np.nan, np.float32), *numbers)

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return sum(getattr(self, f.name).nbytes for f in fields(self))


class LensColumns:
    """The columns of a run's tokens, as far as they are known. Column *t* is the lens at position *t* − 1.

    Windows that were not looked at for long are dropped beyond 64 MB.

    Parameters
    ----------
    layers : int64 [layer]
        The rows, ascending.
    k : int
        Likeliest tokens kept of each cell.
    """

    def __init__(self, run: Generation, layers: NDArray[np.int64], k: int) -> None:
        self.run, self.layers, self.k = run, layers, k
        # a window costs a pass over all tokens before it: in a long text, few large windows
        self.size = 32 if len(run) <= _SHORT_RUN else 128
        self._windows: OrderedDict[int, Window] = OrderedDict()
        self._vocabulary: dict[int, bytes] = {}

    def windows(self, start: int, stop: int) -> list[int]:
        """Numbers of the windows that hold columns ``start … stop``."""
        return list(range(start // self.size, -(-stop // self.size)))

    def columns(self, window: int) -> tuple[int, int]:
        """First column of a window, and the one after its last."""
        return window * self.size, min((window + 1) * self.size, len(self.run))

    def positions(self, window: int) -> list[int]:
        """Where the lens must be read for a window: before each of its tokens. Nothing stands before the first."""
        start, stop = self.columns(window)
        return list(range(max(start - 1, 0), stop - 1))

    def complete(self, window: int) -> bool:
        """Whether all of its columns are known."""
        kept = self._windows.get(window)
        start, stop = self.columns(window)
        return stop <= 1 or (kept is not None and bool((kept.top_ids[:, int(start == 0) :, 0] >= 0).all()))

    def missing(self, start: int, stop: int) -> list[int]:
        """The windows of columns ``start … stop`` of which something is unknown."""
        return [window for window in self.windows(start, stop) if not self.complete(window)]

    def keep(self, lens: Lens) -> set[int]:
        """Take over what a lens of the same layers says; returns the windows that changed."""
        tokens = lens.positions + 1
        inside = tokens < len(self.run)
        rows = np.argsort(lens.layers)
        changed = set((tokens[inside] // self.size).tolist())
        for window in sorted(changed):
            start, stop = self.columns(window)
            here = inside & (tokens >= start) & (tokens < stop)
            kept = self._windows.pop(window, None) or Window.unknown(len(self.layers), stop - start, self.k)
            for name in (f.name for f in fields(Window)):
                getattr(kept, name)[:, tokens[here] - start] = getattr(lens, name)[rows][:, here]
            self._windows[window] = kept
        self._vocabulary.update(lens.vocabulary)
        while len(self._windows) > 1 and sum(w.nbytes for w in self._windows.values()) > _KEPT_BYTES:
            self._windows.popitem(last=False)
        return changed

    def message(self, window: int) -> Message | None:
        """A window for the views; None where nothing is known of it. It counts as looked at."""
        if window not in self._windows:
            return None
        self._windows.move_to_end(window)
        kept, (start, stop) = self._windows[window], self.columns(window)
        content = {"kind": "lens", "run": self.run.run_id, "start": start, "stop": stop}
        content |= {"size": self.size, "k": self.k, "complete": self.complete(window)}
        writer = self._written(kept)
        return {**content, "columns": writer.columns}, writer.buffers

    def saved(self) -> list[Message]:
        """All windows that are known."""
        found = [self.message(window) for window in sorted(self._windows)]
        return [message for message in found if message is not None]

    def _written(self, kept: Window) -> ColumnWriter:
        """Cells layer by layer: ids as places in the list of those that occur, numbers in 16 bits."""
        ids, places = np.unique(kept.top_ids, return_inverse=True)
        writer = ColumnWriter()
        writer.numbers("vocabulary_id", "i32", ids)
        writer.texts("vocabulary", (label(self._vocabulary.get(int(i), b"")) for i in ids))
        writer.numbers("top", "u16" if len(ids) < 2**16 else "u32", places.reshape(-1, self.k))
        writer.numbers("top_logprob", "f16", _half(kept.top_logprobs_nats).reshape(-1, self.k))
        writer.numbers("logprob", "f16", _half(kept.logprob_nats).ravel())
        # 0: unknown
        writer.numbers("rank", "u32", np.nan_to_num(kept.rank, nan=0).ravel())
        writer.numbers("kl", "f16", _half(kept.kl_to_final_nats).ravel())
        return writer


def _half(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What 16 bits can hold: an impossible token has a large surprisal, no infinite one."""
    return np.clip(values, -60_000, 60_000)
