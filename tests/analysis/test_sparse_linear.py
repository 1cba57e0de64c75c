"""Our forty lines of lasso are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Lasso
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from tokenscope_widgets.analysis.sparse_linear import fit_sparse, lasso

PENALTIES = (0.3, 0.1, 0.03, 0.01)


def some_rows(rows: int, features: int, noise: float, seed: int = 0) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Present or not, and an output that two features make."""
    generator = np.random.default_rng(seed)
    present = generator.random((rows, features)) < 0.5
    output = 3 * present[:, 1] - 2 * present[:, 4] + noise * generator.normal(size=rows) - 7
    return present, output.astype(np.float32)


def theirs(penalty: float) -> Lasso:
    return Lasso(alpha=penalty, tol=1e-12, max_iter=100_000)


@pytest.mark.parametrize(
    ("features", "penalty"), [(6, 0.5), (6, 0.1), (6, 0.01), (6, 0.0001), (80, 0.5), (80, 0.1), (80, 0.01)]
)
def test_lasso_equals_that_of_scikit_learn(features: int, penalty: float) -> None:
    present, output = some_rows(50, features, 1.0, seed=features)
    x, y = present.astype(np.float64), output.astype(np.float64)
    weights, intercept = lasso(x, y, penalty)
    expected = theirs(penalty).fit(x, y)
    np.testing.assert_allclose(weights, expected.coef_, atol=1e-4)
    assert intercept == pytest.approx(expected.intercept_, abs=1e-3)


def test_a_feature_that_never_changes_has_no_weight() -> None:
    x = np.array([[0, 1], [1, 1], [0, 1], [1, 1]], np.float64)
    weights, intercept = lasso(x, np.array([1.0, 3, 1, 3]), 0)
    np.testing.assert_allclose(weights, [2, 0], atol=1e-12)
    assert intercept == pytest.approx(1)


def test_the_penalty_and_r2_are_those_of_cross_validation() -> None:
    present, output = some_rows(60, 12, 1.5)
    x, y = present.astype(np.float64), output.astype(np.float64)
    folds = PredefinedSplit(np.arange(60) % 5)
    errors = [((y - cross_val_predict(theirs(p * y.std()), x, y, cv=folds)) ** 2).sum() for p in PENALTIES]
    found = fit_sparse(present, output)
    assert found.r2 == pytest.approx(1 - min(errors) / ((y - y.mean()) ** 2).sum(), abs=1e-4)
    best = theirs(PENALTIES[int(np.argmin(errors))] * y.std()).fit(x, y)
    np.testing.assert_allclose(found.weights, best.coef_, atol=1e-4)


def test_a_planted_function_is_found() -> None:
    found = fit_sparse(*some_rows(64, 30, 0))
    expected = np.zeros(30)
    expected[[1, 4]] = 3, -2
    np.testing.assert_allclose(found.weights, expected, atol=0.1)
    assert found.r2 > 0.99


def test_noise_is_not_explained() -> None:
    generator = np.random.default_rng(3)
    found = fit_sparse(generator.random((64, 30)) < 0.5, generator.normal(size=64).astype(np.float32))
    assert found.r2 < 0.1


def test_an_output_that_nothing_changes_has_weights_of_0() -> None:
    found = fit_sparse(some_rows(20, 5, 0)[0], np.full(20, 2, np.float32))
    np.testing.assert_array_equal(found.weights, np.zeros(5))
    assert found.intercept == 2
    assert np.isnan(found.r2)


@pytest.mark.parametrize("rows", [0, 9])
@pytest.mark.filterwarnings("error")
def test_too_few_rows_tell_nothing(rows: int) -> None:
    found = fit_sparse(*some_rows(rows, 5, 0))
    assert np.isnan(found.weights).all()
    assert np.isnan(found.r2)
