"""Which attribution method tells the truth: the same deletions for all, on one run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.attribution import METHODS, Attribution
from tokenscope_widgets.analysis.faithfulness import cuts_of, deletion_costs, order_of, random_orders_of
from tokenscope_widgets.attributing import attribution_variants, watch_of
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.worker import Job

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.explaining import Explaining


def compare_on_run(
    session: Explaining,
    run: Generation,
    methods: Sequence[str | tuple[str, dict[str, Any]]],
    sources: str,
    random_orders: int,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """One row per method, and one for random orders."""
    if run.prompt_length >= len(run):
        raise bad_value("prompts", run, "has no new token to explain", "Pass runs that were generated")
    if not methods:
        raise bad_value("methods", methods, "names no method", f"Use some of {', '.join(METHODS)}")
    target = (run.prompt_length, len(run))
    found: list[tuple[str, Attribution, float]] = []
    for one in methods:
        method, options = (one, {}) if isinstance(one, str) else one
        began = time.perf_counter()
        gradients = method in ("input_x_gradient", "saliency", "integrated_gradients")
        attribution = session.attribute(run, target, method, sources=sources, **{"together": gradients, **options})
        found.append((name_of(method, options), attribution, time.perf_counter() - began))
    first = found[0][1]
    orders = [order_of(a.total, a.signed) for _, a, _ in found]
    orders += random_orders_of(len(first.sources), random_orders, seed)

    def work(job: Job[Any]) -> Any:
        # removed, whatever a method did to its sources
        plain = replace(first, options={**first.options, "removal": "remove"})
        variants = attribution_variants(session.model, plain)
        cuts = cuts_of(None, len(first.sources))
        return deletion_costs(variants, first.sources, orders, cuts, watch=watch_of(job))

    costs = session._wait(session.worker.submit(work), "Deleting sources") / (len(run) - run.prompt_length)
    means = costs.mean(axis=2)
    for i, (name, _, seconds) in enumerate(found):
        yield _row(name, means[0, i], means[1, i], seconds)
    rest = slice(len(found), None)
    yield _row("random", means[0, rest].mean(), means[1, rest].mean(), 0.0)


def name_of(method: str, options: dict[str, Any]) -> str:
    """A method with its options in words."""
    shown = ", ".join(f"{name} {value}" for name, value in options.items())
    return METHODS[method].label + (f" ({shown})" if shown else "")


def _row(method: str, comprehensiveness: float, sufficiency: float, seconds: float) -> dict[str, Any]:
    return {
        "method": method,
        "comprehensiveness_nats": float(comprehensiveness),
        "sufficiency_nats": float(sufficiency),
        "seconds": seconds,
    }
