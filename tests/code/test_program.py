"""What can be run of what a run wrote, and whether it parses."""

from __future__ import annotations

import pytest

from tests.code.written import written
from tokenscope_widgets.code.program import Program, program_of


def of(text: str, finish: str = "length", pieces: int = 4) -> Program:
    cut = [text[i : i + pieces].encode() for i in range(0, len(text), pieces)]
    return program_of(written(cut, finish=finish), "python")


def test_a_whole_program_is_taken_as_it_is() -> None:
    program = of("def f(a):\n    return a\n")
    assert (program.text, program.syntax, program.left_out) == ("def f(a):\n    return a\n", "parses", "")


def test_what_was_cut_off_after_a_whole_function_is_left_out() -> None:
    program = of("def f(a):\n    return a\n\nprint(f(1)")
    assert (program.text, program.syntax, program.left_out) == ("def f(a):\n    return a\n\n", "parses", "print(f(1)")


def test_prose_after_the_code_is_left_out() -> None:
    program = of("def f(a):\n    return a\n\nThis function returns what it")
    assert (program.text, program.syntax) == ("def f(a):\n    return a\n\n", "parses")


def test_a_function_that_was_cut_off_is_unfinished() -> None:
    program = of("def f(a):\n    return a +")
    assert (program.syntax, program.text) == ("unfinished", "def f(a):\n    return a +")


def test_the_same_text_ended_by_its_writer_is_broken() -> None:
    program = of("def f(a):\n    return a +", finish="end_token")
    assert (program.syntax, program.problem) == ("broken", "line 2: invalid syntax")


def test_code_in_a_fence_is_the_program() -> None:
    program = of("Here it is:\n```python\ndef f():\n    return 1\n```\nDone.", finish="end_token")
    assert program.text == "def f():\n    return 1\n"
    assert program.start == len("Here it is:\n```python\n")


def test_a_line_of_the_program_leads_to_its_tokens() -> None:
    program = of("def f(a):\n    return a\n", pieces=5)
    first, last = program.tokens_of_line(2)
    text = [piece.decode() for piece in program.code.token_bytes()]
    assert "".join(text[first : last + 1]).strip() == "return a"
    assert program.tokens_of_line(9) == (-1, -1)


@pytest.mark.parametrize("text", ["Nothing but prose here.", ""])
def test_a_text_without_code_has_no_program(text: str) -> None:
    program = program_of(written([(text or " ").encode()], finish="end_token"))
    assert (program.text, program.language, program.syntax) == ("", None, "unknown")
