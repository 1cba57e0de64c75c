"""Direct logit attribution: which layer, attention head and MLP wrote the logit of a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from tokenscope_widgets.analysis.block_parts import BlockParts, block_parts, row
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.frozen import through_affine, through_norm
from tokenscope_widgets.analysis.selection import chosen
from tokenscope_widgets.analysis.unembedding import Unembedding, Visit, unembedding, visits
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DirectAttribution:
    """A logit, or the difference of two, as a sum over what each part of the model added to the residual stream.

    ``embedding + attention.sum() + mlp.sum() + bias + remainder = total`` (NaN left out of the sums). The direct path
    only: what a part did to later parts counts there. The final norm's scale is taken as it was.

    Attributes
    ----------
    heads : float64 [layer, head]
        Each attention head's part of ``attention``; NaN in layers without attention heads.
    attention : float64 [layer]
        What attention, or the mixer in its place, added: its output bias included.
    mlp : float64 [layer]
        What the MLP (or the experts) added. NaN where a block is built in a way not understood: what it added is then
        in the remainder.
    embedding : float
        The token's embedding, with the position's where the model adds one.
    bias : float
        Of the final norm and of the head: the same for every text.
    remainder : float
        What is left: rounding, and blocks not understood.
    total : float
        The token's logit minus the contrast's, *before* the model's soft cap where it has one.
    position, token_id : int
        Whose logit, and where: position *t* predicts token *t* + 1.
    contrast_id : int or None
    """

    heads: Doubles
    attention: Doubles
    mlp: Doubles
    embedding: float
    bias: float
    remainder: float
    total: float
    position: int
    token_id: int
    contrast_id: int | None = None

    def __repr__(self) -> str:
        against = f" − {self.contrast_id}" if self.contrast_id is not None else ""
        return (
            f"<DirectAttribution of token id {self.token_id}{against} after position {self.position}: "
            f"{self.total:.3f} logits over {len(self.mlp)} layers × {self.heads.shape[1]} heads>"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per part (embedding, head, attention_rest, mlp, bias, remainder): ``logits`` add up to the total.

        ``attention_rest`` is what attention added beside its heads: its output bias.
        """
        import pandas as pd

        rows: list[tuple[str, int | None, int | None, float]] = [("embedding", None, None, self.embedding)]
        for layer, (heads, attention, mlp) in enumerate(zip(self.heads, self.attention, self.mlp, strict=True)):
            rows += [("head", layer, head, float(value)) for head, value in enumerate(heads)]
            rows.append(("attention_rest", layer, None, float(attention - np.nansum(heads))))
            rows.append(("mlp", layer, None, float(mlp)))
        rows += [("bias", None, None, self.bias), ("remainder", None, None, self.remainder)]
        return pd.DataFrame(rows, columns=["part", "layer", "head", "logits"]).astype(
            {"layer": "Int64", "head": "Int64"}
        )


@torch.inference_mode()
def direct_logit_attribution(
    model: Any, token_ids: Sequence[int], position: int, token_id: int, contrast_id: int | None = None
) -> DirectAttribution:
    """Split the logit of a token, or its lead over another, among embedding, attention heads and MLPs.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model of transformers.
    token_ids : sequence of int
        The text; what comes after ``position`` plays no part.
    position : int
        Where the logit is read: that of the token before the one in question. Negative ones count from the end.
    token_id : int
        The token whose logit is explained.
    contrast_id : int, optional
        Explain by how much ``token_id`` is ahead of this one.

    Raises
    ------
    InputError
        A position or token is out of range, or the model's head or norm was not understood.

    References
    ----------
    Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; nostalgebraist 2020.
    """
    forward = ForwardPass(model)
    for name, value in (("token_id", token_id), ("contrast_id", contrast_id)):
        if value is not None and not 0 <= value < forward.vocabulary_size:
            problem = f"is not in the vocabulary of {forward.vocabulary_size:,} tokens"
            raise bad_value(name, value, problem, "Use 0 … its size − 1")
    at = int(chosen("position", position, len(token_ids))[0])
    way_out = unembedding(model)
    seen = _last_token(forward, way_out, token_ids[: at + 1])
    head_count = int(getattr(model.config.get_text_config(), "num_attention_heads", None) or 0)
    end = _end(way_out, seen, token_id, contrast_id)
    parts = [block_parts(block, seen) for block in way_out.blocks]
    split = [_split(part, end.direction, head_count) for part in parts]
    heads, attention, mlp = (np.array([layer[i] for layer in split]) for i in range(3))
    embedding = float(end.direction @ parts[0].before)
    explained = float(np.nansum(attention) + np.nansum(mlp)) + embedding + end.bias
    return DirectAttribution(
        heads=heads,
        attention=attention,
        mlp=mlp,
        embedding=embedding,
        bias=end.bias,
        remainder=end.total - explained,
        total=end.total,
        position=at,
        token_id=token_id,
        contrast_id=contrast_id,
    )


def _last_token(forward: ForwardPass, way_out: Unembedding, token_ids: Sequence[int]) -> list[Visit]:
    """Every module's call in a forward of the last token alone, after the others went into the cache."""
    ids = torch.tensor([list(token_ids)], dtype=torch.long)
    cache, start = (forward.new_cache(), len(token_ids) - 1) if forward.supports_cache else (None, 0)
    for first in range(0, start, forward.slice_length):
        forward(ids[:, first : min(first + forward.slice_length, start)], cache)
    watched = {m: None for block in way_out.blocks for m in block.modules()} | {way_out.head: None}
    with visits(list(watched)) as seen:
        forward(ids[:, start:], cache)
    return seen


@dataclass(frozen=True)
class _End:
    """The logit, and the direction in the residual stream that makes it: ``total = direction · residual + bias``."""

    direction: torch.Tensor
    bias: float
    total: float


def _end(way_out: Unembedding, seen: Sequence[Visit], token_id: int, contrast_id: int | None) -> _End:
    head = next(v for v in reversed(seen) if v.module is way_out.head)
    logits = row(head.made_value)
    asked = torch.zeros_like(logits)
    asked[token_id] = way_out.after_head
    if contrast_id is not None:
        asked[contrast_id] -= way_out.after_head
    known = asked != 0
    total = float(asked[known] @ logits[known])
    pulled = through_affine(way_out.head, _last(head.given_value), asked)
    direction, bias = pulled.direction * way_out.before_head, pulled.bias
    if way_out.norm is not None:
        residual = next(v for v in seen if v.module is way_out.blocks[-1])
        normed = through_norm(way_out.norm, _last(residual.made_value), direction)
        direction, bias = normed.direction, bias + normed.bias
    return _End(direction, bias, total)


def _split(part: BlockParts, direction: torch.Tensor, head_count: int) -> tuple[Doubles, float, float]:
    """What each head, attention and the MLP of one block put into a direction."""
    here = direction * part.factor
    heads = np.full(head_count, np.nan)
    attention, mlp = (np.nan if added is None else float(here @ added) for added in (part.attention, part.mlp))
    if part.path and head_count and part.path[0].given_value.shape[-1] % head_count == 0:
        for visit in reversed(part.path[1:]):
            # dropout hands its input on
            if not torch.equal(visit.made_value, visit.given_value):
                here = through_norm(visit.module, _last(visit.given_value), here).direction
        output = part.path[0]
        back = through_affine(output.module, _last(output.given_value), here).direction
        heads = (back * row(output.given_value)).reshape(head_count, -1).sum(-1).numpy()
    return heads, attention, mlp


def _last(values: torch.Tensor) -> torch.Tensor:
    return values.reshape(-1, values.shape[-1])[-1]
