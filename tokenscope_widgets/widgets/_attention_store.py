"""Attention of the run on display: all of it where that fits, else a layer at a time."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.attention import Attention, rollout
from tokenscope_widgets.errors import InputError, bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.session import Session
    from tokenscope_widgets.worker import Job

Floats = NDArray[np.float32]

_MOST_BYTES = 2**29
_MOST_MATRICES = 8


class AttentionStore:
    """Reads attention through a session and keeps it in float16.

    Parameters
    ----------
    session : Session or None
        None shows only what is given.
    run : Generation
    given : Attention, optional
        Computed before; of all queries.
    """

    def __init__(self, session: Session | None, run: Generation, given: Attention | None = None) -> None:
        self._session = session
        self._run = run
        self._kept = given
        self._matrices: OrderedDict[tuple[str, int | None, int | None], Floats] = OrderedDict()
        self._complete = given is not None and session is None
        self.layers, self.heads = self._available(given)

    def _available(self, given: Attention | None) -> tuple[list[int], list[int]]:
        if self._session is None:
            return (given.layers.tolist(), given.heads.tolist()) if given is not None else ([], [])
        from tokenscope_widgets.analysis.attention_sites import attention_sites

        model = self._session.model.model
        layers = list(attention_sites(model).layers)
        return layers, list(range(int(model.config.get_text_config().num_attention_heads)))

    @property
    def whole_fits(self) -> bool:
        """Whether all layers and heads can be kept at once."""
        return self._bytes(len(self.layers)) <= _MOST_BYTES

    def ready(self, layer: int | None) -> Attention | None:
        """What is kept of a layer (None: of all), or None where it must be read first."""
        if self._kept is None:
            return None
        wanted = self.layers if layer is None else [layer]
        return self._kept if self._complete or set(wanted) <= set(self._kept.layers.tolist()) else None

    def matrix(self, source: str, layer: int | None, head: int | None) -> Floats | None:
        """[query, key] of a layer and head, or of their mean; None where it must be read first.

        Raises
        ------
        InputError
            The layer or head does not exist.
        """
        for name, value, known in (("layer", layer, self.layers), ("head", head, self.heads)):
            if value is not None and value not in known:
                raise bad_value(name, value, "is not there", f"Use one of {_span(known)}, or None for the mean")
        key = (source, layer, head)
        if key in self._matrices:
            return self._matrices[key]
        rolled = source == "attention_rollout"
        kept = self.ready(None if rolled else layer)
        if kept is None:
            return None
        found = rollout(kept) if rolled else kept.mean(layer, head)
        self._matrices[key] = found
        while len(self._matrices) > _MOST_MATRICES:
            self._matrices.popitem(last=False)
        return found

    def start(self, source: str, layer: int | None) -> Job[Any]:
        """Read what is missing on the session's worker; `keep` takes the result."""
        if self._session is None:
            raise InputError("session=None: no model is behind this attention. Pass session=… to Flow.")
        every = layer is None or source == "attention_rollout" or self.whole_fits
        return self._session.start_attention(self._run, None if every else layer, dtype="float16")

    def keep(self, attention: Attention) -> None:
        """Keep what was read."""
        if attention.run is self._run and len(attention.queries) == len(self._run):
            self._kept = attention
            self._matrices.clear()

    def _bytes(self, layers: int) -> int:
        return 2 * layers * len(self.heads) * len(self._run) ** 2


def _span(known: list[int]) -> str:
    from tokenscope_widgets.analysis.selection import ranges

    return ranges(known)
