"""Matrices too large to draw cell by cell: each cell stands for a square, and shows its largest value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MOST_CELLS = 320
"""To a side."""

Blocks = tuple[NDArray[np.int64], NDArray[np.int64]]
"""First and last position of each cell."""


def blocks_of(positions: NDArray[np.int64]) -> Blocks:
    """Positions in as many blocks as can be drawn."""
    step = -(-len(positions) // _MOST_CELLS)
    starts = np.arange(0, len(positions), max(step, 1))
    stops = np.append(starts[1:], len(positions)) - 1
    return positions[starts], positions[stops]


def largest_of(values: Floats, rows: int, columns: int) -> Floats:
    """The largest value of each block; NaN where a block has none."""
    for axis, count in ((0, rows), (1, columns)):
        if count < values.shape[axis]:
            step = -(-values.shape[axis] // _MOST_CELLS)
            filled = np.where(np.isnan(values), -1, values)
            values = np.maximum.reduceat(filled, np.arange(0, values.shape[axis], step), axis=axis)
            values = np.where(values < 0, np.nan, values)
    return values.astype(np.float32)


def pooled_text(rows: Blocks, columns: Blocks) -> str:
    """How much a cell stands for, in words; nothing where that is one value."""
    tall, wide = (int((last - first).max()) + 1 for first, last in (rows, columns))
    return f"; a cell is the largest of {tall} × {wide}" if max(tall, wide) > 1 else ""
