"""What can be asked of attention weights, on weights small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tokenscope_widgets.analysis.attention import Attention, rollout
from tokenscope_widgets.errors import InputError

NAN = np.nan
FIRST = [[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.2, 0.6]]
SECOND = [[1, 0, 0], [1, 0, 0], [0.6, 0.3, 0.1]]


def attention(dtype: type = np.float32) -> Attention:
    """Two layers (3 and 5 of six), two heads (0 and 4), three tokens."""
    layer = np.array([FIRST, SECOND])
    weights = np.array([layer, layer[::-1]], dtype=dtype)
    return Attention(weights, np.array([3, 5]), np.array([0, 4]), np.arange(3), layer_count=6, head_count=8)


def whole(layers: list[list[list[list[float]]]]) -> Attention:
    """Everything a model has: nothing chosen."""
    weights = np.array(layers, dtype=np.float32)
    shape = weights.shape
    return Attention(weights, np.arange(shape[0]), np.arange(shape[1]), np.arange(shape[2]), shape[0], shape[1])


def test_selecting_goes_by_the_numbers_of_the_model() -> None:
    one = attention().select(layer=5, head=[4, 0], query=2)
    np.testing.assert_allclose(one.weights, [[[FIRST[2]], [SECOND[2]]]])
    assert (one.layers.tolist(), one.heads.tolist(), one.queries.tolist()) == ([5], [4, 0], [2])


def test_the_mean_is_over_layers_and_heads() -> None:
    both = [[1, 0, 0], [0.75, 0.25, 0], [0.4, 0.25, 0.35]]
    np.testing.assert_allclose(attention().mean(), both, atol=1e-7)
    np.testing.assert_allclose(attention().mean(layer=3, head=4), SECOND, atol=1e-7)


def test_the_row_for_a_token_is_that_of_the_query_before_it() -> None:
    np.testing.assert_allclose(attention().row_for_token(2), [[FIRST[1], SECOND[1]], [SECOND[1], FIRST[1]]])


def test_weight_per_head_adds_up_the_named_keys() -> None:
    np.testing.assert_allclose(attention().weight_per_head(2, [0, 2]), [[0.8, 0.7], [0.7, 0.8]], atol=1e-7)
    np.testing.assert_allclose(attention().weight_per_head(1, 0), [[0.5, 1], [1, 0.5]])


def test_received_attention_is_a_mean_over_the_queries_that_could_see() -> None:
    received = attention().received()
    np.testing.assert_allclose(received[0, 0], [1.7 / 3, 0.35, 0.6], atol=1e-7)
    np.testing.assert_allclose(received[0, 1], [2.6 / 3, 0.15, 0.1], atol=1e-7)


def test_received_attention_of_chosen_queries_counts_those_only() -> None:
    np.testing.assert_allclose(attention().select(query=1).received()[0, 0], [0.5, 0.5, NAN])


def test_the_sink_share_leaves_out_queries_without_another_choice() -> None:
    np.testing.assert_allclose(attention().sink_share(), [[0.35, 0.8], [0.8, 0.35]], atol=1e-7)
    np.testing.assert_allclose(attention().sink_share(2), [[0.4, 0.9], [0.9, 0.4]], atol=1e-7)


def test_without_the_sink_rows_keep_their_sum_and_empty_ones_become_nan() -> None:
    rest = attention().without_sink().weights[0]
    np.testing.assert_allclose(rest[0], [[NAN] * 3, [0, 1, 0], [0, 0.25, 0.75]], atol=1e-7)
    np.testing.assert_allclose(rest[1], [[NAN] * 3, [NAN] * 3, [0, 0.75, 0.25]], atol=1e-7)


def test_without_the_sink_rows_with_learned_sinks_keep_their_sum() -> None:
    half = whole([[[[0.5, 0], [0.2, 0.3]]]]).without_sink()
    np.testing.assert_allclose(half.weights[0, 0], [[NAN, NAN], [0, 0.5]], atol=1e-7)


def test_removing_the_sink_changes_nothing_of_the_original_and_keeps_the_format() -> None:
    original = attention(np.float16)
    assert original.without_sink().weights.dtype == np.float16
    np.testing.assert_array_equal(original.weights, attention(np.float16).weights)


def test_means_leave_out_rows_with_nothing_left() -> None:
    rest = attention().without_sink()
    np.testing.assert_allclose(rest.mean(), [[NAN] * 3, [0, 1, 0], [0, 0.5, 0.5]], atol=1e-7)
    np.testing.assert_allclose(rest.received()[0, 1], [0, 0.75, 0.25], atol=1e-7)


def test_rollout_multiplies_half_attention_half_identity() -> None:
    layers = [[[[1.0, 0], [0.5, 0.5]], [[1.0, 0], [0.1, 0.9]]], [[[1.0, 0], [0.8, 0.2]], [[1.0, 0], [0.4, 0.6]]]]
    # means over heads: [.3, .7] and [.6, .4]; with the residual [.15, .85] and [.3, .7]
    np.testing.assert_allclose(rollout(whole(layers)), [[1, 0], [0.3 + 0.7 * 0.15, 0.7 * 0.85]], atol=1e-7)


def test_rollout_rows_sum_to_one() -> None:
    scores = np.random.default_rng(0).normal(size=(4, 3, 9, 9))
    weights = np.exp(scores) * np.tri(9)
    found = rollout(whole((weights / weights.sum(-1, keepdims=True)).tolist()))
    np.testing.assert_allclose(found.sum(-1), np.ones(9), atol=1e-6)
    assert (np.triu(found, 1) == 0).all()


@pytest.mark.parametrize(
    ("missing", "keep"), [("layers", {"layer": 0}), ("heads", {"head": 0}), ("queries", {"query": 0})]
)
def test_rollout_needs_everything(missing: str, keep: dict[str, int]) -> None:
    everything = whole(np.full((2, 2, 2, 2), 0.5).tolist())
    with pytest.raises(InputError, match=f"rollout needs all 2 {missing}, and this has 0"):
        rollout(everything.select(**keep))


def test_what_was_not_kept_is_named() -> None:
    with pytest.raises(InputError, match=r"layer=4: was not kept\. Use one of 3, 5\."):
        attention().select(layer=4)
    with pytest.raises(InputError, match=r"head=1: was not kept\. Use one of 0, 4\."):
        attention().mean(head=[1])
    with pytest.raises(InputError, match=r"token=0: has no row.* Use one of 1–3\."):
        attention().row_for_token(0)
    with pytest.raises(InputError, match=r"key=3: was not kept\. Use one of 0–2\."):
        attention().weight_per_head(2, 3)
    with pytest.raises(InputError, match=r"keys=3: is no number of first tokens that leaves others\. Use 1 … 2\."):
        attention().sink_share(3)


def test_the_representation_says_what_is_kept() -> None:
    assert repr(attention()) == "<Attention layers 3, 5, heads 0, 4, queries 0–2 of 3 tokens, 0.0 MB>"
