"""Pure syntax: text and token bytes in, structure out.

``parse(run)`` maps the tokens of a run to the syntax of what they spell; everything else is asked of the map.
Importing this package loads no parser; the first `parse` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenscope_widgets.code.calibrating import calibration as calibration
    from tokenscope_widgets.code.code_map import CodeMap as CodeMap
    from tokenscope_widgets.code.equivalence import equivalents as equivalents
    from tokenscope_widgets.code.parsing import parse as parse
    from tokenscope_widgets.code.parsing import parse_tokens as parse_tokens
    from tokenscope_widgets.code.use_links import link_flow as link_flow

_HOME = {
    "CodeMap": "tokenscope_widgets.code.code_map",
    "calibration": "tokenscope_widgets.code.calibrating",
    "equivalents": "tokenscope_widgets.code.equivalence",
    "link_flow": "tokenscope_widgets.code.use_links",
    "parse": "tokenscope_widgets.code.parsing",
    "parse_tokens": "tokenscope_widgets.code.parsing",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
