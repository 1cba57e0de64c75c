"""Attention of a whole text, in slices: chosen layers, heads and queries, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.analysis.eager_attention import (
    EVERY,
    TOLERANCE,
    eager_weights,
)
from tests.tiny import (
    own_tiny_model,
    some_ids,
    tiny_model,
)
from tokenscope_widgets.analysis import forward as forward_module
from tokenscope_widgets.analysis.attention_capture import attention_bytes, attention_of, recording
from tokenscope_widgets.errors import InputError, ModelOutputError


@pytest.mark.parametrize("architecture", EVERY)
def test_attention_of_a_text_in_slices_equals_eager_attention(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward_module, "_SLICE_MOST", 16)
    ids = some_ids(40)
    attention = attention_of(tiny_model(architecture), ids)
    want = eager_weights(own_tiny_model(architecture), torch.tensor([ids]))[:, 0]
    assert attention.weights.dtype == np.float32
    np.testing.assert_allclose(attention.weights, want.numpy(), atol=TOLERANCE, rtol=0)
    assert attention.layers.tolist() == [0, 1]
    assert attention.heads.tolist() == [0, 1, 2, 3]
    assert attention.queries.tolist() == list(range(40))


@pytest.mark.parametrize("architecture", ["llama", "bloom", "jamba"])
def test_attention_of_chosen_layers_heads_and_queries(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_module, "_SLICE_MOST", 16)
    model, ids = tiny_model(architecture), some_ids(40)
    everything = attention_of(model, ids)
    some = attention_of(model, ids, layers=-1, heads=[3, 1], queries=[2, 38, 17, 18, -1])
    assert some.layers.tolist() == [1]
    assert some.heads.tolist() == [3, 1]
    assert some.queries.tolist() == [2, 17, 18, 38, 39]
    want = everything.select(layer=1, head=[3, 1], query=[2, 17, 18, 38, 39])
    np.testing.assert_allclose(some.weights, want.weights, atol=1e-6, rtol=0)


def test_weights_can_be_kept_in_half_precision() -> None:
    model, ids = tiny_model(), some_ids(30)
    half = attention_of(model, ids, dtype="float16").weights
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, attention_of(model, ids).weights, atol=5e-4)


def test_the_memory_is_known_beforehand() -> None:
    attention = attention_of(tiny_model(), some_ids(30), heads=[0, 1], dtype="float16")
    assert attention_bytes(2, 2, 30, 30, "float16") == attention.weights.nbytes == 7200
    assert attention_bytes(30, 9, 4000, 4000) == 17_280_000_000


def test_a_cancelled_pass_has_the_queries_it_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_module, "_SLICE_MOST", 16)
    done: list[int] = []
    attention = attention_of(
        tiny_model(), some_ids(60), cancelled=lambda: len(done) == 2, progress=lambda tokens: done.append(tokens)
    )
    assert done == [16, 32]
    assert attention.queries.tolist() == list(range(32))
    assert attention.weights.shape == (2, 4, 32, 60)


def test_only_layers_with_attention_of_a_hybrid_model_are_given() -> None:
    attention = attention_of(tiny_model("jamba"), some_ids(20))
    assert attention.layers.tolist() == [1]
    assert attention.layer_count == 2
    with pytest.raises(InputError, match=r"layer=0: has no attention .* Layers with attention: 1\."):
        attention_of(tiny_model("jamba"), some_ids(20), layers=[0])


def test_a_model_without_attention_says_so() -> None:
    with pytest.raises(InputError, match="MambaForCausalLM: has no attention weights to show"):
        attention_of(tiny_model("mamba"), some_ids(20))
    with pytest.raises(InputError, match="state-space"), recording(tiny_model("mamba")):
        pass


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"layers": [2]}, r"layer=2: is not one of the 2 there are\. Use 0 … 1\."),
        ({"heads": [-5]}, r"head=-5: is not one of the 4 there are\. Use 0 … 3\."),
        ({"queries": [0, 12]}, r"query=12: is not one of the 12 there are\. Use 0 … 11\."),
        ({"heads": [1, 1]}, r"head=\[1, 1\]: names something twice"),
        ({"layers": ["a"]}, r"layer='a': is not one of the 2"),
        ({"dtype": "float64"}, r"dtype='float64': is no way to keep weights\. Use 'float32' or 'float16'"),
        ({"token_ids": []}, r"token_ids=\[\]: is empty"),
    ],
)
def test_what_is_out_of_range_is_named_with_the_remedy(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        attention_of(tiny_model(), **{"token_ids": some_ids(12), **chosen})


def test_an_unknown_choice_of_rows_is_refused() -> None:
    with pytest.raises(InputError, match="rows='first': is no choice of rows"), recording(tiny_model(), rows="first"):
        pass


def test_weights_that_are_no_numbers_are_refused() -> None:
    model = own_tiny_model()
    model.model.layers[0].self_attn.q_proj.weight.data.fill_(torch.inf)
    with pytest.raises(ModelOutputError, match="NaN or infinite weights"):
        attention_of(model, some_ids(12))
