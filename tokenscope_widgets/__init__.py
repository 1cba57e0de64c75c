"""Notebook widgets that explain how a code-writing language model made each token.

Importing this package loads neither torch nor transformers; the first `Session` does.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tokenscope_widgets import charts as charts
    from tokenscope_widgets import code as code
    from tokenscope_widgets import edits as edits
    from tokenscope_widgets.analysis.alignment import Alignment as Alignment
    from tokenscope_widgets.analysis.alignment import align as align
    from tokenscope_widgets.analysis.records import Generation as Generation
    from tokenscope_widgets.analysis.two_models import ModelComparison as ModelComparison
    from tokenscope_widgets.analysis.two_models import compare_models as compare_models
    from tokenscope_widgets.errors import TokenScopeError as TokenScopeError
    from tokenscope_widgets.keeping import load_runs as load_runs
    from tokenscope_widgets.models.fill import FimFormat as FimFormat
    from tokenscope_widgets.models.fill import text_of_fill as text_of_fill
    from tokenscope_widgets.session import Session as Session
    from tokenscope_widgets.storage import load as load
    from tokenscope_widgets.widgets.branch_tree import BranchTree as BranchTree
    from tokenscope_widgets.widgets.code_view import CodeView as CodeView
    from tokenscope_widgets.widgets.compare import Compare as Compare
    from tokenscope_widgets.widgets.explorer import Explorer as Explorer
    from tokenscope_widgets.widgets.flow import Flow as Flow
    from tokenscope_widgets.widgets.lens_map import LensMap as LensMap
    from tokenscope_widgets.widgets.sampler import Sampler as Sampler
    from tokenscope_widgets.widgets.token_stream import TokenStream as TokenStream
    from tokenscope_widgets.widgets.what_if import WhatIf as WhatIf

_HOME = {
    "Alignment": "tokenscope_widgets.analysis.alignment",
    "BranchTree": "tokenscope_widgets.widgets.branch_tree",
    "CodeView": "tokenscope_widgets.widgets.code_view",
    "Compare": "tokenscope_widgets.widgets.compare",
    "Explorer": "tokenscope_widgets.widgets.explorer",
    "FimFormat": "tokenscope_widgets.models.fill",
    "Flow": "tokenscope_widgets.widgets.flow",
    "Generation": "tokenscope_widgets.analysis.records",
    "LensMap": "tokenscope_widgets.widgets.lens_map",
    "ModelComparison": "tokenscope_widgets.analysis.two_models",
    "Sampler": "tokenscope_widgets.widgets.sampler",
    "Session": "tokenscope_widgets.session",
    "TokenScopeError": "tokenscope_widgets.errors",
    "TokenStream": "tokenscope_widgets.widgets.token_stream",
    "WhatIf": "tokenscope_widgets.widgets.what_if",
    "align": "tokenscope_widgets.analysis.alignment",
    "compare_models": "tokenscope_widgets.analysis.two_models",
    "load": "tokenscope_widgets.storage",
    "load_runs": "tokenscope_widgets.keeping",
    "text_of_fill": "tokenscope_widgets.models.fill",
}

_PACKAGES = ("charts", "code", "edits")

__all__ = [*sorted(_HOME), *_PACKAGES]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"tokenscope_widgets.{name}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def _show_records_as_widgets() -> None:
    """In a notebook, a record on display is its widget; registered by name, so that nothing is imported for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return

    def show(widget: str) -> Any:
        def bundle(record: Any, **_: Any) -> Any:
            # what was computed of bare token ids has no text to show: it is displayed by its name
            return __getattr__(widget)(record)._repr_mimebundle_() if getattr(record, "run", record) else None

        return bundle

    bundles = shell.display_formatter.mimebundle_formatter
    bundles.for_type_by_name("tokenscope_widgets.analysis.records", "Generation", show("TokenStream"))
    bundles.for_type_by_name("tokenscope_widgets.analysis.attention", "Attention", show("Flow"))
    bundles.for_type_by_name("tokenscope_widgets.analysis.attribution", "Attribution", show("Flow"))
    bundles.for_type_by_name("tokenscope_widgets.analysis.lens", "Lens", show("LensMap"))
    bundles.for_type_by_name("tokenscope_widgets.analysis.forks", "ForkAnalysis", show("WhatIf"))
    bundles.for_type_by_name("tokenscope_widgets.code.code_map", "CodeMap", show("CodeView"))


_show_records_as_widgets()
