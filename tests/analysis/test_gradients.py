"""Gradients against finite differences in double precision, and integrated gradients against what they promise."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.analysis.contexts import IDS, ends_after, explained
from tests.tiny import tiny_model
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.gradients import TokenScores, input_x_gradient, integrated_gradients, saliency
from tokenscope_widgets.errors import ModelOutputError

MODELS = ("llama", "gpt2", "gemma2", "qwen3", "bloom", "mamba")
AT = (4, 6)
# norms are computed in single precision whatever the model's: a step must not be too small
STEP = 1e-2
EVERYTHING = np.ones(20, bool)


def precise(architecture: str) -> Any:
    return copy.deepcopy(tiny_model(architecture)).double()


@torch.inference_mode()
def outputs(model: Any, embeddings: torch.Tensor, asked: Explained) -> NDArray[np.float64]:
    """The explained numbers in double precision, [text, target]; written down once more."""
    logits = model(inputs_embeds=embeddings, use_cache=False).logits[:, asked.positions - 1]
    scores = logits if asked.output == "logit" else logits.log_softmax(-1)
    own, other = (
        None if ids is None else scores[:, np.arange(len(ids)), ids] for ids in (asked.token_ids, asked.contrast_ids)
    )
    if asked.output == "probability":
        own, other = own.exp(), None if other is None else other.exp()
    return (own if other is None else own - other).numpy()


def by_differences(model: Any, asked: Explained) -> NDArray[np.float64]:
    """The gradient by every entry of every embedding, [target, token, hidden], by differences of fourth order."""
    there = model.get_input_embeddings()(torch.tensor(IDS[: asked.context_length])[None]).detach()
    steps = STEP * torch.eye(there.numel(), dtype=there.dtype).reshape(-1, *there.shape[1:])
    with torch.inference_mode():
        one, two = (outputs(model, there + k * steps, asked) - outputs(model, there - k * steps, asked) for k in (1, 2))
    return ((8 * one - two) / (12 * STEP)).T.reshape(len(asked), *there.shape[1:])


def known(scores: NDArray[Any], asked: Explained) -> NDArray[Any]:
    """NaN at and after each target."""
    return np.where(np.arange(scores.shape[1]) < asked.positions[:, None], scores, np.nan)


@pytest.mark.parametrize("architecture", MODELS)
def test_saliency_is_the_length_of_the_gradient(architecture: str) -> None:
    model, asked = precise(architecture), explained(AT)
    expected = known(np.linalg.norm(by_differences(model, asked), axis=-1), asked)
    np.testing.assert_allclose(saliency(ForwardPass(model), IDS, asked).scores, expected, rtol=1e-3, atol=5e-4)


@pytest.mark.parametrize("output", ["logprob", "logit", "probability"])
@pytest.mark.parametrize("contrast", [None, 9])
def test_input_x_gradient_of_every_output(output: str, contrast: int | None) -> None:
    model, asked = precise("llama"), explained(AT, output, contrast)
    embeddings = model.get_input_embeddings()(torch.tensor(IDS[: AT[-1]])).detach().numpy()
    products = by_differences(model, asked) * embeddings
    for reduction, expected in (
        ("sum", products.sum(-1)),
        ("abs", np.abs(products).sum(-1)),
        ("l2", np.sqrt((products**2).sum(-1))),
    ):
        found = input_x_gradient(ForwardPass(model), IDS, asked, reduction=reduction)
        np.testing.assert_allclose(found.scores, known(expected, asked), rtol=1e-3, atol=5e-4)


@pytest.mark.parametrize("architecture", MODELS)
def test_input_x_gradient_of_every_architecture(architecture: str) -> None:
    model, asked = precise(architecture), explained(AT)
    embeddings = model.get_input_embeddings()(torch.tensor(IDS[: AT[-1]])).detach().numpy()
    expected = known((by_differences(model, asked) * embeddings).sum(-1), asked)
    np.testing.assert_allclose(input_x_gradient(ForwardPass(model), IDS, asked).scores, expected, rtol=1e-3, atol=5e-4)


def test_many_targets_give_what_one_at_a_time_gives() -> None:
    forward, asked = ForwardPass(tiny_model("llama")), explained((4, 9, 15))
    together = input_x_gradient(forward, IDS, asked)
    for row, position in enumerate((4, 9, 15)):
        alone = input_x_gradient(forward, IDS, explained((position,)))
        np.testing.assert_allclose(together.scores[row, :position], alone.scores[0], atol=1e-4)
        np.testing.assert_allclose(together.full[row], alone.full[0], atol=1e-5)


def test_targets_taken_together_score_the_sum_before_the_first() -> None:
    forward, asked = ForwardPass(tiny_model("llama")), explained((4, 9, 15))
    one = input_x_gradient(forward, IDS, replace(asked, together=True))
    each = input_x_gradient(forward, IDS, asked)
    np.testing.assert_allclose(one.scores[0, :4], each.scores[:, :4].sum(0), atol=1e-4)
    np.testing.assert_allclose(one.full, [each.full.sum()], atol=1e-4)


def completeness(found: TokenScores) -> float:
    return float(np.abs(found.completeness_error).max())


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gemma2"])
def test_integrated_gradients_add_up_to_the_change_when_the_steps_are_many(architecture: str) -> None:
    model, asked = precise(architecture), explained(AT, "probability")
    errors = [
        completeness(integrated_gradients(ForwardPass(model), IDS, asked, EVERYTHING, steps=steps))
        for steps in (4, 32, 1000)
    ]
    assert errors[2] < 2e-3
    assert errors[2] < errors[1] < errors[0]


def test_the_completeness_error_is_the_sum_minus_the_change() -> None:
    model, asked = precise("llama"), explained(AT)
    found = integrated_gradients(ForwardPass(model), IDS, asked, EVERYTHING, baseline_id=3, steps=5)
    embed = model.get_input_embeddings()
    there, base = embed(torch.tensor([IDS[:6].tolist()])), embed(torch.tensor([[3] * 6]))
    change = outputs(model, there, asked) - outputs(model, base, asked)
    np.testing.assert_allclose(found.completeness_error, np.nansum(found.scores, 1) - change[0], atol=1e-4)
    np.testing.assert_allclose(found.full, outputs(model, there, asked)[0], atol=1e-5)


def test_integrated_gradients_are_gradients_along_the_way() -> None:
    model, asked = precise("llama"), explained((4,))
    embed = model.get_input_embeddings()
    there, base = embed(torch.tensor([IDS[:4].tolist()])).detach(), torch.zeros(1, 4, 32, dtype=torch.float64)
    total = np.zeros((4, 32))
    # Gauss–Legendre with two nodes, written down
    for alpha in (0.5 - 0.5 / np.sqrt(3), 0.5 + 0.5 / np.sqrt(3)):
        point = (base + alpha * (there - base)).requires_grad_(True)
        logits = model(inputs_embeds=point, use_cache=False).logits[0, -1]
        (gradient,) = torch.autograd.grad(logits.log_softmax(-1)[IDS[4]], point)
        total += 0.5 * (gradient * (there - base))[0].numpy()
    found = integrated_gradients(ForwardPass(model), IDS, asked, EVERYTHING, baseline_id=None, steps=2)
    np.testing.assert_allclose(found.scores[0], total.sum(-1), atol=1e-4)


def test_tokens_that_do_not_take_the_way_score_nothing() -> None:
    varied = np.isin(np.arange(20), [1, 2])
    found = integrated_gradients(ForwardPass(tiny_model("llama")), IDS, explained((5,)), varied, steps=3)
    assert found.scores[0, [0, 3, 4]].tolist() == [0, 0, 0]
    assert (found.scores[0, [1, 2]] != 0).all()


def test_the_steps_of_a_long_text_go_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenscope_widgets.analysis import gradients

    forward = ForwardPass(tiny_model("llama"))
    expected = integrated_gradients(forward, IDS, explained(AT), EVERYTHING, steps=7)
    monkeypatch.setattr(gradients, "_TOKENS_AT_ONCE", 12)
    found = integrated_gradients(forward, IDS, explained(AT), EVERYTHING, steps=7)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)


def test_after_a_cancel_the_targets_that_were_not_reached_are_unknown() -> None:
    forward, asked = ForwardPass(tiny_model("llama")), explained((4, 9, 15))
    found = input_x_gradient(forward, IDS, asked, watch=ends_after(1))
    expected = input_x_gradient(forward, IDS, asked)
    np.testing.assert_allclose(found.scores[0], expected.scores[0], atol=1e-6)
    assert np.isnan(found.scores[1:]).all()
    assert np.isfinite(found.full).tolist() == [True, False, False]


def test_integrated_gradients_that_were_cancelled_are_unknown() -> None:
    found = integrated_gradients(ForwardPass(tiny_model("llama")), IDS, explained(AT), EVERYTHING, watch=ends_after(0))
    assert np.isnan(found.scores).all()
    assert np.isnan(found.full).all()


def test_the_model_keeps_no_gradient() -> None:
    model = tiny_model("llama")
    before = {name: p.requires_grad for name, p in model.named_parameters()}
    input_x_gradient(ForwardPass(model), IDS, explained(AT))
    assert {name: p.requires_grad for name, p in model.named_parameters()} == before
    assert all(p.grad is None for p in model.parameters())


def test_gradients_that_are_no_numbers_are_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    model = copy.deepcopy(tiny_model("llama"))
    # the square root of nothing has no slope
    model.get_input_embeddings().register_forward_hook(lambda *_: None)
    forward = model.forward
    monkeypatch.setattr(
        model, "forward", lambda inputs_embeds, **more: forward(inputs_embeds=(inputs_embeds * 0).sqrt(), **more)
    )
    with pytest.raises(ModelOutputError, match=r"gradient: .* not finite in torch.float32.*method='ablation'"):
        saliency(ForwardPass(model), IDS, explained(AT))
