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


def fenced(language: str, body: str, indent: str = "") -> str:
    lines = [f"```{language}", *body.splitlines(), "```"]
    return "".join(f"{indent}{line}\n" for line in lines)


ADD = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize("begun", ["prin", "add(1, 2", "def sub(a, b):\n    return a", "assert add(1, 1) == 1"])
@pytest.mark.parametrize("finish", ["length", "cancelled", "stop_string", "context"])
def test_a_statement_that_was_still_being_written_is_left_out(begun: str, finish: str) -> None:
    program = of(ADD + "\n" + begun, finish=finish)
    assert (program.text, program.syntax, program.left_out) == (ADD + "\n", "parses", begun)


@pytest.mark.parametrize("finish", ["end_token", "boundary", "scored"])
def test_a_run_that_ended_of_itself_keeps_its_last_statement(finish: str) -> None:
    assert of(ADD + "\nadd", finish=finish).text == ADD + "\nadd"


def test_a_statement_whose_line_was_ended_is_kept() -> None:
    assert of(ADD + "\nprint(add(1, 2))\n").text == ADD + "\nprint(add(1, 2))\n"


def test_the_only_definition_is_kept() -> None:
    assert of("def add(a, b):\n    return a").text == "def add(a, b):\n    return a"
    assert of("if True:\n    a = 1\nb").text == "if True:\n    a = 1\nb"


@pytest.mark.parametrize("language", ["python", None])
def test_commands_of_a_shell_are_no_part_of_an_answer_in_python(language: str | None) -> None:
    text = "First:\n" + fenced("bash", "pip install something-with-quite-a-long-name and-more") + fenced("python", ADD)
    program = program_of(written(text, finish="end_token"), language)
    assert (program.text, program.language) == (ADD, "python")


def test_only_code_of_the_language_asked_for_is_the_program() -> None:
    program = of(fenced("javascript", "function f() { return 1 }"), finish="end_token")
    assert (program.text, program.syntax) == ("", "unknown")
    assert program.problem == "There is no python code in this text."


def test_all_pieces_of_a_language_are_one_program_and_lines_lead_to_their_tokens() -> None:
    text = (
        fenced("python", ADD) + "Use it:\n" + fenced("python", "print(add(1, 2))\nprint(add(3, 4))\nprint(add(5, 6))")
    )
    program = of(text, finish="end_token", pieces=1)
    assert program.text == ADD + "print(add(1, 2))\nprint(add(3, 4))\nprint(add(5, 6))\n"
    first, last = program.tokens_of_line(4)
    assert text[first : last + 1] == "print(add(3, 4))"


def test_a_fence_in_a_list_loses_its_indent() -> None:
    text = "1. Do:\n\n" + fenced("python", ADD, indent="   ")
    program = of(text, finish="end_token", pieces=1)
    assert (program.text, program.syntax) == (ADD, "parses")
    first, last = program.tokens_of_line(2)
    assert text[first : last + 1] == "return a + b"


def test_a_transcript_of_a_session_is_no_part_of_the_program() -> None:
    text = fenced("python", ADD) + fenced("python", ">>> add(1, 2)\n3")
    assert of(text, finish="end_token").text == ADD


def test_a_fence_that_was_closed_was_not_cut_off() -> None:
    text = fenced("python", ADD + "\ndef sub(a, b):\n    return a") + "This subtr"
    assert of(text).text == ADD + "\ndef sub(a, b):\n    return a\n"


def test_whether_another_language_parses_is_told_of_its_own_pieces() -> None:
    text = fenced("javascript", "function f() { return 1 }") + fenced("python", "def f(:")
    program = program_of(written(text, finish="end_token"), "javascript")
    assert (program.text, program.syntax) == ("function f() { return 1 }\n", "parses")
