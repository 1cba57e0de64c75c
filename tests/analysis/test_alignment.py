"""Alignment of two runs by their token ids."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenscope_widgets.analysis.alignment import OPERATIONS, align

EQUAL, REPLACE, DELETE, INSERT = range(4)
few_ids = st.lists(st.integers(0, 4), max_size=25)


def spans(a: list[int], b: list[int]) -> list[list[int]]:
    return align(a, b).spans.tolist()


def test_operations_are_named_in_the_order_of_their_numbers() -> None:
    assert OPERATIONS == ("equal", "replace", "delete", "insert")


def test_equal_runs_are_one_equal_span() -> None:
    assert spans([1, 2, 3], [1, 2, 3]) == [[EQUAL, 0, 3, 0, 3]]


def test_a_replaced_token_stands_between_two_equal_spans() -> None:
    assert spans([1, 2, 3, 4], [1, 9, 3, 4]) == [[EQUAL, 0, 1, 0, 1], [REPLACE, 1, 2, 1, 2], [EQUAL, 2, 4, 2, 4]]


def test_inserted_and_deleted_tokens_are_told_apart() -> None:
    assert spans([1, 2], [1, 7, 8, 2]) == [[EQUAL, 0, 1, 0, 1], [INSERT, 1, 1, 1, 3], [EQUAL, 1, 2, 3, 4]]
    assert spans([1, 7, 8, 2], [1, 2]) == [[EQUAL, 0, 1, 0, 1], [DELETE, 1, 3, 1, 1], [EQUAL, 3, 4, 1, 2]]


def test_a_repeated_token_is_not_counted_in_prefix_and_suffix_both() -> None:
    assert spans([5, 5, 5], [5, 5]) == [[EQUAL, 0, 2, 0, 2], [DELETE, 2, 3, 2, 2]]


def test_runs_with_nothing_in_common_are_one_replacement() -> None:
    assert spans([1, 2], [3, 4, 5]) == [[REPLACE, 0, 2, 0, 3]]


def test_two_empty_runs_have_no_spans() -> None:
    found = align([], [])
    assert found.spans.shape == (0, 5)
    assert found.shared_prefix == 0


def test_the_shared_prefix_ends_where_the_runs_diverge() -> None:
    assert align([1, 2, 3, 4], [1, 2, 9, 4]).shared_prefix == 2
    assert align([1, 2], [1, 2, 3]).shared_prefix == 2
    assert align([8, 2], [9, 2]).shared_prefix == 0


def test_partners_point_at_the_equal_token() -> None:
    assert align([1, 2, 3, 4], [1, 7, 7, 3, 4]).partners(4).tolist() == [0, -1, 3, 4]


def test_a_frequent_token_is_aligned_in_a_long_run() -> None:
    # difflib's "autojunk" would ignore tokens that make up more than a hundredth of 200 or more
    a = [1, *[7, 8] * 150, 2]
    b = [3, *[7, 8] * 150, 4]
    assert spans(a, b) == [[REPLACE, 0, 1, 0, 1], [EQUAL, 1, 301, 1, 301], [REPLACE, 301, 302, 301, 302]]


def test_arrays_are_taken_as_well_as_lists() -> None:
    assert align(np.array([1, 2]), np.array([1, 3])).spans.tolist() == spans([1, 2], [1, 3])


@settings(max_examples=200, deadline=None)
@given(few_ids, few_ids)
def test_spans_cover_both_runs_in_order_without_gaps(a: list[int], b: list[int]) -> None:
    at = (0, 0)
    for _, start, end, other_start, other_end in spans(a, b):
        assert (start, other_start) == at
        assert end > start or other_end > other_start
        at = (end, other_end)
    assert at == (len(a), len(b))


@settings(max_examples=200, deadline=None)
@given(few_ids, few_ids)
def test_equal_spans_hold_equal_tokens_and_the_others_what_they_say(a: list[int], b: list[int]) -> None:
    for operation, start, end, other_start, other_end in spans(a, b):
        assert (a[start:end] == b[other_start:other_end]) == (operation == EQUAL)
        assert (end == start) == (operation == INSERT)
        assert (other_end == other_start) == (operation == DELETE)


@settings(max_examples=200, deadline=None)
@given(few_ids, few_ids)
def test_shared_prefix_is_as_long_as_it_can_be(a: list[int], b: list[int]) -> None:
    n = align(a, b).shared_prefix
    assert a[:n] == b[:n]
    assert a[n : n + 1] != b[n : n + 1] or not a[n:] or not b[n:]


@settings(max_examples=200, deadline=None)
@given(few_ids, few_ids)
def test_partners_hold_the_same_token_and_never_cross(a: list[int], b: list[int]) -> None:
    partners = align(a, b).partners(len(a))
    kept = [int(p) for p in partners if p >= 0]
    assert kept == sorted(set(kept))
    assert [b[p] for p in kept] == [a[i] for i, p in enumerate(partners) if p >= 0]
