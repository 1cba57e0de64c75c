"""Direct logit attribution: it adds up, and its parts are those worked out by hand from named modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import ARCHITECTURES, BYPASSING, MORE_ATTENTION, own_tiny_model, some_ids, tiny_model
from tokenscope_widgets.analysis import forward as forward_module
from tokenscope_widgets.analysis.direct import DirectAttribution, direct_logit_attribution
from tokenscope_widgets.analysis.frozen import through_norm
from tokenscope_widgets.errors import InputError

EVERY = (*ARCHITECTURES, *MORE_ATTENTION, *BYPASSING, "granite", "cohere", "jamba", "mamba")
AT, TOKEN, OTHER = 20, 5, 77
IDS = some_ids(30)


def sum_of_parts(found: DirectAttribution) -> float:
    layers = np.nansum(found.attention) + np.nansum(found.mlp)
    return float(layers + found.embedding + found.bias + found.remainder)


def with_biases(architecture: str) -> Any:
    """A tiny model whose biases and gains are not those of a new model."""
    model = own_tiny_model(architecture).requires_grad_(False)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)
    return model


@torch.inference_mode()
def logit(model: Any, token: int) -> float:
    return float(model(torch.tensor([IDS]), use_cache=False).logits[0, AT, token])


@torch.inference_mode()
def made_by(model: Any, *names: str) -> list[torch.Tensor]:
    """What some modules made at the position, float64; given, for names that end in ``<``."""
    kept: dict[str, torch.Tensor] = {}

    def keeper(name: str) -> Any:
        def keep(_module: Any, given: Any, made: Any) -> None:
            value = given[0] if name.endswith("<") else made[0] if isinstance(made, tuple) else made
            kept[name] = value[0, AT].double().clone()

        return keep

    hooks = [model.get_submodule(n.rstrip("<")).register_forward_hook(keeper(n)) for n in names]
    model(torch.tensor([IDS]), use_cache=False)
    for hook in hooks:
        hook.remove()
    return [kept[name] for name in names]


@pytest.mark.parametrize("architecture", EVERY)
def test_parts_and_remainder_add_up_to_the_logit_and_the_remainder_is_rounding(architecture: str) -> None:
    model = with_biases(architecture)
    found = direct_logit_attribution(model, IDS, AT, TOKEN)
    total = 30 * np.tanh(found.total / 30) if architecture == "gemma2" else found.total
    assert total == pytest.approx(logit(model, TOKEN), abs=2e-5)
    assert sum_of_parts(found) == pytest.approx(found.total, abs=1e-9)
    assert abs(found.remainder) < 1e-5
    assert np.isfinite(found.mlp).all()
    assert np.isfinite(found.attention).all()


def test_parts_of_llama_are_those_worked_out_by_hand() -> None:
    model = with_biases("llama")
    found = direct_logit_attribution(model, IDS, AT, TOKEN)
    final, embedded = made_by(model, "model.layers.1", "model.embed_tokens")
    scale = 1 / (final.square().mean() + model.config.rms_norm_eps).sqrt()
    direction = model.lm_head.weight[TOKEN].double() * model.model.norm.weight.double() * scale
    assert found.embedding == pytest.approx(float(direction @ embedded), abs=1e-5)
    for layer in (0, 1):
        name = f"model.layers.{layer}"
        mlp, attention, heads = made_by(model, f"{name}.mlp", f"{name}.self_attn", f"{name}.self_attn.o_proj<")
        assert found.mlp[layer] == pytest.approx(float(direction @ mlp), abs=1e-5)
        assert found.attention[layer] == pytest.approx(float(direction @ attention), abs=1e-5)
        weight = model.get_submodule(name).self_attn.o_proj.weight.double()
        for head in range(4):
            channels = slice(8 * head, 8 * head + 8)
            alone = weight[:, channels] @ heads[channels]
            assert found.heads[layer, head] == pytest.approx(float(direction @ alone), abs=1e-5)
    np.testing.assert_allclose(found.heads.sum(1), found.attention, atol=1e-5)
    assert found.bias == 0


def test_parts_of_gpt2_have_its_biases() -> None:
    model = with_biases("gpt2")
    found = direct_logit_attribution(model, IDS, AT, TOKEN)
    (final,) = made_by(model, "transformer.h.1")
    norm = model.transformer.ln_f
    row = model.lm_head.weight[TOKEN].double() * norm.weight.double() / (final.var(correction=0) + norm.eps).sqrt()
    direction = row - row.mean()
    assert found.bias == pytest.approx(float(model.lm_head.weight[TOKEN].double() @ norm.bias.double()), abs=1e-5)
    embedded = model.transformer.wte.weight[IDS[AT]] + model.transformer.wpe.weight[AT]
    assert found.embedding == pytest.approx(float(direction @ embedded.double()), abs=1e-5)
    for layer in (0, 1):
        (mlp,) = made_by(model, f"transformer.h.{layer}.mlp")
        assert found.mlp[layer] == pytest.approx(float(direction @ mlp), abs=1e-5)
        bias = float(direction @ model.transformer.h[layer].attn.c_proj.bias.double())
        assert found.attention[layer] - found.heads[layer].sum() == pytest.approx(bias, abs=1e-5)


def test_parts_of_gemma2_go_through_the_norms_after_attention_and_mlp() -> None:
    model = with_biases("gemma2")
    found = direct_logit_attribution(model, IDS, AT, TOKEN)
    (final,) = made_by(model, "model.layers.1")
    eps = model.config.rms_norm_eps
    gain = 1 + model.model.norm.weight.double()
    direction = model.lm_head.weight[TOKEN].double() * gain / (final.square().mean() + eps).sqrt()
    for layer in (0, 1):
        name = f"model.layers.{layer}"
        added, raw, heads, mlp = made_by(
            model,
            f"{name}.post_attention_layernorm",
            f"{name}.self_attn",
            f"{name}.self_attn.o_proj<",
            f"{name}.post_feedforward_layernorm",
        )
        assert found.attention[layer] == pytest.approx(float(direction @ added), abs=1e-5)
        assert found.mlp[layer] == pytest.approx(float(direction @ mlp), abs=1e-5)
        block = model.get_submodule(name)
        after = (1 + block.post_attention_layernorm.weight.double()) / (raw.square().mean() + eps).sqrt()
        alone = block.self_attn.o_proj.weight.double()[:, 8:16] @ heads[8:16]
        assert found.heads[layer, 1] == pytest.approx(float(direction @ (after * alone)), abs=1e-5)
        np.testing.assert_allclose(found.heads[layer].sum(), found.attention[layer], atol=1e-5)


def test_parts_of_a_parallel_block_are_told_apart() -> None:
    model = with_biases("gpt_neox")
    found = direct_logit_attribution(model, IDS, AT, TOKEN)
    (final,) = made_by(model, "gpt_neox.layers.1")
    norm, row = model.gpt_neox.final_layer_norm, model.get_output_embeddings().weight[TOKEN].double()
    direction = row * norm.weight.double() / (final.var(correction=0) + norm.eps).sqrt()
    direction -= direction.mean()
    for layer in (0, 1):
        attention, mlp = made_by(model, f"gpt_neox.layers.{layer}.attention", f"gpt_neox.layers.{layer}.mlp")
        assert found.attention[layer] == pytest.approx(float(direction @ attention), abs=1e-5)
        assert found.mlp[layer] == pytest.approx(float(direction @ mlp), abs=1e-5)


@pytest.mark.parametrize("architecture", ["llama", "gpt_oss", "mistral", "falcon", "mpt"])
def test_a_part_is_what_the_logit_loses_without_it_at_a_frozen_scale(architecture: str) -> None:
    model = with_biases(architecture)
    found = direct_logit_attribution(model, IDS, AT, TOKEN)
    names = {"mistral": "down_proj", "llama": "down_proj", "falcon": "dense_4h_to_h", "mpt": "down_proj"}
    blocks = model.model.layers if hasattr(model, "model") else getattr(model.transformer, "h", None) or []
    blocks = blocks or model.transformer.blocks
    norm = next(m for n, m in model.named_modules() if n in ("model.norm", "transformer.ln_f", "transformer.norm_f"))
    before: list[torch.Tensor] = []
    hook = norm.register_forward_pre_hook(lambda _m, given: before.append(given[0][0, AT].double()))
    logit(model, TOKEN)
    part = getattr(blocks[-1], "mlp", None) or blocks[-1].ffn
    if architecture == "gpt_oss":
        part.register_forward_hook(lambda _m, _g, made: (torch.zeros_like(made[0]), made[1]))
    else:
        output = getattr(part, names[architecture])
        output.register_forward_hook(lambda _m, _g, made: torch.zeros_like(made))
    ablated = logit(model, TOKEN)
    hook.remove()
    full, without = before
    if architecture in ("falcon", "mpt"):
        full, without = full - full.mean(), without - without.mean()
    bias = found.bias
    rescaled = (ablated - bias) * float(without.norm() / full.norm()) + bias
    assert found.mlp[-1] == pytest.approx(found.total - rescaled, abs=2e-4)


def test_a_contrast_is_the_difference_of_two_logits() -> None:
    model = with_biases("gpt2")
    one, other = (direct_logit_attribution(model, IDS, AT, token) for token in (TOKEN, OTHER))
    both = direct_logit_attribution(model, IDS, AT, TOKEN, contrast_id=OTHER)
    turned = direct_logit_attribution(model, IDS, AT, OTHER, contrast_id=TOKEN)
    for name in ("heads", "attention", "mlp", "embedding", "bias", "total"):
        np.testing.assert_allclose(getattr(both, name), getattr(one, name) - getattr(other, name), atol=1e-5)
        np.testing.assert_allclose(getattr(both, name), -getattr(turned, name), atol=1e-6)


def test_what_comes_after_the_position_plays_no_part_and_slices_make_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = direct_logit_attribution(tiny_model(), IDS, AT, TOKEN)
    monkeypatch.setattr(forward_module, "_SLICE_MOST", 16)
    cut = direct_logit_attribution(tiny_model(), IDS[: AT + 1], -1, TOKEN)
    np.testing.assert_allclose(cut.heads, whole.heads, atol=1e-5)
    np.testing.assert_allclose(cut.mlp, whole.mlp, atol=1e-5)
    assert (cut.position, cut.token_id, cut.contrast_id) == (AT, TOKEN, None)


def test_the_first_position_can_be_split() -> None:
    found = direct_logit_attribution(tiny_model(), IDS, 0, TOKEN)
    assert abs(found.remainder) < 1e-5


def test_layers_without_heads_have_none() -> None:
    found = direct_logit_attribution(tiny_model("jamba"), IDS, AT, TOKEN)
    assert np.isnan(found.heads[0]).all()
    assert np.isfinite(found.heads[1]).all()
    np.testing.assert_allclose(found.heads[1].sum(), found.attention[1], atol=1e-5)


def test_a_block_that_is_not_understood_goes_into_the_remainder() -> None:
    model = own_tiny_model()
    model.model.layers[0].register_forward_hook(lambda _module, _given, made: made * 1.25 + 0.5)
    found = direct_logit_attribution(model, IDS, AT, TOKEN)
    assert np.isnan(found.mlp[0])
    assert np.isfinite(found.mlp[1])
    assert abs(found.remainder) > 0.01
    assert sum_of_parts(found) == pytest.approx(found.total, abs=1e-9)
    assert found.total == pytest.approx(logit(model, TOKEN), abs=1e-5)


def test_half_precision_leaves_its_rounding_in_the_remainder() -> None:
    found = direct_logit_attribution(tiny_model("llama", "bfloat16"), IDS, AT, TOKEN)
    assert np.isfinite(found.mlp).all()
    assert abs(found.remainder) < 0.05
    want = direct_logit_attribution(tiny_model("llama"), IDS, AT, TOKEN)
    np.testing.assert_allclose(found.heads, want.heads, atol=0.1)


def test_the_model_keeps_no_hook_and_no_gradient() -> None:
    model = own_tiny_model()
    before = [list(m._forward_hooks) for m in model.modules()]
    direct_logit_attribution(model, IDS, AT, TOKEN)
    assert [list(m._forward_hooks) for m in model.modules()] == before
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("size", [7, 8])
def test_a_frozen_layer_norm_is_linear(size: int) -> None:
    norm = torch.nn.LayerNorm(size)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    x, direction = torch.randn(size) + 3, torch.randn(size, dtype=torch.float64)
    with torch.inference_mode():
        pulled = through_norm(norm, x, direction)
        want = float(direction @ norm(x).double())
    assert float(pulled.direction @ x.double()) + pulled.bias == pytest.approx(want, abs=1e-5)
    centred = norm.weight.double() * direction / (x.double().var(correction=0) + norm.eps).sqrt()
    np.testing.assert_allclose(pulled.direction, (centred - centred.mean()).detach(), atol=1e-5)


@pytest.mark.parametrize("size", [7, 8])
def test_a_frozen_rms_norm_is_linear_and_does_not_centre(size: int) -> None:
    norm = torch.nn.RMSNorm(size, eps=1e-6)
    torch.nn.init.normal_(norm.weight)
    x, direction = torch.randn(size) + 3, torch.randn(size, dtype=torch.float64)
    with torch.inference_mode():
        pulled = through_norm(norm, x, direction)
    want = norm.weight.double() * direction / (x.double().square().mean() + 1e-6).sqrt()
    np.testing.assert_allclose(pulled.direction, want.detach(), atol=1e-5)
    assert pulled.bias == 0


def test_what_is_no_norm_is_refused() -> None:
    with torch.inference_mode(), pytest.raises(InputError, match="its Tanh is neither a layer norm nor an RMS norm"):
        through_norm(torch.nn.Tanh(), torch.randn(8) * 3, torch.ones(8, dtype=torch.float64))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((IDS, 30, TOKEN), r"position=30: is not one of the 30 there are\. Use 0 … 29\."),
        ((IDS, AT, 300), r"token_id=300: is not in the vocabulary of 300 tokens"),
        ((IDS, AT, TOKEN, -1), r"contrast_id=-1: is not in the vocabulary of 300 tokens"),
    ],
)
def test_what_is_out_of_range_is_named_with_the_remedy(given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        direct_logit_attribution(tiny_model(), *given)


def test_the_rows_of_its_table_add_up_to_the_total() -> None:
    found = direct_logit_attribution(tiny_model("gpt2"), some_ids(9), 5, 7, 8)
    frame = found.to_frame()
    assert frame["logits"].sum() == pytest.approx(found.total, abs=1e-5)
    assert frame["part"].value_counts().to_dict() == {
        "head": 8,
        "attention_rest": 2,
        "mlp": 2,
        "embedding": 1,
        "bias": 1,
        "remainder": 1,
    }
    assert "token id 7 − 8 after position 5" in repr(found)
