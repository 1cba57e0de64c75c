"""Maps that are linear once a norm's scale is frozen, and the direction that a direction at their end comes from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import Module

from tokenscope_widgets.errors import InputError


@dataclass(frozen=True)
class Pulled:
    """A direction taken back through a map: ``direction_after · map(x) = direction · x + bias``.

    Attributes
    ----------
    direction : Tensor [channel], float64, in the computer's own memory
    bias : float
        What the map adds whatever its input.
    """

    direction: torch.Tensor
    bias: float


def through_norm(norm: Module, at: torch.Tensor, direction: torch.Tensor) -> Pulled:
    """A direction (float64 [channel]) at the output of a layer norm or RMS norm, taken back to its input.

    The norm's scale is frozen to the one it has at ``at`` [channel]. What the norm does (its gain, its bias, whether
    it centres) is found by asking it, not by its class.

    Raises
    ------
    InputError
        It is no such norm.
    """
    x, pattern = at.cpu().double(), _balanced(len(at))
    bias = _ask(norm, torch.zeros_like(x), at)
    gain = (_ask(norm, pattern, at) - bias) / pattern
    # an offset in every channel is all that tells a norm that centres from one that does not
    offset = x + x.std()
    centres = _misfit(norm, offset, at, gain, bias, True) < _misfit(norm, offset, at, gain, bias, False)
    scale = _scale(_ask(norm, x, at) - bias, gain * _centred(x, centres))
    if _misfit(norm, x, at, gain, bias, centres) > 64 * torch.finfo(at.dtype).eps:
        raise InputError(
            f"model: its {type(norm).__name__} is neither a layer norm nor an RMS norm, so that its scale cannot be "
            "frozen. Use attribution for this model instead."
        )
    return Pulled(_centred(scale * gain * direction, centres), float(direction @ bias))


def through_affine(layer: Module, at: torch.Tensor, direction: torch.Tensor) -> Pulled:
    """A direction at the output of an affine layer, taken back to its input, whatever way its weights are stored.

    Parameters
    ----------
    at : Tensor [channel]
        An input, in the layer's number format.
    direction : Tensor [channel], float64
    """
    with torch.inference_mode(False), torch.enable_grad():
        x = at.clone().requires_grad_(True)
        out = layer(x[None, None])[0, 0]
        (back,) = torch.autograd.grad(out, x, direction.to(out.device, out.dtype))
    zero = layer(torch.zeros_like(at)[None, None])[0, 0]
    return Pulled(back.cpu().double(), float(direction @ zero.cpu().double()))


def _ask(norm: Module, x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    made: torch.Tensor = norm(x.to(like.device, like.dtype)[None, None])
    return made[0, 0].cpu().double()


def _balanced(size: int) -> torch.Tensor:
    """Numbers without a zero that add up to zero."""
    pattern = torch.ones(size, dtype=torch.float64)
    pattern[1::2] = -1
    if size % 2:
        pattern[:3] = torch.tensor([2.0, -1.0, -1.0])
        pattern[3::2], pattern[4::2] = 1, -1
    return pattern


def _centred(x: torch.Tensor, centres: bool) -> torch.Tensor:
    return x - x.mean() if centres else x


def _scale(made: torch.Tensor, unscaled: torch.Tensor) -> torch.Tensor:
    return (made @ unscaled) / (unscaled @ unscaled)


def _misfit(
    norm: Module, x: torch.Tensor, like: torch.Tensor, gain: torch.Tensor, bias: torch.Tensor, centres: bool
) -> float:
    made, unscaled = _ask(norm, x, like) - bias, gain * _centred(x.to(like.dtype).double(), centres)
    return float((made - _scale(made, unscaled) * unscaled).abs().max() / made.abs().max())
