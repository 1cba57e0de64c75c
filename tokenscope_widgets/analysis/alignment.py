"""Which tokens two runs share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

OPERATIONS = ("equal", "replace", "delete", "insert")


@dataclass(frozen=True, eq=False)
class Alignment:
    """How a run differs from a reference, as spans of tokens.

    Attributes
    ----------
    spans : int32 [span, 5]
        Rows (operation, reference start, reference end, other start, other end); the operation indexes
        `OPERATIONS`. The spans cover both runs in order, without gaps.
    """

    spans: NDArray[np.int32]

    @property
    def shared_prefix(self) -> int:
        """How many tokens the runs share from the start: the position where they diverge."""
        first = self.spans[0] if len(self.spans) else None
        return int(first[2]) if first is not None and first[0] == 0 else 0

    def partners(self, length: int) -> NDArray[np.int32]:
        """For each token of the reference (``length`` of them), its equal in the other run, or −1; int32."""
        out = np.full(length, -1, np.int32)
        for operation, a, b, start, end in self.spans:
            if operation == 0:
                out[a:b] = np.arange(start, end)
        return out


def align(reference_ids: Sequence[int] | NDArray[np.int64], other_ids: Sequence[int] | NDArray[np.int64]) -> Alignment:
    """Align two sequences of token ids: the common prefix and suffix first, then difflib between them."""
    a, b = np.asarray(reference_ids).tolist(), np.asarray(other_ids).tolist()
    shortest = min(len(a), len(b))
    prefix = next((i for i in range(shortest) if a[i] != b[i]), shortest)
    suffix = next((i for i in range(shortest - prefix) if a[-1 - i] != b[-1 - i]), shortest - prefix)
    middle = SequenceMatcher(None, a[prefix : len(a) - suffix], b[prefix : len(b) - suffix], autojunk=False)
    spans = [(0, 0, prefix, 0, prefix)] if prefix else []
    for name, i, j, m, n in middle.get_opcodes():
        spans.append((OPERATIONS.index(name), i + prefix, j + prefix, m + prefix, n + prefix))
    if suffix:
        spans.append((0, len(a) - suffix, len(a), len(b) - suffix, len(b)))
    return Alignment(np.array(spans, np.int32).reshape(-1, 5))
