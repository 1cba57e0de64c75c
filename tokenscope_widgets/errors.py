"""The errors a user can meet. Each message names the argument, its value and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.forks import ForkAnalysis
    from tokenscope_widgets.analysis.records import Generation


class TokenScopeError(Exception):
    """Base of every error this package raises on purpose.

    Attributes
    ----------
    partial : list of Generation, or ForkAnalysis
        What there was when the error struck: the runs, none where nothing was written; of `Session.forks` the analysis.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.partial: list[Generation] | ForkAnalysis = []


class InputError(TokenScopeError, ValueError):
    """An argument has a value that cannot be used."""


class ModelLoadError(TokenScopeError, RuntimeError):
    """A model could not be found, fetched, verified, converted or loaded."""


class ModelOutputError(TokenScopeError, ArithmeticError):
    """A model returned logits that are not numbers."""


class OutOfMemoryError(TokenScopeError, MemoryError):
    """The model ran out of memory; the generation up to there is kept in ``partial``."""


class FileFormatError(TokenScopeError, ValueError):
    """A saved run is not one, is damaged, or was written by a newer version."""


class BusyError(TokenScopeError, RuntimeError):
    """A widget was asked to start something while it is still at work."""


def bad_value(argument: str, value: object, problem: str, remedy: str) -> InputError:
    """An `InputError` that reads ``argument=value: problem. Remedy.``"""
    shown = repr(value)
    if len(shown) > 80:
        shown = shown[:77] + "…"
    return InputError(f"{argument}={shown}: {problem}. {remedy}.")
