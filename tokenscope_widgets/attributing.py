"""From a user's question to an attribution: checked, with its cost known, then carried out on the worker thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tokenscope_widgets.analysis.attention_capture import attention_bytes
from tokenscope_widgets.analysis.attention_sites import attention_sites
from tokenscope_widgets.analysis.attribution import METHODS, Attribution
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.faithfulness import Faithfulness, measure_faithfulness, order_of
from tokenscope_widgets.analysis.focus import focus_on, tokens_of
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.memory import gradient_bytes, require_memory
from tokenscope_widgets.analysis.methods import (
    CONVENTIONS,
    MethodOptions,
    MethodResult,
    check_method,
    options_from,
    run_method,
    variants_of,
    work_passes,
    work_tokens,
)
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.targets import Contrast, Plan, Target, plan_targets
from tokenscope_widgets.analysis.variants import Lead, Variants
from tokenscope_widgets.analysis.watch import Watch
from tokenscope_widgets.code.sources import sources_of
from tokenscope_widgets.errors import ModelOutputError, bad_value
from tokenscope_widgets.models.local import LocalModel
from tokenscope_widgets.worker import Job

_GRADIENTS = ("input_x_gradient", "saliency", "integrated_gradients")


@dataclass(frozen=True, eq=False)
class AttributionPlan:
    """What will be computed, and what it costs.

    Attributes
    ----------
    work_tokens : int
        About how many tokens will go through the model.
    seconds : float
        About how long that takes.
    cost_text : str
        The same in words: how many sources and passes.
    """

    run: Generation
    method: str
    plan: Plan
    sources: Partition
    options: MethodOptions
    seconds: float
    focus: bool = False

    @property
    def label(self) -> str:
        """The work in words."""
        many = f"{len(self.sources)} {self.sources.unit}{'' if len(self.sources) == 1 else 's'}"
        return f"{METHODS[self.method].label} of {many}{', then of tokens' if self.focus else ''}"

    @property
    def cost_text(self) -> str:
        """How many sources and passes."""
        passes = work_passes(self.method, self.plan.explained, self.sources, self.options)
        return f"{passes}, then the tokens of the lines that matter" if self.focus else passes

    @property
    def work_tokens(self) -> int:
        """About how many tokens will go through the model."""
        twice = 2 if self.plan.against else 1
        own = work_tokens(self.method, self.plan.explained, self.sources, self.options)
        if self.focus:
            tokens = tokens_of(self.sources)
            # about half of the text is in lines that matter
            own += work_tokens(self.method, self.plan.explained, tokens, self.options) // 2
        return twice * own

    def run_on(self, model: LocalModel, job: Job[Any]) -> Attribution:
        """Compute it; what a cancel left out is NaN."""
        if self.focus:
            lines = replace(self, focus=False).run_on(model, job)
            if not lines.finished:
                return lines
            tokens, note = focus_on(lines)
            plan = replace(self.plan, notes=(*self.plan.notes, note))
            return replace(self, focus=False, sources=tokens, plan=plan).run_on(model, job)
        watch = watch_of(job)
        notes = list(self.plan.notes)
        try:
            result = self._result(model, model.model, watch)
        except ModelOutputError:
            wider = model.widened()
            if wider is None:
                raise
            notes.append(f"computed in float32: {model.dtype_name} gave numbers that are not finite")
            result = self._result(model, wider, watch)
        shown = {"output": self.plan.explained.output, **vars(self.options)}
        if self.plan.contrast_text is not None:
            shown["contrast_text"] = self.plan.contrast_text
        explained = self.plan.explained
        if self.plan.against:
            shown["against"] = self.plan.against
        return Attribution(
            run=self.run,
            method=self.method,
            explained=explained,
            sources=self.sources,
            scores=result.scores,
            full=result.full,
            options=shown,
            completeness_error=result.completeness_error,
            fit_r2=result.fit_r2,
            # a cancel may come after the last step; fewer samples than asked for fit all the same
            finished=not job.cancelled or (self.method != "surrogate" and bool(np.isfinite(result.scores).all())),
            notes=tuple(notes),
        )

    def _result(self, model: LocalModel, network: Any, watch: Watch) -> MethodResult:
        own = self._run(model, network, self.run.token_ids, self.plan.explained, watch)
        if not self.plan.against:
            return own
        ids, explained = whole_contrast(self.run, self.plan)
        return _lead(own, self._run(model, network, ids, explained, watch))

    def _run(self, model: LocalModel, network: Any, ids: Any, explained: Explained, watch: Watch) -> MethodResult:
        return run_method(
            self.method,
            network,
            model.forward if network is model.model else ForwardPass(network),
            ids,
            explained,
            self.sources,
            self.options,
            empty_id=model.empty_id,
            watch=watch,
        )


def plan_attribution(
    model: LocalModel,
    seconds_per_token: float,
    tokenize: Callable[[str | int, str], list[int]],
    run: Generation,
    target: Target,
    method: str,
    *,
    sources: str | Sequence[tuple[int, int]] | Partition,
    contrast: Contrast,
    output: str | None,
    **options: Any,
) -> AttributionPlan:
    """Check everything; see `Session.attribute`."""
    options = _with_convention({**options, **({"output": output} if output is not None else {})})
    output = options.pop("output", "logprob")
    check_method(method, output)
    within_span = bool(options.pop("within_span", False))
    plan = plan_targets(
        run,
        target,
        output=output,
        contrast=contrast,
        whole_contrast=bool(options.pop("whole_contrast", False)),
        token=options.pop("token", None),
        together=bool(options.pop("together", False)),
        tokenize=tokenize,
    )
    _require_room(model, plan)
    checked = options_from(options)
    checked.check(model.forward.vocabulary_size)
    positions = plan.explained.positions
    stop = int(positions[-1] if within_span else positions[0])
    focus = isinstance(sources, str) and sources == "focus"
    if focus and method not in ("ablation", "surrogate"):
        raise bad_value("sources", sources, f"is not for {METHODS[method].label}", "Use 'token' or 'line'")
    pieces = sources_of(run, "line" if focus else sources, stop)
    if method in _GRADIENTS:
        batch = 1 if method != "integrated_gradients" else max(1, 512 // len(run))
        needed = gradient_bytes(model.model.config.get_text_config(), int(positions[-1]), batch)
        require_memory(needed, model.model.device, "method", "Use method='ablation', or a shorter run")
    if method == "attention_rollout":
        sites = attention_sites(model.model)
        heads = int(model.model.config.get_text_config().num_attention_heads)
        needed = attention_bytes(len(sites.layers), heads, stop, stop)
        require_memory(needed, model.model.device, "method", "Use method='attention', or a shorter run")
    found = AttributionPlan(run, method, plan, pieces, checked, 0, focus)
    return replace(found, seconds=found.work_tokens * seconds_per_token)


def _require_room(model: LocalModel, plan: Plan) -> None:
    limit, length = model.context_length, int(plan.explained.positions[0]) + len(plan.against)
    if limit is not None and plan.against and length > limit:
        raise bad_value(
            "contrast",
            plan.contrast_text,
            f"is too long: with what stands before it, {length:,} tokens do not fit the context of {limit:,}",
            "Shorten it",
        )


def whole_contrast(run: Generation, plan: Plan) -> tuple[Any, Explained]:
    """The ids and targets of the other continuation."""
    first = int(plan.explained.positions[0])
    against = np.array(plan.against, np.int64)
    positions = np.arange(first, first + len(against))
    return np.concatenate([run.token_ids[:first], against]), replace(
        plan.explained, positions=positions, token_ids=against
    )


def measure_attribution(model: LocalModel, attribution: Attribution, job: Job[Any], **options: Any) -> Faithfulness:
    """Deletion and insertion curves of an attribution; options as for `measure_faithfulness`."""

    def measured(forward: ForwardPass) -> Faithfulness:
        return measure_faithfulness(
            attribution_variants(model, attribution, forward),
            attribution.sources,
            order_of(attribution.total, attribution.signed),
            quantity=attribution.explained.quantity,
            watch=watch_of(job),
            **options,
        )

    try:
        return measured(model.forward)
    except ModelOutputError:
        wider = model.widened()
        if wider is None:
            raise
        return measured(ForwardPass(wider))


def attribution_variants(
    model: LocalModel, attribution: Attribution, forward: ForwardPass | None = None
) -> Variants | Lead:
    """Contexts with sources left out, scored on what the attribution explains."""
    forward = forward or model.forward
    options = options_from({k: v for k, v in attribution.options.items() if k in vars(MethodOptions())})
    run, explained = attribution.run, attribution.explained
    own = variants_of(forward, run.token_ids, explained, options, model.empty_id)
    against = attribution.options.get("against")
    if not against:
        return own
    ids, other = whole_contrast(run, Plan(explained, against))
    return Lead(own, variants_of(forward, ids, other, options, model.empty_id))


def watch_of(job: Job[Any]) -> Watch:
    """A job's progress and cancel, as the analysis asks for them."""

    def expect(tokens: int) -> None:
        job.total = job.progress + tokens

    return Watch(cancelled=lambda: job.cancelled, advance=job.advance, expect=expect)


def _with_convention(options: dict[str, Any]) -> dict[str, Any]:
    name = options.pop("convention", None)
    if name is None:
        return options
    if name not in CONVENTIONS:
        raise bad_value("convention", name, "is not known", f"Use one of {', '.join(CONVENTIONS)}")
    preset: Mapping[str, Any] = CONVENTIONS[name]
    return {**preset, **options}


def _lead(own: MethodResult, other: MethodResult) -> MethodResult:
    """A whole text minus another: one row."""

    def total(values: Any) -> Any:
        return np.asarray(values, np.float64).sum(axis=0, keepdims=True)

    return MethodResult(
        (total(own.scores) - total(other.scores)).astype(np.float32),
        (total(own.full) - total(other.full)).astype(np.float32),
    )
