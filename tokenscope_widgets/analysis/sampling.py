"""Choosing the next token: transformers' own processors, so that results equal ``model.generate``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tokenscope_widgets.analysis.metrics import require_finite
from tokenscope_widgets.analysis.settings import DecodingSettings


def processors_for(settings: DecodingSettings) -> Any:
    """The ``LogitsProcessorList`` that ``generate`` would make of these settings, in its order."""
    from transformers import (
        LogitsProcessorList,
        MinPLogitsWarper,
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    chain = LogitsProcessorList()
    if settings.repetition_penalty != 1:
        chain.append(RepetitionPenaltyLogitsProcessor(settings.repetition_penalty))
    if settings.do_sample:
        if settings.temperature != 1:
            chain.append(TemperatureLogitsWarper(float(settings.temperature)))
        if settings.top_k:
            chain.append(TopKLogitsWarper(settings.top_k))
        if settings.top_p is not None and settings.top_p < 1:
            chain.append(TopPLogitsWarper(float(settings.top_p)))
        if settings.min_p:
            chain.append(MinPLogitsWarper(float(settings.min_p)))
    return chain


class Chooser:
    """Chooses one token a row; each row draws from a random generator of its own.

    Parameters
    ----------
    settings : DecodingSettings
    seeds : sequence of int
        One per row; a row's draws equal those of ``torch.manual_seed(seed); model.generate(...)``.
    device : torch.device
        Where the logits are.
    """

    def __init__(self, settings: DecodingSettings, seeds: Sequence[int], device: torch.device) -> None:
        self._processors = processors_for(settings)
        self._sample = settings.do_sample
        self._generators = [torch.Generator(device).manual_seed(seed) for seed in seeds] if self._sample else []

    @torch.inference_mode()
    def __call__(self, context: Sequence[Sequence[int]], logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens [row] and the scores [row, vocabulary] they were chosen by.

        ``context`` holds all token ids of each row so far; ``logits`` is float32 [row, vocabulary]. The scores
        are ``logits`` itself where no processor changes it.

        Raises
        ------
        ModelOutputError
            A row to draw from holds NaN or +inf.
        """
        scores = logits
        if self._processors:
            scores = self._processed(context, logits.clone())
        if not self._sample:
            return scores.argmax(-1), scores
        require_finite(torch.logsumexp(scores, -1))
        shares = torch.softmax(scores, -1)
        draws = [
            torch.multinomial(row[None], 1, generator=generator)[0]
            for row, generator in zip(shares, self._generators, strict=True)
        ]
        return torch.cat(draws), scores

    def _processed(self, context: Sequence[Sequence[int]], logits: torch.Tensor) -> torch.Tensor:
        if len({len(ids) for ids in context}) == 1:
            found: torch.Tensor = self._processors(torch.tensor(context, device=logits.device), logits)
            return found
        rows = [torch.tensor([ids], device=logits.device) for ids in context]
        return torch.cat([self._processors(ids, logits[i : i + 1]) for i, ids in enumerate(rows)])

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""
        if self._sample:
            self._generators = [self._generators[row] for row in rows]
