"""Keywords that a parser takes for names while it recovers from an error."""

from __future__ import annotations

import pytest

from tests.code.written import written
from tokenscope_widgets.code.parsing import parse


def roles_of(text: str, language: str) -> dict[str, str]:
    code = parse(written(text), language)
    return {b.decode().strip(): role for b, role in zip(code.token_bytes(), code.roles, strict=True)}


def test_return_after_a_dropped_bracket_is_a_keyword() -> None:
    found = roles_of("def f(xs):\n    total = sum(x\n    count = len(xs)\n    return total\n", "python")
    assert found["return"] == "keyword"
    assert found["count"].startswith("identifier")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "f(a, b\nreturn a;\n"),
        ("java", "class A { int f() { g(a, b\n return a; } }"),
        ("go", "f(a, b\nreturn a\n"),
    ],
)
def test_other_languages_know_their_keywords_too(language: str, text: str) -> None:
    assert roles_of(text, language)["return"] == "keyword"


def test_words_that_may_be_names_stay_names() -> None:
    assert roles_of("f(match, type\nx = match\n", "python")["match"].startswith("identifier")
