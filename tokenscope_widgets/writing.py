"""Carries out generating and scoring on the worker thread: batches, caches, and what is kept when a model fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from tokenscope_widgets.analysis.branching import PrefixCaches
from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.decoding import Row, decode, prefill
from tokenscope_widgets.analysis.forward import ForwardPass, cache_length
from tokenscope_widgets.analysis.padding import PaddedForward, padded_cache
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.errors import OutOfMemoryError, TokenScopeError
from tokenscope_widgets.models.local import LocalModel
from tokenscope_widgets.worker import Job

_CACHE_BYTES_AT_ONCE = 2**28
_ROWS_AT_ONCE = 48

Observer = Callable[[int, GenerationBuilder], None]
"""Called on the worker thread with (index of the run in its batch, the run so far) whenever it grew."""


class Writer:
    """Writes and scores rows of one model, and keeps the caches that let branches start where they leave."""

    def __init__(self, model: LocalModel) -> None:
        self._model = model
        self._caches = PrefixCaches()

    def write(
        self, job: Job[Any], rows: list[Row], settings: DecodingSettings, observer: Observer | None
    ) -> list[Generation]:
        """Write on after each row; rows that can share a batch do."""
        for _ in self.batches(job, rows, settings, observer):
            pass
        return [row.build() for row in rows]

    def batches(
        self,
        job: Job[Any],
        rows: list[Row],
        settings: DecodingSettings,
        observer: Observer | None = None,
        most_rows: int = _ROWS_AT_ONCE,
    ) -> Iterator[list[Generation]]:
        """As `write`; yields what each batch wrote."""
        try:
            for group in self._groups(rows, settings, most_rows):
                batch = [rows[i] for i in group]
                self._decode(job, batch, settings, _reindexed(observer, group))
                yield [row.build() for row in batch]
        except TokenScopeError as error:
            error.partial = [row.builder.build("error" if row.finish == "running" else row.finish) for row in rows]
            raise

    def score(self, job: Job[Any], row: Row) -> Generation:
        """Measure every token of a row; nothing is written."""
        cache = self._new_cache(row.builder.settings)
        self._guard(job, [row], None, prefill(self._model.forward, [row], cache, lambda: job.cancelled))
        return row.builder.build("cancelled" if job.cancelled else "scored")

    def _groups(self, rows: Sequence[Row], settings: DecodingSettings, most_rows: int) -> list[list[int]]:
        """Indices of rows that can share a batch: as long, and measured as far, as each other.

        Where the model can be told what is padding, rows that are equally far from being measured can, too.
        """
        padded = settings.use_cache and self._model.forward.supports_padding
        groups: dict[tuple[int, int], list[int]] = {}
        for i, row in enumerate(rows):
            mixed = padded and len(row.builder) > 1
            groups.setdefault((0 if mixed else len(row.token_ids), row.unmeasured), []).append(i)
        return [part for group in groups.values() for part in self._fitting(rows, group, settings, most_rows)]

    def _fitting(
        self, rows: Sequence[Row], group: list[int], settings: DecodingSettings, most_rows: int
    ) -> list[list[int]]:
        """A group in batches whose caches fit; the longest rows together, so that little is padding."""
        length = max(len(rows[i].token_ids) for i in group) + settings.max_new_tokens
        bytes_per_token = max(self._caches.bytes_per_token, self._model.forward.cache_bytes_per_token, 1)
        most = max(1, min(most_rows, _CACHE_BYTES_AT_ONCE // (bytes_per_token * length)))
        order = sorted(group, key=lambda i: -len(rows[i].token_ids))
        return [sorted(order[first : first + most]) for first in range(0, len(order), most)]

    def _decode(self, job: Job[Any], rows: list[Row], settings: DecodingSettings, observer: Observer | None) -> None:
        forward: ForwardPass | PaddedForward = self._model.forward
        if len({len(row.token_ids) for row in rows}) > 1:
            with self._keeping(rows):
                padded = self._padded(job, rows)
            if padded is None:
                for row in rows:
                    row.finish = "cancelled"
                return
            forward, cache = padded
        else:
            known = max(len(rows[0].builder) - 1, 0)
            cache = self._caches.fork(rows[0].token_ids, known, len(rows)) if settings.use_cache else None
            cache = cache or self._new_cache(settings)
        steps = decode(
            forward,
            rows,
            settings,
            cache,
            context_length=self._model.context_length,
            cancelled=lambda: job.cancelled,
        )
        self._guard(job, rows, observer, steps)
        if cache is not None and len(rows) == 1:
            self._caches.add(rows[0].token_ids, cache)

    def _padded(self, job: Job[Any], rows: list[Row]) -> tuple[PaddedForward, Any] | None:
        """The model, and a cache of what is measured of each row but its last token; None once it is cancelled."""
        lengths = [len(row.token_ids) for row in rows]
        caches: dict[int, Any] = {}
        # what the longest computes serves the others
        for i in sorted(range(len(rows)), key=lambda i: -lengths[i]):
            caches[i] = self._prefix(job, rows[i])
            if job.cancelled:
                return None
        forward = PaddedForward(self._model.forward, [max(lengths) - length for length in lengths])
        return forward, padded_cache([caches[i] for i in range(len(rows))])

    def _prefix(self, job: Job[Any], row: Row) -> Any:
        """A cache of all that is measured of a row but its last token, computed where it is not known."""
        known = len(row.builder) - 1
        cache = self._caches.fork(row.token_ids, known)
        if cache_length(cache) < known:
            forward = self._model.forward
            cache = cache or forward.new_cache()
            while cache_length(cache) < known and not job.cancelled:
                start = cache_length(cache)
                forward(torch.tensor([row.token_ids[start : min(start + forward.slice_length, known)]]), cache)
            self._caches.add(row.token_ids, cache)
            cache = self._caches.fork(row.token_ids, known)
        return cache

    def _guard(self, job: Job[Any], rows: list[Row], observer: Observer | None, steps: Iterable[Any]) -> None:
        """Run the steps; whatever fails, keep what there is."""
        done = job.progress - sum(len(row.token_ids) for row in rows)
        with self._keeping(rows):
            for _ in steps:
                job.advance(done + sum(len(row.token_ids) for row in rows) - job.progress)
                for index, row in enumerate(rows):
                    if observer is not None:
                        observer(index, row.builder)

    @contextmanager
    def _keeping(self, rows: list[Row]) -> Iterator[None]:
        """Whatever fails meanwhile is explained, and carries what there is."""
        try:
            yield
        except Exception as error:
            failure = error if isinstance(error, TokenScopeError) else _explained(error, rows)
            self._caches.clear()
            failure.partial = [row.builder.build("error") for row in rows]
            raise failure from error

    def _new_cache(self, settings: DecodingSettings) -> Any:
        forward = self._model.forward
        return forward.new_cache() if settings.use_cache and forward.supports_cache else None


def _reindexed(observer: Observer | None, group: Sequence[int]) -> Observer | None:
    return None if observer is None else lambda i, builder: observer(group[i], builder)


def _explained(error: Exception, rows: Sequence[Row]) -> TokenScopeError:
    length = max(len(row.token_ids) for row in rows)
    if out_of_memory(error):
        return OutOfMemoryError(
            f"The model ran out of memory at {length:,} tokens in a batch of {len(rows)}. "
            "Use a shorter prompt, fewer alternatives at once, or dtype='bfloat16'."
        )
    return TokenScopeError(
        f"The model failed at {length:,} tokens: {type(error).__name__}: {error}. "
        "What was written is in error.partial; the model's own error is this one's cause."
    )


def out_of_memory(error: Exception) -> bool:
    """Whether an error, of whatever type, says that memory ran out."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text
