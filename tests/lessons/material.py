"""What the exercises are about, small enough to be worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.pages import fibonacci
from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.attribution import Attribution
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.faithfulness import Faithfulness
from tokenscope_widgets.analysis.forks import ForkAnalysis, ForkArm, ForkPoint
from tokenscope_widgets.analysis.partition import Partition

RUN = fibonacci()
AT = 20
P = [0.5, 0.25, 0.125, 0.125]
SCORES, FLAGGED = [0.1, 2.3, 0.4, 0.9, 0.2, 1.1], [False, False, False, True, False, True]
NATS = float(RUN.surprisal_nats[AT])


def alternatives() -> np.ndarray:
    return np.array([p for _, _, p in RUN.alternatives(AT)])


def attention() -> Attention:
    """Two heads that read position 0 most, then position 2; every row of another share."""
    weights = np.zeros((1, 2, 6, 6), np.float32)
    for query in range(6):
        weights[:, :, query, : query + 1] = 0.02
        weights[:, :, query, min(2, query)] += 0.2
        weights[:, :, query, 0] += 0.5 - 0.05 * query
    return Attention(weights, np.arange(1), np.arange(2), np.arange(6), 1, 2)


def attribution(totals: list[float], method: str = "ablation") -> Attribution:
    sources = Partition("token", np.arange(len(totals)), np.arange(1, len(totals) + 1))
    explained = Explained(np.array([AT]), RUN.token_ids[[AT]])
    return Attribution(RUN, method, explained, sources, np.array([totals], np.float32), np.array([-1.0], np.float32))


def faithfulness(cost: float) -> Faithfulness:
    random = np.linspace(1, 5, 11, dtype=np.float32)[:, None]
    costs = np.array([cost], np.float32)
    return Faithfulness(np.array([7]), 40, costs, costs, random, random, "token", "nats")


def point(at: int, passed: tuple[bool, ...]) -> ForkPoint:
    """Three tokens, the first of which is written."""
    outcomes = [{"text": str(i), "tree": str(i), "tests": "passed" if ok else "failed"} for i, ok in enumerate(passed)]
    arms = [
        ForkArm(i, str(i), p, i == 0, (RUN,), (outcome,))
        for i, (p, outcome) in enumerate(zip((0.5, 0.4, 0.05), outcomes, strict=True))
    ]
    return ForkPoint(at, 0.9, "name", tuple(arms), False)


FOUND = ForkAnalysis(RUN, (point(20, (True, False, True)), point(30, (True, True, True))), "run", "x", 0, {}, "x")
CAUSE = attribution([0.4, 3.0, 0.1])
NEEDED, LOOKED = attribution([0.0, 0.1, 2.0, 0.3]), attribution([0.6, 0.3, 0.05, 0.05], "attention")
TRUST = {"ablation": faithfulness(8), "attention": faithfulness(7), "attention_rollout": faithfulness(0.5)}

GIVEN: dict[str, dict[str, Any]] = {
    "01.1": {"run": RUN},
    "01.2": {"run": RUN, "token": " elif"},
    "01.3": {"run": RUN},
    "02.1": {"run": RUN, "at": AT},
    "02.2": {"p": P},
    "02.3": {"run": RUN},
    "02.4": {"run": RUN, "start": 60},
    "03.1": {"run": RUN, "at": AT, "temperature": 0.5},
    "03.2": {"run": RUN, "at": AT, "top_p": 0.7},
    "03.3": {"run": RUN, "at": AT, "top_k": 2},
    "03.4": {"run": RUN, "start": 19, "stop": 29},
    "04.1": {"attention": attention(), "at": 4},
    "04.2": {"attention": attention(), "at": 5},
    "04.3": {"needed": NEEDED, "looked": LOOKED},
    "04.4": {"trust": TRUST},
    "05.1": {"cause": CAUSE},
    "05.2": {"cause": CAUSE, "source": 1},
    "05.3": {"run": RUN, "at": AT, "rival": " <"},
    "06.2": {"point": FOUND.points[0]},
    "06.3": {"point": FOUND.points[0]},
    "06.4": {"found": FOUND},
    "07.2": {"scores": SCORES, "flagged": FLAGGED},
    "07.3": {},
    "07.4": {"surprisal": SCORES, "flagged": FLAGGED, "k": 3},
}
GAP = int(np.nanargmax(RUN.surprisal_nats - RUN.entropy_nats))
SIZE = len(RUN.text.encode())
LEAD = math.log(alternatives()[0] / alternatives()[1])
MEAN = float(RUN.surprisal_nats[60:].mean(dtype=float))
