"""Contexts with tokens left out give what one plain forward pass for each of them and each target gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.analysis.contexts import IDS, LENGTH, ends_after, explained
from tests.tiny import ARCHITECTURES, BYPASSING, EOS, MORE_ATTENTION, tiny_model
from tokenscope_widgets.analysis import variants as variants_module
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.variants import REMOVALS, Lead, Variants
from tokenscope_widgets.analysis.watch import Watch

WITHOUT_CACHE = ("mamba",)
REPLACEMENT = 7


def masks(*dropped: list[int]) -> NDArray[np.bool_]:
    return np.array([np.isin(np.arange(LENGTH - 1), one) for one in dropped])


SOME = masks([], [0], [5], [15], [3, 4, 5, 6], [0, 1, 2, 15], list(range(16)), [16], [2, 17, 18])
"""Nothing, single tokens (the last before the first target among them), spans, everything, targets themselves."""


@torch.inference_mode()
def plainly(model: Any, dropped: NDArray[np.bool_], removal: str, asked: Explained) -> NDArray[np.float64]:
    """ln p of each target [variant, target] by one forward for each, without cache and without batch."""
    out = np.empty((len(dropped), len(asked)))
    mean = model.get_input_embeddings()(torch.arange(model.config.get_text_config().vocab_size)).mean(0)
    for row, gone in enumerate(dropped):
        emptied = removal == "remove" and gone[: asked.positions[0]].all()
        for column, (position, token) in enumerate(zip(asked.positions, asked.token_ids, strict=True)):
            before, lost = IDS[:position], gone[:position]
            if removal == "remove":
                before = np.append([EOS] if emptied else [], before[~lost])
            elif removal == "replace":
                before = np.where(lost, REPLACEMENT, before)
            embeddings = model.get_input_embeddings()(torch.tensor(before, dtype=torch.long)).clone()
            if removal == "mean":
                embeddings[torch.tensor(lost)] = mean
            logits = model(inputs_embeds=embeddings[None], use_cache=False).logits[0, -1]
            out[row, column] = logits.double().log_softmax(-1)[token]
    return out


def variants(architecture: str, removal: str = "remove", asked: Explained | None = None) -> Variants:
    forward = ForwardPass(tiny_model(architecture))
    return Variants(forward, IDS, asked or explained(), removal=removal, replacement_id=REPLACEMENT, empty_id=EOS)


@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("architecture", [*ARCHITECTURES, *MORE_ATTENTION, *BYPASSING, *WITHOUT_CACHE])
def test_every_variant_equals_a_plain_forward(architecture: str, removal: str) -> None:
    found = variants(architecture, removal).score(SOME)
    expected = plainly(tiny_model(architecture), SOME, removal, explained())
    np.testing.assert_allclose(found, expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", ["llama", "mistral", "mamba"])
def test_the_full_context_is_that_of_a_plain_forward(architecture: str) -> None:
    expected = plainly(tiny_model(architecture), masks([]), "remove", explained())[0]
    np.testing.assert_allclose(variants(architecture).full, expected, atol=1e-4)


def test_the_model_without_a_cache_is_really_one() -> None:
    assert not ForwardPass(tiny_model("mamba")).supports_cache


@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("architecture", ["gpt2", "llama", "gemma2", "mamba"])
def test_a_batch_gives_what_one_at_a_time_gives(architecture: str, removal: str) -> None:
    some = variants(architecture, removal)
    one_by_one = np.concatenate([some.score(mask[None]) for mask in SOME])
    np.testing.assert_allclose(some.score(SOME), one_by_one, atol=1e-4)


def test_groups_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = variants("llama").score(SOME)
    for size in (1, 40):
        monkeypatch.setattr(variants_module, "_TOKENS_AT_ONCE", size)
        np.testing.assert_allclose(variants("llama").score(SOME), expected, atol=1e-5)


def test_scoring_leaves_the_shared_cache_as_it_was() -> None:
    some = variants("mistral")
    first = some.score(SOME)
    np.testing.assert_array_equal(some.score(SOME), first)


def test_where_everything_is_removed_the_model_reads_an_empty_text() -> None:
    asked = explained([1])
    found = variants("llama", asked=asked).score(np.array([[True]]))
    with torch.inference_mode():
        logits = tiny_model("llama")(torch.tensor([[EOS]])).logits[0, -1].double()
    assert found[0, 0] == pytest.approx(float(logits.log_softmax(-1)[IDS[1]]), abs=1e-4)


def test_a_token_at_or_after_the_target_changes_nothing() -> None:
    some = variants("llama", "replace")
    found = some.score(masks([16, 17, 18]))
    assert found[0, 0] == pytest.approx(float(some.full[0]), abs=1e-5)
    assert abs(found[0, 2] - some.full[2]) > 1e-3


def test_masks_may_be_shorter_or_longer_than_the_context() -> None:
    some = variants("llama")
    expected = some.score(masks([2]))
    short, long = np.zeros((1, 4), bool), np.zeros((1, 40), bool)
    short[0, 2] = long[0, 2] = long[0, 30] = True
    np.testing.assert_array_equal(some.score(short), expected)
    np.testing.assert_array_equal(some.score(long), expected)


def test_after_a_cancel_the_rest_is_unknown_and_what_was_computed_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants_module, "_TOKENS_AT_ONCE", 1)
    some = variants("llama")
    whole = some.score(SOME)
    found = some.score(SOME, ends_after(3))
    known = np.isfinite(found).all(axis=1)
    assert known.sum() == 3
    np.testing.assert_allclose(found[known], whole[known], atol=1e-5)
    assert np.isnan(found[~known]).all()


def test_the_announced_work_is_the_work_done() -> None:
    expected: list[int] = []
    done: list[int] = []
    variants("llama").score(SOME, Watch(advance=done.append, expect=expected.append))
    assert sum(done) == expected[0] > 0


def test_a_lead_is_the_difference_of_two_sums() -> None:
    one, other = variants("llama", asked=explained([16, 17])), variants("llama", asked=explained([16, 18, 19]))
    lead = Lead(one, other)
    assert (lead.positions.tolist(), lead.length) == ([16], 16)
    np.testing.assert_allclose(lead.full, [one.full.sum() - other.full.sum()], atol=1e-5)
    expected = one.score(SOME[:4]).sum(1) - other.score(SOME[:4]).sum(1)
    np.testing.assert_allclose(lead.score(SOME[:4])[:, 0], expected, atol=1e-5)
