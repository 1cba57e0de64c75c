"""Edges, worked out by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tokenscope_widgets.analysis.flow import FlowMap, attention_flow, attribution_flow, flow_map, thumbnails
from tokenscope_widgets.analysis.partition import Partition

NAN = np.nan
READ = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.6, 0.1, 0.3, 0], [0.25, 0.25, 0.25, 0.25]], np.float32)
"""Row q: what query q read; token q + 1 was chosen by it."""
LINES = Partition("line", np.array([0, 2]), np.array([2, 4]))


def edges(found: FlowMap, token: int) -> list[tuple[int, float]]:
    far, weight = found.edges_of(token)
    return [(int(f), round(float(w), 5)) for f, w in zip(far, weight, strict=True)]


def dense(found: FlowMap, columns: int) -> NDArray[np.float32]:
    out = np.zeros((len(found.mass), columns), np.float32)
    for token in range(len(out)):
        far, weight = found.edges_of(token)
        out[token, far] = weight
    return out


def test_edges_are_sorted_by_size_and_keep_their_sign() -> None:
    found = flow_map(np.array([[1, -3, 2], [0, NAN, 5]], np.float32), np.ones((2, 3), bool))
    assert edges(found, 0) == [(1, -3), (2, 2), (0, 1)]
    assert edges(found, 1) == [(2, 5)]


def test_the_strongest_edges_are_kept_and_the_mass_of_all_is_told() -> None:
    found = flow_map(np.array([[1, -3, 2], [4, 0, 0]], np.float32), np.ones((2, 3), bool), most_each=1)
    assert (edges(found, 0), edges(found, 1)) == ([(1, -3)], [(0, 4)])
    assert found.mass.tolist() == [6, 4]
    assert (found.mass_kept, found.scale, found.edges_total) == (0.7, 4, 4)


def test_what_is_not_possible_is_no_edge_and_no_source() -> None:
    found = flow_map(np.ones((2, 2), np.float32), np.array([[True, False], [True, True]]))
    assert found.sources.tolist() == [1, 2]
    assert edges(found, 0) == [(0, 1)]


def test_a_matrix_of_nothing_has_no_edges_and_all_its_mass() -> None:
    found = flow_map(np.zeros((3, 3), np.float32), np.tri(3, dtype=bool))
    assert (found.near_start.tolist(), found.mass_kept, found.scale) == ([0, 0, 0, 0], 1, 1)


@given(seed=st.integers(0, 10_000), most=st.integers(1, 40))
def test_the_kept_edges_are_the_largest_of_each_row(seed: int, most: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(4, 37)).astype(np.float32)
    found = flow_map(matrix, np.ones(matrix.shape, bool), most)
    for token, row in enumerate(matrix):
        expected = np.sort(np.abs(row))[::-1][:most]
        np.testing.assert_array_equal(np.abs(found.edges_of(token)[1]), expected)
        np.testing.assert_array_equal(row[found.edges_of(token)[0]], found.edges_of(token)[1])


def test_about_fifty_thousand_edges_are_kept_of_a_long_text() -> None:
    count = 2000
    found = flow_map(np.ones((count, count), np.float32), np.tri(count, k=-1, dtype=bool))
    assert len(found.far) == sum(min(token, 25) for token in range(count))


def test_a_token_reads_what_the_query_before_it_read() -> None:
    found = attention_flow(READ, "read", None, sink=True)
    assert edges(found, 0) == []
    assert edges(found, 1) == [(0, 1)]
    assert edges(found, 3) == [(0, 0.6), (2, 0.3), (1, 0.1)]
    assert found.mass.tolist() == [0, 1, 1, 1]
    assert found.sources.tolist() == [0, 1, 2, 3]


def test_readers_are_the_other_way_round() -> None:
    read, readers = (attention_flow(READ, direction, None, sink=True) for direction in ("read", "readers"))
    np.testing.assert_array_equal(dense(readers, 4), dense(read, 4).T)
    assert edges(readers, 0) == [(1, 1), (3, 0.6), (2, 0.5)]
    assert readers.sources.tolist() == [3, 2, 1, 0]


def test_without_the_sink_a_row_keeps_its_sum() -> None:
    found = attention_flow(READ, "read", None, sink=False)
    assert edges(found, 1) == []
    assert edges(found, 2) == [(1, 1)]
    assert edges(found, 3) == [(2, 0.75), (1, 0.25)]
    assert found.sources.tolist() == [0, 0, 1, 2]


def test_without_the_sink_a_row_of_less_than_one_keeps_less_than_one() -> None:
    learned = np.array([[0.5, 0, 0], [0.2, 0.3, 0], [0, 0, 0.1]], np.float32)
    assert edges(attention_flow(learned, "read", None, sink=False), 2) == [(1, 0.5)]


def test_what_was_read_adds_up_over_a_line() -> None:
    found = attention_flow(READ, "read", LINES, sink=True)
    assert edges(found, 2) == [(0, 1)]
    assert edges(found, 3) == [(0, 0.7), (1, 0.3)]
    assert found.sources.tolist() == [0, 1, 1, 2]


def test_a_line_of_readers_counts_as_the_mean_of_those_that_could_see() -> None:
    found = attention_flow(READ, "readers", LINES, sink=True)
    # of the first line only token 1 sees token 0; of the second, tokens 2 and 3 do
    assert edges(found, 0) == [(0, 1), (1, 0.55)]
    # only token 3 sees token 2
    assert edges(found, 2) == [(1, 0.3)]


@given(seed=st.integers(0, 10_000))
def test_the_shares_of_a_row_are_conserved(seed: int) -> None:
    weights = np.exp(np.random.default_rng(seed).normal(size=(9, 9))) * np.tri(9)
    read = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    units = Partition("line", np.array([0, 2, 7]), np.array([2, 7, 9]))
    for sink in (True, False):
        for lines in (None, units):
            found = attention_flow(read, "read", lines, sink)
            np.testing.assert_allclose(found.mass[2 if not sink else 1 :], 1, atol=1e-5)
            assert abs(found.mass_kept - 1) < 1e-5


def test_only_the_targets_of_an_attribution_have_edges() -> None:
    scores = np.array([[0.5, -2], [1, NAN]], np.float32)
    found = attribution_flow(scores, np.array([2, 4]), np.array([0, 1]), count=5, far_count=5)
    assert [edges(found, token) for token in range(5)] == [[], [], [(1, -2), (0, 0.5)], [], [(0, 1)]]


def test_a_source_that_is_not_computed_yet_counts_as_a_source() -> None:
    scores = np.array([[0.5, NAN, NAN]], np.float32)
    found = attribution_flow(scores, np.array([3]), np.array([0, 1, 2]), count=4, far_count=4)
    assert edges(found, 3) == [(0, 0.5)]
    assert found.sources.tolist() == [0, 0, 0, 3]


def test_a_thumbnail_is_the_mean_of_each_cell_over_what_can_be_seen() -> None:
    # cells of 2 × 2: upper left sees 3 pairs, upper right none, lower left 4, lower right 3
    matrix = np.array([[3, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1.5, 0]], np.float32)
    np.testing.assert_array_equal(thumbnails(matrix, 2, sink=True), [[255, 0], [255, 128]])


def test_thumbnails_of_many_heads_each_have_their_own_scale() -> None:
    weights = np.stack([READ, READ / 4])[None]
    found = thumbnails(weights, 4, sink=True)
    assert (found.shape, found.dtype) == ((1, 2, 4, 4), np.uint8)
    np.testing.assert_array_equal(found[0, 0], found[0, 1])


def test_a_thumbnail_without_the_sink_shows_the_rest_at_full_strength() -> None:
    found = thumbnails(READ, 4, sink=False)
    assert found[:, 0].tolist() == [0, 0, 0, 0]
    assert found[1, 1] == 255


def test_a_thumbnail_is_never_larger_than_the_text() -> None:
    assert thumbnails(READ, 32, sink=True).shape == (4, 4)


def test_a_thumbnail_of_a_text_that_does_not_divide_evenly_keeps_every_pair() -> None:
    matrix = np.zeros((7, 7), np.float32)
    matrix[6, 0] = 1
    assert thumbnails(matrix, 3, sink=True)[2, 0] == 255


def test_a_thumbnail_of_nothing_is_empty() -> None:
    assert not thumbnails(np.full((3, 3), NAN), 3, sink=True).any()
