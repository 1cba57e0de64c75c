"""Statements and functions as sources of an explanation, beside tokens, words and lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokenscope_widgets.analysis.partition import UNITS as TEXT_UNITS
from tokenscope_widgets.analysis.partition import Partition, partition_of
from tokenscope_widgets.analysis.records import Generation

CODE_UNITS = ("statement", "function")
UNITS = (*TEXT_UNITS, *CODE_UNITS)


def sources_of(run: Generation, sources: str | Sequence[tuple[int, int]] | Partition, stop: int) -> Partition:
    """The tokens before ``stop`` as sources; as `partition_of`, and by syntax.

    ``"statement"`` and ``"function"`` are those of the whole run, as far as they stand before ``stop``. What is in no
    function is a piece of its own between two of them.

    Raises
    ------
    InputError
        As `partition_of`; a text without a syntax tree.
    """
    if not isinstance(sources, str) or sources not in CODE_UNITS:
        return partition_of(run, sources, stop)
    from tokenscope_widgets.code.parsing import parse

    whole = parse(run).partition(sources)
    kept = whole.starts < stop
    return Partition(sources, whole.starts[kept], np.minimum(whole.stops[kept], stop))
