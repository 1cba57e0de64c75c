"""The part of a session that asks whether the program still works: does it parse, and do its tests pass."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.branching import Branching
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.worker import Job, Worker

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.code.program import Program
    from tokenscope_widgets.sandbox import Limits, Outcome, Tests

Checked = str | Callable[..., Any] | None
"""Tests as text, as a function without parameters, or as a check: a function of the program's text."""


@dataclass(frozen=True, eq=False)
class Consequence:
    """What became of a run.

    Attributes
    ----------
    run : Generation
    program : Program
        What can be run of it, and whether it parses.
    outcome : Outcome or None
        Of its tests; None where there were none.
    """

    run: Generation
    program: Program
    outcome: Outcome | None = None

    @property
    def parses(self) -> bool:
        """Whether the program parses."""
        return self.program.syntax == "parses"

    @property
    def passed(self) -> bool | None:
        """Whether all tests passed; None where none were run."""
        return None if self.outcome is None else self.outcome.status == "passed"

    @cached_property
    def tokens(self) -> tuple[int, int]:
        """The first and the last token of the line at fault; (−1, −1) where none is known."""
        line = self.outcome.line if self.outcome is not None else None
        return (-1, -1) if line is None else self.program.tokens_of_line(line)

    @property
    def message(self) -> str:
        """What happened, in one line."""
        if self.outcome is not None:
            return self.outcome.message
        return self.program.syntax + (f": {self.program.problem}" if self.program.problem else "")

    def __repr__(self) -> str:
        told = self.message if self.outcome is None else f"{self.program.syntax}; {self.message}"
        return f"<Consequence {self.run.run_id[:6]}: {told}>"


