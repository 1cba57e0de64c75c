"""Metrics of whole nodes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.code.node_metrics import node_frame, node_metrics
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.errors import InputError

CODE = parse(
    written([b"f", b"(", b"a", b",", b" b", b")", b"\n"], surprisal=[0, 1, 2, 4, 6, 8, 16], entropy={2: 0.5}), "python"
)


def of(kind: str, name: str, metric: str = "surprisal") -> list[float]:
    return getattr(node_metrics(CODE, metric), name)[CODE.nodes_of_kind(kind)].tolist()


def test_a_node_has_the_numbers_of_all_tokens_inside_it() -> None:
    assert [of("argument_list", name)[0] for name in ("tokens", "measured", "mean", "min", "max", "first")] == [
        5,
        5,
        4.2,
        1,
        8,
        1,
    ]


def test_the_sum_of_a_node_leaves_out_the_white_space_around_it() -> None:
    assert of("argument_list", "sum") == [21]
    assert of("identifier", "sum") == [0, 2, 3]


def test_what_was_not_measured_counts_as_nothing() -> None:
    assert np.isnan(of("identifier", "mean")[0])
    assert of("call", "measured") == [5]


def test_a_metric_that_does_not_add_up_has_no_sum() -> None:
    assert np.isnan(node_metrics(CODE, "entropy").sum).all()
    assert of("argument_list", "max", "entropy") == [0.5]


def test_an_empty_node_has_no_numbers() -> None:
    code = parse(written("int f() { return 1 }\n"), "c")
    found = node_metrics(code)
    missing = int(np.flatnonzero(code.tree.missing)[0])
    assert (found.tokens[missing], found.sum[missing]) == (0, 0)
    assert np.isnan([found.mean[missing], found.min[missing], found.max[missing], found.first[missing]]).all()


def test_without_a_tree_there_are_no_nodes() -> None:
    assert len(node_metrics(parse(written("Just some words.\n"))).tokens) == 0


def test_a_node_around_a_hole_counts_its_tokens_on_both_sides() -> None:
    marks = {0: "<fim_prefix>", 2: "<fim_suffix>", 4: "<fim_middle>"}
    run = written([b"", b"f(a,", b"", b")\n", b"", b"b"], special=marks, surprisal=[0, 4, 0, 2, 0, 1])
    code = parse(run, "python")
    found = node_metrics(code)
    call = int(code.nodes_of_kind("call")[0])
    assert (found.tokens[call], found.sum[call], found.max[call], found.first[call]) == (3, 6, 4, 4)


def test_a_frame_has_one_row_a_node_of_the_outline() -> None:
    frame = node_frame(CODE, "surprisal")
    assert frame["structure"].tolist() == ["module", "statement.expression"]
    assert frame["sum"].tolist() == [37, 21]
    assert frame[["first_token", "last_token"]].to_numpy().tolist() == [[0, 6], [0, 5]]


def test_a_map_without_a_run_is_refused() -> None:
    with pytest.raises(InputError, match="node metrics: this map was made without a run"):
        node_metrics(parse_tokens([b"x"], None, "python"))
