"""The part of a session that finds where a run was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.consequences import Checked, Consequence, Consequences
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.fork_plan import ForkPlan, check_budget, check_resumed, missing, samples_of
from tokenscope_widgets.worker import Job

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.forks import ForkAnalysis, ForkArm, ForkPoint
    from tokenscope_widgets.widgets.what_if import WhatIf
    from tokenscope_widgets.writing import Writer

_BUDGET_TOKENS = 20_000
# what a token costs that is written in a wide batch, in tokens of a prompt
_PROMPT_TOKENS = 2.5
_LEAST_PROBABILITY = 0.01
# what a batch has written is kept where the work is ended early: so they are not as wide as would fit
_ROWS_AT_ONCE = 24


class Forking(Consequences):
    """Methods of `Session` that try several tokens at several positions."""

    _writer: Writer
    _made: Callable[[list[Generation]], list[Generation]]
    generate: Callable[..., Generation]

    def forks(
        self,
        run: Generation,
        positions: int | Sequence[int] = 12,
        alternatives: int = 3,
        samples: int | None = None,
        *,
        tests: Checked = None,
        until: str | None = None,
        seed: int = 0,
        least_probability: float = _LEAST_PROBABILITY,
        budget_tokens: int | None = _BUDGET_TOKENS,
        resume: ForkAnalysis | None = None,
        **settings: Any,
    ) -> ForkAnalysis:
        """Where a run was decided: other tokens at several positions, continued, and what came of each.

        Parameters
        ----------
        positions : int or sequence of int
            So many of the positions worth asking about (high entropy, and code rather than white space or comments),
            or these.
        alternatives : int
            How many other tokens to try at each.
        samples : int, optional
            Continuations of each token; by default 1 where they are greedy, else 8.
        tests : str or callable, optional
            As for `consequences`; the figures are then about passing them.
        until : str, optional
            ``"line"``, ``"statement"``, ``"function"`` or ``"run"``; by default the function, where there is one.
        seed : int
            The same seed gives the same continuations, in whatever batches.
        least_probability : float
            Other tokens below this are not tried, nor are positions without one above.
        budget_tokens : int
            More tokens than this are refused, with an estimate.
        resume : ForkAnalysis, optional
            An analysis of the same run that was ended early: only what it lacks is done.
        **settings
            Changes to the run's settings: ``max_new_tokens``, ``do_sample``, ``temperature`` …

        Raises
        ------
        InputError
            Positions outside what was written, more alternatives than the run holds, a budget exceeded.

        Notes
        -----
        Ctrl-C ends the work and returns what there is.
        """
        plan = self.plan_forks(
            run,
            positions,
            alternatives,
            samples,
            tests=tests,
            until=until,
            seed=seed,
            least_probability=least_probability,
            budget_tokens=budget_tokens,
            resume=resume,
            **settings,
        )
        return self._wait(self.start_forks(plan), "Trying other tokens", plan.seconds)

    def what_if(self, run: Generation | str, *, tests: str = "", until: str = "function", **options: Any) -> WhatIf:
        """The counterfactual lab on a run, or on what a prompt is continued to.

        Parameters
        ----------
        run : Generation or str
        tests : str
            ``assert`` statements or test functions; run once `allow_running` was called, or allowed in the widget.
        until : str
            How far alternatives are written: ``"line"``, ``"statement"``, ``"function"`` or ``"run"``.
        **options
            Traits of `WhatIf`; for a prompt also generation settings.
        """
        from tokenscope_widgets.analysis.settings import DecodingSettings
        from tokenscope_widgets.widgets.what_if import WhatIf

        settings = {name: value for name, value in options.items() if name in DecodingSettings().to_dict()}
        shown = self.generate(run, **settings) if isinstance(run, str) else run
        return WhatIf(shown, session=self, tests=tests, until=until, **options)

    def plan_forks(
        self,
        run: Generation,
        positions: int | Sequence[int] = 12,
        alternatives: int = 3,
        samples: int | None = None,
        *,
        tests: Checked = None,
        until: str | None = None,
        seed: int = 0,
        least_probability: float = _LEAST_PROBABILITY,
        budget_tokens: int | None = _BUDGET_TOKENS,
        resume: ForkAnalysis | None = None,
        **settings: Any,
    ) -> ForkPlan:
        """Check the arguments of `forks` and estimate its cost: nothing is written."""
        self._require_run(run)
        checked = self._settings(settings, run.settings)
        samples = samples_of(samples, checked)
        self._judge(tests)
        if resume is not None:
            check_resumed(resume, run)
            analysis, settings = resume, {**resume.settings, **settings}
        else:
            settings["seed"] = seed
            points = self._points(run, positions, alternatives, least_probability, checked.do_sample)
            analysis = _new_analysis(run, points, until, seed, settings, tests)
        sites = tuple(missing(analysis, samples))
        tokens = len(sites) * checked.max_new_tokens
        seconds = tokens * self._pace() * _PROMPT_TOKENS
        check_budget(budget_tokens, tokens, seconds)
        return ForkPlan(analysis, sites, settings, tests, samples, tokens, seconds)

    def start_forks(self, plan: ForkPlan, observer: Callable[[ForkAnalysis], None] | None = None) -> Job[ForkAnalysis]:
        """Carry out a plan, at once: returns the job. The observer is given what is known after each batch."""
        judge = self._judge(plan.tests)
        run = plan.analysis.run
        if not plan.sites:
            return self.worker.submit(lambda _job: self._with_outcomes(plan, [], judge, lambda: False))
        rows, settings = self._rows_of(run, plan.sites, plan.analysis.until, **plan.settings)

        def work(job: Job[ForkAnalysis]) -> ForkAnalysis:
            made: list[Generation] = []
            for batch in self._writer.batches(job, rows, settings, most_rows=_ROWS_AT_ONCE):
                made += self._made([one for one in batch if one.finish not in ("cancelled", "error", "running")])
                if observer is not None and not job.cancelled:
                    observer(self._with_outcomes(plan, made, judge, lambda: False))
            return self._with_outcomes(plan, made, judge, lambda: False)

        return self.worker.submit(work, total=plan.tokens)

    def _points(
        self, run: Generation, positions: int | Sequence[int], alternatives: int, least: float, drawn: bool
    ) -> tuple[ForkPoint, ...]:
        """The positions to ask about, and the tokens to try there."""
        from tokenscope_widgets.analysis.forks import ForkArm, ForkPoint
        from tokenscope_widgets.code.fork_positions import fork_positions, roles_of

        if run.prompt_length >= len(run):
            raise bad_value("run", run, "has no written token", "Pass a run that was generated")
        roles = roles_of(run)
        if not isinstance(positions, int):
            places = [_written(run, at) for at in positions]
        elif positions < 1:
            raise bad_value("positions", positions, "asks about nothing", "Use 1 or more")
        else:
            places = fork_positions(run, roles, positions, least)
        out = []
        for at in places:
            known = {token: p for token, _, p in run.alternatives(at)}
            others = [token for token in self.likeliest_others(run, at, alternatives) if known[token] >= least]
            written = int(run.token_ids[at])
            arms = [ForkArm(written, run.token_label(written), float(run.probability[at]), True)]
            arms += [ForkArm(token, run.token_label(token), known[token], False) for token in others]
            out.append(ForkPoint(at, float(run.entropy_nats[at]), roles[at], tuple(arms), drawn))
        return tuple(out)

    def _with_outcomes(
        self, plan: ForkPlan, made: Sequence[Generation], judge: Any, cancelled: Callable[[], bool]
    ) -> ForkAnalysis:
        """The analysis with what was made, and what became of it."""
        analysis, run = plan.analysis, plan.analysis.run
        greedy = [point for point in analysis.points if not point.drawn and not point.arms[0].outcomes]
        own = {point.at: self._up_to_boundary(run, point.at, analysis.until) for point in greedy}
        new = [*made, *own.values()]
        judged: list[Consequence] = judge(new, cancelled, lambda: None)
        outcomes = {id(one.run): _outcome(one, plan.tests is not None) for one in judged}
        found: dict[tuple[int, int], list[Generation]] = {}
        for one in made:
            if one.lineage is not None and id(one) in outcomes:
                found.setdefault((one.lineage.at, one.lineage.replacement[0]), []).append(one)
        for at, one in own.items():
            found[at, int(run.token_ids[at])] = [one]
        points = [
            replace(
                point, arms=tuple(_filled(arm, found.get((point.at, arm.token_id), ()), outcomes) for arm in point.arms)
            )
            for point in analysis.points
        ]
        return replace(analysis, points=tuple(points))

    def _up_to_boundary(self, run: Generation, at: int, until: str) -> Generation:
        from tokenscope_widgets.code.boundary import boundary_of

        boundary = boundary_of(run, at, at + 1, until)
        return run if boundary is None else boundary.cut(run)


def _new_analysis(
    run: Generation,
    points: tuple[ForkPoint, ...],
    until: str | None,
    seed: int,
    settings: dict[str, Any],
    tests: Checked,
) -> ForkAnalysis:
    from tokenscope_widgets.analysis.forks import ForkAnalysis

    until = until or ("function" if any(point.role for point in points) else "run")
    named = "" if tests is None else tests if isinstance(tests, str) else getattr(tests, "__name__", "check")
    return ForkAnalysis(run, points, until, named, seed, settings)


def _filled(arm: ForkArm, made: Sequence[Generation], outcomes: dict[int, dict[str, str]]) -> ForkArm:
    new = tuple(outcomes[id(one)] for one in made)
    return replace(arm, runs=(*arm.runs, *made), outcomes=(*arm.outcomes, *new))


def _outcome(consequence: Consequence, tested: bool) -> dict[str, str]:
    from tokenscope_widgets.code.equivalence import keys_of

    text, tree, _ = keys_of(consequence.program.code)
    found = {"text": text, "tree": tree}
    if tested and consequence.outcome is not None:
        found |= {"tests": consequence.outcome.status, "message": consequence.outcome.message}
    return found


def _written(run: Generation, at: int) -> int:
    place = run.position(at, "positions")
    if place < run.prompt_length:
        raise bad_value("positions", at, "stands in the prompt", f"Use {run.prompt_length} … {len(run) - 1}")
    return place
