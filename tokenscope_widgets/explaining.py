"""The part of a session that explains: attention, attributions, and how far to trust them."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import OutOfMemoryError, TokenScopeError, bad_value
from tokenscope_widgets.worker import Job, Worker

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.analysis.faithfulness import Faithfulness
    from tokenscope_widgets.analysis.partition import Partition
    from tokenscope_widgets.analysis.targets import Contrast, Target
    from tokenscope_widgets.attributing import AttributionPlan
    from tokenscope_widgets.models.local import LocalModel

T = TypeVar("T")

_ANNOUNCE_SECONDS = 10


class Explaining:
    """Methods of `Session` that say why a token was written."""

    model: LocalModel
    worker: Worker

    def _begin_explaining(self) -> None:
        self._written_attention: weakref.WeakKeyDictionary[Generation, Attention] = weakref.WeakKeyDictionary()
        self._seconds_per_token: float | None = None

    def attention(
        self,
        run: Generation,
        layer: int | Sequence[int] | None = None,
        head: int | Sequence[int] | None = None,
        query: int | Sequence[int] | None = None,
        *,
        dtype: str = "float32",
    ) -> Attention:
        """What each token read, from one pass over the run's text (or as recorded while it was written).

        Parameters
        ----------
        layer, head, query : int or sequence of int, optional
            What to keep; None for all. The row of query *t* − 1 is what was read when token *t* was chosen.
        dtype : str
            ``"float32"`` or ``"float16"``, in which the weights are kept.

        Returns
        -------
        Attention
            Weights [layer, head, query, key].

        Raises
        ------
        InputError
            A layer, head or query out of range; a model without attention.
        OutOfMemoryError
            It would not fit: the estimate is made first.
        """
        return self._wait(self.start_attention(run, layer, head, query, dtype=dtype), "Reading attention")

    def start_attention(
        self,
        run: Generation,
        layer: int | Sequence[int] | None = None,
        head: int | Sequence[int] | None = None,
        query: int | Sequence[int] | None = None,
        *,
        dtype: str = "float32",
    ) -> Job[Attention]:
        """`attention`, at once: returns the job. Arguments are checked here."""
        from tokenscope_widgets.analysis.attention_capture import attention_bytes, attention_of
        from tokenscope_widgets.attributing import attention_shape

        kept = self._written_attention.get(run)
        if kept is not None and query is not None and dtype == "float16":
            try:
                selected = kept.select(layer, head, query)
                return self.worker.submit(lambda _job: selected)
            except TokenScopeError:
                pass
        size = attention_shape(self.model.model, len(run), layer, head, query)
        self._require_memory(attention_bytes(*size, dtype=dtype), "attention", "Ask for fewer layers or queries")

        def work(job: Job[Attention]) -> Attention:
            def progress(tokens: int) -> None:
                job.progress = tokens

            return attention_of(
                self.model.model,
                [int(i) for i in run.token_ids],
                layer,
                head,
                query,
                dtype=dtype,
                cancelled=lambda: job.cancelled,
                progress=progress,
            )

        return self.worker.submit(work, total=len(run))

    def attribute(
        self,
        run: Generation,
        target: Target,
        method: str = "ablation",
        *,
        sources: str | Sequence[tuple[int, int]] | Partition = "line",
        contrast: Contrast = None,
        output: str = "logprob",
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
            ``"line"``, ``"word"``, ``"token"``, or token ranges of your own, of what stands before the first target.
        contrast : bool, str, int or None
            Explain the lead over another token: True for the runner-up, or a text or token id.
        output : str
            ``"logprob"``, ``"logit"`` or ``"probability"``.
        **options
            ``token`` (explain this one at the target's position), ``whole_contrast`` (all tokens of a text contrast,
            not its first), ``within_span`` (tokens of the span are sources for later ones),
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
        output: str = "logprob",
        **options: Any,
    ) -> AttributionPlan:
        """Check the arguments of `attribute` and estimate its cost: nothing is computed."""
        from tokenscope_widgets.attributing import plan_attribution

        return plan_attribution(
            self.model,
            self._pace(),
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
            self._learn_pace(job, time.perf_counter() - began)
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

    def _explained(self, work: Callable[[], T]) -> T:
        from tokenscope_widgets.writing import out_of_memory

        try:
            return work()
        except TokenScopeError:
            raise
        except Exception as error:
            if out_of_memory(error):
                raise OutOfMemoryError(
                    "The model ran out of memory while explaining. Explain fewer targets at once, or a shorter run."
                ) from error
            raise TokenScopeError(
                f"The model failed while explaining: {type(error).__name__}: {error}. Its own error is the cause."
            ) from error

    def _pace(self) -> float:
        """Seconds a token takes on its way through the model: measured, or guessed from the model's size at first."""
        if self._seconds_per_token is None:
            from tokenscope_widgets.attributing import guess_seconds_per_token

            self._seconds_per_token = guess_seconds_per_token(self.model.model)
        return self._seconds_per_token

    def _learn_pace(self, job: Job[Any], seconds: float) -> None:
        if job.progress > 100:
            self._seconds_per_token = seconds / job.progress

    def _require_memory(self, nbytes: int, argument: str, remedy: str) -> None:
        from tokenscope_widgets.analysis.memory import require_memory

        require_memory(nbytes, self.model.model.device, argument, remedy)

    def _wait(self, job: Job[T], label: str = "Generating", seconds: float = 0) -> T:
        """Wait for a job, with a progress bar if it takes longer than a second; long work is announced at once."""
        from tqdm import tqdm

        long = seconds > _ANNOUNCE_SECONDS
        label = f"{label}, about {seconds:.0f} s" if long else label
        with tqdm(total=job.total, desc=label, unit="tokens", delay=0 if long else 1, leave=False) as bar:

            def tick() -> None:
                bar.total = max(job.total, job.progress)
                bar.update(job.progress - bar.n)

            return job.wait(tick=tick)
