"""AUROC with ties and clusters, against other ways to compute it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tokenscope_widgets.code.auroc import auroc
from tokenscope_widgets.errors import InputError


def things(seed: int, count: int = 120, clusters: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    flagged = random.random(count) < 0.3
    scores = random.integers(0, 6, count) + flagged
    return scores.astype(float), flagged, random.integers(0, clusters, count)


@pytest.mark.parametrize("seed", range(5))
def test_the_value_is_that_of_scikit_learn_ties_included(seed: int) -> None:
    scores, flagged, cluster = things(seed)
    assert auroc(scores, flagged, cluster, 10).value == pytest.approx(roc_auc_score(flagged, scores))


def test_the_interval_is_that_of_drawing_whole_clusters() -> None:
    scores, flagged, cluster = things(3)
    found = auroc(scores, flagged, cluster, resamples=300, seed=7)
    draws = np.random.default_rng(7).multinomial(8, np.full(8, 1 / 8), 300)
    values = []
    for draw in draws:
        at = np.concatenate([np.tile(np.flatnonzero(cluster == c), times) for c, times in enumerate(draw)])
        if 0 < flagged[at].sum() < len(at):
            values.append(roc_auc_score(flagged[at], scores[at]))
    np.testing.assert_allclose([found.low, found.high], np.percentile(values, [2.5, 97.5]))


def test_scores_that_are_not_known_are_left_out() -> None:
    found = auroc(np.array([np.nan, 1.0, 2.0]), np.array([True, False, True]), np.array([0, 1, 2]))
    assert (found.value, found.positives, found.negatives) == (1.0, 1, 1)


def test_infinite_scores_are_the_highest() -> None:
    assert auroc(np.array([np.inf, 1.0]), np.array([True, False]), np.array([0, 1])).value == 1.0


@pytest.mark.parametrize("flagged", [[True, True], [False, False]])
def test_without_two_sides_there_is_no_value(flagged: list[bool]) -> None:
    assert np.isnan(auroc(np.array([1.0, 2.0]), np.array(flagged), np.array([0, 1])).value)


def test_nothing_has_no_value() -> None:
    found = auroc(np.zeros(0), np.zeros(0, bool), np.zeros(0, int))
    assert np.isnan(found.value)
    assert (found.positives, found.negatives, found.clusters) == (0, 0, 0)


def test_one_cluster_gives_no_interval() -> None:
    found = auroc(np.array([1.0, 2.0]), np.array([False, True]), np.array([0, 0]))
    assert (found.value, found.clusters) == (1.0, 1)
    assert np.isnan([found.low, found.high]).all()


def test_flags_may_be_zeros_and_ones() -> None:
    assert auroc(np.array([1.0, 2.0, 0.0]), np.array([0, 1, 0]), np.array([0, 1, 1])).value == 1.0


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 1, 2\): are of different lengths"):
        auroc(np.zeros(2), np.zeros(1, bool), np.zeros(2, int))


def test_hundreds_of_clusters_take_a_second() -> None:
    import time

    random = np.random.default_rng(0)
    count, clusters = 60_000, 600
    began = time.process_time()
    auroc(random.random(count), random.random(count) < 0.05, random.integers(0, clusters, count), 500)
    assert time.process_time() - began < 1.5
