"""The tests of a user: asserts, test functions or a Python function, as text that can be sent to another process."""

from __future__ import annotations

import inspect
import textwrap
import types
from dataclasses import dataclass

from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.sandbox.plan import PlanError, defines, plan

_REMEDY = "Write assert statements, functions named test_…, or check(candidate) with an entry_point"


@dataclass(frozen=True)
class Tests:
    """Tests that `run_tests` can run. Made by `tests_from`.

    Attributes
    ----------
    source : str
        Their text.
    names : tuple of str
        One per test in the order in which they run: the source of an assertion, or the call of a function.
    calls : tuple of str
        Calls of the text's functions that are tests beyond those named ``test_…``.
    """

    __test__ = False

    source: str
    names: tuple[str, ...]
    calls: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many tests there are."""
        return len(self.names)


def tests_from(tests: object, entry_point: str | None = None) -> Tests:  # noqa: PT028
    """Tests from a text or from a Python function. Nothing is executed here.

    Parameters
    ----------
    tests : str or function
        A text: each top-level ``assert`` is a test (a top-level loop with asserts is one), lines between them
        run in order, and each ``def test_…()`` is a test. Or a function without parameters, which is sent as
        its source and called with the program's names.
    entry_point : str, optional
        The function under test, for a text that defines ``check(candidate)``.

    Raises
    ------
    InputError
        The text does not parse, holds no test, or the function cannot be sent.
    """
    if isinstance(tests, Tests):
        return tests
    if isinstance(tests, str):
        source, calls = tests, _check_call(tests, entry_point)
    else:
        if entry_point is not None:
            raise bad_value("entry_point", entry_point, "goes with a text, not with a function", "Leave it out")
        source, name = _source_of(tests)
        calls = [] if name.startswith("test_") else [f"{name}()"]
    planned = _planned(source, calls)
    if not planned:
        raise bad_value("tests", tests, "holds no test", _REMEDY)
    return Tests(source, planned, tuple(calls))


def _planned(source: str, calls: list[str]) -> tuple[str, ...]:
    try:
        return plan(source, calls).names
    except PlanError as error:
        raise InputError(f"tests do not parse: {error}. Correct that line.") from None


def _check_call(source: str, entry_point: str | None) -> list[str]:
    _planned(source, [])
    if entry_point is None:
        return []
    if not isinstance(entry_point, str) or not entry_point.isidentifier():
        raise bad_value("entry_point", entry_point, "is not the name of a function", "Give the name alone")
    if not defines(source, "check"):
        raise bad_value("entry_point", entry_point, "the tests define no check(candidate)", "Leave it out")
    return [f"check({entry_point})"]


def _source_of(function: object) -> tuple[str, str]:
    """The dedented source of a function that can stand alone, and its name."""
    if not isinstance(function, types.FunctionType):
        raise bad_value("tests", function, "is neither a text nor a Python function", _REMEDY)
    name = function.__name__
    if not name.isidentifier():
        raise bad_value("tests", function, "a lambda has no source of its own", "Use def")
    if function.__code__.co_freevars:
        outer = ", ".join(function.__code__.co_freevars)
        raise bad_value("tests", name, f"uses {outer} of an enclosing function", "Define what it needs inside it")
    if inspect.signature(function).parameters:
        raise bad_value("tests", name, "has parameters; it is called without any", "Remove them")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise bad_value("tests", name, "is async or a generator", "Make it a plain function")
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise bad_value("tests", name, "its source cannot be found", "Give the tests as a text") from None
    if not source.startswith("def "):
        raise bad_value("tests", name, "is decorated; only its own source can be sent", "Remove the decorator")
    return source, name
