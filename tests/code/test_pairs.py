"""Token × token matrices over groups."""

from __future__ import annotations

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.code.pairs import aggregate_pairs, membership, token_matrix
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.code.units import groups
from tokenscope_widgets.errors import InputError

CODE = parse_tokens([b"a", b";b", b"\n", b""], {3: "<|tool|>"}, "python")
"""Two statements; the second token is half in none and half in the second."""


def test_a_token_on_an_edge_belongs_to_both_sides_by_bytes() -> None:
    found = groups(CODE, "statement")
    assert found.labels == ("a", "b", "outside", "special")
    assert membership(CODE, found).tolist() == [[1, 0, 0, 0], [0, 0.5, 0, 0], [0, 0.5, 1, 0], [0, 0, 0, 1]]


def test_a_matrix_is_summed_over_both_its_axes() -> None:
    weights = np.zeros((4, 4))
    weights[1, 0], weights[2, 1], weights[3, 3] = 4.0, 2.0, 1.0
    found = aggregate_pairs(CODE, weights, "statement")
    assert found.loc["b", "a"] == 2.0
    assert found.loc["outside", "a"] == 2.0
    assert found.loc["outside", "b"] == 1.0
    assert found.loc["special", "special"] == 1.0
    assert found.to_numpy().sum() == 7.0


def test_the_sources_may_be_grouped_in_another_way() -> None:
    found = aggregate_pairs(CODE, np.eye(4), "statement", "line")
    assert (found.index.name, found.columns.name) == ("target", "source")
    assert found.columns.tolist() == ["a;b", "special"]
    assert found["a;b"].tolist() == [1.0, 0.5, 1.5, 0.0]


def test_what_is_not_known_counts_as_nothing_and_the_matrix_stays_as_it_is() -> None:
    weights = np.full((4, 4), np.nan)
    weights[0, 0] = 3.0
    assert aggregate_pairs(CODE, weights, "line").to_numpy().sum() == 3.0
    assert np.isnan(weights[1, 1])


def test_a_matrix_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match=r"weights='float64 \[3, 4\]': is no matrix of 4 × 4 numbers"):
        token_matrix(CODE, np.zeros((3, 4)))


def test_a_node_reads_what_its_tokens_read() -> None:
    code = parse(written("x = 1\ny = x\n"), "python")
    weights = np.tril(np.ones((len(code), len(code))), -1)
    found = code.aggregate_pairs(weights, by="line")
    # line 1 has the tokens 0 … 4, line 2 those from 5 to 9: 10 pairs within each, 25 between them
    assert found.to_numpy().tolist() == [[10, 0], [25, 10]]
