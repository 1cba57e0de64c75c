"""Percentiles within a role."""

from __future__ import annotations

import numpy as np

from tests.code.written import written
from tokenscope_widgets.code.parsing import parse
from tokenscope_widgets.code.percentiles import percentiles_within


def test_a_value_is_compared_with_its_own_group_and_ties_count_half() -> None:
    found = percentiles_within(np.array([1.0, 2, 2, 5]), np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(found, [16.67, 66.67, 66.67, 50], atol=0.01)


def test_what_was_not_measured_is_in_no_percentile() -> None:
    found = percentiles_within(np.array([np.nan, 1, 3]), np.array([0, 0, 0]))
    np.testing.assert_array_equal(found, [np.nan, 25, 75])


def test_nothing_has_no_percentiles() -> None:
    assert percentiles_within(np.zeros(0), np.zeros(0, int)).tolist() == []


def test_tokens_are_compared_within_their_role_white_space_among_itself() -> None:
    run = written([b"a", b" ", b"=", b" ", b"f", b"(", b"b", b")"], surprisal=[0, 1, 9, 3, 8, 1, 7, 2])
    found = parse(run, "python").percentiles("surprisal")
    np.testing.assert_array_equal(found, [np.nan, 25, 50, 75, 50, 50, 50, 50])
