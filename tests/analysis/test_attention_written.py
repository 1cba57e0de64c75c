"""What each new token read, recorded while it is written, is what one pass over the text finds afterwards."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from tests.tiny import ARCHITECTURES, tiny_session
from tokenscope_widgets.errors import InputError, OutOfMemoryError
from tokenscope_widgets.session import Session

PROMPT = "def f(x):\n    return"
NEW = 6


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, "bloom"])
def test_recorded_rows_are_those_of_a_pass_afterwards(architecture: str) -> None:
    session = tiny_session(architecture)
    run = session.generate(PROMPT, max_new_tokens=NEW, eos_token_ids=(), attention=True)
    recorded = session._written_attention[run]
    queries = list(range(run.prompt_length - 1, len(run) - 1))
    assert recorded.queries.tolist() == queries
    again = session.attention(run, query=queries)
    assert recorded.weights.astype(np.float32) == pytest.approx(again.weights, abs=1e-6)


def test_recording_changes_no_token(tiny_session: Session) -> None:
    plain = tiny_session.generate(PROMPT, max_new_tokens=NEW, eos_token_ids=())
    recorded = tiny_session.generate(PROMPT, max_new_tokens=NEW, eos_token_ids=(), attention=True)
    assert recorded.token_ids.tolist() == plain.token_ids.tolist()
    assert recorded.surprisal_nats[1:].tolist() == plain.surprisal_nats[1:].tolist()


def test_only_the_layers_asked_for_are_recorded(tiny_session: Session) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=NEW, eos_token_ids=(), attention=1)
    recorded = tiny_session._written_attention[run]
    assert recorded.layers.tolist() == [1]
    assert recorded.weights.shape == (1, 4, NEW, len(run))


def test_what_was_recorded_is_found_without_another_pass(
    tiny_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=NEW, eos_token_ids=(), attention=True)
    monkeypatch.setattr(tiny_session.model.model, "forward", None)
    found = tiny_session.attention(run, layer=1, head=2, query=run.prompt_length, dtype="float32")
    assert found.weights.shape == (1, 1, 1, len(run))


def test_recorded_rows_live_as_long_as_their_run(tiny_session: Session) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2, eos_token_ids=(), attention=True)
    assert len(tiny_session._written_attention) == 1
    del run
    gc.collect()
    assert len(tiny_session._written_attention) == 0


def test_a_layer_out_of_range_and_too_much_memory_are_refused_before_anything_is_written(
    tiny_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"attention=2: is not one of the 2 there are. Use 0 … 1"):
        tiny_session.generate(PROMPT, attention=2)
    monkeypatch.setattr("tokenscope_widgets.analysis.memory.free_bytes", lambda _device: 100)
    with pytest.raises(OutOfMemoryError, match=r"attention: would take about .* Keep fewer layers"):
        tiny_session.generate(PROMPT, attention=True)
