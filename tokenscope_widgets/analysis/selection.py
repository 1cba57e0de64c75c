"""Which layers, heads or positions are meant: indices checked once, with the same words everywhere."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.errors import bad_value


def chosen(argument: str, values: int | Iterable[int] | None, size: int) -> NDArray[np.int64]:
    """The indices as int64 from 0: all where ``values`` is None, negative ones counted from the end.

    Raises
    ------
    InputError
        One is no whole number, is outside ``size``, or is named twice.
    """
    if values is None:
        return np.arange(size, dtype=np.int64)
    given = [values] if not isinstance(values, Iterable) else list(values)
    found = np.array([_index(argument, value, size) for value in given], dtype=np.int64)
    if len(np.unique(found)) < len(found):
        raise bad_value(argument, given, "names something twice", "Name each once")
    return found


def places(argument: str, values: int | Iterable[int] | None, there: Sequence[int]) -> NDArray[np.int64]:
    """Where each of ``values`` stands in ``there``; all places for None.

    Raises
    ------
    InputError
        One is not there.
    """
    if values is None:
        return np.arange(len(there), dtype=np.int64)
    place_of = {int(value): place for place, value in enumerate(there)}
    given = [values] if not isinstance(values, Iterable) else list(values)
    for value in given:
        if value not in place_of:
            raise bad_value(argument, value, "was not kept", f"Use one of {ranges(there)}")
    return np.array([place_of[value] for value in given], dtype=np.int64)


def ranges(values: Iterable[int]) -> str:
    """Numbers as text, runs of them shortened: ``0–3, 7``."""
    runs: list[list[int]] = []
    for value in sorted(int(v) for v in values):
        if runs and value == runs[-1][1] + 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs) or "none"


def _index(argument: str, value: object, size: int) -> int:
    try:
        index = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        index = size
    if isinstance(value, bool) or not -size <= index < size:
        raise bad_value(argument, value, f"is not one of the {size} there are", f"Use 0 … {size - 1}")
    return index % size
