"""Deletion and insertion curves, on a model that is known to be linear."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.contexts import IDS, Linear, ends_after, explained, tokens
from tests.tiny import tiny_model
from tokenscope_widgets.analysis.ablation import ablate
from tokenscope_widgets.analysis.faithfulness import (
    Faithfulness,
    mean_interval,
    measure_faithfulness,
    order_of,
)
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.variants import Variants
from tokenscope_widgets.errors import InputError

WEIGHTS = [3.0, -1, 5, 0, 1, 2, 0, 0, 4, 1]
BEST = np.argsort(-np.array(WEIGHTS))
NAN = np.nan


def measured(order: list[int] | None = None, **options: object) -> Faithfulness:
    given = np.array(BEST if order is None else order)
    return measure_faithfulness(Linear([WEIGHTS]), tokens(10), given, **options)  # type: ignore[arg-type]


def by_hand() -> Faithfulness:
    columns = [np.array(values, np.float32) for values in ([4, 6], [3, 1], [[1, 2], [3, 6]], [[5, 4], [6, 4]])]
    return Faithfulness(np.array([1, 2]), 4, *columns, "line", "nats")


def test_deletion_costs_what_the_deleted_sources_gave() -> None:
    found = measured(counts=[1, 2, 4])
    np.testing.assert_allclose(found.deletion, [5, 9, 14])
    assert (found.counts.tolist(), found.sources, found.unit, found.quantity) == ([1, 2, 4], 10, "token", "nats")


def test_insertion_costs_what_was_not_kept() -> None:
    np.testing.assert_allclose(measured(counts=[1, 2, 4]).insertion, [10, 6, 1])


def test_by_default_ten_to_fifty_per_cent_are_deleted() -> None:
    assert measured().counts.tolist() == [1, 2, 3, 5]
    np.testing.assert_allclose(measured().fractions, [0.1, 0.2, 0.3, 0.5])


def test_few_sources_are_cut_at_each_number_once() -> None:
    found = measure_faithfulness(Linear([[1, 2, 3]]), tokens(3), np.array([2, 1, 0]))
    assert found.counts.tolist() == [1, 2]


def test_costs_are_summed_over_the_targets() -> None:
    both = measure_faithfulness(Linear([WEIGHTS, WEIGHTS]), tokens(10), BEST, counts=[1])
    np.testing.assert_allclose(both.deletion, [10])


def test_a_source_of_several_tokens_is_deleted_as_a_whole() -> None:
    halves = Partition("line", np.array([0, 5]), np.array([5, 10]))
    found = measure_faithfulness(Linear([WEIGHTS]), halves, np.array([0, 1]), counts=[1])
    assert (found.deletion.tolist(), found.insertion.tolist()) == ([8], [7])


def test_the_perfect_order_beats_every_random_one() -> None:
    found = measured(counts=[1, 3, 5], random_orders=40)
    assert (found.deletion >= found.random_deletion).all()
    assert (found.insertion <= found.random_insertion).all()
    assert found.ratio > 2
    assert found.area > 0


def test_the_worst_order_loses_to_random() -> None:
    found = measured(BEST[::-1].tolist(), random_orders=40)
    assert found.ratio < 1
    assert found.area < 0


def test_ablation_of_a_tiny_model_beats_random() -> None:
    variants = Variants(ForwardPass(tiny_model("llama")), IDS, explained([16]))
    order = order_of(ablate(variants, tokens(16))[0], signed=True)
    found = measure_faithfulness(variants, tokens(16), order, counts=[1, 2], random_orders=30)
    assert (found.deletion > found.random_deletion.mean(0)).all()
    # the first cut is the best single token there is
    assert found.deletion[0] == pytest.approx(float(ablate(variants, tokens(16)).max()), abs=1e-4)


def test_deleting_everything_costs_everything_in_any_order() -> None:
    found = measured(counts=[10])
    np.testing.assert_allclose(found.random_deletion, np.full((10, 1), 15))
    np.testing.assert_allclose(found.random_insertion, np.zeros((10, 1)))


def test_random_orders_are_as_many_as_asked_for_and_follow_the_seed() -> None:
    one, again, other = (measured(random_orders=7, seed=seed).random_deletion for seed in (1, 1, 2))
    assert one.shape == (7, 4)
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_without_insertion_half_the_work_is_done() -> None:
    both, one = Linear([WEIGHTS]), Linear([WEIGHTS])
    measure_faithfulness(both, tokens(10), BEST)
    found = measure_faithfulness(one, tokens(10), BEST, insertion=False)
    assert both.asked == 2 * one.asked
    assert np.isnan(found.insertion).all()
    assert np.isnan(found.random_insertion).all()
    np.testing.assert_allclose(found.deletion, [5, 9, 12, 15])


def test_after_a_cancel_the_cuts_that_were_not_reached_are_unknown() -> None:
    found = measure_faithfulness(Linear([WEIGHTS]), tokens(10), BEST, counts=[1, 2], watch=ends_after(3))
    np.testing.assert_allclose(found.deletion, [5, 9])
    np.testing.assert_allclose(found.insertion, [10, NAN])
    assert np.isnan(found.random_deletion).all()


@pytest.mark.parametrize("count", [0, 11])
def test_a_count_that_cannot_be_deleted_is_refused(count: int) -> None:
    message = f"counts={count}: is not a number of sources to delete. Use 1 … 10."
    with pytest.raises(InputError, match=message):
        measured(counts=[1, count])


def test_one_random_order_shows_no_spread() -> None:
    with pytest.raises(InputError, match=r"random_orders=1: shows no spread\. Use at least 2\."):
        measured(random_orders=1)


def test_figures_worked_out_by_hand() -> None:
    found = by_hand()
    assert (found.comprehensiveness, found.sufficiency, found.ratio) == (5, 2, 2)
    # gaps of 0, 2 and 2 at 0, ¼ and ½ of the sources
    assert found.area == pytest.approx(0.75)
    low, high = found.band("deletion")
    np.testing.assert_allclose([low, high], [[1.1, 2.2], [2.9, 5.8]], atol=1e-6)
    low, high = found.band("insertion")
    np.testing.assert_allclose([low, high], [[5.05, 4], [5.95, 4]], atol=1e-6)


def test_the_ratio_to_a_random_deletion_that_costs_nothing_is_unknown() -> None:
    costs = [np.array(values, np.float32) for values in ([4], [3], [[-1], [1]], [[5], [6]])]
    assert np.isnan(Faithfulness(np.array([1]), 4, *costs, "line", "nats").ratio)


def test_the_frame_has_a_row_for_each_cut() -> None:
    frame = by_hand().to_frame()
    assert frame["count"].tolist() == [1, 2]
    assert frame["deletion_nats"].tolist() == [4, 6]
    assert frame["random_deletion_nats"].tolist() == [2, 4]
    np.testing.assert_allclose(frame["random_insertion_high"], [5.95, 4])


def test_the_representation_says_what_deleting_costs() -> None:
    expected = "<Faithfulness: deleting the top 1 of 4 lines costs 4.00 nats, at random 2.00 (1.10 … 2.90)>"
    assert repr(by_hand()) == expected


@pytest.mark.parametrize(("signed", "order"), [(True, [3, 0, 2, 1]), (False, [1, 3, 0, 2])])
def test_sources_are_ordered_by_value_where_signs_mean_something_and_by_size_elsewhere(
    signed: bool, order: list[int]
) -> None:
    assert order_of(np.array([1, -5, 0, 3], np.float32), signed).tolist() == order


def test_sources_without_a_score_come_last() -> None:
    assert order_of(np.array([-5, NAN, -9], np.float32), True).tolist() == [0, 2, 1]


def test_the_interval_of_a_mean_is_a_bootstrap_over_prompts() -> None:
    values = np.random.default_rng(0).normal(2, 1, size=400)
    mean, low, high = mean_interval(values.tolist())
    assert mean == pytest.approx(values.mean())
    # 1.96 standard errors to each side
    assert (low, high) == (pytest.approx(mean - 0.098, abs=0.01), pytest.approx(mean + 0.098, abs=0.01))


def test_the_interval_leaves_out_what_is_unknown() -> None:
    assert mean_interval([2, NAN, 2]) == (2, 2, 2)
    assert np.isnan(mean_interval([NAN])).all()
