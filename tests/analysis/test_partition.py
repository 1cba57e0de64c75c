"""Pieces of context: tokens, words, lines, and ranges of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages import run_of
from tokenscope_widgets.analysis.partition import Partition, partition_of
from tokenscope_widgets.errors import InputError

PIECES = [b"def", b" f", b"(", b"x", b")", b":", b"\n", b"   ", b" return", b" x", b"\n", b"print"]
RUN = run_of(PIECES)


def spans(found: Partition) -> list[tuple[int, int]]:
    return list(zip(found.starts.tolist(), found.stops.tolist(), strict=True))


def pieces(starts: list[int], stops: list[int]) -> Partition:
    return Partition("part", np.array(starts, np.int64), np.array(stops, np.int64))


def test_each_token_before_the_target_is_a_source() -> None:
    assert spans(partition_of(RUN, "token", 3)) == [(0, 1), (1, 2), (2, 3)]


def test_a_line_holds_its_line_break() -> None:
    found = partition_of(RUN, "line", 12)
    assert found.texts(RUN) == ["def f(x):\n", "    return x\n", "print"]
    assert spans(found) == [(0, 7), (7, 11), (11, 12)]


def test_the_line_of_the_target_ends_before_it() -> None:
    assert partition_of(RUN, "line", 9).texts(RUN) == ["def f(x):\n", "    return"]


def test_a_token_of_several_lines_belongs_to_the_line_it_begins_on() -> None:
    run = run_of([b"a", b":\n\n", b"b", b"\n", b"c"])
    assert partition_of(run, "line", 5).texts(run) == ["a:\n\n", "b\n", "c"]


def test_a_word_is_a_name_or_a_stretch_of_signs_with_the_white_space_before_it() -> None:
    expected = ["def", " f", "(", "x", "):", "\n   ", " return", " x", "\n", "print"]
    assert partition_of(RUN, "word", 12).texts(RUN) == expected


def test_tokens_of_one_name_are_one_word() -> None:
    run = run_of([b"fib", b"on", b"_acci", b"2", b"==", b"="])
    assert partition_of(run, "word", 6).texts(run) == ["fibon_acci2", "==="]


def test_a_character_split_over_tokens_is_in_one_word() -> None:
    run = run_of([b"a", b" \xc3", b"\xa9", b"t", b" b"])
    assert partition_of(run, "word", 5).texts(run) == ["a", " ét", " b"]


def test_ranges_of_ones_own_are_put_in_order_and_may_leave_tokens_out() -> None:
    found = partition_of(RUN, [(4, 6), (0, 2)], 12)
    assert spans(found) == [(0, 2), (4, 6)]
    assert found.unit == "part"
    np.testing.assert_array_equal(found.covered(7), [True, True, False, False, True, True, False])


def test_a_partition_that_is_given_keeps_its_unit() -> None:
    lines = partition_of(RUN, "line", 11)
    assert partition_of(RUN, lines[:1], 11).unit == "line"


def test_the_numbers_of_numpy_are_ranges_too() -> None:
    assert spans(partition_of(RUN, np.array([[0, 2], [2, 5]]), 12)) == [(0, 2), (2, 5)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("sentence", r"sources='sentence': is no unit of context\. Use one of token, word, line, or token ranges\."),
        ([], r"sources=\[\]: names no source\. Give at least one"),
        ([(2, 2)], r"sources=\(2, 2\): is no range of the 9 tokens before the target\. Use 0 … 9\."),
        ([(0, 10)], r"sources=\(0, 10\): is no range of the 9 tokens"),
        ([(-1, 2)], r"sources=\(-1, 2\): is no range"),
        ([(0, 3), (2, 4)], r"sources=\[\(0, 3\), \(2, 4\)\]: overlap\. Give ranges that share no token\."),
        ([1, 2], r"sources=\[1, 2\]: are no \(start, stop\) ranges of tokens\. Use one of token"),
        ([(0, 1, 2)], r"are no \(start, stop\) ranges"),
        ([(0, 1.5)], r"are no \(start, stop\) ranges"),
        (5, r"sources=5: are no \(start, stop\) ranges"),
    ],
    ids=str,
)
def test_what_is_no_source_is_refused(sources: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        partition_of(RUN, sources, 9)


def test_members_are_the_tokens_of_each_source() -> None:
    np.testing.assert_array_equal(pieces([0, 3], [2, 4]).members(4), [[1, 1, 0, 0], [0, 0, 0, 1]])


def test_a_source_is_before_a_position_only_as_a_whole() -> None:
    found = pieces([0, 2], [2, 5]).before(np.array([2, 4, 5]))
    np.testing.assert_array_equal(found, [[True, False], [True, False], [True, True]])


def test_summing_tokens_counts_what_is_unknown_as_nothing() -> None:
    values = np.array([[1, np.nan, 3, 4]], np.float32)
    np.testing.assert_array_equal(pieces([0, 2], [2, 4]).sum_tokens(values), [[1, 7]])


@given(
    values=st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=40),
    cuts=st.sets(st.integers(1, 39)),
)
def test_summing_tokens_of_a_whole_partition_conserves_the_sum(values: list[float], cuts: set[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(values)), len(values)]
    found = pieces(edges[:-1], edges[1:]).sum_tokens(np.array(values, np.float32))
    assert len(found) == len(edges) - 1
    np.testing.assert_allclose(found.astype(np.float64).sum(), np.sum(np.float32(values), dtype=np.float64), atol=1e-2)


@given(texts=st.lists(st.sampled_from(["a", " b", "(", "\n", "  ", "", "é", " =", "_"]), min_size=1, max_size=30))
def test_words_and_lines_cover_every_token_once(texts: list[str]) -> None:
    run = run_of([text.encode() for text in texts])
    for unit in ("word", "line", "token"):
        assert partition_of(run, unit, len(run)).members(len(run)).sum(axis=0).tolist() == [1] * len(run)
