"""A continuation ends where the line, the statement or the function of its first token does."""

from __future__ import annotations

import pytest

from tests.code.written import written
from tests.tiny import tiny_session
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.boundary import Boundary, boundary_of
from tokenscope_widgets.errors import InputError

PIECES = [
    "def f",
    "(n):",
    "\n   ",
    " if",
    " n",
    " <=",
    " 1",
    ":",
    "\n       ",
    " return",
    " 1",
    "\n   ",
    " el",
    "se",
    ":",
]
PIECES += ["\n       ", " return", " 2", "\n", "\n", "print", "(f", "(", "1", "))", "\n"]
FUNCTION = "def f(n):\n    if n <= 1:\n        return 1\n    else:\n        return 2"


def run_of(pieces: list[str]) -> Generation:
    return written([piece.encode() for piece in pieces], prompt_length=3)


@pytest.mark.parametrize(
    ("until", "at", "text"),
    [
        ("line", 5, "def f(n):\n    if n <= 1:\n       "),
        ("line", 9, "def f(n):\n    if n <= 1:\n        return 1\n   "),
        ("statement", 9, "def f(n):\n    if n <= 1:\n        return 1"),
        ("statement", 5, FUNCTION),
        ("statement", 16, FUNCTION),
        ("function", 9, FUNCTION),
    ],
)
def test_a_run_is_cut_at_the_end_of_what_holds_the_token(until: str, at: int, text: str) -> None:
    cut = Boundary(until, at, at + 1, "python").cut(run_of(PIECES))
    assert cut.text == text
    assert cut.finish == "boundary"


def test_a_statement_is_not_over_while_the_next_word_may_continue_it() -> None:
    boundary = Boundary("statement", 5, 6, "python")
    assert boundary.cut(run_of(PIECES[:13])).text == "".join(PIECES[:13])
    assert boundary.cut(run_of(PIECES[:14])).text == "".join(PIECES[:14])


def test_a_run_that_ends_before_the_boundary_stays_as_it_is() -> None:
    run = run_of(PIECES[:11])
    assert Boundary("function", 5, 6, "python").cut(run) is run


def test_a_comment_on_the_line_belongs_to_the_statement() -> None:
    run = run_of(["def f", "():", "\n   ", " return", " 1", "  #", " one", "\n", "x"])
    assert Boundary("statement", 3, 4, "python").cut(run).text == "def f():\n    return 1  # one"


def test_a_statement_of_a_language_with_braces_ends_at_its_brace() -> None:
    run = run_of(
        ["function", " f(a)", " {", "\n  if", " (a)", " {", " return", " 1;", " }", "\n ", " return", " 2;", " }"]
    )
    assert Boundary("statement", 4, 5, "javascript").cut(run).text == "function f(a) {\n  if (a) { return 1; }"


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(InputError, match=r"until='word': is no unit. Use one of line, statement, function, run"):
        boundary_of(run_of(PIECES), 5, 6, "word")


def test_branches_of_a_session_end_at_the_line() -> None:
    session = tiny_session()
    run = session.generate([70, 71, 72], max_new_tokens=30, eos_token_ids=())
    newline = next(i for i in range(300) if session.model.token_bytes(i) == b"\n")
    branch = session.branch(run, 10, 200, until="line", max_new_tokens=60)
    written_ids = branch.token_ids[11:].tolist()
    assert newline not in written_ids[:-1]
    assert branch.finish == ("boundary" if written_ids[-1] == newline else "length")
