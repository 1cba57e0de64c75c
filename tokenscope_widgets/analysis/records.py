"""The record of one generation: token ids are the truth, everything else is derived from them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.distribution import Floats
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.analysis.token_table import TokenTable
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import os

    import pandas as pd


class Role(IntEnum):
    """How a token came to stand where it stands."""

    PROMPT = 0
    GENERATED = 1
    REPLACED = 2
    SPECIAL = 3
    TEMPLATE = 4


FINISH_REASONS = (
    "running",
    "length",
    "end_token",
    "stop_string",
    "boundary",
    "context",
    "cancelled",
    "error",
    "scored",
)


@dataclass(frozen=True)
class Lineage:
    """Where a branch left its parent.

    Attributes
    ----------
    parent_id : str
        ``run_id`` of the parent.
    at : int
        The position whose token was replaced.
    replaced : int
        The parent's token id there.
    replacement : tuple of int
        The token ids put in its place; several where free text needed several tokens.
    keep_prompt : bool
        Whether the rest of the prompt was kept after a replacement inside the prompt.
    stop : int or None
        Where tokens were written anew between others: the parent's position from which on its tokens stand again.
    """

    parent_id: str
    at: int
    replaced: int
    replacement: tuple[int, ...]
    keep_prompt: bool = True
    stop: int | None = None


@dataclass(frozen=True)
class Provenance:
    """What is needed to make the same run again: model, revision, number format and versions."""

    model: str
    revision: str | None
    dtype: str
    context_length: int | None
    versions: Mapping[str, str]
    session_id: str = ""


@dataclass(frozen=True, eq=False)
class Generation:
    """One run of a model, token by token, prompt included. Frozen; see `TokenTable` for the columns.

    Attributes
    ----------
    tokens : TokenTable
        One row per token.
    prompt_length : int
        How many of the tokens are the prompt.
    settings : DecodingSettings
        How the tokens were chosen.
    provenance : Provenance
        What made it.
    finish : str
        Why writing ended: one of `FINISH_REASONS`.
    vocabulary : mapping of int to bytes
        The bytes of every token id that occurs in the record; the written form for special tokens.
    special_ids : frozenset of int
        Which of those ids are special tokens.
    lineage : Lineage or None
        Where it branched off another run.
    run_id : str
        Unique to this run.
    """

    tokens: TokenTable
    prompt_length: int
    settings: DecodingSettings
    provenance: Provenance
    finish: str
    vocabulary: Mapping[int, bytes]
    special_ids: frozenset[int] = frozenset()
    lineage: Lineage | None = None
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return (
            f"<Generation {self.provenance.model}: {self.prompt_length} prompt + "
            f"{len(self) - self.prompt_length} tokens, {self.finish}, perplexity {self.perplexity:.2f}>"
        )

    @property
    def token_ids(self) -> NDArray[np.int64]:
        """int64 [token], prompt included."""
        return self.tokens.token_ids

    @property
    def probability(self) -> Floats:
        """p of each token at temperature 1, float32 [token]."""
        return self.tokens.model.probability

    @property
    def surprisal_nats(self) -> Floats:
        """−ln p of each token itself at temperature 1, float32 [token]; NaN for the first."""
        return self.tokens.model.surprisal_nats

    @property
    def entropy_nats(self) -> Floats:
        """Entropy of the distribution each token was chosen from, float32 [token]."""
        return self.tokens.model.entropy_nats

    @property
    def rank(self) -> Floats:
        """1 for the model's first choice, float32 [token]."""
        return self.tokens.model.rank

    @cached_property
    def text(self) -> str:
        """The whole text, prompt included; bytes that are no UTF-8 become U+FFFD."""
        return b"".join(self.tokens.token_bytes).decode("utf-8", "replace")

    @cached_property
    def completion(self) -> str:
        """The text after the prompt."""
        return b"".join(self.tokens.token_bytes[self.prompt_length :]).decode("utf-8", "replace")

    @cached_property
    def byte_ends(self) -> NDArray[np.int64]:
        """Where each token's bytes end in the source, int64 [token]; they begin where the last one's end."""
        return np.cumsum([len(b) for b in self.tokens.token_bytes], dtype=np.int64)

    @cached_property
    def line_index(self) -> NDArray[np.int64]:
        """The line (from 0) on which each token begins, int64 [token]."""
        breaks = np.cumsum([0, *(b.count(b"\n") for b in self.tokens.token_bytes)], dtype=np.int64)
        return breaks[:-1]

    @cached_property
    def line_surprisal_nats(self) -> Floats:
        """Mean surprisal of the token's line, float32 [token]; unmeasured tokens do not count."""
        values, lines = self.surprisal_nats, self.line_index
        known = np.isfinite(values)
        size = int(lines[-1]) + 1 if len(lines) else 0
        total = np.bincount(lines[known], values[known], size)
        count = np.bincount(lines[known], minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (total / count)[lines].astype(np.float32)

    @cached_property
    def running_perplexity(self) -> Floats:
        """exp of the mean surprisal so far, float32 [token]; counted afresh after the prompt."""
        cut = self.prompt_length
        return np.concatenate([_running_perplexity(self.surprisal_nats[s]) for s in (slice(0, cut), slice(cut, None))])

    @cached_property
    def mean_surprisal_nats(self) -> float:
        """Mean surprisal of the written tokens (of all, where none was written)."""
        start = self.prompt_length if len(self) > self.prompt_length else 0
        values = self.surprisal_nats[start:]
        known = values[np.isfinite(values)]
        return float(known.mean(dtype=np.float64)) if len(known) else float("nan")

    @property
    def perplexity(self) -> float:
        """exp of `mean_surprisal_nats`."""
        return float(np.exp(self.mean_surprisal_nats))

    def token_label(self, token_id: int) -> str:
        """How a token id is written for a reader; bytes of half a character in hexadecimal."""
        return label(self.vocabulary.get(token_id, b""))

    def position(self, at: int, name: str = "at") -> int:
        """``at`` as an index from 0, negative ones counted from the end.

        Raises
        ------
        InputError
            Outside the run.
        """
        if isinstance(at, bool) or not isinstance(at, int | np.integer) or not -len(self) <= at < len(self):
            raise bad_value(name, at, f"is not a position in a run of {len(self)} tokens", f"Use 0 … {len(self) - 1}")
        return int(at) % len(self)

    def alternatives(self, at: int) -> list[tuple[int, str, float]]:
        """The likeliest tokens at a position: (token id, text, probability), likeliest first."""
        row = self.position(at)
        ids, logprobs = self.tokens.model.top_ids[row], self.tokens.model.top_logprobs_nats[row]
        return [
            (int(i), self.token_label(int(i)), float(np.exp(p))) for i, p in zip(ids, logprobs, strict=True) if i >= 0
        ]

    def to_frame(self) -> pd.DataFrame:
        """One row per token: ids, texts, roles, all metrics; ``sampling_*`` under what was drawn from."""
        from tokenscope_widgets.analysis.frames import generation_frame

        return generation_frame(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the record to one compressed file; `tokenscope_widgets.load` reads it back."""
        from tokenscope_widgets.storage import save_generation

        return save_generation(self, path)

    def summary(self) -> dict[str, Any]:
        """Counts and means of the written tokens."""
        return {
            "prompt_tokens": self.prompt_length,
            "new_tokens": len(self) - self.prompt_length,
            "perplexity": self.perplexity,
            "mean_surprisal_nats": self.mean_surprisal_nats,
            "finish": self.finish,
        }


def label(token_bytes: bytes) -> str:
    """Bytes as text where they are whole characters, else in hexadecimal."""
    try:
        return token_bytes.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(f"\\x{b:02x}" for b in token_bytes)


def _running_perplexity(surprisal_nats: Floats) -> Floats:
    known = np.isfinite(surprisal_nats)
    total = np.cumsum(np.where(known, surprisal_nats, 0), dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, np.exp(total / np.cumsum(known)), np.nan).astype(np.float32)
