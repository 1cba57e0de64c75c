"""The part of a session that looks inside the model: attention, the logit lens, what each part added to a logit."""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import OutOfMemoryError, TokenScopeError, bad_value
from tokenscope_widgets.worker import Job, Worker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.direct import DirectAttribution
    from tokenscope_widgets.analysis.lens import Lens
    from tokenscope_widgets.analysis.targets import Contrast
    from tokenscope_widgets.models.local import LocalModel

    Places = int | Sequence[int] | None
    Indices = NDArray[np.int64]

T = TypeVar("T")

_ANNOUNCE_SECONDS = 10
# what logsumexp, the likeliest tokens, the rank and the divergence cost, in columns of the head's weights
_LOOKS = 256
# shorter work says nothing about how long work takes
_CELLS_TO_LEARN_FROM = 64


class Inspecting:
    """Methods of `Session` that look inside the model."""

    model: LocalModel
    worker: Worker
    _written_attention: weakref.WeakKeyDictionary[Generation, Attention]
    _lens_seconds_per_token: float | None = None

    def attention(
        self,
        run: Generation,
        layer: int | Sequence[int] | None = None,
        head: int | Sequence[int] | None = None,
        query: int | Sequence[int] | None = None,
        *,
        dtype: str = "float32",
    ) -> Attention:
        """What each token read, from one pass over the run's text.

        Of queries that ``generate(attention=…)`` recorded, and that are named here, no pass is needed.

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
        from tokenscope_widgets.analysis.attention_capture import attention_bytes, attention_of, attention_shape

        self._require_run(run)
        kept = self._written_attention.get(run)
        if kept is not None and query is not None and dtype in ("float16", "float32"):
            try:
                selected = kept.select(layer, head, query)
                found = replace(selected, weights=selected.weights.astype(dtype), run=run)
                return self.worker.submit(lambda _job: found)
            except TokenScopeError:
                pass  # not all of it was recorded
        size = attention_shape(self.model.model, len(run), layer, head, query)
        self._require_memory(attention_bytes(*size, dtype=dtype), "attention", "Ask for fewer layers or queries")

        def work(job: Job[Attention]) -> Attention:
            found = attention_of(
                self.model.model,
                [int(i) for i in run.token_ids],
                layer,
                head,
                query,
                dtype=dtype,
                cancelled=lambda: job.cancelled,
                progress=lambda tokens: job.advance(tokens - job.progress),
            )
            return replace(found, run=run)

        return self.worker.submit(work, total=len(run))

    def lens(self, run: Generation, layers: Places = None, positions: Places = None, *, k: int = 5) -> Lens:
        """The logit lens: what the model would say if it stopped after each layer (nostalgebraist 2020).

        Parameters
        ----------
        layers, positions : int or sequence of int, optional
            None for all. Position *t* predicts token *t* + 1.
        k : int
            Top tokens to keep.

        Raises
        ------
        InputError
            A layer or position out of range; a model whose last norm and head cannot be found.
        """
        seconds = self.lens_seconds(run, layers, positions)
        return self._wait(self.start_lens(run, layers, positions, k=k), "Reading layers", seconds)

    def start_lens(self, run: Generation, layers: Places = None, positions: Places = None, *, k: int = 5) -> Job[Lens]:
        """`lens`, at once: returns the job. Layers and positions are checked here."""
        from tokenscope_widgets.analysis.lens import lens

        wanted, kept = self._lens_choice(run, layers, positions)
        # what stands after the last token that is asked about changes nothing
        ids = [int(i) for i in run.token_ids[: int(kept.max(initial=0)) + 2]]
        tokens = self._lens_tokens(wanted, kept)

        def work(job: Job[Lens]) -> Lens:
            job.advance(0)  # the first step takes long: say that it has begun
            began = time.perf_counter()
            found = lens(
                self.model.model,
                ids,
                wanted.tolist(),
                kept.tolist(),
                k,
                cancelled=lambda: job.cancelled,
                progress=lambda done: job.advance(done - job.progress),
            )
            if not job.cancelled and found.rank.size > _CELLS_TO_LEARN_FROM:
                self._lens_seconds_per_token = (time.perf_counter() - began) / tokens
            seen = {int(i): self.model.token_bytes(int(i)) for i in set(found.top_ids.ravel().tolist())}
            return replace(found, run=run, vocabulary=seen)

        return self.worker.submit(lambda job: self._explained(lambda: work(job)), total=len(ids))

    def lens_seconds(self, run: Generation, layers: Places = None, positions: Places = None) -> float:
        """About how long `lens` takes: a guess at first, from then on at the pace of the last one."""
        if self._lens_seconds_per_token is None:
            from tokenscope_widgets.analysis.pace import guess_seconds_per_token

            self._lens_seconds_per_token = guess_seconds_per_token(self.model.model)
        return self._lens_tokens(*self._lens_choice(run, layers, positions)) * self._lens_seconds_per_token

    def _lens_tokens(self, layers: Indices, positions: Indices) -> float:
        """The cost of a lens, in tokens on their way through the model."""
        text = self.model.model.config.get_text_config()
        # a row of logits costs the head's products, and a few looks at the whole vocabulary
        row = text.vocab_size * (text.hidden_size + _LOOKS) / max(self.model.model.num_parameters(), 1)
        return float(int(positions.max(initial=0)) + 2 + len(layers) * len(positions) * row)

    def _lens_choice(self, run: Generation, layers: Places, positions: Places) -> tuple[Indices, Indices]:
        from tokenscope_widgets.analysis.selection import chosen

        self._require_run(run)
        count = int(self.model.model.config.get_text_config().num_hidden_layers)
        return chosen("layer", layers, count), chosen("position", positions, len(run))

    def direct_logit_attribution(self, run: Generation, target: int, contrast: Contrast = None) -> DirectAttribution:
        """What each layer, attention head and MLP added to the logit of a token, or to its lead over another.

        Parameters
        ----------
        target : int
            The token's position.
        contrast : bool, str, int or None
            True for the runner-up, or a text (its first token) or token id.

        Raises
        ------
        InputError
            A target outside the run, or the first token.
        """
        from tokenscope_widgets.analysis.direct import direct_logit_attribution
        from tokenscope_widgets.analysis.targets import plan_targets

        self._require_run(run)
        plan = plan_targets(
            run,
            target,
            output="logit",
            contrast=contrast,
            whole_contrast=False,
            token=None,
            tokenize=self._tokens,
        )
        explained = plan.explained
        if len(explained) != 1:
            raise bad_value("target", target, "names several tokens", "Name one position")
        contrast_id = int(explained.contrast_ids[0]) if explained.contrast_ids is not None else None

        def work(_job: Job[DirectAttribution]) -> DirectAttribution:
            ids = [int(i) for i in run.token_ids[: explained.context_length]]
            return self._explained(
                lambda: direct_logit_attribution(
                    self.model.model, ids, len(ids) - 1, int(explained.token_ids[0]), contrast_id
                )
            )

        return self._wait(self.worker.submit(work), "Taking the logit apart")

    def _require_run(self, run: Generation) -> None:
        """A record, and of tokens that this model has."""
        if not isinstance(run, Generation):
            raise bad_value("run", run, "is no Generation", "Pass what session.generate or session.score returned")
        largest = int(run.token_ids.max()) if len(run) else 0
        if largest >= self.model.forward.vocabulary_size:
            raise bad_value(
                "run",
                run,
                f"has tokens that {self.model.name} does not know: another model wrote it",
                "Use its own session",
            )

    def _tokens(self, given: str | int, argument: str) -> list[int]:
        """Token ids of a text inside another, or of an id."""
        if not isinstance(given, str):
            return self.model.check_ids([given], argument)
        if not given:
            raise bad_value(argument, given, "is empty", "Give a text or a token id")
        return self.model.encode_continuation(given)

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

    def _require_memory(self, nbytes: int, argument: str, remedy: str) -> None:
        from tokenscope_widgets.analysis.memory import require_memory

        require_memory(nbytes, self.model.model.device, argument, remedy)

    def _wait(self, job: Job[T], label: str = "Generating", seconds: float = 0) -> T:
        """Wait for a job, with a progress bar if it takes longer than a second; long work is announced at once."""
        from tqdm import tqdm

        long = seconds > _ANNOUNCE_SECONDS
        label = f"{label}, about {seconds:.0f} s" if long else label
        # a notebook paints stderr red, and the place of a bar that is gone too
        file = sys.stdout if "ipykernel" in sys.modules else sys.stderr
        delay = 0 if long else 1
        with tqdm(total=job.total, desc=label, unit="tokens", delay=delay, leave=False, file=file) as bar:

            def tick() -> None:
                bar.total = max(job.total, job.progress)
                bar.update(job.progress - bar.n)

            return job.wait(tick=tick)
