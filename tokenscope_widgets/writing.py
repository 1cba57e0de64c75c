"""Carries out generating and scoring on the worker thread: batches, caches, and what is kept when a model fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tokenscope_widgets.analysis.branching import PrefixCaches
from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.decoding import Row, decode, prefill
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.errors import OutOfMemoryError, TokenScopeError
from tokenscope_widgets.models.local import LocalModel
from tokenscope_widgets.worker import Job

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
        try:
            for group in _equal_lengths(rows):
                self._decode(job, [rows[i] for i in group], settings, _reindexed(observer, group))
        except TokenScopeError as error:
            error.partial = [row.builder.build("error" if row.finish == "running" else row.finish) for row in rows]
            raise
        return [row.builder.build(row.finish) for row in rows]

    def score(self, job: Job[Any], row: Row) -> Generation:
        """Measure every token of a row; nothing is written."""
        cache = self._new_cache(row.builder.settings)
        self._guard(job, [row], None, prefill(self._model.forward, [row], cache, lambda: job.cancelled))
        return row.builder.build("cancelled" if job.cancelled else "scored")

    def _decode(self, job: Job[Any], rows: list[Row], settings: DecodingSettings, observer: Observer | None) -> None:
        known = max(len(rows[0].builder) - 1, 0)
        cache = self._caches.fork(rows[0].token_ids, known, len(rows)) if settings.use_cache else None
        cache = cache or self._new_cache(settings)
        steps = decode(
            self._model.forward,
            rows,
            settings,
            cache,
            context_length=self._model.context_length,
            cancelled=lambda: job.cancelled,
        )
        self._guard(job, rows, observer, steps)
        if cache is not None and len(rows) == 1:
            self._caches.add(rows[0].token_ids, cache)

    def _guard(self, job: Job[Any], rows: list[Row], observer: Observer | None, steps: Iterable[Any]) -> None:
        """Run the steps; whatever fails, keep what there is."""
        done = job.progress - sum(len(row.token_ids) for row in rows)
        try:
            for _ in steps:
                job.progress = done + sum(len(row.token_ids) for row in rows)
                for index, row in enumerate(rows):
                    if observer is not None:
                        observer(index, row.builder)
        except Exception as error:
            failure = error if isinstance(error, TokenScopeError) else _explained(error, rows)
            self._caches.clear()
            failure.partial = [row.builder.build("error") for row in rows]
            raise failure from error

    def _new_cache(self, settings: DecodingSettings) -> Any:
        forward = self._model.forward
        return forward.new_cache() if settings.use_cache and forward.supports_cache else None


def _equal_lengths(rows: Sequence[Row]) -> list[list[int]]:
    """Indices of rows that can share a batch: as long, and measured as far, as each other."""
    groups: dict[tuple[int, int], list[int]] = {}
    for i, row in enumerate(rows):
        groups.setdefault((len(row.token_ids), len(row.builder)), []).append(i)
    return list(groups.values())


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
