"""A generation while it grows: rows are added as tokens come, and read by whoever watches."""

from __future__ import annotations

import codecs
import uuid
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Generation, Lineage, Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.analysis.token_table import TokenTable


class GenerationBuilder:
    """Collects rows and makes a `Generation` of them.

    Parameters
    ----------
    bytes_of : callable
        Token id to bytes (its written form for special tokens).
    special_ids : set of int
        Ids that stand for no source text.
    prompt_length, settings, provenance, lineage
        As in `Generation`.
    measured : TokenTable, optional
        Rows taken over from a parent run.
    """

    def __init__(
        self,
        *,
        bytes_of: Callable[[int], bytes],
        special_ids: frozenset[int],
        prompt_length: int,
        settings: DecodingSettings,
        provenance: Provenance,
        lineage: Lineage | None = None,
        measured: TokenTable | None = None,
        strip_first_space: bool = False,
    ) -> None:
        self.run_id = uuid.uuid4().hex
        self.prompt_length = prompt_length
        self.settings = settings
        self.provenance = provenance
        self.lineage = lineage
        self.special_ids = special_ids
        self.vocabulary: dict[int, bytes] = {}
        self._bytes_of = bytes_of
        self._strip_first_space = strip_first_space
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._blocks: list[TokenTable] = []
        self._starts: list[int] = []
        self._length = 0
        if measured is not None and len(measured):
            for piece in measured.token_bytes:
                self._decoder.decode(piece)
            self._strip_first_space &= not any(measured.token_bytes)
            self._add(measured)

    def __len__(self) -> int:
        return self._length

    def extend(
        self,
        token_ids: Sequence[int],
        role: Role,
        model: TokenDistribution,
        sampling: TokenDistribution | None = None,
        time_ms: float = float("nan"),
    ) -> None:
        """Add tokens of one role. Without ``sampling``, nothing was drawn, or it was drawn from ``model``."""
        if sampling is None and not self.settings.reshapes:
            sampling = model
        pieces = [self._source_bytes(i) for i in token_ids]
        special = [i in self.special_ids for i in token_ids]
        self._add(
            TokenTable(
                token_ids=np.asarray(token_ids, np.int64),
                token_bytes=tuple(pieces),
                texts=tuple(self._decoder.decode(piece) for piece in pieces),
                roles=np.where(special, np.uint8(Role.SPECIAL), np.uint8(role)).astype(np.uint8),
                model=model,
                sampling=sampling or TokenDistribution.unknown(len(token_ids), model.k),
                time_ms=np.full(len(token_ids), time_ms, np.float32),
            )
        )

    @property
    def token_bytes(self) -> list[bytes]:
        """The bytes of each token so far."""
        return [piece for block in self._blocks for piece in block.token_bytes]

    def rows(self, start: int, stop: int) -> TokenTable:
        """The rows from ``start`` up to ``stop``."""
        first = max(bisect_right(self._starts, start) - 1, 0)
        last = max(bisect_right(self._starts, stop - 1), first + 1)
        base = self._starts[first]
        return TokenTable.concat(self._blocks[first:last])[start - base : stop - base]

    def ends_with_any(self, stop_strings: Sequence[str], written: int) -> bool:
        """Whether the last token completed one of the texts within the last ``written`` tokens."""
        last = self._blocks[-1].token_bytes[-1]
        longest = max(len(s.encode()) for s in stop_strings)
        tail, tokens = b"", 0
        for block in reversed(self._blocks):
            if tokens == written or len(tail) >= longest + len(last):
                break
            tail, tokens = block.token_bytes[-1] + tail, tokens + 1
        window = tail[-(longest + len(last) - 1) :]
        return any(s.encode() in window for s in stop_strings)

    def build(self, finish: str = "running") -> Generation:
        """The record of all rows so far."""
        tokens = TokenTable.concat(self._blocks) if self._blocks else self._no_rows()
        return Generation(
            tokens=tokens,
            prompt_length=min(self.prompt_length, len(tokens)),
            settings=self.settings,
            provenance=self.provenance,
            finish=finish,
            vocabulary=dict(self.vocabulary),
            special_ids=self.special_ids & self.vocabulary.keys(),
            lineage=self.lineage,
            run_id=self.run_id,
        )

    def _source_bytes(self, token_id: int) -> bytes:
        if token_id in self.special_ids:
            return b""
        piece = self._bytes_of(token_id)
        if piece and self._strip_first_space:
            self._strip_first_space = False
            return piece.removeprefix(b" ")
        return piece

    def _add(self, block: TokenTable) -> None:
        met: list[NDArray[Any]] = [block.token_ids, block.model.top_ids.ravel(), block.sampling.top_ids.ravel()]
        for token_id in {i for ids in met for i in ids.tolist()}:
            if token_id >= 0 and token_id not in self.vocabulary:
                self.vocabulary[token_id] = self._bytes_of(token_id)
        self._starts.append(self._length)
        self._blocks.append(block)
        self._length += len(block)

    def _no_rows(self) -> TokenTable:
        nothing = TokenDistribution.unknown(0, self.settings.alternatives)
        return TokenTable(
            np.zeros(0, np.int64), (), (), np.zeros(0, np.uint8), nothing, nothing, np.zeros(0, np.float32)
        )
