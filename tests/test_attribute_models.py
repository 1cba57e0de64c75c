"""`Session.attribute` on models that are short of memory or precision, or built in other ways."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import AutoConfig

from tests.attributing import QUICK, TEXT, session_on
from tests.tiny import own_tiny_model, tiny_model
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import ModelOutputError, OutOfMemoryError, TokenScopeError
from tokenscope_widgets.session import Session

GRADIENTS = ("input_x_gradient", "saliency", "integrated_gradients")
WIDENED = "computed in float32: float16 gave numbers that are not finite"


@pytest.fixture
def run(tiny_session: Session) -> Generation:
    return tiny_session.score(TEXT)


@pytest.mark.parametrize("method", GRADIENTS)
def test_gradients_that_would_not_fit_are_refused_with_the_estimate(
    tiny_session: Session, run: Generation, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = psutil.virtual_memory()._replace(available=100_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    message = r"method: would take about 0\.0 GB, and 0\.0 GB are free\. Use method='ablation', or a shorter run\."
    with pytest.raises(OutOfMemoryError, match=message):
        tiny_session.attribute(run, -1, method)
    assert not tiny_session.worker.busy


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")], ids=str)
def test_memory_that_runs_out_on_the_way_is_told_with_a_remedy(error: Exception) -> None:
    session = session_on(own_tiny_model())
    run = session.score(TEXT)
    with (
        failing(session, error),
        pytest.raises(OutOfMemoryError, match=r"out of memory while explaining\. Explain fewer"),
    ):
        session.attribute(run, -1)
    assert np.isfinite(session.attribute(run, -1).scores).all()


def test_any_other_failure_of_the_model_is_told_with_its_cause() -> None:
    session = session_on(own_tiny_model())
    run = session.score(TEXT)
    with failing(session, RuntimeError("shapes do not match")), pytest.raises(TokenScopeError) as caught:
        session.attribute(run, -1)
    assert "failed while explaining: RuntimeError: shapes do not match" in str(caught.value)


def failing(session: Session, error: Exception) -> Any:
    def fail(*_: Any) -> None:
        raise error

    return _Removed(session.model.model.register_forward_pre_hook(fail))


class _Removed:
    """A hook that is gone after the block."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._handle.remove()


def steep_in_half_precision() -> Any:
    """A float16 model with sound logits, whose gradients are larger than float16 can hold."""
    model = own_tiny_model().half()
    model.get_input_embeddings().weight.data *= 2e-5
    model.model.layers[0].input_layernorm.weight.data *= 100
    return model


def loud_in_half_precision() -> Any:
    """A float16 model whose logits are larger than float16 can hold."""
    model = own_tiny_model().half()
    model.lm_head.weight.data *= 30_000
    return model


def sharp_in_half_precision() -> Any:
    """A float16 model whose attention scores are larger than float16 can hold."""
    model = own_tiny_model().half()
    for projection in (model.model.layers[1].self_attn.q_proj, model.model.layers[1].self_attn.k_proj):
        projection.weight.data *= 3000
    return model


@pytest.mark.parametrize(
    ("make", "method"),
    [
        (steep_in_half_precision, "input_x_gradient"),
        (steep_in_half_precision, "integrated_gradients"),
        (loud_in_half_precision, "ablation"),
        (sharp_in_half_precision, "attention"),
        (sharp_in_half_precision, "attention_rollout"),
    ],
)
def test_what_overflows_in_half_precision_is_computed_in_float32(
    make: Callable[[], Any], method: str, run: Generation
) -> None:
    narrow = make()
    wide = session_on(copy.deepcopy(narrow).float())
    found = session_on(narrow).attribute(run, 6, method, sources="token", **QUICK)
    assert found.notes == (WIDENED,)
    expected = wide.attribute(run, 6, method, sources="token", **QUICK)
    assert expected.notes == ()
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4, atol=1e-4)
    assert narrow.dtype == torch.float16


@pytest.mark.parametrize(
    ("make", "method", "message"),
    [
        (steep_in_half_precision, "saliency", r"gradient: .* not finite in torch.float16\. Load .* dtype='float32'"),
        (loud_in_half_precision, "ablation", "NaN or infinite"),
    ],
)
def test_what_overflows_in_a_quantised_model_is_refused_with_the_reason(
    make: Callable[[], Any], method: str, message: str, run: Generation
) -> None:
    model = make()
    model.is_quantized = True
    with pytest.raises(ModelOutputError, match=message):
        session_on(model).attribute(run, 6, method)


def test_what_overflows_and_does_not_fit_twice_is_refused(run: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_on(loud_in_half_precision())
    free = psutil.virtual_memory()._replace(available=100_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(ModelOutputError):
        session.attribute(run, 6)


@pytest.mark.parametrize("method", [*GRADIENTS, "ablation"])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_that_does_not_overflow_is_used_as_it_is(dtype: str, method: str, run: Generation) -> None:
    session = session_on(tiny_model("llama", dtype))
    found = session.attribute(run, 9, method, sources="token", removal="mean", **QUICK)
    assert found.notes == ()
    assert np.isfinite(found.scores).all()


def tied() -> tuple[Any, Any]:
    """A model whose head is its embedding, and one with a head of its own and the same weights."""
    given = tiny_model().config.to_dict()
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**{**given, "tie_word_embeddings": True})).eval()
    apart = AutoModelForCausalLM.from_config(AutoConfig.for_model(**{**given, "tie_word_embeddings": False})).eval()
    apart.load_state_dict(model.state_dict())
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert apart.lm_head.weight is not apart.model.embed_tokens.weight
    return model, apart


@pytest.mark.parametrize("method", ["input_x_gradient", "saliency", "integrated_gradients", "ablation"])
def test_a_shared_embedding_changes_nothing(method: str, run: Generation) -> None:
    both = [session_on(m).attribute(run, 9, method, sources="token", removal="mean", **QUICK) for m in tied()]
    np.testing.assert_allclose(both[0].scores, both[1].scores, atol=1e-5)


@pytest.mark.parametrize("method", ["input_x_gradient", "ablation", "attention"])
def test_weights_that_are_loaded_only_when_needed_change_nothing(
    method: str, tiny_session: Session, run: Generation
) -> None:
    from accelerate import cpu_offload

    offloaded = own_tiny_model()
    cpu_offload(offloaded, execution_device=torch.device("cpu"))
    assert offloaded.get_input_embeddings().weight.is_meta
    found = session_on(offloaded).attribute(run, 9, method, sources="token")
    np.testing.assert_allclose(found.scores, tiny_session.attribute(run, 9, method, sources="token").scores, atol=1e-5)
