"""What the tests of attributions share: targets in a random text, and a model that is known to be linear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.tiny import some_ids
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.watch import Watch

LENGTH = 20
"""Longer than the tiny models' sliding window."""
IDS = np.array(some_ids(LENGTH))
TARGETS = (16, 17, 19)


def explained(positions: Sequence[int] = TARGETS, output: str = "logprob", contrast: int | None = None) -> Explained:
    """The tokens of the text at some positions, perhaps against one other token."""
    ids = IDS[list(positions)]
    others = None if contrast is None else np.full(len(ids), contrast)
    return Explained(np.array(positions), ids, others, output)


def tokens(stop: int) -> Partition:
    """Each token before a position."""
    return Partition("token", np.arange(stop), np.arange(stop) + 1)


class Linear:
    """Stands for `Variants`: each token that is kept adds its weight to each target."""

    def __init__(self, weights: Sequence[Sequence[float]], positions: Sequence[int] | None = None) -> None:
        self.weights = np.array(weights, np.float32)
        self.length = self.weights.shape[1]
        self.positions = np.array(positions if positions is not None else [self.length] * len(weights))
        self.full = self.weights.sum(1)
        self.asked = 0

    def score(self, dropped: NDArray[np.bool_], watch: Watch | None = None) -> NDArray[np.float32]:
        """[variant, target]; NaN from where a watch says to end."""
        out = np.full((len(dropped), len(self.weights)), np.nan, np.float32)
        for i, gone in enumerate(dropped):
            if watch is not None and watch.cancelled():
                break
            out[i] = self.weights[:, ~gone].sum(1)
            self.asked += 1
        return out


def ends_after(steps: int) -> Watch:
    """A watch that cancels when it is asked for the ``steps`` + 1st time."""
    asked = iter(range(steps))
    return Watch(cancelled=lambda: next(asked, None) is None)
