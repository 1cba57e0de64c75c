"""Generated programs run against a user's tests, each in a process of its own that can reach nothing.

What is kept out, how, and what is not: ``docs/sandbox.md``. Importing this package loads nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenscope_widgets.sandbox.limits import Limits as Limits
    from tokenscope_widgets.sandbox.outcome import Failure as Failure
    from tokenscope_widgets.sandbox.outcome import Outcome as Outcome
    from tokenscope_widgets.sandbox.running import run_many as run_many
    from tokenscope_widgets.sandbox.running import run_tests as run_tests
    from tokenscope_widgets.sandbox.running import unavailable as unavailable
    from tokenscope_widgets.sandbox.testing import Tests as Tests
    from tokenscope_widgets.sandbox.testing import tests_from as tests_from

_HOME = {
    "Failure": "outcome",
    "Limits": "limits",
    "Outcome": "outcome",
    "Tests": "testing",
    "run_many": "running",
    "run_tests": "running",
    "tests_from": "testing",
    "unavailable": "running",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
