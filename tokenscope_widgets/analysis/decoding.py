"""Write tokens one at a time, measuring each: a generator that can be stopped between two tokens."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.forward import ForwardPass, cache_length
from tokenscope_widgets.analysis.metrics import measure
from tokenscope_widgets.analysis.padding import PaddedForward
from tokenscope_widgets.analysis.records import Generation, Role
from tokenscope_widgets.analysis.sampling import Chooser
from tokenscope_widgets.analysis.settings import DecodingSettings

Cancelled = Callable[[], bool]


@dataclass
class Row:
    """One run being written: all its tokens, where measuring starts, and what it may still write.

    Attributes
    ----------
    ended : callable or None
        Asked after each token whether what was wanted is written, such as the statement.
    cut : callable or None
        Takes off what was written past that.
    """

    token_ids: list[int]
    builder: GenerationBuilder
    forced_roles: Sequence[Role]
    seed: int = 0
    finish: str = "running"
    ended: Callable[[GenerationBuilder], bool] | None = None
    cut: Callable[[Generation], Generation] | None = None

    @property
    def unmeasured(self) -> int:
        """How many of its tokens are not in the record yet."""
        return len(self.token_ids) - len(self.builder)

    def build(self) -> Generation:
        """The record of what was written."""
        run = self.builder.build(self.finish)
        return self.cut(run) if self.cut is not None else run


@torch.inference_mode()
def prefill(
    forward: ForwardPass | PaddedForward, rows: Sequence[Row], cache: Any, cancelled: Cancelled
) -> Iterator[torch.Tensor]:
    """Feed the rows' tokens, in slices, and add what was measured to their builders.

    All rows have the same length, or are padded in front to the same one, and as many unmeasured tokens. Rows are
    measured from where their builder ends. Yields after each slice, so that a caller can stop; the last value
    yielded is the logits that predict the next token, Tensor [row, vocabulary].
    """
    total, position = max(len(row.token_ids) for row in rows), cache_length(cache)
    ids = torch.tensor([[0] * (total - len(row.token_ids)) + row.token_ids for row in rows], dtype=torch.long)
    first_source = max(total - rows[0].unmeasured - 1, 0)
    if len(rows[0].builder) == 0:
        _add_unmeasured_first(rows)
    step = forward.slice_length if cache is not None else total
    while position < total and not cancelled():
        stop = min(position + step, total)
        keep = min(stop - max(position, first_source), stop - position)
        logits = forward(ids[:, position:stop], cache, max(keep, 1))
        if keep > 0:
            _measure_forced(rows, ids, stop, logits)
        position = stop
        yield logits[:, -1].float()


def _add_unmeasured_first(rows: Sequence[Row]) -> None:
    for row in rows:
        nothing = TokenDistribution.unknown(1, row.builder.settings.alternatives)
        row.builder.extend(row.token_ids[:1], row.forced_roles[0], nothing)


def _measure_forced(rows: Sequence[Row], ids: torch.Tensor, stop: int, logits: torch.Tensor) -> None:
    """Measure the tokens that follow the kept logits, as far as they are given."""
    keep, total = logits.shape[1], ids.shape[1]
    known = min(keep, total - 1 - (stop - keep))
    for index, row in enumerate(rows):
        start = stop - keep + 1
        measured = measure(logits[index, :known], ids[index, start : start + known], row.builder.settings.alternatives)
        offset = start + len(row.forced_roles) - total
        for role, first, last in _stretches(row.forced_roles[offset : offset + known]):
            row.builder.extend(ids[index, start + first : start + last].tolist(), role, measured[first:last])


def _stretches(roles: Sequence[Role]) -> Iterator[tuple[Role, int, int]]:
    first = 0
    for i in range(1, len(roles) + 1):
        if i == len(roles) or roles[i] != roles[first]:
            yield roles[first], first, i
            first = i


def decode(
    forward: ForwardPass | PaddedForward,
    rows: Sequence[Row],
    settings: DecodingSettings,
    cache: Any = None,
    *,
    context_length: int | None = None,
    cancelled: Cancelled = lambda: False,
) -> Iterator[Sequence[Row]]:
    """Write up to ``settings.max_new_tokens`` tokens after each row, in one batch.

    Parameters
    ----------
    rows : sequence of Row
        As for `prefill`, agreeing in what ``cache`` holds. Their builders and ``finish`` change in place.
    cache : DynamicCache or None
        Keys and values of a common prefix at least one token shorter than the rows and than what is measured.
        None computes everything anew at each step.
    cancelled : callable
        Asked between two tokens; once true, open rows finish as ``"cancelled"``.

    Yields
    ------
    sequence of Row
        The rows that grew, after each slice of the prompt and after each token.
    """
    clock = time.perf_counter()
    logits = None
    for predicting in prefill(forward, rows, cache, cancelled):
        logits = predicting
        yield rows
    if logits is None or cancelled():
        _finish(rows, "cancelled")
        return
    chooser = Chooser(settings, [row.seed for row in rows], logits.device)
    most = context_length or math.inf
    active = list(rows)
    for written in itertools.count(1):
        tokens = _write(active, chooser, logits, clock)
        clock = time.perf_counter()
        for row in active:
            row.finish = _finish_reason(row, settings, written, most)
        yield active
        going = [i for i, row in enumerate(active) if row.finish == "running"]
        if cancelled():
            _finish([active[i] for i in going], "cancelled")
            return
        if not going:
            return
        if len(going) < len(active):
            active, tokens = [active[i] for i in going], tokens[going]
            chooser.keep(going)
            if isinstance(forward, PaddedForward):
                forward.select(going)
            if cache is not None:
                cache.batch_select_indices(torch.tensor(going, device=logits.device))
        unseen = tokens[:, None] if cache is not None else torch.tensor([row.token_ids for row in active])
        logits = forward(unseen, cache)[:, -1].float()


def _write(rows: Sequence[Row], chooser: Chooser, logits: torch.Tensor, clock: float) -> torch.Tensor:
    """Choose, measure and add one token per row; returns the tokens, Tensor [row]."""
    tokens, scores = chooser([row.token_ids for row in rows], logits)
    k = rows[0].builder.settings.alternatives
    measured = measure(logits, tokens, k)
    drawn = measure(scores, tokens, k) if scores is not logits else None
    time_ms = (time.perf_counter() - clock) * 1000
    for i, (row, token) in enumerate(zip(rows, tokens.tolist(), strict=True)):
        row.token_ids.append(token)
        under = drawn[i : i + 1] if drawn is not None else None
        row.builder.extend([token], Role.GENERATED, measured[i : i + 1], under, time_ms)
    return tokens


def _finish_reason(row: Row, settings: DecodingSettings, written: int, most: float) -> str:
    if row.token_ids[-1] in settings.eos_token_ids:
        return "end_token"
    if settings.stop_strings and row.builder.ends_with_any(settings.stop_strings, written):
        return "stop_string"
    if row.ended is not None and row.ended(row.builder):
        return "boundary"
    if written >= settings.max_new_tokens:
        return "length"
    return "context" if len(row.token_ids) >= most else "running"


def _finish(rows: Sequence[Row], reason: str) -> None:
    for row in rows:
        row.finish = reason
