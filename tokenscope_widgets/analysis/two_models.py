"""Two models on one text: where their surprise differs, in bytes, whatever their tokenizers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.records import Generation, label
from tokenscope_widgets.errors import InputError, bad_value

if TYPE_CHECKING:
    import pandas as pd

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_AROUND = 12


@dataclass(frozen=True, eq=False)
class ByteSegments:
    """A text between the token borders that two tokenizers share: here sums over tokens are exact.

    Attributes
    ----------
    start, end : int64 [segment]
        Bytes ``start … end − 1``; one after the other, without holes.
    first_nats, second_nats : float64 [segment]
        Surprisal under each model; NaN where it did not measure one of the tokens.
    """

    start: Ints
    end: Ints
    first_nats: Doubles
    second_nats: Doubles

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class TextDifference:
    """A stretch of text and what it cost two models; the difference is the second minus the first, in nats."""

    start: int
    end: int
    text: str
    first_nats: float
    second_nats: float
    difference_nats: float


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """What each byte of one text cost two models. From `compare_models` or `Session.compare_text`.

    Differences are the second model minus the first: above 0 the second was more surprised. Only text that both
    measured counts; a model without a mark of the beginning does not measure its first token. Special tokens have no
    text and do not count.

    Attributes
    ----------
    first, second : Generation
    source : bytes
        The text.
    segments : ByteSegments
    """

    first: Generation
    second: Generation
    source: bytes
    segments: ByteSegments

    def __repr__(self) -> str:
        one, other = (run.provenance.model for run in (self.first, self.second))
        return (
            f"<ModelComparison {other} − {one}: {self.difference_bits_per_byte:+.3f} bits per byte, "
            f"{self.bytes_counted:,} of {len(self.source):,} bytes in {len(self.segments):,} segments>"
        )

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Which segments both models measured, bool [segment]."""
        return np.isfinite(self.segments.first_nats) & np.isfinite(self.segments.second_nats)

    @cached_property
    def bytes_counted(self) -> int:
        """How many bytes both models measured."""
        return int((self.segments.end - self.segments.start)[self.counted].sum())

    @property
    def first_nats(self) -> float:
        """Surprisal of the counted text under the first model."""
        return float(self.segments.first_nats[self.counted].sum())

    @property
    def second_nats(self) -> float:
        """Surprisal of the counted text under the second model."""
        return float(self.segments.second_nats[self.counted].sum())

    @property
    def difference_nats(self) -> float:
        """Second minus first, over the counted text."""
        return self.second_nats - self.first_nats

    @property
    def difference_bits_per_byte(self) -> float:
        """Second minus first per counted byte; NaN where none counts."""
        return _bits_per_byte(self.difference_nats, self.bytes_counted)

    @cached_property
    def first_byte_nats(self) -> Doubles:
        """Each token's surprisal spread evenly over its bytes, float64 [byte]: within a token a convention."""
        return _per_byte(self.first)

    @cached_property
    def second_byte_nats(self) -> Doubles:
        """As `first_byte_nats`, of the second model."""
        return _per_byte(self.second)

    @cached_property
    def difference_byte_nats(self) -> Doubles:
        """Second minus first, float64 [byte]; NaN where one was not measured. Sums over segments are exact."""
        return self.second_byte_nats - self.first_byte_nats

    def most_different(self, n: int = 10) -> list[TextDifference]:
        """The segments on which the models differ most, in nats, whichever way.

        Raises
        ------
        InputError
            ``n`` is no whole number from 1.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise bad_value("n", n, "is no number of segments", "Use 1 or more")
        difference = self.segments.second_nats - self.segments.first_nats
        order = np.argsort(-np.abs(np.where(self.counted, difference, 0)), kind="stable")[:n]
        return [self._difference(int(i)) for i in order if self.counted[i]]

    def to_frame(self, by: str = "segment") -> pd.DataFrame:
        """One row per segment or line: bytes, text, nats of each model, and the difference.

        Parameters
        ----------
        by : str
            ``"segment"`` or ``"line"``. A segment that spans lines is spread evenly over its tokens' bytes.

        Raises
        ------
        InputError
            Another ``by``.
        """
        import pandas as pd

        if by == "segment":
            starts, ends = self.segments.start, self.segments.end
            first, second = self.segments.first_nats, self.segments.second_nats
            measured = np.where(self.counted, ends - starts, 0)
        elif by == "line":
            starts, ends = _lines(self.source)
            known = np.repeat(self.counted, self.segments.end - self.segments.start)
            measured = _sums(known.astype(np.float64), starts)
            first, second = (
                np.where(measured > 0, _sums(np.where(known, nats, 0), starts), np.nan)
                for nats in (self.first_byte_nats, self.second_byte_nats)
            )
        else:
            raise bad_value("by", by, "is no way to cut the text", "Use 'segment' or 'line'")
        frame = pd.DataFrame(
            {
                "start": starts,
                "end": ends,
                "text": [label(self.source[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)],
                "bytes_counted": measured.astype(np.int64),
                "first_nats": first,
                "second_nats": second,
                "difference_nats": second - first,
            }
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            frame["difference_bits_per_byte"] = (
                (second - first) / math.log(2) / np.where(measured > 0, measured, np.nan)
            )
        return frame.set_index(pd.RangeIndex(1, len(frame) + 1, name="line")) if by == "line" else frame

    def _difference(self, i: int) -> TextDifference:
        start, end = int(self.segments.start[i]), int(self.segments.end[i])
        first, second = float(self.segments.first_nats[i]), float(self.segments.second_nats[i])
        return TextDifference(start, end, label(self.source[start:end]), first, second, second - first)


def compare_models(first: Generation, second: Generation) -> ModelComparison:
    """Compare what two models make of the same text.

    Parameters
    ----------
    first, second : Generation
        Scored or generated; their tokens may differ, the text they spell may not. Special tokens do not matter.

    Raises
    ------
    InputError
        They spell different texts, or none.
    """
    for name, run in (("first", first), ("second", second)):
        if not isinstance(run, Generation):
            raise bad_value(name, run, "is no Generation", "Pass what session.score returned")
    source, other = (b"".join(run.tokens.token_bytes) for run in (first, second))
    if source != other:
        raise InputError(_where_they_part(source, other))
    if not source:
        raise bad_value("first", first, "holds no text", "Score a text with both models")
    ends = [np.unique(run.byte_ends[run.byte_ends > 0]) for run in (first, second)]
    shared = np.intersect1d(ends[0], ends[1], assume_unique=True)
    starts = np.concatenate([[0], shared[:-1]])
    sums = [_segment_sums(run, shared) for run in (first, second)]
    return ModelComparison(first, second, source, ByteSegments(starts, shared, sums[0], sums[1]))


def _segment_sums(run: Generation, ends: Ints) -> Doubles:
    """The surprisal of the tokens that end within each segment; special tokens have no text and do not count."""
    solid = np.array([bool(piece) for piece in run.tokens.token_bytes])
    segment = np.searchsorted(ends, run.byte_ends[solid])
    return np.bincount(segment, run.surprisal_nats[solid], len(ends)).astype(np.float64)


def _per_byte(run: Generation) -> Doubles:
    sizes = np.array([len(piece) for piece in run.tokens.token_bytes], np.int64)
    spread = run.surprisal_nats.astype(np.float64) / np.maximum(sizes, 1)
    return np.repeat(spread, sizes)


def _lines(source: bytes) -> tuple[Ints, Ints]:
    breaks = np.flatnonzero(np.frombuffer(source, np.uint8) == 10) + 1
    starts = np.concatenate([[0], breaks[breaks < len(source)]]).astype(np.int64)
    return starts, np.append(starts[1:], len(source))


def _sums(values: Doubles, starts: Ints) -> Doubles:
    return np.asarray(np.add.reduceat(values, starts), np.float64)


def _bits_per_byte(nats: float, count: int) -> float:
    return nats / math.log(2) / count if count else math.nan


def _where_they_part(first: bytes, second: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    shown = [repr(text[max(at - _AROUND, 0) : at + _AROUND].decode("utf-8", "replace")) for text in (first, second)]
    return (
        f"first and second: spell different texts from byte {at:,} on ({shown[0]} and {shown[1]}). "
        "Score the same text with both models; a tokenizer that changes texts cannot be compared."
    )
