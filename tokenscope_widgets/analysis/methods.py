"""One call for every attribution method, with its options checked and its cost known before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.ablation import ablate, ablate_sampled
from tokenscope_widgets.analysis.attention import rollout
from tokenscope_widgets.analysis.attention_capture import attention_of
from tokenscope_widgets.analysis.attribution import METHODS
from tokenscope_widgets.analysis.explained import OUTPUTS, Explained
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.gradients import REDUCTIONS, input_x_gradient, integrated_gradients, saliency
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.variants import REMOVALS, Variants
from tokenscope_widgets.analysis.watch import Watch
from tokenscope_widgets.errors import bad_value

Floats = NDArray[np.float32]

CONVENTIONS: Mapping[str, Mapping[str, Any]] = {
    "inseq": {"output": "probability", "reduction": "l2", "removal": "replace", "within_span": True},
    "captum": {"output": "logprob", "reduction": "sum", "removal": "replace"},
}
"""What other tools do by default, as options of ours."""


@dataclass(frozen=True)
class MethodOptions:
    """How a method is run.

    Attributes
    ----------
    removal : str
        Ablation, sampled ablation, faithfulness: ``"remove"`` a source, ``"replace"`` its tokens by
        ``replacement_id``, or put the ``"mean"`` embedding of the vocabulary there.
    replacement_id : int
    reduction : str
        Gradients times inputs: ``"sum"`` over dimensions keeps the sign; ``"l2"`` and ``"abs"`` do not.
    baseline_id : int or None
        Integrated gradients: the token whose embedding is the baseline; None for zeros.
    steps : int
        Integrated gradients: points along the way.
    samples, seed : int
        Sampled ablation.
    layer, head : int or None
        Attention: None for the mean.
    """

    removal: str = "remove"
    replacement_id: int = 0
    reduction: str = "sum"
    baseline_id: int | None = 0
    steps: int = 20
    samples: int = 64
    seed: int = 0
    layer: int | None = None
    head: int | None = None

    def check(self, vocabulary_size: int) -> None:
        """Raise `InputError` for a value that cannot be used."""
        for name, known in (("removal", REMOVALS), ("reduction", REDUCTIONS)):
            if getattr(self, name) not in known:
                raise bad_value(name, getattr(self, name), "is not known", f"Use one of {', '.join(known)}")
        for name, least in (("steps", 1), ("samples", 16)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise bad_value(name, value, f"must be a whole number from {least}", f"Use {least} or more")
        for name in ("replacement_id", "baseline_id"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < vocabulary_size:
                problem = f"is not in the vocabulary of {vocabulary_size:,} tokens"
                raise bad_value(name, value, problem, "Use 0 … its size − 1")


def options_from(given: Mapping[str, Any]) -> MethodOptions:
    """Options by name.

    Raises
    ------
    InputError
        One is not known.
    """
    known = [f.name for f in fields(MethodOptions)]
    for name, value in given.items():
        if name not in known:
            raise bad_value(name, value, "is no option of an attribution", f"Known: {', '.join(known)}")
    return MethodOptions(**given)


def check_method(method: str, output: str) -> None:
    """Raise `InputError` for an unknown method or output."""
    if method not in METHODS:
        raise bad_value("method", method, "is not known", f"Use one of {', '.join(METHODS)}")
    if output not in OUTPUTS:
        raise bad_value("output", output, "is not known", f"Use one of {', '.join(OUTPUTS)}")


@dataclass(frozen=True, eq=False)
class MethodResult:
    """Scores [target, source] with the figures that a method gives about itself; see `Attribution`."""

    scores: Floats
    full: Floats
    completeness_error: Floats | None = None
    fit_r2: Floats | None = None


def run_method(
    method: str,
    model: Any,
    forward: ForwardPass,
    token_ids: NDArray[np.int64],
    explained: Explained,
    sources: Partition,
    options: MethodOptions,
    *,
    empty_id: int = 0,
    watch: Watch | None = None,
) -> MethodResult:
    """Score the sources of the targets with one of `METHODS`; arguments as checked above."""
    watch = watch or Watch()
    if method in ("ablation", "surrogate"):
        variants = variants_of(forward, token_ids, explained, options, empty_id)
        if method == "ablation":
            return MethodResult(ablate(variants, sources, watch), variants.full)
        fitted = ablate_sampled(variants, sources, samples=options.samples, seed=options.seed, watch=watch)
        return MethodResult(fitted.scores, variants.full, fit_r2=fitted.fit_r2)
    if method.startswith("attention"):
        rows = _attention_rows(method, model, token_ids, explained, options, watch)
        return MethodResult(_by_source(rows, explained, sources), np.full(len(explained), np.nan, np.float32))
    if method == "integrated_gradients":
        varied = sources.covered(explained.context_length)
        found = integrated_gradients(
            forward,
            token_ids,
            explained,
            varied,
            baseline_id=options.baseline_id,
            steps=options.steps,
            reduction=options.reduction,
            watch=watch,
        )
    elif method == "saliency":
        found = saliency(forward, token_ids, explained, watch)
    else:
        found = input_x_gradient(forward, token_ids, explained, reduction=options.reduction, watch=watch)
    return MethodResult(_by_source(found.scores, explained, sources), found.full, found.completeness_error)


def variants_of(
    forward: ForwardPass, token_ids: NDArray[np.int64], explained: Explained, options: MethodOptions, empty_id: int
) -> Variants:
    """The contexts with sources left out, as the options say."""
    return Variants(
        forward,
        token_ids,
        explained,
        removal=options.removal,
        replacement_id=options.replacement_id,
        empty_id=empty_id,
    )


def work_tokens(method: str, explained: Explained, sources: Partition, options: MethodOptions) -> int:
    """About how many tokens a method puts through the model, a backward pass counted as a forward one."""
    length, targets = explained.context_length, explained.rows
    if method == "ablation":
        return int(length + (length - sources.starts).sum())
    if method == "surrogate":
        return length * (1 + options.samples)
    if method == "integrated_gradients":
        return length * (options.steps * (1 + targets) + 2)
    return length if method.startswith("attention") else length * (1 + targets)


def work_passes(method: str, explained: Explained, sources: Partition, options: MethodOptions) -> str:
    """The same in words."""
    many = {"ablation": 1 + len(sources), "surrogate": 1 + options.samples}.get(method)
    if many is not None:
        return f"{len(sources)} {sources.unit}s, {many} forward passes"
    steps = options.steps if method == "integrated_gradients" else 1
    if method.startswith("attention"):
        return "1 forward pass"
    return f"{steps} forward and {steps * explained.rows} backward passes"


def _attention_rows(
    method: str,
    model: Any,
    token_ids: NDArray[np.int64],
    explained: Explained,
    options: MethodOptions,
    watch: Watch,
) -> Floats:
    """[target, key]: what the query before each target read."""
    ids = [int(i) for i in token_ids[: explained.context_length]]
    queries = explained.positions - 1
    asked: tuple[Any, ...] = (options.layer, options.head, np.unique(queries).tolist())
    if method == "attention_rollout":
        asked = (None, None, None)
    kept = attention_of(model, ids, *asked, cancelled=watch.cancelled, progress=_steps(watch))
    rows = np.full((len(queries), len(ids)), np.nan, np.float32)
    if method == "attention_rollout":
        # rollout goes through every row: of a pass that was cancelled there is none
        return rollout(kept)[queries] if len(kept.queries) == len(ids) else rows
    reached = np.isin(queries, kept.queries)
    rows[reached] = kept.mean()[np.searchsorted(kept.queries, queries[reached])]
    return rows


def _steps(watch: Watch) -> Callable[[int], None]:
    """Told how many tokens are done, tells how many more they are."""
    done = 0

    def tell(tokens: int) -> None:
        nonlocal done
        watch.advance(tokens - done)
        done = tokens

    return tell


def _by_source(scores: Floats, explained: Explained, sources: Partition) -> Floats:
    """Token scores added up within each source; NaN for those not wholly before the target."""
    summed = sources.sum_tokens(scores)
    unknown = ~np.isfinite(scores[:, 0])
    summed[unknown] = np.nan
    return np.where(sources.before(explained.positions[: len(scores)]), summed, np.float32(np.nan))
