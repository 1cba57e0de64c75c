"""Token rows as binary columns, the form in which they travel to the browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import label
from tokenscope_widgets.analysis.token_table import TokenTable


class Column(TypedDict):
    """What one buffer holds: ``width`` values a row, of a ``dtype`` ``f32 f16 i32 u32 u16 u8`` or ``utf8``."""

    name: str
    dtype: str
    width: int


_DTYPES = {"f32": "<f4", "f16": "<f2", "i32": "<i4", "u32": "<u4", "u16": "<u2", "u8": "|u1"}


class ColumnWriter:
    """Collects columns and their buffers."""

    def __init__(self) -> None:
        self.columns: list[Column] = []
        self.buffers: list[bytes] = []

    def numbers(self, name: str, dtype: str, values: Any) -> None:
        """Add a column of numbers, one row per token (or one row of several, for a 2-D array)."""
        array = np.ascontiguousarray(values, _DTYPES[dtype])
        width = array.shape[1] if array.ndim == 2 else 1
        self.columns.append({"name": name, "dtype": dtype, "width": width})
        self.buffers.append(array.tobytes())

    def texts(self, name: str, values: Iterable[str]) -> None:
        """Add a column of texts: their UTF-8 as one buffer, and ``<name>_bytes`` with the length of each."""
        encoded = [value.encode("utf-8", "replace") for value in values]
        self.numbers(f"{name}_bytes", "u32", [len(e) for e in encoded])
        self.columns.append({"name": name, "dtype": "utf8", "width": 1})
        self.buffers.append(b"".join(encoded))


def encode_rows(rows: TokenTable, vocabulary: Mapping[int, bytes]) -> tuple[list[Column], list[bytes]]:
    """The columns of some rows, and the texts of every token id that occurs in them."""
    writer = ColumnWriter()
    writer.numbers("id", "u32", rows.token_ids)
    writer.numbers("role", "u8", rows.roles)
    writer.texts("text", rows.texts)
    writer.numbers("time_ms", "f32", rows.time_ms)
    _write_distribution(writer, "model", rows.model)
    if rows.sampling is not rows.model:
        _write_distribution(writer, "sampling", rows.sampling)
    met = np.concatenate([rows.token_ids, rows.model.top_ids.ravel(), rows.sampling.top_ids.ravel()])
    ids = [int(i) for i in np.unique(met) if i >= 0]
    writer.numbers("vocabulary_id", "u32", ids)
    writer.texts("vocabulary", (label(vocabulary.get(i, b"")) for i in ids))
    return writer.columns, writer.buffers


def _write_distribution(writer: ColumnWriter, name: str, d: TokenDistribution) -> None:
    writer.numbers(f"{name}.logprob", "f32", d.logprob_nats)
    writer.numbers(f"{name}.rank", "f32", d.rank)
    writer.numbers(f"{name}.entropy", "f32", d.entropy_nats)
    writer.numbers(f"{name}.margin", "f32", d.margin)
    writer.numbers(f"{name}.nucleus", "f32", d.nucleus_size)
    writer.numbers(f"{name}.tail", "f32", d.tail_mass)
    writer.numbers(f"{name}.top_id", "i32", d.top_ids)
    writer.numbers(f"{name}.top_logprob", "f32", d.top_logprobs_nats)


def slices(start: int, stop: int, step: int) -> Sequence[tuple[int, int]]:
    """``start … stop`` in pieces of at most ``step``."""
    return [(i, min(i + step, stop)) for i in range(start, stop, step)]
