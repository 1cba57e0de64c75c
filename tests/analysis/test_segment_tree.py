"""Runs become a tree: shared beginnings once, an end for each run, and log-probabilities along the way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.fixtures.make_branch_tree import run_of_ids
from tokenscope_widgets.analysis.records import Generation, Role
from tokenscope_widgets.analysis.segment_tree import SegmentTree, segment_tree
from tokenscope_widgets.errors import InputError


def tree_of(*ids: str) -> SegmentTree:
    """The tree of runs of one-letter tokens, with a prompt of one token."""
    return segment_tree([run_of_ids(text) for text in ids])


def shape(tree: SegmentTree) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(tree.segment_text(i), int(tree.parent[i]), tree.ends[i]) for i in range(len(tree))]


def test_no_runs_make_no_segments() -> None:
    tree = segment_tree([])
    assert (len(tree), tree.ends) == (0, ())


def test_one_run_is_one_segment() -> None:
    assert shape(tree_of("abc")) == [("abc", -1, (0,))]


def test_runs_share_their_common_beginning() -> None:
    assert shape(tree_of("abcd", "abxy")) == [("ab", -1, ()), ("cd", 0, (0,)), ("xy", 0, (1,))]


def test_runs_that_differ_from_the_first_token_on_make_a_forest() -> None:
    assert shape(tree_of("zab", "abc")) == [("zab", -1, (0,)), ("abc", -1, (1,))]


def test_a_run_that_is_the_beginning_of_another_has_an_end_of_its_own() -> None:
    assert shape(tree_of("abcd", "ab")) == [("ab", -1, (1,)), ("cd", 0, (0,))]


def test_equal_runs_end_in_one_segment() -> None:
    assert shape(tree_of("abc", "abc")) == [("abc", -1, (0, 1))]


def test_forks_inside_forks_keep_the_order_of_their_first_run() -> None:
    found = shape(tree_of("abzz", "acx", "acyq", "abzy", "acyp"))
    assert found == [
        ("a", -1, ()),
        ("bz", 0, ()),
        ("z", 1, (0,)),
        ("y", 1, (3,)),
        ("c", 0, ()),
        ("x", 4, (1,)),
        ("y", 4, ()),
        ("q", 6, (2,)),
        ("p", 6, (4,)),
    ]


def test_positions_depth_and_leaves_tell_where_a_segment_stands() -> None:
    tree = tree_of("abcd", "abxy", "abx")
    assert (tree.start.tolist(), tree.stop.tolist()) == ([0, 2, 2, 3], [2, 4, 3, 4])
    assert (tree.depth.tolist(), tree.leaves.tolist()) == ([0, 1, 1, 2], [3, 1, 2, 1])


def test_log_probabilities_add_up_along_the_path_without_the_prompt() -> None:
    runs = [run_of_ids("abcd", logprob=[np.nan, -1, -2, -3]), run_of_ids("abx", logprob=[np.nan, -1, -0.5])]
    tree = segment_tree(runs)
    assert tree.logprob_nats.tolist() == [-1, -5, -0.5]
    assert tree.path_logprob_nats.tolist() == [-1, -6, -1.5]


def test_the_prompt_does_not_count_where_it_was_measured() -> None:
    tree = segment_tree([run_of_ids("abcd", logprob=[np.nan, -7, -2, -3], prompt_length=2)])
    assert tree.logprob_nats.tolist() == [-5]


def test_unmeasured_tokens_do_not_count() -> None:
    assert segment_tree([run_of_ids("abc", logprob=[np.nan, np.nan, -2])]).logprob_nats.tolist() == [-2]


def test_a_replaced_token_counts_with_what_the_model_gave_it() -> None:
    branch = run_of_ids("abx", logprob=[np.nan, -1, -4], roles={2: Role.REPLACED})
    tree = segment_tree([run_of_ids("abc", logprob=[np.nan, -1, -0.1]), branch])
    assert tree.path_logprob_nats[2] == -5


def test_branch_points_made_by_a_replacement_are_marked() -> None:
    branch = run_of_ids("abxyz", roles={2: Role.REPLACED, 3: Role.REPLACED})
    tree = segment_tree([run_of_ids("abcd"), run_of_ids("abq"), branch])
    assert tree.replaced.tolist() == [0, 0, 0, 2]


def test_a_run_alone_has_no_branch_point_although_a_token_was_replaced() -> None:
    assert segment_tree([run_of_ids("abx", roles={2: Role.REPLACED})]).replaced.tolist() == [0]


def test_a_split_character_is_whole_in_the_text_of_its_segment() -> None:
    run = run_of_ids("ab", pieces=[b"a\xc3", b"\xa9"])
    assert segment_tree([run]).segment_text(0) == "aé"


def test_the_columns_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        tree_of("abc").parent[0] = 3


@pytest.mark.parametrize("segment", [-1, 1, True, "0"])
def test_an_unknown_segment_is_refused(segment: object) -> None:
    with pytest.raises(InputError, match="is no segment"):
        tree_of("abc").segment_text(segment)  # type: ignore[arg-type]


def test_something_else_among_the_runs_is_refused() -> None:
    with pytest.raises(InputError, match="runs='abc': is no Generation"):
        segment_tree([run_of_ids("abc"), "abc"])  # type: ignore[list-item]


def random_runs(count: int, length: int) -> list[Generation]:
    """Runs that each leave one before them at a random token."""
    rng = np.random.default_rng(0)
    base = run_of_ids("a" * length)
    rows = [rng.integers(0, 50, length)]
    for _ in range(count - 1):
        row = rows[rng.integers(len(rows))].copy()
        at = rng.integers(1, length)
        row[at:] = rng.integers(0, 50, length - at)
        rows.append(row)
    return [replace(base, tokens=replace(base.tokens, token_ids=row), run_id=str(i)) for i, row in enumerate(rows)]


def path(tree: SegmentTree, runs: Sequence[Generation], end: int, segment: int) -> list[int]:
    ids: list[int] = []
    while segment >= 0:
        ids[:0] = runs[end].token_ids[tree.start[segment] : tree.stop[segment]].tolist()
        segment = int(tree.parent[segment])
    return ids


def test_every_run_is_the_path_to_its_end_and_siblings_differ_at_once() -> None:
    runs = random_runs(120, 40)
    tree = segment_tree(runs)
    for segment, ends in enumerate(tree.ends):
        for end in ends:
            assert path(tree, runs, end, segment) == runs[end].token_ids.tolist()
    first = [(int(p), int(runs[r].token_ids[s])) for p, r, s in zip(tree.parent, tree.run, tree.start, strict=True)]
    assert len(set(first)) == len(first)
    assert int(tree.leaves[tree.parent < 0].sum()) == 120


def test_five_hundred_runs_of_two_hundred_tokens_take_less_than_a_tenth_of_a_second() -> None:
    runs = random_runs(500, 200)
    segment_tree(runs)
    took = []
    for _ in range(3):
        began = time.process_time()
        segment_tree(runs)
        took.append(time.process_time() - began)
    assert min(took) < 0.1
