"""Scores by leaving sources out, on a model that is known to be linear and on tiny ones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.contexts import IDS, Linear, ends_after, explained, tokens
from tests.tiny import tiny_model
from tokenscope_widgets.analysis.ablation import ablate, ablate_sampled, sample_masks
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.variants import Variants

NAN = np.nan
PAIRS = Partition("part", np.array([0, 2]), np.array([2, 4]))


def test_a_source_scores_what_the_output_loses_with_it() -> None:
    found = ablate(Linear([[1, 2, 0, -4], [0, 1, 1, 1]]), PAIRS)
    np.testing.assert_allclose(found, [[3, -4], [1, 2]])


def test_tokens_outside_every_source_stay() -> None:
    only = Partition("part", np.array([1]), np.array([3]))
    np.testing.assert_allclose(ablate(Linear([[5, 2, 1, 7]]), only), [[3]])


def test_what_does_not_stand_wholly_before_a_target_has_no_score() -> None:
    np.testing.assert_allclose(ablate(Linear([[1] * 4] * 3, [2, 3, 4]), PAIRS), [[2, NAN], [2, NAN], [2, 2]])


def test_after_a_cancel_the_sources_that_were_not_reached_have_no_score() -> None:
    np.testing.assert_allclose(ablate(Linear([[1, 2, 3, 4]]), tokens(4), ends_after(2)), [[1, 2, NAN, NAN]])


def test_on_a_model_removing_a_source_is_a_text_without_it() -> None:
    forward, asked = ForwardPass(tiny_model("llama")), explained([16])
    found = ablate(Variants(forward, IDS, asked), Partition("part", np.array([3]), np.array([6])))
    short = np.delete(IDS, [3, 4, 5])
    without = Variants(forward, short, type(asked)(np.array([13]), asked.token_ids))
    full = Variants(forward, IDS, asked)
    np.testing.assert_allclose(found[0], full.full - without.full, atol=1e-4)


def test_samples_leave_out_half_of_the_sources_and_are_the_same_every_time() -> None:
    masks = sample_masks(200, 100, seed=5)
    assert abs(masks.mean() - 0.5) < 0.02
    np.testing.assert_array_equal(masks, sample_masks(200, 100, seed=5))
    assert (masks != sample_masks(200, 100, seed=6)).any()


def test_a_planted_sparse_function_is_recovered_for_each_target() -> None:
    weights = np.zeros((2, 24))
    weights[0, [3, 11]] = 4, -2
    weights[1, [20]] = 1
    found = ablate_sampled(Linear(weights.tolist()), tokens(24), samples=96, seed=1)
    np.testing.assert_allclose(found.scores, weights, atol=0.1)
    assert (found.fit_r2 > 0.99).all()
    assert found.samples == 96


def test_a_source_of_several_tokens_has_the_weight_of_all() -> None:
    found = ablate_sampled(Linear([[1, 2, 0, -4]]), PAIRS, samples=64)
    np.testing.assert_allclose(found.scores, [[3, -4]], atol=0.1)


def test_sampled_scores_of_sources_that_do_not_stand_before_the_target_are_unknown() -> None:
    found = ablate_sampled(Linear([[1] * 4, [1] * 4], [2, 4]), PAIRS, samples=32)
    assert np.isnan(found.scores).tolist() == [[False, True], [False, False]]


def test_the_samples_before_a_cancel_are_fitted() -> None:
    linear = Linear([[4, 0, 0, 0, -1, 0]])
    found = ablate_sampled(linear, tokens(6), samples=64, watch=ends_after(40))
    assert found.samples == linear.asked == 40
    np.testing.assert_allclose(found.scores, [[4, 0, 0, 0, -1, 0]], atol=0.2)


def test_too_few_samples_before_a_cancel_give_no_score() -> None:
    found = ablate_sampled(Linear([[4, 0, 1]]), tokens(3), samples=64, watch=ends_after(3))
    assert found.samples == 3
    assert np.isnan(found.scores).all()
    assert np.isnan(found.fit_r2).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_decides_the_samples(seed: int) -> None:
    variants = Variants(ForwardPass(tiny_model("llama")), IDS, explained([16]))
    first, again = (ablate_sampled(variants, tokens(16), samples=32, seed=seed).scores for _ in range(2))
    other = ablate_sampled(variants, tokens(16), samples=32, seed=seed + 1).scores
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
