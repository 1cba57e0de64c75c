"""The map's own questions: tokens of nodes, lines, enclosing nodes; and what they cost."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from tests.code.written import pieces, written
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.node_metrics import node_frame, node_metrics
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.code.units import BY, PARTITIONS
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets._syntax_message import syntax_message

CODE = parse_tokens([b"a", b" =", b" b", b"\n", b"c", b""], {5: "<eos>"}, "python")


def test_the_tokens_of_a_stretch_are_those_that_touch_it() -> None:
    assert CODE.tokens_in(0, 1) == (0, 0)
    assert CODE.tokens_in(0, 4) == (0, 2)
    assert CODE.tokens_in(2, 3) == (1, 1)


def test_an_empty_stretch_or_one_beyond_the_end_has_no_tokens() -> None:
    assert CODE.tokens_in(2, 2) == CODE.tokens_in(5, 2) == CODE.tokens_in(90, 95) == (-1, -1)
    assert CODE.tokens_touching(2, 2).tolist() == []


def test_lines_are_counted_from_nought() -> None:
    assert CODE.line_of(np.array([0, 5, 6])).tolist() == [0, 0, 1]


def test_the_enclosing_statement_of_a_name_is_its_assignment() -> None:
    node = int(CODE.enclosing("statement")[CODE.node_of[2]])
    assert CODE.structure_of(node) == "statement.assign"


def test_the_language_is_that_of_the_largest_piece_of_code() -> None:
    text = "Hi\n```go\nx\n```\nand\n```python\nprint(1)\n```\n"
    assert parse_tokens(pieces(text)).language == "python"
    assert parse_tokens([]).language is None


def test_it_describes_itself() -> None:
    assert repr(CODE) == f"<CodeMap python: 6 tokens, {len(CODE.segments)} segments, {len(CODE.tree)} nodes>"


def test_an_unknown_token_is_refused() -> None:
    with pytest.raises(InputError, match=r"token=6: is not one of 6 tokens\. Use 0 … 5"):
        CODE.path(6)


def test_lists_that_are_handed_out_can_be_changed_without_harm() -> None:
    CODE.states.clear()
    CODE.roles.clear()
    assert (len(CODE.states), len(CODE.roles)) == (6, 6)


def test_importing_it_loads_no_parser_and_no_linter() -> None:
    heavy = ("tree_sitter", "torch", "pygments", "pyflakes", "jedi")
    program = (
        f"import sys, tokenscope_widgets, tokenscope_widgets.code; print([m for m in {heavy} if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


@pytest.fixture(scope="module")
def large() -> CodeMap:
    unit = (
        "def total(items, factor=2):\n    n = 0\n    for item in items:\n        n += item * factor\n    return n\n\n\n"
    )
    tokens = pieces(unit)
    return parse(written(tokens * (50_000 // len(tokens) + 1)), "python")


QUESTIONS = {
    **{f"aggregate by {by}": (lambda code, by=by: code.aggregate(by=by)) for by in BY},
    **{f"partition {unit}": (lambda code, unit=unit: code.partition(unit)) for unit in PARTITIONS},
    "to_frame": CodeMap.to_frame,
    "percentiles": CodeMap.percentiles,
    "links": CodeMap.links,
    "node_metrics": node_metrics,
    "node_frame": lambda code: node_frame(code, "surprisal"),
    "syntax_message": lambda code: syntax_message(code, "run"),
    "tokens of 5,000 nodes": lambda code: [code.tokens_of(node) for node in range(5000)],
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_map_of_fifty_thousand_tokens_answers_in_seconds(large: CodeMap, question: str) -> None:
    began = time.process_time()
    QUESTIONS[question](large)
    assert time.process_time() - began < 5
