"""A model that fails midway: a clear error, and nothing already written is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import own_tiny_model, some_ids, tiny_model, tiny_tokenizer
from tokenscope_widgets.errors import ModelOutputError, OutOfMemoryError, TokenScopeError
from tokenscope_widgets.session import Session

PROMPT = some_ids(10)


def failing_session(after: int, damage: Any) -> Session:
    """A session whose model, from its ``after``-th call on, gives logits to ``damage``, which may raise."""
    session = Session(own_tiny_model(), tiny_tokenizer())
    forward, calls = session.model.model.forward, []

    def failing(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        output = forward(*args, **kwargs)
        if len(calls) >= after:
            damage(output.logits)
        return output

    session.model.model.forward = failing
    return session


def raise_out_of_memory(_: torch.Tensor) -> None:
    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")


def raise_memory_error(_: torch.Tensor) -> None:
    raise MemoryError


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_keep_what_was_written(bad: float) -> None:
    with pytest.raises(ModelOutputError, match="NaN or infinite") as caught:
        failing_session(4, lambda logits: logits.fill_(bad)).generate(PROMPT, max_new_tokens=9, eos_token_ids=())
    (partial,) = caught.value.partial
    assert (len(partial), partial.prompt_length, partial.finish) == (13, 10, "error")
    assert np.isfinite(partial.surprisal_nats[1:]).all()


@pytest.mark.parametrize("error", [raise_out_of_memory, raise_memory_error])
def test_out_of_memory_keeps_what_was_written_and_says_what_to_do(error: Any) -> None:
    with pytest.raises(OutOfMemoryError, match=r"out of memory at 12 tokens.*shorter prompt") as caught:
        failing_session(3, error).generate(PROMPT, max_new_tokens=9, eos_token_ids=())
    assert [len(run) for run in caught.value.partial] == [12]


def raise_something_else(_: torch.Tensor) -> None:
    raise RuntimeError("shapes do not match")


def test_any_other_failure_of_the_model_keeps_what_was_written() -> None:
    with pytest.raises(TokenScopeError, match="failed at 12 tokens: RuntimeError: shapes do not match") as caught:
        failing_session(3, raise_something_else).generate(PROMPT, max_new_tokens=9, eos_token_ids=())
    assert [len(run) for run in caught.value.partial] == [12]


def test_a_failing_branch_keeps_the_branches_that_were_already_written() -> None:
    session = failing_session(10, raise_out_of_memory)
    run = session.generate(PROMPT, max_new_tokens=4, eos_token_ids=())
    with pytest.raises(OutOfMemoryError) as caught:
        # texts of different lengths are written one batch after the other
        session.start_branches(run, 12, ["x", "xyz"]).wait()
    first, second = caught.value.partial
    assert (len(first), first.finish) == (17, "length")
    assert (len(second), second.finish) == (16, "error")


def test_a_session_goes_on_after_a_failure() -> None:
    damaged = [True]
    session = failing_session(3, lambda logits: logits.fill_(float("nan")) if damaged else None)
    with pytest.raises(TokenScopeError):
        session.generate(PROMPT, max_new_tokens=9)
    damaged.clear()
    want = Session(tiny_model(), tiny_tokenizer()).generate(PROMPT, max_new_tokens=9)
    assert session.generate(PROMPT, max_new_tokens=9).token_ids.tolist() == want.token_ids.tolist()


def test_a_session_gives_its_memory_back_after_a_failure() -> None:
    session = failing_session(6, raise_out_of_memory)
    session.generate(PROMPT, max_new_tokens=3, eos_token_ids=())
    assert session._writer._caches.nbytes > 0
    with pytest.raises(OutOfMemoryError):
        session.generate(some_ids(10, seed=1), max_new_tokens=9, eos_token_ids=())
    assert session._writer._caches.nbytes == 0
