"""Uses and definitions at tokens, and what flows along them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.code.use_links import link_flow, links_of

TOKENS = [b"\n", b"x", b" =", b" 1", b"\n", b"y", b" =", b" x", b"\n"]
"""The use of ``x`` is token 7, its definition token 1; ``y`` is another name before the use."""


def matrix(row: list[float]) -> np.ndarray:
    out = np.zeros((9, 9))
    out[7, : len(row)] = row
    return out


def test_a_link_leads_from_the_bytes_of_a_use_to_those_of_its_definition() -> None:
    found = links_of(parse(written(TOKENS), "python"))
    assert found.names == ("x",)
    assert (found.use_start.tolist(), found.definition_start.tolist()) == ([11], [1])


def test_links_in_a_fence_are_at_bytes_of_the_whole_text() -> None:
    code = parse(written(b"Hi\n```python\nx = 1\nprint(x)\n```\n"))
    found = links_of(code)
    assert [code.source[a:b] for a, b in zip(found.use_start, found.use_end, strict=True)] == [b"x"]
    assert found.definition_start.tolist() == [13]


def test_a_definition_read_more_than_other_names_has_a_lift_above_one() -> None:
    # of the row, 0.6 lies on x and 0.2 on y; spread evenly over the two names each would have 0.4
    found = link_flow(parse(written(TOKENS), "python"), matrix([0, 0.6, 0.2, 0, 0, 0.2]))
    assert (found.names, found.use.tolist(), found.definition.tolist()) == (("x",), [7], [1])
    np.testing.assert_allclose([found.weight, found.chance], [[0.6], [0.4]])
    assert found.lift == pytest.approx(1.5)


def test_the_first_token_is_left_out_unless_it_is_asked_for() -> None:
    code = parse(written(TOKENS), "python")
    weights = matrix([4, 0.5, 0, 0, 0, 0.5])
    assert link_flow(code, weights).weight.tolist() == [0.5]
    assert link_flow(code, weights, sink=True).weight.tolist() == [0.1]


def test_a_definition_in_the_first_token_is_no_link_where_that_is_left_out() -> None:
    code = parse(written([b"x", b" =", b" 1", b"\n", b"y", b" =", b" x"]), "python")
    weights = np.ones((7, 7))
    assert len(link_flow(code, weights)) == 0
    assert link_flow(code, weights, sink=True).definition.tolist() == [0]


def test_signs_do_not_matter_and_the_matrix_stays_as_it_is() -> None:
    weights = matrix([0.5, -0.6, 0, 0, 0, -0.4])
    kept = weights.copy()
    assert link_flow(parse(written(TOKENS), "python"), weights).weight == pytest.approx([0.6])
    np.testing.assert_array_equal(weights, kept)


def test_without_links_there_is_no_lift() -> None:
    found = link_flow(parse_tokens([b"Just", b" words"]), np.ones((2, 2)))
    assert len(found.to_frame()) == 0
    assert math.isnan(found.lift)


def test_a_use_whose_row_is_not_known_does_not_count() -> None:
    assert len(link_flow(parse(written(TOKENS), "python"), np.full((9, 9), np.nan))) == 0


def test_the_interval_of_a_lift_is_over_names_and_holds_it() -> None:
    run = written("def f(a, b, c):\n    return a + b + c + a\n")
    weights = np.tril(np.random.default_rng(0).random((len(run), len(run))), -1)
    found = link_flow(parse(run, "python"), weights)
    low, high = found.lift_interval()
    assert (len(found), len(set(found.names))) == (4, 3)
    assert low <= found.lift <= high
    assert (low, high) == found.lift_interval(), "the same seed gives the same interval"


def test_one_name_has_no_interval() -> None:
    run = written("def f(a):\n    return a + a\n")
    found = link_flow(parse(run, "python"), np.tril(np.ones((len(run), len(run))), -1))
    assert [math.isnan(end) for end in found.lift_interval()] == [True, True]


def test_a_run_is_parsed_where_a_map_is_wanted() -> None:
    run = written("def f(a):\n    return a\n")
    assert link_flow(run, np.tril(np.ones((len(run), len(run))), -1)).names == ("a",)
