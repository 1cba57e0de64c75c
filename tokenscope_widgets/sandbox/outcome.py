"""What came of running a program against its tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "error", "timeout", "not_runnable"]


@dataclass(frozen=True)
class Failure:
    """One failed test.

    Attributes
    ----------
    name : str
        The source of its assertion, or the call of its function.
    message : str
        The exception and what it says; both sides of a comparison with their values.
    error : str
        Type of the exception; empty where the test could not be reached.
    program_line : int or None
        The deepest line of the program in the traceback, from 1; None where it had returned by then.
    """

    name: str
    message: str
    error: str
    program_line: int | None


@dataclass(frozen=True)
class Outcome:
    """What came of one run.

    Attributes
    ----------
    status : str
        ``passed``: every test. ``failed``: at least one test failed or raised. ``error``: the program raised while it
        was loaded, or ended itself. ``timeout``: the time was up. ``not_runnable``: it does not parse, its tests
        import what is missing, or programs cannot be isolated here.
    passed, total : int
        How many tests passed, of how many.
    failures : tuple of Failure
        One per test that was judged and failed.
    message : str
        All of this in one line.
    line : int or None
        Line of the program, from 1: of the error, else of the first failure.
    output : str
        What the program printed, cut at the limit.
    seconds : float
        Wall-clock time from its first line to its end.
    limit : str
        The limit that ended it or a test: ``time``, ``memory``, ``output``, ``files``, ``processes``; empty for none.
    judged : bool
        False where the program itself was not put to its tests: it was cancelled, the tests import what is missing, or
        programs cannot be isolated here.
    """

    status: Status
    passed: int
    total: int
    failures: tuple[Failure, ...]
    message: str
    line: int | None
    output: str
    seconds: float
    limit: str = ""
    judged: bool = True


def not_run(reason: str, total: int) -> Outcome:
    """The outcome of a program that was not started."""
    return Outcome("not_runnable", 0, total, (), reason, None, "", 0.0, judged=False)
