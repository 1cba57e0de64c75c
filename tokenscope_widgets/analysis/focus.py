"""Look closer only where it matters: the tokens of the lines that hold most of an effect."""

from __future__ import annotations

import numpy as np

from tokenscope_widgets.analysis.attribution import Attribution
from tokenscope_widgets.analysis.partition import Partition

_FOCUS_SHARE = 0.8


def tokens_of(sources: Partition) -> Partition:
    """The tokens of some sources, each a source of its own."""
    spans = [np.arange(a, b) for a, b in zip(sources.starts, sources.stops, strict=True)]
    starts = np.sort(np.concatenate(spans))
    return Partition("token", starts, starts + 1)


def focus_on(lines: Attribution) -> tuple[Partition, str]:
    """The tokens of the lines that hold most of what all lines do, and that in words."""
    size = np.abs(np.nan_to_num(lines.total))
    order = np.argsort(-size, kind="stable")
    held = np.cumsum(size[order])
    many = int(np.searchsorted(held, _FOCUS_SHARE * held[-1])) + 1
    chosen_lines = np.sort(order[: min(many, len(order))])
    share = held[len(chosen_lines) - 1] / held[-1] if held[-1] > 0 else 1.0
    note = f"tokens of {len(chosen_lines)} of {len(order)} lines, which hold {share:.0%} of what the lines do"
    return tokens_of(lines.sources[chosen_lines]), note
