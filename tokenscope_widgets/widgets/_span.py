"""The tokens of a selected syntax node, as a trait."""

from __future__ import annotations

from typing import Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value


def checked_span(value: Any, run: Generation | None) -> list[int] | None:
    """Two positions of the run, or None."""
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(type(i) is int for i in value):
        raise bad_value("span", value, "is no range of tokens", "Use [first, last], or None")
    first, last = value if run is None else [run.position(i, "span") for i in value]
    if first > last:
        raise bad_value("span", value, "ends before it begins", "Use [first, last]")
    return [first, last]
