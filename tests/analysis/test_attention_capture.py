"""Attention read from a running model, against transformers' own eager ``output_attentions``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AttentionInterface, AttentionMaskInterface, DynamicCache
from transformers.masking_utils import sdpa_mask

from tests.analysis.eager_attention import (
    EVERY,
    LENGTH,
    TOLERANCE,
    assert_close,
    batch,
    eager_weights,
    plain_logits,
    state_of,
)
from tests.tiny import (
    BYPASSING,
    WINDOW,
    own_tiny_model,
    some_ids,
    tiny_model,
)
from tokenscope_widgets.analysis.attention_capture import attention_of, recording

on_every_architecture = pytest.mark.parametrize("architecture", EVERY)


on_bypassing = pytest.mark.parametrize("architecture", BYPASSING)


@on_every_architecture
@pytest.mark.parametrize("rows", [1, 3], ids=["one", "several"])
def test_rows_equal_eager_attention_without_a_cache(architecture: str, rows: int) -> None:
    with recording(tiny_model(architecture), rows="all") as recorder:
        plain_logits(tiny_model(architecture), batch(rows))
        taken = recorder.take()
    want = eager_weights(own_tiny_model(architecture), batch(rows))
    assert_close(torch.stack([taken[0], taken[1]]), want)


@on_every_architecture
@pytest.mark.parametrize("rows", [1, 3], ids=["one", "several"])
def test_rows_equal_eager_attention_with_a_cache(architecture: str, rows: int) -> None:
    model, ids, cache = tiny_model(architecture), batch(rows), DynamicCache()
    want = eager_weights(own_tiny_model(architecture), ids)
    with recording(model, rows="all") as recorder, torch.inference_mode():
        for start, stop in ((0, 10), (10, 19), (19, 20), (20, LENGTH)):
            model(ids[:, start:stop], past_key_values=cache, use_cache=True)
            taken = recorder.take()
            assert_close(torch.stack([taken[0], taken[1]]), want[..., start:stop, :stop])


@on_every_architecture
def test_recording_changes_no_bit_of_the_logits(architecture: str) -> None:
    model = own_tiny_model(architecture)
    if architecture == "falcon":
        # it runs in eager mode meanwhile, which rounds differently
        model.config._attn_implementation = "eager"
    before = plain_logits(model, batch(2))
    with recording(model, rows="all"):
        assert torch.equal(plain_logits(model, batch(2)), before)


@pytest.mark.parametrize("architecture", [a for a in EVERY if a not in ("bloom", "mpt")])
def test_padded_batches_equal_eager_attention(architecture: str) -> None:
    mask = torch.ones(2, LENGTH, dtype=torch.long)
    mask[0, :7] = 0
    model = tiny_model(architecture)
    want = eager_weights(own_tiny_model(architecture), batch(2), attention_mask=mask)
    with recording(model, rows="all") as recorder, torch.inference_mode():
        model(batch(2), attention_mask=mask, use_cache=False)
        taken = recorder.take()
    # the rows of padding tokens mean nothing
    for layer in (0, 1):
        assert_close(taken[layer][0, :, 7:], want[layer][0, :, 7:])
        assert_close(taken[layer][1], want[layer][1])


@pytest.mark.parametrize("architecture", ["mistral", "gemma2", "gemma3_text", "phi3", "starcoder2", "gpt_oss"])
def test_keys_outside_a_sliding_window_get_nothing(architecture: str) -> None:
    weights = attention_of(tiny_model(architecture), some_ids(LENGTH)).weights[0]
    distance = np.arange(LENGTH)[:, None] - np.arange(LENGTH)
    assert (weights[:, distance >= WINDOW] == 0).all()
    assert (weights[:, (distance >= 0) & (distance < WINDOW)] > 0).all()


def loop_kernel(
    module: Any, query: Any, key: Any, value: Any, mask: Any, scaling: float, softcap: Any = None, **options: Any
) -> tuple[torch.Tensor, None]:
    """An attention kernel that returns no weights, but knows soft caps and learned sinks, as flash kernels do."""
    groups = query.shape[1] // key.shape[1]
    scores = query @ key.repeat_interleave(groups, 1).mT * scaling
    if softcap is not None:
        scores = softcap * (scores / softcap).tanh()
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    else:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1 + scores.shape[-1] - scores.shape[-2])
        scores = scores.masked_fill(hidden, -torch.inf)
    sinks = options.get("s_aux")
    if sinks is not None:
        scores = torch.cat([scores, sinks.reshape(1, -1, 1, 1).expand(*scores.shape[:-1], 1)], -1)
    weights = scores.softmax(-1)[..., : key.shape[-2]]
    return (weights @ value.repeat_interleave(groups, 1)).transpose(1, 2).contiguous(), None


@pytest.fixture
def kernel_without_weights() -> Iterator[str]:
    AttentionInterface.register("loop", loop_kernel)
    AttentionMaskInterface.register("loop", sdpa_mask)
    yield "loop"
    del AttentionInterface._global_mapping["loop"]
    del AttentionMaskInterface._global_mapping["loop"]


@pytest.mark.parametrize("architecture", ["gemma2", "gpt_oss", "llama"])
def test_soft_caps_and_sinks_come_out_right_under_a_kernel_that_gives_no_weights(
    architecture: str, kernel_without_weights: str
) -> None:
    model = own_tiny_model(architecture)
    if architecture == "gemma2":
        for layer in model.model.layers:
            layer.self_attn.attn_logit_softcapping = 0.5
    want = eager_weights(model, batch(2))
    model.config._attn_implementation = kernel_without_weights
    with recording(model, rows="all") as recorder:
        plain_logits(model, batch(2))
        taken = recorder.take()
    assert_close(torch.stack([taken[0], taken[1]]), want)


def test_learned_sinks_take_their_share_of_the_rows() -> None:
    sums = attention_of(tiny_model("gpt_oss"), some_ids(LENGTH)).weights.sum(-1)
    assert (sums < 0.9999).any()
    assert (sums > 0).all()
    assert (sums < 1.0001).all()


def test_only_the_last_row_is_kept_by_default() -> None:
    model = tiny_model()
    with recording(model) as recorder:
        plain_logits(model, batch(2))
        taken = recorder.take()
    assert [tuple(w.shape) for w in taken.values()] == [(2, 4, 1, LENGTH)] * 2
    assert_close(torch.stack([taken[0], taken[1]]), eager_weights(own_tiny_model(), batch(2))[..., -1:, :])


@pytest.mark.parametrize("architecture", ["llama", "bloom"])
def test_only_the_wanted_layers_rows_and_heads_are_kept(architecture: str) -> None:
    model = tiny_model(architecture)
    with recording(model, layers=[1], rows=[3, 17], heads=[2, 0]) as recorder:
        plain_logits(model, batch(1))
        taken = recorder.take()
    assert list(taken) == [1]
    want = eager_weights(own_tiny_model(architecture), batch(1))[1][:, [2, 0]][:, :, [3, 17]]
    assert_close(taken[1], want)


def test_what_was_taken_is_forgotten() -> None:
    with recording(tiny_model()) as recorder:
        plain_logits(tiny_model(), batch(1))
        assert len(recorder.take()) == 2
        assert recorder.take() == {}


@pytest.mark.parametrize("architecture", EVERY)
def test_model_and_registry_are_as_before_afterwards(architecture: str) -> None:
    model = own_tiny_model(architecture)
    before = state_of(model)
    with recording(model):
        plain_logits(model, batch(1))
    assert state_of(model) == before


@on_every_architecture
def test_model_and_registry_are_as_before_after_an_exception(architecture: str) -> None:
    model = own_tiny_model(architecture)
    before = state_of(model)
    with pytest.raises(IndexError), recording(model):
        plain_logits(model, torch.tensor([[10**6]]))
    assert state_of(model) == before


@pytest.mark.parametrize("architecture", ["llama", "falcon", "bloom"])
def test_nested_recordings_of_one_model_both_hear_it(architecture: str) -> None:
    model = own_tiny_model(architecture)
    before = state_of(model)
    with recording(model, layers=[0]) as outer:
        with recording(model, layers=[1]) as inner:
            plain_logits(model, batch(1))
        assert (list(outer.take()), list(inner.take())) == ([0], [1])
        plain_logits(model, batch(1))
        assert (list(outer.take()), list(inner.take())) == ([0], [])
    assert state_of(model) == before


@pytest.mark.parametrize("architecture", ["llama", "bloom"])
def test_another_model_of_the_same_kind_is_not_recorded(architecture: str) -> None:
    with recording(own_tiny_model(architecture)) as recorder:
        plain_logits(tiny_model(architecture), batch(1))
        assert recorder.take() == {}


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "falcon", "bloom"])
def test_two_threads_record_one_model_each_its_own(architecture: str) -> None:
    model = own_tiny_model(architecture)
    before = state_of(model)
    together = threading.Barrier(2)
    differences: list[float] = []

    def work(seed: int) -> None:
        ids = torch.tensor([some_ids(20, seed)])
        want = eager_weights(own_tiny_model(architecture), ids)
        together.wait(30)
        for _ in range(20):
            with recording(model, rows="all") as recorder:
                plain_logits(model, ids)
                taken = recorder.take()
            differences.append(float((torch.stack([taken[0], taken[1]]) - want).abs().max()))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(differences) == 40
    assert max(differences) < TOLERANCE
    assert state_of(model) == before


@pytest.mark.parametrize("architecture", ["llama", "bloom"])
def test_a_thread_that_does_not_record_is_not_heard(architecture: str) -> None:
    model = tiny_model(architecture)
    with recording(model) as recorder:
        other = threading.Thread(target=plain_logits, args=(model, batch(1)))
        other.start()
        other.join()
        assert recorder.take() == {}


def test_a_function_registered_meanwhile_stays(kernel_without_weights: str) -> None:
    model = own_tiny_model()
    model.config._attn_implementation = kernel_without_weights

    def mine(*arguments: Any, **options: Any) -> Any:
        return loop_kernel(*arguments, **options)

    with recording(model):
        AttentionInterface.register(kernel_without_weights, mine)
    assert AttentionInterface._global_mapping[kernel_without_weights] is mine


def test_gradients_flow_while_recording() -> None:
    model = own_tiny_model()
    embedded = model.get_input_embeddings()(batch(1)).detach().requires_grad_(True)
    with recording(model) as recorder:
        model(inputs_embeds=embedded, use_cache=False).logits[0, -1, 5].backward()
    assert embedded.grad is not None
    assert embedded.grad.abs().sum() > 0
    assert not any(w.requires_grad for w in recorder.take().values())