class Consequences(Branching):
    """Methods of `Session` that check what runs wrote."""

    sandbox: Limits | None

    def allow_running(self, limits: Limits | None = None, **options: Any) -> None:
        """Allow this session to run generated code, in a process of its own for each program.

        Each has no network, a scratch folder that is deleted, an empty environment, and limits on time, memory,
        processes, files and output. Off until this is called; `forbid_running` switches it off again.

        Parameters
        ----------
        limits : Limits, optional
        **options
            Of `Limits`: ``seconds=5.0``, ``memory_mb=512`` …

        Raises
        ------
        InputError
            This system cannot isolate a process; it says why.
        """
        from tokenscope_widgets.sandbox import Limits, unavailable

        if reason := unavailable():
            raise InputError(f"allow_running: programs cannot be isolated here. {reason}")
        if limits is not None and not isinstance(limits, Limits):
            raise bad_value("limits", limits, "are not limits", "Use ts.sandbox.Limits(seconds=5.0, …), or nothing")
        self.sandbox = limits if limits is not None else Limits(**options)
        self._permission_changed()

    def forbid_running(self) -> None:
        """Run no generated code from now on."""
        self.sandbox = None
        self._permission_changed()

    def on_permission(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call whenever running is allowed or forbidden from now on; returns how to end that."""
        self._permission_listeners.append(listener)

        def stop() -> None:
            if listener in self._permission_listeners:
                self._permission_listeners.remove(listener)

        return stop

    def _permission_changed(self) -> None:
        for listener in list(self._permission_listeners):
            listener()

    @cached_property
    def _permission_listeners(self) -> list[Callable[[], None]]:
        return []

    def consequence(self, run: Generation, tests: Checked = None) -> Consequence:
        """Whether one run's program parses, and passes its tests; see `consequences`."""
        return self.consequences([run], tests)[0]

    def consequences(self, runs: Sequence[Generation], tests: Checked = None) -> list[Consequence]:
        """Whether each run's program parses, and passes its tests.

        Parameters
        ----------
        runs : sequence of Generation
        tests : str or callable, optional
            ``assert`` statements or ``def test_…():`` functions as text; a function without parameters, whose source is
            run after the program; or a check: a function of one parameter, which is given the program's text in this
            process, where no generated code is run, and fails by raising or by returning something false but None.

        Returns
        -------
        list of Consequence
            In the order of the runs. Where Ctrl-C ended the work, those not reached have no outcome.

        Raises
        ------
        InputError
            Tests that do not parse; running was not allowed; not a sequence of runs.
        """
        return self._wait(self.start_consequences(runs, tests), "Running tests")

    def start_consequences(self, runs: Sequence[Generation], tests: Checked = None) -> Job[list[Consequence]]:
        """`consequences`, at once: returns the job. Arguments are checked here.

        It does not wait for the model: it may run beside another job of this session.
        """
        judge = self._judge(tests)
        if isinstance(runs, Generation):
            raise bad_value("runs", runs, "is one run", "Pass [run], or use session.consequence(run, tests)")
        runs = list(runs)
        for run in runs:
            if not isinstance(run, Generation):
                raise bad_value(
                    "runs", run, "is no Generation", "Pass what session.generate or session.branch returned"
                )

        def work(job: Job[list[Consequence]]) -> list[Consequence]:
            return judge(runs, lambda: job.cancelled, lambda: job.advance(1))

        return self._tester.submit(work, total=len(runs))

    @cached_property
    def _tester(self) -> Worker:
        return Worker()

    def _judge(self, tests: Checked) -> Callable[..., list[Consequence]]:
        """How runs are judged by these tests; refuses tests that cannot be run."""
        from tokenscope_widgets.code.program import program_of

        if is_check(tests):
            return lambda runs, cancelled, advance: [_checked(run, tests, cancelled, advance) for run in runs]
        prepared, limits = self._prepared(tests)
        if prepared is None or limits is None:
            return lambda runs, _cancelled, _advance: [Consequence(run, program_of(run)) for run in runs]

        def judge(
            runs: Sequence[Generation], cancelled: Callable[[], bool], advance: Callable[[], None]
        ) -> list[Consequence]:
            from tokenscope_widgets.sandbox import run_many

            programs = [program_of(run, "python") for run in runs]
            texts = list(dict.fromkeys(program.text for program in programs))
            done = run_many(texts, prepared, limits, cancelled=cancelled, on_done=lambda _i, _outcome: advance())
            ended = cancelled()
            found = {text: None if ended and not out.judged else out for text, out in zip(texts, done, strict=True)}
            return [Consequence(run, one, found[one.text]) for run, one in zip(runs, programs, strict=True)]

        return judge

    def _prepared(self, tests: Checked) -> tuple[Tests | None, Limits | None]:
        if tests is None or (isinstance(tests, str) and not tests.strip()):
            return None, None
        from tokenscope_widgets.sandbox import tests_from

        prepared = tests_from(tests)
        if self.sandbox is None:
            raise InputError(
                "tests: running generated code is off. session.allow_running() switches it on for this session: "
                "each program in a process of its own, without network, with limits on time and memory."
            )
        return prepared, self.sandbox


def is_check(tests: Checked) -> bool:
    """Whether tests are a function of the program's text, to be called in this process."""
    if tests is None or isinstance(tests, str):
        return False
    if not callable(tests):
        raise bad_value("tests", tests, "is neither text nor a function", "Give assert statements, or a function")
    try:
        parameters = inspect.signature(tests).parameters.values()
    except (TypeError, ValueError):
        raise bad_value("tests", tests, "does not say what it takes", "Use def check(text): …") from None
    needed = [one for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    if len(needed) > 1:
        raise bad_value("tests", tests, f"takes {len(needed)} arguments", "Take none, or one: the program's text")
    return len(needed) == 1


def _checked(run: Generation, check: Any, cancelled: Callable[[], bool], advance: Callable[[], None]) -> Consequence:
    from tokenscope_widgets.code.program import program_of
    from tokenscope_widgets.sandbox import Failure, Outcome

    program, name, error = program_of(run), getattr(check, "__name__", "check"), None
    if cancelled():
        return Consequence(run, program)
    try:
        said_of_it = check(program.text)
        passed = said_of_it is None or bool(said_of_it)
    except (Exception, SystemExit) as raised:  # the user's own check: whatever it raises is its verdict
        passed, error = False, raised
    advance()
    said = str(error).partition("\n")[0] if error is not None else ""
    message = f"{name} passed" if passed else f"{name} failed" + (f": {said}" if said else "")
    kind = type(error).__name__ if error is not None else ""
    failures = () if passed else (Failure(name=name, message=message, error=kind, program_line=None),)
    outcome = Outcome("passed" if passed else "failed", int(passed), 1, failures, message, None, "", 0.0, "")
    return Consequence(run, program, outcome)


def to_frame(consequences: Sequence[Consequence]) -> pd.DataFrame:
    """One row per run."""
    import pandas as pd

    rows = []
    for one in consequences:
        outcome = one.outcome
        rows.append(
            {
                "run": one.run.run_id,
                "syntax": one.program.syntax,
                "tests": outcome.status if outcome else "",
                "passed": outcome.passed if outcome else None,
                "total": outcome.total if outcome else None,
                "message": one.message,
            }
        )
    return pd.DataFrame(rows)
