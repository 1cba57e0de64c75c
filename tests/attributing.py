"""What the tests of `Session.attribute` share."""

from __future__ import annotations

from typing import Any

from tests.tiny import teacher_forced_logprobs, tiny_model, tiny_tokenizer
from tokenscope_widgets.session import Session

TEXT = "def f(x):\n    return x\nf(2)\n"
QUICK = {"steps": 4, "samples": 24}


def logprob(ids: list[int], last: int = 1) -> float:
    """ln p of the last tokens of a text, from a plain forward of the tiny llama."""
    return float(teacher_forced_logprobs(tiny_model(), ids)[-last:].sum())


def session_on(model: Any) -> Session:
    """A new session on a tiny model."""
    return Session(model, tiny_tokenizer())


def count_forwards(session: Session) -> list[int]:
    """A list that grows with every forward pass of the session's model, until the session is dropped."""
    calls: list[int] = []
    session.model.forward._model = _Counting(session.model.model, calls)
    return calls


class _Counting:
    """A model that counts how often it is called."""

    def __init__(self, model: Any, calls: list[int]) -> None:
        self._own, self._calls = model, calls

    def __call__(self, **arguments: Any) -> Any:
        self._calls.append(1)
        return self._own(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)
