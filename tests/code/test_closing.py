"""Text that breaks off inside of a string is read as a string."""

from __future__ import annotations

import pytest

from tests.fixtures.roles.make_roles import CHECKED, sample
from tokenscope_widgets.code.closing import parse_open
from tokenscope_widgets.code.grammars import parser_of
from tokenscope_widgets.code.roles import ROLES, leaf_roles
from tokenscope_widgets.code.tree import parse_tree


def roles_of(text: str, language: str) -> list[tuple[str, str]]:
    source = text.encode()
    tree = parse_open(source, parser_of(language))
    roles = leaf_roles(tree, source, language).tolist()
    pairs = zip(tree.leaves.tolist(), roles, strict=True)
    return [(source[tree.start[n] : tree.end[n]].decode(), ROLES[r]) for n, r in pairs if tree.end[n] > tree.start[n]]


@pytest.mark.parametrize(
    ("language", "code", "last", "role"),
    [
        ("python", 'def f():\n    """Doc\n  more words', "Doc\n  more words", "docstring"),
        ("python", 'print("hello wor', "hello wor", "literal.string"),
        ("python", 'x = f"a {b} c d', " c d", "literal.string"),
        ("python", "x = 'it is", "it is", "literal.string"),
        ("javascript", "let a = `x ${y} z w", " z w", "literal.string"),
        ("c", 'printf("a b', "a b", "literal.string"),
    ],
)
def test_the_words_of_an_open_string_are_text(language: str, code: str, last: str, role: str) -> None:
    assert roles_of(code, language)[-1] == (last, role)


def test_a_quote_that_a_line_end_follows_is_not_closed() -> None:
    source = b'x = "a\ny = 1\n'
    assert len(parse_open(source, parser_of("python"))) == len(parse_tree(source, parser_of("python")))


@pytest.mark.parametrize("language", CHECKED)
def test_whole_code_is_parsed_as_ever(language: str) -> None:
    source = sample(language)
    tree, plain = parse_open(source, parser_of(language)), parse_tree(source, parser_of(language))
    assert (tree.start.tolist(), tree.end.tolist()) == (plain.start.tolist(), plain.end.tolist())


def test_nothing_reaches_beyond_the_source() -> None:
    source = 'print("größe'.encode()
    assert parse_open(source, parser_of("python")).end.max() == len(source)
