"""What attention and MLP added to the residual stream in one block, found from what its modules made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import torch
from torch.nn import Module

from tokenscope_widgets.analysis.unembedding import Visit


@dataclass(frozen=True)
class BlockParts:
    """One block's update of the residual stream at the last position: ``after = before + factor · (attention + mlp)``.

    Attributes
    ----------
    before : Tensor [channel], float64
    attention, mlp : Tensor [channel] or None, float64
        None where the block is built otherwise. Without attention heads, ``attention`` is what stands in their place
        (state-space, linear attention).
    path : tuple of Visit
        From the attention's output layer to what is added: dropout, or a norm of its own, may follow. Empty where the
        block has no attention heads.
    factor : float
        What some architectures scale both by.
    """

    before: torch.Tensor
    attention: torch.Tensor | None
    mlp: torch.Tensor | None
    path: tuple[Visit, ...]
    factor: float = 1.0


def block_parts(block: Module, seen: Sequence[Visit]) -> BlockParts:
    """Tell what was added in a block.

    Where the block's attention ends is followed from tensor to tensor; the MLP is the module whose output makes up the
    rest. So pre-norm, post-norm, parallel and scaled blocks are all understood, and checked by their sum.
    """
    inside = set(block.modules())
    mine = [v for v in seen if v.module in inside]
    whole = next(v for v in mine if v.module is block)
    before, after = row(whole.given_value), row(whole.made_value)
    same_shape = [v for v in mine if v is not whole and v.made_value.shape == whole.made_value.shape]
    attending = _attention_modules(block)
    path = _path(mine, _output_layer(mine, attending))
    others = [v for v in same_shape if v.module not in attending]
    if path:
        choices: Iterable[tuple[torch.Tensor, torch.Tensor]] = (
            (row(path[-1].made_value), row(_path(mine, v)[-1].made_value)) for v in others
        )
    else:
        children = [row(v.made_value) for v in others if v.module in set(block.children())]
        choices = [*combinations(children, 2), *((mixed, torch.zeros_like(mixed)) for mixed in children)]
    exact = 4 * torch.finfo(whole.made_value.dtype).eps * float(torch.maximum(before.abs().max(), after.abs().max()))
    found = _best(list(choices), after - before, exact)
    if found is None:
        attention = row(path[-1].made_value) if path else None
        return BlockParts(before, attention, None, path)
    return replace(found, before=before, path=path)


def row(values: torch.Tensor) -> torch.Tensor:
    """The last position, Tensor [channel], float64, in the computer's own memory."""
    return values.reshape(-1, values.shape[-1])[-1].cpu().double()


def _best(
    choices: Sequence[tuple[torch.Tensor, torch.Tensor]], update: torch.Tensor, exact: float
) -> BlockParts | None:
    """The choice whose sum, or else whose scaled sum, is the update but for rounding."""
    for scaled in (False, True):
        best, least = None, exact * (2 if scaled else 1)
        for attention, mlp in choices:
            both = attention + mlp
            factor = float((update @ both) / (both @ both)) if scaled else 1.0
            misfit = float((factor * both - update).abs().max())
            if misfit <= least:
                best, least = BlockParts(update, attention, mlp, (), factor), misfit
        if best is not None:
            return best
    return None


def _attention_modules(block: Module) -> set[Module]:
    """The modules of the block's child that attends; empty where none does."""
    for child in block.children():
        modules = set(child.modules())
        if any("attention" in type(m).__name__.lower() for m in modules):
            return modules
    return set()


def _output_layer(mine: Sequence[Visit], attending: set[Module]) -> Visit | None:
    """The last layer with a weight matrix in the attention: its input is the heads' outputs, side by side."""
    for visit in reversed(mine):
        weight = getattr(visit.module, "weight", None)
        if visit.module in attending and isinstance(weight, torch.Tensor) and weight.dim() == 2:
            return visit
    return None


def _path(mine: Sequence[Visit], start: Visit | None) -> tuple[Visit, ...]:
    """The modules that an output goes through, one after the other, before it is added to something."""
    path: list[Visit] = [] if start is None else [start]
    while path:
        end = path[-1].made
        following = next((v for v in mine if v.given is end and v.made.shape == end.shape and v not in path), None)
        if following is None:
            break
        path.append(following)
    return tuple(path)
