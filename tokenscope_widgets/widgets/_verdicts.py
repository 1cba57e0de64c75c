"""What became of runs, as views are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.equivalence import equivalents

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.fork_statistics import Interval
    from tokenscope_widgets.analysis.forks import ForkAnalysis, ForkPoint
    from tokenscope_widgets.consequences import Consequence

_PARSES = {"parses": True, "broken": False}


def verdict_message(found: Consequence) -> dict[str, Any]:
    """One run's verdict. ``parses`` is None where the program is unfinished, or nothing can tell."""
    outcome = found.outcome
    return {
        "parses": _PARSES.get(found.program.syntax),
        "syntax": found.program.syntax,
        "status": outcome.status if outcome is not None else "",
        "passed": outcome.passed if outcome is not None else 0,
        "total": outcome.total if outcome is not None else 0,
        "message": found.message,
        "tokens": list(found.tokens),
    }


def told_of(found: Consequence) -> str:
    """One run's verdict in a line, with its sign."""
    return {True: "✓ ", False: "✗ ", None: ""}[found.passed] + found.message


def same_message(runs: Sequence[Generation]) -> dict[str, list[str]]:
    """Of each run that is the same as an earlier one: that one's id, and in what way."""
    finished = [run for run in runs if run.finish != "running"]
    out = {}
    for group in equivalents(finished):
        first = finished[group.members[0]]
        for member in group.members[1:]:
            pair = equivalents([first, finished[member]])
            out[finished[member].run_id] = [first.run_id, pair[0].same]
    return out


def forks_message(found: ForkAnalysis) -> dict[str, Any]:
    """A fork analysis: per position its figure and what each token tried led to."""
    outcome = "tests" if found.tests else "tree"
    points = [_point_message(point, outcome) for point in found.known(outcome)]
    return {
        "run": found.run.run_id,
        "outcome": outcome,
        "until": found.until,
        "drawn": any(point.drawn for point in found.points),
        "finished": found.finished,
        "asked": len(found.points),
        "points": points,
    }


def _point_message(point: ForkPoint, outcome: str) -> dict[str, Any]:
    figure = point.pivot if outcome == "tests" else point.moved("tree")
    return {
        "at": point.at,
        "figure": _interval(figure),
        "before": _interval(point.chance()) if outcome == "tests" else None,
        "certain": figure.excludes_zero,
        "tail": point.tail_mass,
        "arms": [
            {
                "token": arm.token_id,
                "text": arm.text,
                "probability": arm.probability,
                "written": arm.written,
                "done": len(arm.outcomes),
                "passed": arm.passed,
                "unknown": arm.unknown,
                "status": arm.outcomes[0].get("tests", "") if arm.outcomes else "",
                "same": sum(one["tree"] == point.arms[0].outcomes[0]["tree"] for one in arm.outcomes),
                "message": arm.outcomes[0].get("message", "") if arm.outcomes else "",
            }
            for arm in point.arms
        ],
    }


def _interval(figure: Interval) -> list[float]:
    return [figure.value, figure.low, figure.high]
