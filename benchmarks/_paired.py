"""What the benchmarks share: paired runs, the rows they print, and the model they run on.

Costs are CPU time of the process: on a machine that others use, wall time says how busy they are. torch gets one
thread, because threads that wait for each other spin, which counts as CPU time: with two, the ratio of the same pair
came out anywhere between 0.4 and 2.0. Wall ratios are in the notes.
"""

from __future__ import annotations

import heapq
import inspect
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenscope_widgets.session import Session

CPU_NOTE = "CPU time"


@dataclass(frozen=True)
class Row:
    """One line of ``build/bench.json``.

    Attributes
    ----------
    value : float or None
        None where there is nothing to measure yet.
    unit : str
        ``"ratio"``, ``"s"`` or ``"kB"``.
    bar : float
        The value should not be larger.
    ok : bool or None
        Whether it is not; None without a value.
    repeats : int
        Over how many runs (pairs of runs) the value is the median.
    """

    name: str
    value: float | None
    unit: str
    bar: float
    ok: bool | None
    repeats: int
    note: str


def row(name: str, value: float | None, unit: str, bar: float, repeats: int, note: str) -> Row:
    """A `Row`, with ``ok`` filled in."""
    shown = None if value is None else round(value, 4)
    return Row(name, shown, unit, bar, None if shown is None else shown <= bar, repeats, note)


def paired(name: str, bar: float, ours: Callable[[], object], other: Callable[[], object], repeats: int) -> Row:
    """The median over ``repeats`` of (cost of ``ours``) / (cost of ``other``).

    The two run one right after the other, and take turns in going first, so that a slow spell of the machine hits
    both. One pair is run before, unmeasured.
    """
    ours(), other()
    cpu, wall, seconds = [], [], []
    for turn in range(repeats):
        if turn % 2:
            base, mine = cost(other), cost(ours)
        else:
            mine, base = cost(ours), cost(other)
        cpu.append(mine[0] / base[0])
        wall.append(mine[1] / base[1])
        seconds.append(base[0])
    median_s = statistics.median(seconds)
    spread = f"{min(cpu):.3g}–{max(cpu):.3g}"
    note = (
        f"{CPU_NOTE}, one torch thread; range {spread}, wall {statistics.median(wall):.3g}, baseline {median_s:.2f} s"
    )
    return row(name, statistics.median(cpu), "ratio", bar, repeats, note)


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """(CPU seconds of the process, wall seconds) that a call takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def report(result: Row) -> None:
    """Print the row as one line of JSON, which is what `run.py` reads."""
    print(json.dumps(asdict(result), ensure_ascii=False))


def demo_session() -> Session:
    """A session on the embedded default model, on one torch thread."""
    import torch

    from tokenscope_widgets.session import Session

    torch.set_num_threads(1)
    return Session.from_pretrained()


def code_ids(session: Session, length: int) -> list[int]:
    """The first ``length`` tokens of some real source code."""
    return session.model.encode(inspect.getsource(heapq))[:length]
