"""The counterfactual lab: click a token, see what else could have been written, and whether it would still work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import traitlets as t

from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.forks import ForkAnalysis
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.boundary import UNTIL
from tokenscope_widgets.consequences import Consequence
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets._base import bundle
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._verdicts import forks_message, same_message, told_of, verdict_message
from tokenscope_widgets.widgets._what_if_requests import WhatIfRequests
from tokenscope_widgets.widgets.token_stream import _MOST_BRANCHES, TokenStream
from tokenscope_widgets.worker import Job

_WHOLE = ("function", "run")
_ENDED_EARLY = ("running", "cancelled", "error")


class WhatIf(WhatIfRequests, TokenStream):
    """A run, its alternatives side by side, and what becomes of each: does it parse, do its tests pass.

    Parameters
    ----------
    run : Generation or ForkAnalysis, optional
        What to show at first; an analysis with the run that it is of.
    session : Session, optional
        The model that branches; by default the one that made ``run``.
    tests : str
        ``assert`` statements or ``def test_…():`` functions. They are run once ``session.allow_running()`` was called,
        or the button in the widget was pressed.
    until : str
        How far alternatives are written: to the end of the ``"line"``, ``"statement"`` or ``"function"`` of the token,
        or of the ``"run"``.
    **options
        As for `TokenStream`.

    Attributes
    ----------
    selected : int or None
        Position of the selected token.
    work : str
        What is being done: ``"writing"``, ``"testing"``, ``"forks"``, or nothing.
    progress : float
        How much of it is done, 0 … 1.
    """

    _esm = bundle("what_if.js")
    _css = bundle("what_if.css")

    tests = t.Unicode("").tag(sync=True)
    until = t.Enum(UNTIL, default_value="function").tag(sync=True)
    work = t.Unicode("", read_only=True).tag(sync=True)
    progress = t.Float(0.0, read_only=True).tag(sync=True)
    _allowed = t.Bool(False).tag(sync=True)
    _verdicts = t.Dict().tag(sync=True)
    _same = t.Dict().tag(sync=True)
    _forks = t.Dict().tag(sync=True)

    def __init__(self, run: Generation | ForkAnalysis | None = None, **options: Any) -> None:
        self._judged: dict[str, Consequence] = {}
        self._analysis: ForkAnalysis | None = None
        self._jobs: dict[Job[Any], str] = {}
        # how far the runs on display were to be written, where that is known
        self._units: dict[str, str] = {}
        self._unit = "run"
        self._stop_hearing: Callable[[], None] = lambda: None
        known = run if isinstance(run, ForkAnalysis) else None
        if known is not None:
            options = {"tests": known.tests, **options}
        super().__init__(run.run if isinstance(run, ForkAnalysis) else run, **options)
        if known is not None:
            self._forked(known)
        if self.session is not None:
            self._stop_hearing = self.session.on_permission(self._permitted)
            self._allowed = self.session.sandbox is not None
        self.observe(self._judge_by_new_tests, "tests")

    @property
    def consequences(self) -> dict[str, Consequence]:
        """What became of the runs on display, by ``run_id``."""
        return dict(self._judged)

    @property
    def analysis(self) -> ForkAnalysis | None:
        """The last fork analysis of the run on display."""
        return self._analysis

    def check(self, tests: str | None = None) -> WhatIf:
        """Judge the runs on display again, by these tests; returns at once. Setting ``tests`` does the same."""
        if tests is not None and tests != self.tests:
            self.tests = tests
        else:
            self._judge_again()
        return self

    def forks(self, positions: int | Sequence[int] = 12, alternatives: int = 3, **options: Any) -> WhatIf:
        """Find where the run was decided (`Session.forks`), beneath the text; returns at once.

        An analysis that was stopped is gone on with, as it was asked.
        """
        session, run = self._ready_session(), self._need_run()
        if self.tests.strip() and session.sandbox is None:
            raise InputError(
                "tests: running generated code is off. Allow it (session.allow_running(), or the button at the tests), "
                "or empty the tests: programs are then compared without being run."
            )
        if self._analysis is not None and not self._analysis.finished:
            plan = session.plan_forks(run, resume=self._analysis)
        else:
            plan = session.plan_forks(run, positions, alternatives, tests=self.tests or None, **options)
        self._begin("forks", session.start_forks(plan, self._forked), self._forked)
        return self

    def rewrite(self, start: int, stop: int, **options: Any) -> WhatIf:
        """Write the tokens ``start … stop − 1`` anew between the others (`Session.rewrite`); returns at once."""
        session, run = self._ready_session(), self._need_run()
        with self._work_lock:
            self._launch(lambda: session.start_rewrite(run, start, stop, self._beside, **options))
            self._tell("writing", 0.0)
            self._unit = "run"
            first = run.position(start)
            same = [r.run_id for r in self.branches if r.lineage and r.lineage.at == first and r.lineage.stop]
            self._arrange([run.run_id, *same[: _MOST_BRANCHES - 1]])
        return self

    def stop(self) -> None:
        """End what is being done; what there is stays."""
        super().stop()
        for job in list(self._jobs):
            job.cancel()

    def wait(self) -> Generation | None:
        """Wait until all work is done and return the run."""
        super().wait()
        while self._jobs:
            with suppress(Exception):  # shown in the widget: error; the last may have ended just now
                next(iter(self._jobs)).wait()
            time.sleep(0.01)
        return self.run

    @property
    def busy(self) -> bool:
        """Whether anything is being done."""
        return super().busy or bool(self._jobs)

    @property
    def _occupied(self) -> bool:
        return super()._occupied or "forks" in self._jobs.values()

    @property
    def _tested(self) -> bool:
        return bool(self.tests.strip()) and self.session is not None and self.session.sandbox is not None

    def _branch(self, at: int, tokens: Sequence[str | int], **options: Any) -> TokenStream:
        self._tell("writing", 0.0)
        options = {"until": self.until, **options}
        self._unit = options["until"]
        try:
            return super()._branch(at, tokens, **options)
        except Exception:
            self._tell("", 0.0)
            raise

    def _beside(self, index: int, builder: GenerationBuilder) -> None:
        """A branch grows. It may yet be cut at its boundary, so it is shown once it is whole."""
        if self._job is not None:
            self._tell("writing", self._job.progress / max(self._job.total, 1))

    def _finished(self, job: Job[list[Generation]]) -> None:
        failure = job.failure
        runs = job.wait() if failure is None else getattr(failure, "partial", [])
        with self._work_lock:
            beside = [run for run in runs if run.lineage is not None and run.run_id not in self._feed and len(run)]
            for run in runs:
                if run in beside or run.run_id in self._feed:
                    self._feed.put(run)
                    self._units[run.run_id] = self._unit
            if beside and self._columns:
                self._arrange([*self._columns, *(run.run_id for run in beside)])
            self._tell("", 0.0)
        # before the stream says that it is done: whoever waits for it waits for the verdicts, too
        self._judge()
        super()._finished(job)

    def _show_beside(self, run: Generation, at: int, unit: str) -> None:
        """Put a branch that was made before beside the run."""
        with self._work_lock:
            self._feed.put(run)
            self._units[run.run_id] = unit
            same = [r.run_id for r in self.branches if r.lineage and r.lineage.at == at and r.run_id != run.run_id]
            self._arrange([self._columns[0], *same, run.run_id])
        self._judge()

    def _arrange(self, run_ids: list[str]) -> None:
        super()._arrange(run_ids)
        self._judged = {name: found for name, found in self._judged.items() if name in run_ids}
        self._units = {name: unit for name, unit in self._units.items() if name in run_ids}
        if self._analysis is not None and run_ids[0] != self._analysis.run.run_id:
            self._analysis = None
            self._forks = {}

    def _show(self, run: Generation) -> None:
        super()._show(run)
        self._judge()

    def _picture_notes(self) -> dict[str, str]:
        return {name: told_of(found) for name, found in self._judged.items()}

    def _let_go(self) -> None:
        self._stop_hearing()
        super()._let_go()

    def _judge(self) -> None:
        """Find out what became of the runs on display that were not judged yet; failures are shown."""
        runs = [run for run in (self.run, *self.branches) if run is not None and run.finish != "running"]
        try:
            self._same = same_message(runs)
            session = self.session
            new = [run for run in runs if run.run_id not in self._judged or self._owes_tests(run)]
            if session is None or not new:
                return self._told()
            whole = [run for run in new if self._is_whole(run)]
            groups = [(whole, self.tests if self._tested else None), ([run for run in new if run not in whole], None)]
            for group, tests in groups:
                if group:
                    self._begin("testing", session.start_consequences(group, tests), self._take)
        except Exception as error:
            self.error = explain(error)

    def _is_whole(self, run: Generation) -> bool:
        """Whether tests can tell of it: a statement alone, or half an answer, is no program."""
        return run.finish not in _ENDED_EARLY and self._units.get(run.run_id, "run") in _WHOLE

    def _owes_tests(self, run: Generation) -> bool:
        """Whether its tests were ended early."""
        return self._tested and self._is_whole(run) and self._judged[run.run_id].outcome is None

    def _judge_again(self) -> None:
        self.error = ""
        self._judged.clear()
        self._judge()

    def _judge_by_new_tests(self, _change: Any) -> None:
        """Nothing that was found with other tests stays."""
        if self._analysis is not None and self._analysis.tests != self.tests:
            self._analysis, self._forks = None, {}
        self._judge_again()

    def _permitted(self) -> None:
        self._allowed = self.session is not None and self.session.sandbox is not None
        if self.tests.strip():
            self._judge_again()

    def _take(self, found: Sequence[Consequence]) -> None:
        self._judged |= {one.run.run_id: one for one in found if one.run.run_id in self._columns}
        self._told()

    def _told(self) -> None:
        self._verdicts = {name: verdict_message(found) for name, found in self._judged.items()}

    def _forked(self, found: ForkAnalysis) -> None:
        if self.run is found.run:
            self._analysis = found
            self._forks = forks_message(found)

    def _begin(self, work: str, job: Job[Any], take: Any) -> None:
        """Follow a job that is not the stream's own."""
        self._jobs[job] = work
        self._tell(work, 0.0)
        job.observer = lambda one: self._tell(work, one.progress / max(one.total, 1))

        def ended(one: Job[Any]) -> None:
            try:
                found = one.wait() if one.failure is None else getattr(one.failure, "partial", None)
                if found:
                    take(found)
                if one.failure is not None:
                    self.error = explain(one.failure)
            except Exception as error:
                self.error = explain(error)
            finally:
                self._jobs.pop(one, None)
                if not self._jobs:
                    self._tell("", 0.0)

        job.then(ended)

    def _tell(self, work: str, progress: float) -> None:
        if work != self.work:
            self.set_trait("work", work)
        if progress in (0.0, 1.0) or abs(progress - self.progress) > 0.02:
            self.set_trait("progress", min(1.0, progress))
