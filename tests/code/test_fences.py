"""Fenced blocks of Markdown."""

from __future__ import annotations

import time

import pytest

from tokenscope_widgets.code.fences import fences


def blocks(text: str) -> list[tuple[str, str, bool]]:
    source = text.encode()
    return [(source[f.start : f.end].decode(), f.tag, f.closed) for f in fences(source)]


def test_a_block_is_what_stands_between_the_lines_of_its_fence() -> None:
    assert blocks("a\n```py\nx\ny\n```\nb\n") == [("x\ny\n", "py", True)]


def test_a_block_that_is_not_closed_reaches_to_the_end() -> None:
    assert blocks("```py\nx\n``") == [("x\n``", "py", False)]


def test_an_opener_whose_line_has_not_ended_opens_nothing() -> None:
    assert blocks("a\n```py") == []


def test_an_empty_block_is_empty() -> None:
    assert blocks("```\n```\n") == [("", "", True)]


def test_a_tilde_fence_is_closed_by_tildes() -> None:
    assert blocks("~~~go\n```\n~~~\n") == [("```\n", "go", True)]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    assert blocks("````md\n```py\nx\n```\n````\n") == [("```py\nx\n```\n", "md", True)]


@pytest.mark.parametrize("lead", ["- ", "1. ", "* ", "  - 2) ", "   "])
def test_a_fence_may_stand_in_a_list(lead: str) -> None:
    inner = " " * len(lead)
    assert blocks(f"{lead}```js\n{inner}x\n{inner}```\n") == [(f"{inner}x\n", "js", True)]


def test_a_fence_deeper_than_its_opener_is_part_of_the_code() -> None:
    text = 'def f():\n    """\n    ```\n    x\n    ```\n    """\n'
    assert blocks(f"```python\n{text}```\n") == [(text, "python", True)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    assert blocks(f"```py{end}x{end}```{end}") == [(f"x{end}", "py", True)]


@pytest.mark.parametrize(
    ("info", "tag"),
    [
        ("Python", "python"),
        ("{.python}", "python"),
        ("{r, echo=FALSE}", "r"),
        ("python{1,3}", "python"),
        ("js title='a'", "js"),
        ("c++", "c++"),
        ("C#", "c#"),
        ("python:main.py", "python"),
        ("", ""),
        (" rust ", "rust"),
    ],
)
def test_the_tag_is_the_first_word_in_small_letters(info: str, tag: str) -> None:
    assert blocks(f"```{info}\nx\n```\n") == [("x\n", tag, True)]


def test_ticks_after_ticks_on_one_line_are_no_fence() -> None:
    assert blocks("```a```\nx\n") == []


@pytest.mark.parametrize("unit", ["- ", "1. ", " ", "\t", "`", "```\n", "- ```\n", "~~~", "\r"])
def test_any_text_is_read_in_linear_time(unit: str) -> None:
    text = (unit * (200_000 // len(unit)) + "\n```").encode()
    began = time.process_time()
    fences(text)
    assert time.process_time() - began < 2
