"""Statements and functions as sources of an explanation, beside tokens, words and lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokenscope_widgets.analysis.partition import UNITS as TEXT_UNITS
from tokenscope_widgets.analysis.partition import Partition, partition_of
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value

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

    code = parse(run)
    if not len(code.tree):
        why = " ".join(("no code was found in this text.", *code.notes)).removesuffix(".")
        raise bad_value("sources", sources, why, "Use 'line', 'word' or 'token'")
    whole = code.partition(sources)
    kept = whole.starts < stop
    return Partition(sources, whole.starts[kept], np.minimum(whole.stops[kept], stop))
