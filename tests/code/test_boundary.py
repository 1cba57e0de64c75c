"""A continuation ends where the line, the statement or the function of its first token does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.code.written import pieces, written
from tests.tiny import held, tiny_session
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.branching import Site
from tokenscope_widgets.code.boundary import Boundary, boundary_of
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.storage import load

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


@dataclass
class Growing:
    """What a boundary is asked about while a run is written."""

    token_bytes: list[bytes]


def ending(text: str, at: str, until: str, language: str, single: bool = False) -> str:
    """Where the boundary stops a text that is written token by token, from the token in which ``at`` begins."""
    tokens = [word.encode() for word in re.findall(r"\w+|[^\w\s]|\s", text)] if single else pieces(text)
    starts = [sum(map(len, tokens[:i])) for i in range(len(tokens))]
    place = max(i for i, start in enumerate(starts) if start <= text.index(at))
    boundary = Boundary(until, place, place + 1, language)
    for n in range(place + 2, len(tokens) + 1):
        if boundary.ended(Growing(tokens[:n])):  # type: ignore[arg-type]
            return boundary.cut(written(tokens[:n])).text
    return "never"


IF = "if a < b:\n    c()\n# otherwise\n{}:\n    d()\n"
JS_IF = "if (a) {\n  b();\n}\n// otherwise\nelse {\n  c();\n}\n"


@pytest.mark.parametrize("branch", ["else", "elif c"])
def test_a_branch_after_a_comment_belongs_to_the_statement(branch: str) -> None:
    assert ending(IF.format(branch) + "e()\n", "<", "statement", "python") == IF.format(branch).rstrip()
    assert ending(JS_IF + "d();\n", "a)", "statement", "javascript") == JS_IF.rstrip()


def test_a_branch_is_waited_for_word_by_word() -> None:
    attempt = "try:\n    a()\nexcept E:\n    b()"
    assert ending(attempt + "\nc()\n", "try", "statement", "python", single=True) == attempt
    choice = "function f(x) {\n  if (x) {\n    a();\n  } else {\n    b();\n  }"
    assert ending(choice + "\n  return 1;\n}\n", "if", "statement", "javascript", single=True) == choice


def test_a_comment_in_the_first_column_does_not_end_a_function() -> None:
    function = "def f(n):\n    x = 1\n# note\n    return x"
    assert ending(function + "\n\nprint(1)\n", "1", "function", "python") == function


def test_a_function_inside_an_expression_ends_with_its_statement() -> None:
    arrow = "let a = x.map(y => y * 2).filter(z => z);"
    assert ending(arrow + "\nlet y = 2;\n", "* 2", "function", "javascript") == arrow
    literal = "package m\n\nfunc f(x int) int {\n\tg := func(a int) int { return a + 1 }(x)"
    assert ending(literal + "\n\treturn g\n}\n", "+ 1", "function", "go") == literal


def test_a_decorator_is_part_of_its_function() -> None:
    decorated = "@cache\ndef f(n):\n    return n"
    assert ending(decorated + "\n\nx = 1\n", "cache", "function", "python") == decorated


def test_the_head_of_a_loop_is_no_statement_of_its_own() -> None:
    loop = "for (int i = 0; i < n; i++) {\n    a();\n  }"
    source = "int f(int n) {\n  " + loop + "\n  return 1;\n}\n"
    assert ending(source, "int i", "statement", "c").endswith(loop)


def test_a_row_that_was_not_started_stays_as_it_is() -> None:
    run = run_of(PIECES[:5])
    assert Boundary("statement", 5, 6, "python").cut(run) is run
    assert Boundary("line", 5, 6, "python").cut(run_of(PIECES[:6])).finish == "scored"


def test_what_was_given_is_never_cut_off() -> None:
    cut = Boundary("statement", 9, 19, "python").cut(run_of(PIECES))
    assert cut.text == "".join(PIECES[:19])
    assert cut.finish == "boundary"


def test_a_line_that_ends_in_the_replacement_is_over_at_once() -> None:
    run = run_of(["a", " = ", "1\n", "b = 2", "\n"])
    assert Boundary("line", 2, 3).ended(Growing(list(run.tokens.token_bytes[:4])))  # type: ignore[arg-type]
    assert Boundary("line", 2, 3).cut(run).text == "a = 1\n"


def test_a_line_break_put_at_a_position_begins_the_line_that_is_written() -> None:
    run = run_of(["a = 1", "\n    ", "b", " = 2", "\n", "c"])
    assert Boundary("line", 1, 2).cut(run).text == "a = 1\n    b = 2\n"


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


@pytest.mark.parametrize("until", ["line", "statement", "function"])
def test_a_branch_that_was_cancelled_before_it_began_is_kept(until: str) -> None:
    session = tiny_session()
    run = session.generate("def f(n):\n    return", max_new_tokens=8, eos_token_ids=())
    with held(session):
        job = session.start_branches(run, run.prompt_length + 3, [" x"], until=until)
        job.cancel()
    assert [branch.finish for branch in job.wait()] == ["cancelled"]


@pytest.mark.parametrize("until", ["line", "statement", "function"])
def test_a_branch_inside_the_prompt_holds_all_of_it_and_can_be_loaded(until: str, tmp_path: Path) -> None:
    session = tiny_session()
    run = session.generate("def f():\n    a = 1\nb =", max_new_tokens=6, eos_token_ids=())
    branch = session.branch(run, run.tokens.token_bytes.index(b"1"), "2", until=until, max_new_tokens=20)
    assert branch.prompt_length == run.prompt_length < len(branch)
    assert load(branch.save(tmp_path / "branch.tsw")).token_ids.tolist() == branch.token_ids.tolist()


def test_a_branch_inside_the_prompt_ends_with_what_holds_its_answer() -> None:
    session = tiny_session()
    run = session.generate("a = 1\nb =", max_new_tokens=4, eos_token_ids=())
    rows, _ = session._rows_of(run, [Site(0, "c")], "statement")
    given = [bytes([byte]) for byte in b"c = 1\nb ="]
    assert len(rows[0].token_ids) == len(given)
    assert rows[0].cut is not None
    assert rows[0].cut(written([*given, b" 2", b" +", b" 3", b"\n", b"d"])).text == "c = 1\nb = 2 + 3"
