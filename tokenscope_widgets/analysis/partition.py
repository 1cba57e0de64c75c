"""Sources: the pieces of context that an explanation gives scores to."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value

UNITS = ("token", "word", "line")


@dataclass(frozen=True, eq=False)
class Partition:
    """Contiguous pieces of a context; they do not overlap, and need not cover it.

    Attributes
    ----------
    unit : str
        What a piece is called: ``token``, ``word``, ``line``, or ``part`` for pieces of your own.
    starts, stops : int64 [source]
        The tokens of each piece: ``starts[i] … stops[i] − 1``.
    """

    unit: str
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, sources: slice | NDArray[np.int64]) -> Partition:
        return Partition(self.unit, self.starts[sources], self.stops[sources])

    def members(self, length: int) -> NDArray[np.bool_]:
        """Which tokens belong to which source, bool [source, token]."""
        at = np.arange(length)
        return (at >= self.starts[:, None]) & (at < self.stops[:, None])

    def covered(self, length: int) -> NDArray[np.bool_]:
        """Which tokens belong to any source, bool [token]."""
        return np.asarray(self.members(length).any(axis=0))

    def before(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which sources stand wholly before each position, bool [position, source]."""
        return self.stops[None, :] <= positions[:, None]

    def sum_tokens(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Token values added up within each source, [..., token] → [..., source]; the sum is conserved."""
        member = self.members(values.shape[-1]).astype(np.float64)
        return np.asarray(np.nan_to_num(values.astype(np.float64)) @ member.T, np.float32)

    def texts(self, run: Generation) -> list[str]:
        """The text of each source."""
        pieces = run.tokens.texts
        return ["".join(pieces[a:b]) for a, b in zip(self.starts, self.stops, strict=True)]


def partition_of(run: Generation, sources: str | Sequence[tuple[int, int]] | Partition, stop: int) -> Partition:
    """The tokens before ``stop`` as sources.

    Parameters
    ----------
    sources : str, sequence of (start, stop), or Partition
        ``"token"``, ``"word"``, ``"line"``, or pieces of your own.
    stop : int
        Sources end before this position: the token there is the first that is explained.

    Raises
    ------
    InputError
        An unknown unit; pieces that are empty, overlap, or reach beyond ``stop``.
    """
    if isinstance(sources, Partition):
        return _checked(list(zip(sources.starts.tolist(), sources.stops.tolist(), strict=True)), stop, sources.unit)
    if not isinstance(sources, str):
        return _checked(_spans(sources), stop, "part")
    if sources not in UNITS:
        raise bad_value("sources", sources, "is no unit of context", f"Use one of {', '.join(UNITS)}, or token ranges")
    if sources == "token":
        starts = np.arange(stop)
    elif sources == "line":
        starts = np.flatnonzero(np.diff(run.line_index[:stop], prepend=-1))
    else:
        starts = np.array([i for i in range(stop) if i == 0 or _begins_word(run.tokens.texts, i)], np.int64)
    return _from_starts(sources, starts.astype(np.int64), stop)


def _from_starts(unit: str, starts: NDArray[np.int64], stop: int) -> Partition:
    return Partition(unit, starts, np.append(starts[1:], stop).astype(np.int64)[: len(starts)])


def _begins_word(texts: Sequence[str], i: int) -> bool:
    """A word is a name or number, or a stretch of signs, with the space before it."""
    before, here = texts[i - 1], texts[i]
    if not before or not here:
        return False
    if here[0].isspace():
        return not here.isspace() or not before[-1].isspace()
    return before[-1] == "\n" or (not before[-1].isspace() and _named(before[-1]) != _named(here[0]))


def _named(character: str) -> bool:
    return character.isalnum() or character == "_"


def _spans(sources: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    try:
        return [(operator.index(a), operator.index(b)) for a, b in sources]
    except (TypeError, ValueError):
        remedy = f"Use one of {', '.join(UNITS)}, or token ranges"
        raise bad_value("sources", sources, "are no (start, stop) ranges of tokens", remedy) from None


def _checked(spans: list[tuple[int, int]], stop: int, unit: str) -> Partition:
    if not spans:
        raise bad_value("sources", spans, "names no source", "Give at least one (start, stop) range of tokens")
    spans = sorted(spans)
    for (a, b), after in zip(spans, [*spans[1:], (stop, stop)], strict=True):
        if not 0 <= a < b <= stop:
            raise bad_value("sources", (a, b), f"is no range of the {stop} tokens before the target", f"Use 0 … {stop}")
        if b > after[0]:
            raise bad_value("sources", [(a, b), after], "overlap", "Give ranges that share no token")
    return Partition(unit, np.array([a for a, _ in spans], np.int64), np.array([b for _, b in spans], np.int64))
