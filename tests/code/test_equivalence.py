"""Variants of a program are the same as text, as a tree, or after renaming what is local."""

from __future__ import annotations

from tests.code.written import written
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.equivalence import equivalents

FIRST = "def f(a):\n    b = a + 1\n    b = b * 2\n    return b\n"
RENAMED = "def f(x):\n    y = x + 1\n    y = y * 2\n    return y\n"
SPACED = "def f(a):\n    b = a+1  # one more\n\n    b = b * 2\n    return b\n"
OTHER = "def f(a):\n    b = a + 1\n    c = b * 2\n    return c\n"
NAMED = "def g(a):\n    b = a + 1\n    b = b * 2\n    return b\n"


def run_of(text: str) -> Generation:
    return written([text.encode()], finish="end_token")


def groups(*texts: str, same: str = "renaming") -> list[tuple[tuple[int, ...], str]]:
    return [(group.members, group.same) for group in equivalents([run_of(text) for text in texts], same)]


def test_the_same_text_is_the_same() -> None:
    assert groups(FIRST, FIRST) == [((0, 1), "text")]


def test_white_space_and_comments_make_no_difference_to_the_tree() -> None:
    assert groups(FIRST, SPACED) == [((0, 1), "tree")]
    assert groups(FIRST, SPACED, same="text") == [((0,), "text"), ((1,), "text")]


def test_local_names_make_no_difference_after_renaming() -> None:
    assert groups(FIRST, RENAMED, SPACED) == [((0, 1, 2), "renaming")]
    assert groups(FIRST, RENAMED, same="tree") == [((0,), "text"), ((1,), "text")]


def test_two_names_for_what_was_one_are_a_difference() -> None:
    assert groups(FIRST, OTHER) == [((0,), "text"), ((1,), "text")]


def test_the_name_of_a_function_is_not_local() -> None:
    assert groups(FIRST, NAMED) == [((0,), "text"), ((1,), "text")]


def test_indentation_that_changes_the_program_is_a_difference() -> None:
    inside = "for i in a:\n    b()\n    c()\n"
    after = "for i in a:\n    b()\nc()\n"
    assert len(groups(inside, after)) == 2


def test_text_without_code_is_compared_as_text() -> None:
    assert groups("Hello there.", "Hello there.", "Hello  there.") == [((0, 1), "text"), ((2,), "text")]
