"""The logit lens against each layer's hidden state, normed and read by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import ARCHITECTURES, BYPASSING, MORE_ATTENTION, own_tiny_model, some_ids, tiny_model
from tokenscope_widgets.analysis import forward as forward_module
from tokenscope_widgets.analysis import lens as lens_module
from tokenscope_widgets.analysis.lens import Lens, lens
from tokenscope_widgets.errors import InputError, ModelOutputError

SCALED = ("granite", "cohere")
EVERY = (*ARCHITECTURES, *MORE_ATTENTION, *BYPASSING, *SCALED, "jamba", "mamba")
NORMS = {
    "gpt2": "transformer.ln_f",
    "gpt_neox": "gpt_neox.final_layer_norm",
    "bloom": "transformer.ln_f",
    "falcon": "transformer.ln_f",
    "mpt": "transformer.norm_f",
    "codegen": "transformer.ln_f",
    "gptj": "transformer.ln_f",
    "gpt_neo": "transformer.ln_f",
    "jamba": "model.final_layernorm",
    "mamba": "backbone.norm_f",
}
LENGTH = 40


@torch.inference_mode()
def first_layer_logprobs(architecture: str, ids: list[int]) -> torch.Tensor:
    """What the first of two layers says, float64 [position, vocabulary]."""
    model = tiny_model(architecture)
    hidden_states = model(torch.tensor([ids]), output_hidden_states=True, use_cache=False).hidden_states
    # mamba leaves the embeddings out
    hidden = hidden_states[0 if architecture == "mamba" else 1][0]
    logits = model.get_output_embeddings()(model.get_submodule(NORMS.get(architecture, "model.norm"))(hidden))
    logits = logits * {"granite": 0.25, "cohere": 0.25}.get(architecture, 1.0)
    if architecture == "gemma2":
        logits = 30 * (logits / 30).tanh()
    return logits.double().log_softmax(-1)


@torch.inference_mode()
def final_logprobs(architecture: str, ids: list[int]) -> torch.Tensor:
    return tiny_model(architecture)(torch.tensor([ids]), use_cache=False).logits[0].double().log_softmax(-1)


@pytest.mark.parametrize("architecture", EVERY)
def test_every_layer_is_read_through_the_models_own_norm_head_and_caps(architecture: str) -> None:
    ids = some_ids(LENGTH)
    found = lens(tiny_model(architecture), ids, k=4)
    following = torch.tensor(ids[1:])[:, None]
    final = final_logprobs(architecture, ids)
    for layer, want in ((0, first_layer_logprobs(architecture, ids)), (1, final)):
        top = want.topk(4)
        np.testing.assert_array_equal(found.top_ids[layer], top.indices)
        np.testing.assert_allclose(found.top_logprobs_nats[layer], top.values, atol=1e-5)
        chosen = want[:-1].gather(-1, following)
        np.testing.assert_allclose(found.logprob_nats[layer, :-1], chosen[:, 0], atol=1e-5)
        np.testing.assert_array_equal(found.rank[layer, :-1], (want[:-1] > chosen).sum(-1) + 1)
        divergence = (final.exp() * (final - want)).sum(-1)
        np.testing.assert_allclose(found.kl_to_final_nats[layer], divergence, atol=1e-5)


def test_the_divergence_of_the_final_layer_is_zero() -> None:
    found = lens(tiny_model(), some_ids(LENGTH))
    assert (found.kl_to_final_nats[1] == 0).all()
    assert (found.kl_to_final_nats[0] > 0.01).all()


def test_nothing_comes_after_the_last_token() -> None:
    found = lens(tiny_model(), some_ids(LENGTH))
    assert np.isnan(found.logprob_nats[:, -1]).all()
    assert np.isnan(found.rank[:, -1]).all()
    assert np.isnan(found.probability[:, -1]).all()
    assert np.isfinite(found.logprob_nats[:, :-1]).all()
    np.testing.assert_allclose(found.probability[:, :-1], np.exp(found.logprob_nats[:, :-1]))


def assert_same(found: Lens, want: Lens, layers: Any, positions: Any) -> None:
    at = np.ix_(layers, positions)
    np.testing.assert_array_equal(found.top_ids, want.top_ids[at])
    for name in ("top_logprobs_nats", "logprob_nats", "rank", "kl_to_final_nats"):
        np.testing.assert_allclose(getattr(found, name), getattr(want, name)[at], atol=1e-5, err_msg=name)


def test_chosen_layers_and_positions_are_those_of_the_whole() -> None:
    model, ids = tiny_model(), some_ids(LENGTH)
    found = lens(model, ids, layers=0, positions=[7, -1, 3])
    assert found.layers.tolist() == [0]
    assert found.positions.tolist() == [3, 7, 39]
    assert_same(found, lens(model, ids), [0], [3, 7, 39])


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "jamba"])
@pytest.mark.parametrize("elements", [1, 2000, 5000])
def test_slices_make_no_difference(architecture: str, elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, ids = tiny_model(architecture), some_ids(LENGTH)
    whole = lens(model, ids)
    monkeypatch.setattr(forward_module, "_SLICE_MOST", 16)
    monkeypatch.setattr(lens_module, "_CHUNK_ELEMENTS", elements)
    assert_same(lens(model, ids), whole, range(2), range(LENGTH))


def test_no_more_logits_are_held_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows = own_tiny_model(), []
    model.lm_head.register_forward_hook(lambda _module, _given, made: rows.append(made.numel() // 300))
    monkeypatch.setattr(lens_module, "_CHUNK_ELEMENTS", 300 * 10)
    lens(model, some_ids(LENGTH))
    assert max(rows) == 10


def test_a_cancelled_pass_has_the_positions_it_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_module, "_SLICE_MOST", 16)
    done: list[int] = []
    found = lens(tiny_model(), some_ids(60), cancelled=lambda: len(done) == 2, progress=lambda n: done.append(n))
    assert done == [16, 32]
    assert found.positions.tolist() == list(range(32))
    assert found.top_ids.shape == (2, 32, 5)
    assert found.rank.shape == (2, 32)


def test_the_model_keeps_no_hook() -> None:
    model = own_tiny_model()
    before = [list(m._forward_hooks) for m in model.modules()]
    lens(model, some_ids(8))
    with pytest.raises(IndexError):
        lens(model, [10**6])
    assert [list(m._forward_hooks) for m in model.modules()] == before


def test_vocabulary_entries_of_probability_zero_do_not_spoil_the_divergence() -> None:
    model = own_tiny_model("starcoder2")
    model.lm_head.bias = torch.nn.Parameter(torch.zeros(300).index_fill(0, torch.tensor([290]), -torch.inf), False)
    assert np.isfinite(lens(model, some_ids(8)).kl_to_final_nats).all()


def test_half_precision_is_widened_before_it_is_measured() -> None:
    model, ids = tiny_model("llama", "bfloat16"), some_ids(12)
    with torch.inference_mode():
        want = model(torch.tensor([ids]), use_cache=False).logits[0].float().log_softmax(-1)
    found = lens(model, ids)
    np.testing.assert_allclose(found.top_logprobs_nats[1], want.topk(5).values, atol=1e-5)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"layers": 2}, r"layer=2: is not one of the 2 there are\. Use 0 … 1\."),
        ({"positions": [12]}, r"position=12: is not one of the 12 there are\. Use 0 … 11\."),
        ({"k": 301}, r"k=301: is no number of tokens to keep\. Use 1 … 300\."),
        ({"token_ids": []}, r"token_ids=\[\]: is empty"),
    ],
)
def test_what_is_out_of_range_is_named_with_the_remedy(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        lens(tiny_model(), **{"token_ids": some_ids(12), **chosen})


def test_a_model_that_does_something_else_with_its_logits_is_refused() -> None:
    model = own_tiny_model()

    def shift(_module: Any, _given: Any, output: Any) -> Any:
        output.logits = output.logits.sin()
        return output

    model.register_forward_hook(shift)
    with pytest.raises(InputError, match="its logits are not its head's output, scaled or soft-capped"):
        lens(model, some_ids(8))


def test_logits_that_are_no_numbers_are_refused() -> None:
    model = own_tiny_model()
    model.model.layers[0].mlp.down_proj.weight.data[3] = torch.nan
    with pytest.raises((ModelOutputError, InputError)):
        lens(model, some_ids(8))
