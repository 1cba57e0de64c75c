"""Metrics over groups of tokens, against numbers worked out by hand."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from tests.code.written import written
from tokenscope_widgets.code.aggregate import aggregate
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.errors import InputError

TOKENS = [b"a", b" =", b" f", b"(", b"1", b")\n", b"b", b" =", b" a", b"\n"]
SURPRISAL = [9.0, 1.0, 4.0, 0.5, 2.0, 1.0, 3.0, 0.25, 1.5, 0.125]


def code() -> CodeMap:
    return parse(written(TOKENS, surprisal=SURPRISAL, entropy={2: 2.0, 6: 1.0}), "python")


def row(frame: pd.DataFrame, label: str) -> dict[str, float]:
    return {str(name): value for name, value in frame.loc[label].items()}


def test_a_role_has_the_numbers_of_its_tokens() -> None:
    found = row(aggregate(code(), "surprisal", "role"), "operator.assign")
    assert (found["tokens"], found["measured"], found["bytes"]) == (2, 2, 2)
    assert (found["mean"], found["median"], found["min"], found["max"]) == (0.625, 0.625, 0.25, 1.0)
    assert (found["first"], found["sum"]) == (1.0, 1.25)
    assert found["geometric_mean_probability"] == pytest.approx(math.exp(-0.625))
    assert found["lowest_probability"] == pytest.approx(math.exp(-1))
    assert found["percentile"] == 50


def test_a_token_that_was_not_measured_counts_as_nothing() -> None:
    found = row(aggregate(code(), "surprisal", "role"), "identifier.binding")
    assert (found["tokens"], found["measured"], found["mean"], found["sum"]) == (2, 1, 3.0, 3.0)
    assert math.isnan(found["first"])


def test_a_token_over_two_lines_is_split_by_bytes() -> None:
    # ")\n" stands on line 1 with both bytes, "\n" on line 2
    found = aggregate(code(), "surprisal", "line")
    assert found["sum"].tolist() == [8.5, 4.875]
    assert found["line"].tolist() == [1, 2]
    assert found[["first_token", "last_token"]].to_numpy().tolist() == [[0, 5], [6, 9]]


def test_a_token_of_two_statements_gives_each_its_bytes() -> None:
    found = parse(written([b"a", b";b", b"\n"], surprisal=[0, 3.0, 1.0]), "python").aggregate(by="statement")
    assert found["sum"].to_dict() == {"a": 0.0, "b": 1.5, "outside": 2.5}
    assert found["tokens"].to_dict() == {"a": 1, "b": 0, "outside": 2}


def test_an_identifier_of_several_tokens_has_the_entropy_of_its_first_and_the_sum_of_all() -> None:
    run = written([b"x", b" =", b" na", b"me"], surprisal=[0, 0.5, 3.0, 1.0], entropy={2: 2.5, 3: 0.25})
    found = parse(run, "python")
    assert found.aggregate("entropy", "identifier").loc["name", "first"] == 2.5
    assert found.aggregate("surprisal", "identifier").loc["name", "sum"] == 4.0


def test_what_does_not_add_up_has_no_sum() -> None:
    assert aggregate(code(), "entropy", "role")["sum"].isna().all()


def test_special_tokens_are_a_group() -> None:
    run = written([b"a", b"", b"b"], special={1: "<|tool|>"}, surprisal=[0, 2.0, 1.0])
    found = row(parse(run, "python").aggregate(by="role"), "special")
    assert (found["tokens"], found["bytes"], found["sum"]) == (1, 0, 2.0)


def test_groups_without_tokens_or_bytes_are_left_out() -> None:
    assert "special" not in aggregate(code(), by="role").index


def test_an_infinite_surprisal_stays_infinite() -> None:
    run = written([b"a", b" =", b" 1"], surprisal=[0, np.inf, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = parse(run, "python").aggregate(by="role")
    assert found.loc["operator.assign", "sum"] == np.inf
    assert found.loc["literal.number", "sum"] == 1.0


def test_an_empty_run_has_no_groups() -> None:
    assert len(parse(written([]), "python").aggregate(by="role")) == 0


def test_the_first_token_of_a_group_is_the_one_that_is_read_first() -> None:
    marks = {0: "<fim_prefix>", 2: "<fim_suffix>", 4: "<fim_middle>"}
    tokens = [b"", b"x = 1\n", b"", b" 2\n", b"", b"y", b" ="]
    run = written(tokens, special=marks, surprisal=[0, 1.0, 0, 2.0, 0, 3.0, 4.0])
    found = parse(run, "python").aggregate(by="line")
    assert found["first"].tolist()[:2] == [1.0, 3.0]


def test_a_map_without_a_run_is_refused() -> None:
    with pytest.raises(InputError, match=r"aggregate: this map was made without a run"):
        parse_tokens(TOKENS, None, "python").aggregate()


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"metric='heat'.*Use one of surprisal, entropy, margin, probability, rank"):
        code().aggregate("heat")
