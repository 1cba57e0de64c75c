"""How long work tells how far it is, and asks whether to go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _never() -> bool:
    return False


def _nothing(_steps: int) -> None:
    return None


@dataclass(frozen=True)
class Watch:
    """Asked and told between two forward passes.

    Attributes
    ----------
    cancelled : callable
        Once true, the work ends and keeps what it has: what was not computed is NaN.
    advance : callable
        Told how many tokens went through the model since the last call.
    expect : callable
        Told how many will go through in all, once that is known better than beforehand.
    """

    cancelled: Callable[[], bool] = _never
    advance: Callable[[int], None] = _nothing
    expect: Callable[[int], None] = _nothing
