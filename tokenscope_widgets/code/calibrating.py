"""Does uncertainty find mistakes? On the user's own samples, with intervals and with the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.auroc import Auroc, auroc
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.evidence import Evidence
from tokenscope_widgets.code.metrics import METRICS, metric_values
from tokenscope_widgets.code.parsing import parse
from tokenscope_widgets.code.percentiles import percentiles_within, role_groups
from tokenscope_widgets.code.roles import ROLES
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.records import Generation

ENOUGH = 30
"""Flagged things that a headline needs."""
_LOW_IS_SUSPICIOUS = ("margin", "probability")
_SEED, _RESAMPLES = 0, 2000

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """One way to tell flagged tokens or lines from others.

    Attributes
    ----------
    level : str
        ``"token"`` or ``"line"``.
    name : str
    baseline : bool
        Whether it knows nothing of the model.
    auroc : Auroc
    """

    level: str
    name: str
    baseline: bool
    auroc: Auroc


@dataclass(frozen=True)
class Calibration:
    """AUROC of each metric and baseline; see `calibration`.

    Attributes
    ----------
    scores : tuple of Score
    runs : int
        How many samples were looked at.
    flagged_runs : int
        How many of them had anything flagged that the model wrote.
    confidently_wrong, findings : int
        Of the findings in written code, how many had no surprising token; and how many there were.
    """

    scores: tuple[Score, ...]
    runs: int
    flagged_runs: int
    confidently_wrong: int
    findings: int

    def __repr__(self) -> str:
        return f"<Calibration on {self.runs} runs: {self.headline}>"

    @property
    def headline(self) -> str:
        """What may be said in a sentence; that nothing may, below `ENOUGH` flagged tokens."""
        best = next((s.auroc for s in self.scores if s.level == "token" and s.name == "surprisal"), None)
        if best is None or best.positives < ENOUGH:
            many = 0 if best is None else best.positives
            return (
                f"only {many} flagged tokens: no headline below {ENOUGH}. The table shows how wide the intervals are."
            )
        if not np.isfinite(best.low):
            return f"all flagged tokens are in {best.clusters} run: no interval, and so no headline."
        bases = [s for s in self.scores if s.level == "token" and s.baseline]
        base = max(bases, key=lambda s: s.auroc.value, default=None)
        against = f"; the baseline “{base.name}” {_interval(base.auroc)}" if base is not None else ""
        return f"surprisal tells flagged tokens from others with AUROC {_interval(best)}{against}"

    def to_frame(self) -> pd.DataFrame:
        """One row a score."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "level": s.level,
                    "score": s.name,
                    "baseline": s.baseline,
                    "auroc": s.auroc.value,
                    "low": s.auroc.low,
                    "high": s.auroc.high,
                    "positives": s.auroc.positives,
                    "negatives": s.auroc.negatives,
                    "flagged_runs": s.auroc.clusters,
                }
                for s in self.scores
            ]
        )


def calibration(
    runs: Sequence[Generation | CodeMap], language: str | None = None, modules: bool = False
) -> Calibration:
    """Does uncertainty find what linters flag, on these samples?

    Only written tokens of code count (all of them where a run has no written ones). A token is flagged where an error
    or a warning of `CodeMap.diagnostics` touches it; a line, where one of its tokens is.

    Parameters
    ----------
    runs : sequence of Generation or CodeMap
        Samples. They are what is drawn for the intervals, so one long run gives none.
    language : str, optional
        As for `parse`.
    modules : bool
        As for `CodeMap.diagnostics`.

    Returns
    -------
    Calibration
        For tokens: each metric, surprisal within the role, and the baselines *role* (how often the other runs' tokens
        of that role are flagged) and *position*. For lines: the greatest and the mean surprisal, the greatest entropy,
        and the baselines *line length* (in tokens) and *position*.

    Raises
    ------
    InputError
        No runs.
    """
    if hasattr(runs, "tokens") or isinstance(runs, CodeMap):
        raise bad_value("runs", runs, "is a single run", "Give a list of them")
    runs = list(runs)
    if not runs:
        raise bad_value("runs", runs, "holds no run", "Give a list of generations")
    samples = [_sample(_map(run, language), number, modules) for number, run in enumerate(runs)]
    tokens = _Things.joined([sample.tokens for sample in samples])
    lines = _Things.joined([sample.lines for sample in samples])
    tokens.scores["role"] = _rate_elsewhere(tokens)
    scores = [*_scored("token", tokens, ("role", "position")), *_scored("line", lines, ("line length", "position"))]
    written = [row for sample in samples for row in sample.found if row.written]
    return Calibration(
        scores=tuple(scores),
        runs=len(samples),
        flagged_runs=len(np.unique(tokens.run[tokens.flagged])),
        confidently_wrong=sum(row.confidently_wrong for row in written),
        findings=sum(row.finding.severity in ("error", "warning") for row in written),
    )


