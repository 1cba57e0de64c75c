"""Findings beside what the model thought."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.code.evidence import EvidenceRow
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.errors import InputError

TOKENS = [b"x", b" =", b" nope", b"\n", b"print", b"(", b"x", b"\n", b"y", b" =", b" 1", b"\n"]
"""An undefined name, and a bracket that is never closed."""


def rows(surprisal: list[float] | None = None, **options: object) -> dict[str, EvidenceRow]:
    run = written(TOKENS, surprisal=surprisal or [0.5] * 12, **options)  # type: ignore[arg-type]
    return {row.finding.kind: row for row in parse(run, "python").diagnostics() if row.finding.severity != "note"}


def test_an_undefined_name_and_a_dropped_bracket_are_both_found_with_their_tokens() -> None:
    found = rows()
    assert {kind: (row.first, row.last, row.line) for kind, row in found.items()} == {
        "undefined": (2, 2, 1),
        "unbalanced": (5, 5, 2),
    }


def test_the_alternatives_of_an_undefined_name_are_those_of_its_token() -> None:
    row = rows(others={2: [(b" 1", 0.2)]})["undefined"]
    assert row.at == 2
    assert [text for _, text, _ in row.alternatives] == [" 1"]


def test_the_alternatives_of_a_dropped_bracket_are_those_where_it_was_expected() -> None:
    row = rows(others={5: [(b"[", 0.2)], 7: [(b")\n", 0.3)]})["unbalanced"]
    assert row.at == 7
    assert [text for _, text, _ in row.alternatives] == [")\n"]


def test_a_last_token_that_could_have_ended_in_the_bracket_is_where_it_was_expected() -> None:
    assert rows(others={6: [(b"x)", 0.3)]})["unbalanced"].at == 6


def test_a_finding_has_the_metrics_of_its_tokens() -> None:
    row = rows(surprisal=[0, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1], entropy={2: 2.5})["undefined"]
    assert (row.sum_surprisal_nats, row.max_surprisal_nats, row.entropy_nats) == (3.0, 3.0, 2.5)
    assert row.lowest_probability == pytest.approx(math.exp(-3))


def test_a_mistake_without_a_surprising_token_is_confidently_wrong() -> None:
    found = rows(surprisal=[0, 1, 0.9, 1, 1, 1.5, 1, 1, 1, 1, 1, 1])
    assert {kind: row.confidently_wrong for kind, row in found.items()} == {"undefined": True, "unbalanced": False}


def test_what_stands_in_the_prompt_was_not_written_and_is_not_confidently_wrong() -> None:
    found = rows(prompt_length=4)
    assert {kind: (row.written, row.confidently_wrong) for kind, row in found.items()} == {
        "undefined": (False, False),
        "unbalanced": (True, True),
    }


def test_flagged_tokens_are_those_of_errors_and_warnings() -> None:
    found = parse(written(TOKENS), "python").diagnostics()
    assert np.flatnonzero(found.flagged()).tolist() == [2, 5, 7], "the bracket was missing at 7"
    assert np.flatnonzero(found.flagged("note")).tolist() != [2, 5, 7]
    with pytest.raises(InputError, match="severity='grave': is none"):
        found.flagged("grave")


def test_a_generation_cut_by_its_budget_has_no_unclosed_bracket() -> None:
    run = written([b"print", b"(", b"1", b","], finish="budget")
    assert {row.finding.kind for row in parse(run, "python").diagnostics()} == {"incomplete"}


def test_only_tokens_that_touch_a_finding_are_flagged_around_a_hole() -> None:
    marks = {0: "<fim_prefix>", 2: "<fim_suffix>", 5: "<fim_middle>"}
    # reads: no|pe = 1, where "nope" is cut by the hole
    tokens = [b"", b"x = no", b"", b"\n", b"y = 1\n", b"", b"pe"]
    found = parse(written(tokens, special=marks), "python").diagnostics()
    assert [(row.finding.name, row.tokens) for row in found if row.finding.kind == "undefined"] == [("nope", (1, 6))]
    assert np.flatnonzero(found.flagged()).tolist() == [1, 6]


def test_findings_of_a_fence_are_at_bytes_of_the_whole_text() -> None:
    code = parse(written([b"Hi", b"\n", b"```", b"python", b"\n", b"print", b"(", b"nope", b")", b"\n", b"```", b"\n"]))
    assert [(row.finding.name, row.first, row.line) for row in code.diagnostics()] == [("nope", 7, 3)]


def test_a_frame_has_one_row_a_finding_and_its_columns_even_without_any() -> None:
    frame = parse(written(TOKENS), "python").diagnostics().to_frame()
    assert frame.loc[frame["kind"] == "undefined", "first_token"].tolist() == [2]
    assert (
        parse(written([b"x", b" =", b" 1"]), "python").diagnostics().to_frame().columns.tolist()
        == frame.columns.tolist()
    )


def test_a_map_without_a_run_is_refused() -> None:
    with pytest.raises(InputError, match=r"diagnostics: this map was made without a run"):
        parse_tokens(TOKENS, None, "python").diagnostics()


def test_lone_carriage_returns_are_no_errors() -> None:
    for language, text in (("python", b"x = 1\ry = x\r"), ("javascript", b"let x = 1\rlet y = x\r")):
        assert parse(written([text]), language).findings() == ()
