"""The part of a session that finds where a run was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.consequences import Checked, Consequence, Consequences
from tokenscope_widgets.errors import TokenScopeError, bad_value
from tokenscope_widgets.fork_plan import (
    ForkPlan,
    asked_positions,
    check_budget,
    check_resumed,
    checked_numbers,
    first_askable,
    missing,
    samples_of,
)
from tokenscope_widgets.worker import Job

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.forks import ForkAnalysis, ForkPoint
    from tokenscope_widgets.fork_outcomes import Place
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
            or these. Of a text from `Session.score`, any but the first.
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
            An analysis of the same run that was ended early: only what it lacks is done, as it was asked. Nothing but
            ``budget_tokens`` goes with it.
        **settings
            Changes to the run's settings: ``max_new_tokens``, ``do_sample``, ``temperature`` …

        Raises
        ------
        InputError
            Positions outside what was written, or none worth asking about; more alternatives than the run holds; a
            budget exceeded; tests that no program can be put to; a run of another model.
        TokenScopeError
            The model failed; ``error.partial`` is the analysis so far, to go on with by ``resume=``.

        Notes
        -----
        Ctrl-C ends the work and returns what there is. A continuation that was cut off (``max_new_tokens``) before the
        end of what was to be written says nothing about the tests: it widens the intervals.
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
        self._require_own(run)
        self._judge(tests)
        if resume is not None:
            asked = {"positions": positions != 12, "alternatives": alternatives != 3, "samples": samples is not None}
            asked |= {"until": until is not None, "seed": seed != 0}
            asked |= {"least_probability": least_probability != _LEAST_PROBABILITY, **dict.fromkeys(settings, True)}
            check_resumed(resume, run, tests, [name for name, given in asked.items() if given])
            self._judge(resume.check)
            analysis = resume
        else:
            others, seed, least = checked_numbers(alternatives, seed, least_probability)
            checked = self._settings(settings, run.settings)
            tries = samples_of(samples, checked)
            points = self._points(run, asked_positions(run, positions), others, least, checked.do_sample, tries)
            analysis = _new_analysis(run, points, until, {**settings, "seed": seed}, tests)
        sites = tuple(missing(analysis))
        tokens = len(sites) * self._settings(dict(analysis.settings), run.settings).max_new_tokens
        seconds = tokens * self._pace() * _PROMPT_TOKENS
        check_budget(budget_tokens, tokens, seconds)
        return ForkPlan(analysis, sites, tokens, seconds)

    def start_forks(self, plan: ForkPlan, observer: Callable[[ForkAnalysis], None] | None = None) -> Job[ForkAnalysis]:
        """Carry out a plan, at once: returns the job. The observer is given what is known after each batch."""
        from tokenscope_widgets.code.boundary import boundary_of
        from tokenscope_widgets.fork_outcomes import with_outcomes

        judge = self._judge(plan.analysis.check)
        run, until = plan.analysis.run, plan.analysis.until
        greedy = [point.at for point in plan.analysis.points if not point.drawn and not point.arms[0].outcomes]
        bounds = {point.at: boundary_of(run, point.at, point.at + 1, until) for point in plan.analysis.points}
        rows, settings = self._rows_of(run, plan.sites, until, **plan.analysis.settings) if plan.sites else ([], None)

        def judged(
            job: Job[ForkAnalysis], known: ForkAnalysis, made: Sequence[tuple[Place, Generation]]
        ) -> ForkAnalysis:
            found: list[Consequence] = judge([one for _, one in made], lambda: job.cancelled, lambda: None)
            ends = [(place, one, bounds[place[0]] is not None) for (place, _), one in zip(made, found, strict=True)]
            return with_outcomes(known, ends)

        def work(job: Job[ForkAnalysis]) -> ForkAnalysis:
            own = [((at, int(run.token_ids[at])), run if (b := bounds[at]) is None else b.cut(run)) for at in greedy]
            known = judged(job, plan.analysis, own)
            try:
                for batch in self._writer.batches(job, rows, settings, most_rows=_ROWS_AT_ONCE) if settings else ():
                    made = self._made([one for one in batch if one.finish not in ("cancelled", "error", "running")])
                    known = judged(job, known, [(_place(one), one) for one in made])
                    if observer is not None and not job.cancelled:
                        observer(known)
            except TokenScopeError as error:
                error.partial = known
                raise
            return known

        return self.worker.submit(work, total=plan.tokens)

    def _points(
        self, run: Generation, asked: int | list[int], alternatives: int, least: float, drawn: bool, samples: int
    ) -> tuple[ForkPoint, ...]:
        """The positions to ask about, and the tokens to try there."""
        from tokenscope_widgets.analysis.forks import ForkArm, ForkPoint
        from tokenscope_widgets.code.fork_positions import fork_positions, roles_of

        roles = roles_of(run)
        places = fork_positions(run, roles, asked, least, first_askable(run)) if isinstance(asked, int) else asked
        if not places:
            raise bad_value(
                "positions",
                asked,
                f"found none: no token is code where another has a probability of {least:g} or more",
                "Name positions, or use a lower least_probability",
            )
        out = []
        for at in places:
            known = {token: p for token, _, p in run.alternatives(at)}
            likeliest = self.likeliest_others(run, at, alternatives, "alternatives")
            others = [token for token in likeliest if known[token] >= least]
            written = int(run.token_ids[at])
            arms = [ForkArm(written, run.token_label(written), float(run.probability[at]), True)]
            arms += [ForkArm(token, run.token_label(token), known[token], False) for token in others]
            out.append(ForkPoint(at, float(run.entropy_nats[at]), roles[at], tuple(arms), drawn, samples))
        return tuple(out)

    def _require_own(self, run: Generation) -> None:
        """A record of this session's model: probabilities of one and continuations of another make no figure."""
        self._require_run(run)
        if run.provenance.model != self.model.name:
            raise bad_value(
                "run",
                run,
                f"was made by {run.provenance.model}, and this session's model is {self.model.name}",
                "Use its own session, or let this one read it: session.score(run.token_ids.tolist())",
            )


def _new_analysis(
    run: Generation, points: tuple[ForkPoint, ...], until: str | None, settings: dict[str, Any], tests: Checked
) -> ForkAnalysis:
    from tokenscope_widgets.analysis.forks import ForkAnalysis

    until = until or ("function" if any(point.role for point in points) else "run")
    check = None if isinstance(tests, str) and not tests.strip() else tests
    named = "" if check is None else check if isinstance(check, str) else getattr(check, "__name__", "check")
    return ForkAnalysis(run, points, until, named, settings["seed"], settings, check)


def _place(branch: Generation) -> Place:
    """Where a branch left its run, and with which token."""
    assert branch.lineage is not None
    return branch.lineage.at, branch.lineage.replacement[0]