@dataclass
class _Things:
    """Tokens or lines of one or several runs."""

    run: NDArray[np.int64]
    flagged: NDArray[np.bool_]
    role: NDArray[np.int64]
    scores: dict[str, Values]

    @classmethod
    def joined(cls, parts: list[_Things]) -> _Things:
        return cls(
            np.concatenate([part.run for part in parts]),
            np.concatenate([part.flagged for part in parts]),
            np.concatenate([part.role for part in parts]),
            {name: np.concatenate([part.scores[name] for part in parts]) for name in parts[0].scores},
        )


@dataclass(frozen=True)
class _Sample:
    tokens: _Things
    lines: _Things
    found: Evidence


def _map(run: Generation | CodeMap, language: str | None) -> CodeMap:
    return run if isinstance(run, CodeMap) else parse(run, language)


def _sample(code: CodeMap, number: int, modules: bool) -> _Sample:
    run = code.require_run("calibration")
    found = code.diagnostics(modules)
    flagged = found.flagged()
    values = {name: metric_values(run, name).astype(np.float64) for name in METRICS}
    kept = _kept(code) & ~np.isnan(values["surprisal"])
    suspicious = {name: -value if name in _LOW_IS_SUSPICIOUS else value for name, value in values.items()}
    within = percentiles_within(values["surprisal"], role_groups(code)).astype(np.float64)
    scores = {**suspicious, "surprisal within role": within, "position": np.arange(len(run), dtype=np.float64)}
    at = np.flatnonzero(kept)
    tokens = _Things(
        np.full(len(at), number),
        flagged[at],
        code.role_codes[at].astype(np.int64),
        {name: value[at] for name, value in scores.items()},
    )
    return _Sample(tokens, _lines(code, at, number, flagged, values), found)


def _kept(code: CodeMap) -> NDArray[np.bool_]:
    """Written tokens of code that are more than white space."""
    run = code.require_run("calibration")
    first = run.prompt_length if run.prompt_length < len(run) else 0
    kinds = np.array([role.split(".")[0] not in ("space", "special", "markup") for role in ROLES], bool)
    return np.asarray((np.arange(len(run)) >= first) & kinds[code.role_codes] & (code.overlaps.primary >= 0))


def _lines(
    code: CodeMap, at: NDArray[np.int64], number: int, flagged: NDArray[np.bool_], values: dict[str, Values]
) -> _Things:
    line = code.line_of(code.text.counts_at[at])
    known, group = np.unique(line, return_inverse=True)
    rows = np.split(at[np.argsort(group, kind="stable")], np.cumsum(np.bincount(group))[:-1]) if len(at) else []

    def over(name: str, pick: str) -> Values:
        return np.array([getattr(np, pick)(values[name][row]) for row in rows], np.float64)

    return _Things(
        np.full(len(known), number),
        np.array([flagged[row].any() for row in rows], bool),
        np.zeros(len(known), np.int64),
        {
            "max surprisal": over("surprisal", "max"),
            "mean surprisal": over("surprisal", "mean"),
            "max entropy": over("entropy", "max"),
            "line length": np.array([len(row) for row in rows], np.float64),
            "position": known.astype(np.float64),
        },
    )


def _rate_elsewhere(things: _Things) -> Values:
    """How often the other runs' things of the same role are flagged."""
    runs, run = np.unique(things.run, return_inverse=True)
    count = np.zeros((len(runs), len(ROLES)))
    hits = np.zeros_like(count)
    np.add.at(count, (run, things.role), 1)
    np.add.at(hits, (run, things.role), things.flagged)
    rest, rest_hits = count.sum(0) - count, hits.sum(0) - hits
    rate = np.divide(rest_hits, rest, out=np.zeros_like(rest), where=rest > 0)
    return np.asarray(rate[run, things.role])


def _scored(level: str, things: _Things, baselines: tuple[str, ...]) -> list[Score]:
    names = [*(n for n in things.scores if n not in baselines), *baselines]
    return [
        Score(level, n, n in baselines, auroc(things.scores[n], things.flagged, things.run, _RESAMPLES, _SEED))
        for n in names
    ]


def _interval(found: Auroc) -> str:
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
