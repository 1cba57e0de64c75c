"""Leaves and the gaps between them: an exact partition of the source, and the tokens that share each piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.source import TokenSource
from tokenscope_widgets.code.tree import Flags, Ints


@dataclass(frozen=True, eq=False)
class Segments:
    """Pieces of source, one after the other, without holes.

    Attributes
    ----------
    start, end : int64 [segment]
        Bytes of the source, never empty.
    node : int64 [segment]
        The leaf; for a gap, the smallest node around it; −1 outside of all trees.
    gap : bool [segment]
        Whether it lies between leaves.
    role : uint8 [segment]
        Index into `roles.ROLES`.
    """

    start: Ints
    end: Ints
    node: Ints
    gap: Flags
    role: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Which segments each token touches, in rows of a sparse matrix.

    Attributes
    ----------
    first : int64 [token + 1]
        A token's rows are ``first[t] … first[t + 1] − 1``; none for special tokens.
    segment : int64 [row]
    bytes : int64 [row]
        How many bytes token and segment share, at least 1.
    primary : int64 [token]
        The segment of the token's first byte that is not white space; of its first byte where all are; −1 where it
        has none.
    """

    first: Ints
    segment: Ints
    bytes: Ints
    primary: Ints

    def tokens(self) -> Ints:
        """The token of each row, int64 [row]."""
        return np.repeat(np.arange(len(self.primary)), np.diff(self.first))


def overlaps_of(text: TokenSource, starts: Ints, ends: Ints) -> Overlaps:
    """Lay tokens over an exact partition of their source.

    Parameters
    ----------
    text : TokenSource
    starts, ends : int64 [segment]
        One after the other, without holes.
    """
    low = np.searchsorted(ends, text.start, side="right")
    high = np.where(text.end > text.start, np.searchsorted(starts, text.end, side="left"), low)
    count = high - low
    first = np.concatenate([[0], np.cumsum(count)])
    token = np.repeat(np.arange(len(text)), count)
    segment = low[token] + np.arange(len(token)) - first[token]
    shared = np.minimum(ends[segment], text.end[token]) - np.maximum(starts[segment], text.start[token])
    primary = np.where(text.end > text.start, np.searchsorted(ends, text.counts_at, side="right"), -1)
    return Overlaps(first, segment, shared, primary)
