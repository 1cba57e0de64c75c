"""Every method through the one call there is for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.analysis.contexts import IDS, TARGETS, explained, tokens
from tests.tiny import EOS, VOCABULARY, tiny_model
from tokenscope_widgets.analysis.attention import rollout
from tokenscope_widgets.analysis.attention_capture import attention_of
from tokenscope_widgets.analysis.attribution import METHODS
from tokenscope_widgets.analysis.explained import OUTPUTS, Explained
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.methods import (
    MethodOptions,
    MethodResult,
    check_method,
    options_from,
    run_method,
    work_passes,
    work_tokens,
)
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.watch import Watch
from tokenscope_widgets.errors import InputError

OTHER = 9
SCORING = ("ablation", "surrogate", "input_x_gradient", "integrated_gradients", "saliency")
ATTENTION = ("attention", "attention_rollout")
FEW = MethodOptions(steps=4, samples=24)


def run(method: str, asked: Explained | None = None, sources: Partition | None = None, **more: Any) -> MethodResult:
    model = tiny_model(more.pop("architecture", "llama"))
    options = replace(FEW, **more.pop("options", {}))
    return run_method(
        method,
        model,
        ForwardPass(model),
        IDS,
        asked or explained(),
        sources or tokens(TARGETS[0]),
        options,
        empty_id=EOS,
        **more,
    )


def swapped(asked: Explained) -> Explained:
    assert asked.contrast_ids is not None
    return replace(asked, token_ids=asked.contrast_ids, contrast_ids=asked.token_ids)


def test_these_are_all_the_methods() -> None:
    assert set(SCORING) | set(ATTENTION) == set(METHODS)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("method", SCORING)
def test_a_contrast_the_other_way_round_has_the_opposite_scores(method: str, output: str) -> None:
    asked = explained(output=output, contrast=OTHER)
    one, other = run(method, asked), run(method, swapped(asked))
    sign = 1 if method == "saliency" else -1
    np.testing.assert_allclose(one.scores, sign * other.scores, atol=1e-4)
    np.testing.assert_allclose(one.full, -other.full, atol=1e-5)
    assert np.abs(one.scores).max() > 1e-3


@pytest.mark.parametrize("method", ATTENTION)
def test_attention_knows_of_no_contrast(method: str) -> None:
    asked = explained(contrast=OTHER)
    np.testing.assert_array_equal(run(method, asked).scores, run(method, swapped(asked)).scores)


@pytest.mark.parametrize("method", ["ablation", "input_x_gradient", "integrated_gradients"])
def test_a_contrast_is_the_difference_of_two_explanations(method: str) -> None:
    asked = explained(output="logit", contrast=OTHER)
    own, other = replace(asked, contrast_ids=None), replace(swapped(asked), contrast_ids=None)
    expected = run(method, own).scores - run(method, other).scores
    np.testing.assert_allclose(run(method, asked).scores, expected, atol=1e-4)


@pytest.mark.parametrize("method", ["ablation", "input_x_gradient", "integrated_gradients"])
def test_the_lead_over_a_token_is_the_same_in_nats_and_in_logits(method: str) -> None:
    logprob, logit = (run(method, explained(output=output, contrast=OTHER)).scores for output in OUTPUTS[:2])
    np.testing.assert_allclose(logprob, logit, atol=1e-4)


@pytest.mark.parametrize("method", ["input_x_gradient", "saliency", "integrated_gradients", *ATTENTION])
def test_a_line_has_the_sum_of_its_tokens(method: str) -> None:
    lines = Partition("line", np.array([0, 4, 9]), np.array([4, 9, 16]))
    each = run(method).scores
    expected = np.stack([each[:, :4].sum(1), each[:, 4:9].sum(1), each[:, 9:16].sum(1)], axis=1)
    np.testing.assert_allclose(run(method, sources=lines).scores, expected, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_sources_that_do_not_stand_before_a_target_have_no_score(method: str) -> None:
    found = run(method, explained((6, 10)), tokens(10))
    assert np.isnan(found.scores).tolist() == [[False] * 6 + [True] * 4, [False] * 10]


@pytest.mark.parametrize("architecture", ["mistral", "gemma2", "gpt_neox", "bloom", "mamba", "jamba"])
@pytest.mark.parametrize("method", SCORING)
def test_every_kind_of_model_can_be_explained(method: str, architecture: str) -> None:
    found = run(method, architecture=architecture)
    assert np.isfinite(found.scores).all()
    assert np.isfinite(found.full).all()


def test_attention_is_the_mean_row_that_chose_the_token() -> None:
    found = run("attention", sources=tokens(16)).scores
    kept = attention_of(tiny_model("llama"), IDS[:19].tolist())
    np.testing.assert_allclose(found[0], kept.row_for_token(16).mean((0, 1))[:16], atol=1e-6)
    np.testing.assert_allclose(found[2], kept.row_for_token(19).mean((0, 1))[:16], atol=1e-6)


def test_attention_of_one_layer_and_head() -> None:
    found = run("attention", options={"layer": 1, "head": 2}).scores
    kept = attention_of(tiny_model("llama"), IDS[:19].tolist())
    np.testing.assert_allclose(found[1], kept.row_for_token(17)[1, 2, :16], atol=1e-6)


def test_attention_rollout_is_that_of_the_query_before_the_token() -> None:
    found = run("attention_rollout", sources=tokens(16)).scores
    expected = rollout(attention_of(tiny_model("llama"), IDS[:19].tolist()))
    np.testing.assert_allclose(found, expected[[15, 16, 18], :16], atol=1e-6)


@pytest.mark.parametrize("method", ATTENTION)
@pytest.mark.parametrize("slices", [0, 1, 2])
def test_attention_that_was_cancelled_is_unknown_where_it_was_not_reached(
    method: str, slices: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny_model("llama")
    from tokenscope_widgets.analysis import attention_capture

    class Slow(ForwardPass):
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            self.slice_length = 6

    monkeypatch.setattr(attention_capture, "ForwardPass", Slow)
    asked = iter(range(slices))
    watch = Watch(cancelled=lambda: next(asked, None) is None)
    targets = explained((5, 11, 19))
    found = run_method(method, model, ForwardPass(model), IDS, targets, tokens(5), FEW, watch=watch).scores
    # six tokens of nineteen in each slice; rollout needs them all
    reached = [slices >= 1, slices >= 2, False] if method == "attention" else [False] * 3
    assert np.isfinite(found).all(axis=1).tolist() == reached
    assert np.isnan(found).all(axis=1).tolist() == [not there for there in reached]


@pytest.mark.parametrize("method", METHODS)
def test_progress_adds_up_to_what_was_announced(method: str) -> None:
    done: list[int] = []
    expected: list[int] = []
    run(method, watch=Watch(advance=done.append, expect=expected.append))
    work = work_tokens(method, explained(), tokens(TARGETS[0]), FEW)
    assert all(steps >= 0 for steps in done)
    assert sum(done) == pytest.approx(expected[0] if expected else work, rel=0.35)


@pytest.mark.parametrize("method", ATTENTION)
def test_attention_of_a_long_text_tells_increments(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenscope_widgets.analysis import attention_capture

    class Slow(ForwardPass):
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            self.slice_length = 6

    monkeypatch.setattr(attention_capture, "ForwardPass", Slow)
    done: list[int] = []
    run(method, watch=Watch(advance=done.append))
    assert done == [6, 6, 6, 1]


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("ablation", "16 tokens, 17 forward passes"),
        ("surrogate", "16 tokens, 25 forward passes"),
        ("integrated_gradients", "4 forward and 12 backward passes"),
        ("saliency", "1 forward and 3 backward passes"),
        ("attention", "1 forward pass"),
    ],
)
def test_the_cost_in_words(method: str, words: str) -> None:
    assert work_passes(method, explained(), tokens(16), FEW) == words


def test_ablation_shares_what_stands_before_each_source() -> None:
    # 19 for the full context, then 19 − start for each source
    assert work_tokens("ablation", explained(), tokens(3), FEW) == 19 + 19 + 18 + 17


@pytest.mark.parametrize("method", SCORING)
def test_what_a_method_says_about_itself(method: str) -> None:
    found = run(method)
    assert (found.fit_r2 is not None) == (method == "surrogate")
    assert (found.completeness_error is not None) == (method == "integrated_gradients")


@pytest.mark.parametrize("reduction", ["abs", "l2"])
@pytest.mark.parametrize("method", ["input_x_gradient", "integrated_gradients"])
def test_reductions_without_a_sign_are_never_negative(method: str, reduction: str) -> None:
    assert (run(method, options={"reduction": reduction}).scores >= 0).all()
    assert (run(method).scores < 0).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"removal": "delete"}, r"removal='delete': is not known\. Use one of remove, replace, mean\."),
        ({"reduction": "mean"}, r"reduction='mean': is not known\. Use one of sum, l2, abs\."),
        ({"steps": 0}, r"steps=0: must be a whole number from 1\. Use 1 or more\."),
        ({"steps": 1.5}, r"steps=1.5: must be a whole number"),
        ({"samples": 15}, r"samples=15: must be a whole number from 16\. Use 16 or more\."),
        ({"samples": True}, r"samples=True: must be a whole number"),
        ({"replacement_id": VOCABULARY}, r"replacement_id=300: is not in the vocabulary of 300 tokens\. Use 0 …"),
        ({"baseline_id": -1}, r"baseline_id=-1: is not in the vocabulary"),
        ({"stepps": 3}, r"stepps=3: is no option of an attribution\. Known: removal, replacement_id, reduction,"),
    ],
    ids=str,
)
def test_a_bad_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        options_from(options).check(VOCABULARY)


def test_no_baseline_token_means_zeros() -> None:
    options_from({"baseline_id": None}).check(VOCABULARY)


def test_unknown_methods_and_outputs_are_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"method='lrp': is not known\. Use one of ablation, surrogate, .*rollout\."):
        check_method("lrp", "logit")
    with pytest.raises(InputError, match=r"output='p': is not known\. Use one of logprob, logit, probability\."):
        check_method("ablation", "p")
