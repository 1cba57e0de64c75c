"""The part of a session that explains: attributions, and how far to trust them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.inspecting import Inspecting
from tokenscope_widgets.worker import Job

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.analysis.faithfulness import Faithfulness
    from tokenscope_widgets.analysis.partition import Partition
    from tokenscope_widgets.analysis.targets import Contrast, Target
    from tokenscope_widgets.attributing import AttributionPlan


_TOKENS_TO_LEARN_FROM = 100

COMPARED: tuple[str | tuple[str, dict[str, Any]], ...] = (
    "ablation",
    "surrogate",
    "attention",
    "attention_rollout",
    "saliency",
    "integrated_gradients",
    "input_x_gradient",
    ("input_x_gradient", {"reduction": "abs"}),
)


class Explaining(Inspecting):
    """Methods of `Session` that say why a token was written."""

    _seconds_per_token: float | None = None
    generate: Callable[..., Generation]

    def attribute(
        self,
        run: Generation,
        target: Target,
        method: str = "ablation",
        *,
        sources: str | Sequence[tuple[int, int]] | Partition = "line",
        contrast: Contrast = None,
        output: str | None = None,
        **options: Any,
    ) -> Attribution:
        """Which context pushed a token, and by how much.

        Parameters
        ----------
        target : int, slice, (start, stop), or sequence of int
            The token, span or tokens to explain.
        method : str
            ``"ablation"``, ``"surrogate"`` (sampled ablation), ``"input_x_gradient"``, ``"saliency"``,
            ``"integrated_gradients"``, ``"attention"`` or ``"attention_rollout"``.
        sources : str, sequence of (start, stop), or Partition
            ``"line"``, ``"word"``, ``"token"``, ``"statement"``, ``"function"``, or token ranges of your own, of what
            stands before the first target.
            ``"focus"``: lines first, then the tokens of those lines that matter (ablation, sampled ablation).
        contrast : bool, str, int or None
            Explain the lead over another token: True for the runner-up, or a text or token id.
        output : str
            ``"logprob"`` (the default), ``"logit"`` or ``"probability"``.
        **options
            ``token`` (explain this one at the target's position), ``whole_contrast`` (all tokens of a text contrast,
            not its first), ``within_span`` (tokens of the span are sources for later ones), ``together`` (gradients:
            one backward pass for the sum over the span),
            ``convention="inseq"`` or ``"captum"``, and those of `MethodOptions`: ``removal``, ``replacement_id``,
            ``reduction``, ``baseline_id``, ``steps``, ``samples``, ``seed``, ``layer``, ``head``.

        Raises
        ------
        InputError
            A target outside the run, an unknown method, unit or option.
        ModelOutputError
            Gradients or logits are not finite, and computing in float32 is not possible.
        OutOfMemoryError
            It would not fit: the estimate is made first.

        Notes
        -----
        Work that will take over ten seconds says so before it starts. Ctrl-C ends it and returns what there is:
        scores that were not computed are NaN.
        """
        plan = self.plan_attribution(run, target, method, sources=sources, contrast=contrast, output=output, **options)
        return self._wait(self.start_attribution(plan), plan.label, plan.seconds)

    def plan_attribution(
        self,
        run: Generation,
        target: Target,
        method: str = "ablation",
        *,
        sources: str | Sequence[tuple[int, int]] | Partition = "line",
        contrast: Contrast = None,
        output: str | None = None,
        **options: Any,
    ) -> AttributionPlan:
        """Check the arguments of `attribute` and estimate its cost: nothing is computed."""
        from tokenscope_widgets.attributing import plan_attribution

        self._require_run(run)
        return plan_attribution(
            self.model,
            self._pace(),
            self._tokens,
            run,
            target,
            method,
            sources=sources,
            contrast=contrast,
            output=output,
            **options,
        )

    def start_attribution(self, plan: AttributionPlan) -> Job[Attribution]:
        """Carry out a plan, at once: returns the job."""

        def work(job: Job[Attribution]) -> Attribution:
            began = time.perf_counter()
            found = self._explained(lambda: plan.run_on(self.model, job))
            self._learn_pace(plan, job, time.perf_counter() - began)
            return replace(found, _measure=self.faithfulness)

        return self.worker.submit(work, total=plan.work_tokens)

    def faithfulness(
        self,
        attribution: Attribution,
        *,
        counts: Sequence[int] | None = None,
        random_orders: int = 10,
        insertion: bool = True,
        seed: int = 0,
    ) -> Faithfulness:
        """How far to trust an attribution: delete its top sources, watch the output fall, beside random ones.

        Parameters
        ----------
        counts : sequence of int, optional
            How many sources to delete; by default 10, 20, 30 and 50 % of them.
        random_orders : int
            For the comparison; at least 2.
        insertion : bool
            Also keep only the top sources.

        Raises
        ------
        InputError
            A count out of range, or scores that are not finished.
        """
        job = self.start_faithfulness(
            attribution, counts=counts, random_orders=random_orders, insertion=insertion, seed=seed
        )
        return self._wait(job, "Deleting sources")

    def start_faithfulness(
        self,
        attribution: Attribution,
        *,
        counts: Sequence[int] | None = None,
        random_orders: int = 10,
        insertion: bool = True,
        seed: int = 0,
    ) -> Job[Faithfulness]:
        """`faithfulness`, at once: returns the job."""
        from tokenscope_widgets.attributing import measure_attribution

        if not attribution.finished:
            raise bad_value("attribution", attribution, "was cancelled, so sources have no score", "Compute it whole")

        def work(job: Job[Faithfulness]) -> Faithfulness:
            return self._explained(
                lambda: measure_attribution(
                    self.model,
                    attribution,
                    job,
                    counts=counts,
                    random_orders=random_orders,
                    insertion=insertion,
                    seed=seed,
                )
            )

        return self.worker.submit(work)

    def compare_methods(
        self,
        prompts: Sequence[str | Generation],
        methods: Sequence[str | tuple[str, dict[str, Any]]] = COMPARED,
        *,
        sources: str = "token",
        max_new_tokens: int = 24,
        random_orders: int = 5,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Which method tells the truth about these prompts? One row per method and prompt, random orders included.

        Each prompt is continued greedily (a `Generation` is taken as it is) and its new tokens are explained together.

        Parameters
        ----------
        methods : sequence of str or (str, dict)
            Methods of `attribute`, with options.
        sources : str
            ``"token"``, ``"word"`` or ``"line"``.

        Returns
        -------
        DataFrame
            ``prompt``, ``method``, ``comprehensiveness_nats`` (mean cost of deleting the top 10, 20, 30 and 50 % of the
            sources, per new token; more is better), ``sufficiency_nats`` (of keeping only those; less is better) and
            ``seconds``. `tokenscope_widgets.analysis.faithfulness.summary_of` gives means with intervals over prompts.
        """
        import pandas as pd

        from tokenscope_widgets.comparing import compare_on_run

        rows = []
        for number, prompt in enumerate(prompts):
            run = prompt if isinstance(prompt, Generation) else self.generate(prompt, max_new_tokens=max_new_tokens)
            for one in compare_on_run(self, run, methods, sources, random_orders, seed):
                rows.append({"prompt": number, **one})
        return pd.DataFrame(rows)

    def _pace(self) -> float:
        """Seconds a token takes on its way through the model: measured, or guessed from the model's size at first."""
        if self._seconds_per_token is None:
            from tokenscope_widgets.analysis.pace import guess_seconds_per_token

            self._seconds_per_token = guess_seconds_per_token(self.model.model)
        return self._seconds_per_token

    def _learn_pace(self, plan: AttributionPlan, job: Job[Any], seconds: float) -> None:
        """By the tokens that were planned: what a shared prefix saves is saved the next time, too."""
        if not job.cancelled and plan.work_tokens > _TOKENS_TO_LEARN_FROM:
            self._seconds_per_token = seconds / plan.work_tokens
