"""Brackets without a partner are found at their place, with the other place that matters."""

from __future__ import annotations

import pytest

from tests.code.diagnostics.parsing import brief, found, related


@pytest.mark.parametrize(
    ("source", "start", "other"),
    [
        ("def f(xs):\n    t = sum(xs\n    return t\n", 22, "xs"),
        ("x = print(1, 2\ny = 3\n", 9, "2"),
        ("x = [print(1)\n\n\ndef f():\n    pass\n", 4, ")"),
        ("if 1:\n    x = print(1\n    y = 3\n", 19, "1"),
        ('x = print("(", [")"]\n# (\ny = 1\n', 9, "]"),
        ("x = {'é': (1}\n", 11, "1"),
    ],
)
def test_an_unclosed_bracket_knows_where_its_partner_was_expected(source: str, start: int, other: str) -> None:
    (finding,) = [f for f in found(source) if f.kind == "unbalanced"]
    assert (finding.start, finding.end, finding.tool) == (start, start + 1, "brackets")
    assert related(source, finding) == other


def test_a_bracket_that_does_not_match_knows_its_opener() -> None:
    source = "x = print(1]\n"
    (finding,) = found(source)
    assert (finding.start, finding.related, finding.message) == (11, (9, 10), "“]” does not match “(”.")


def test_a_bracket_that_closes_nothing_is_found() -> None:
    assert brief("x = print(1))\n") == [("unbalanced", ")")]


def test_the_inner_of_two_brackets_is_the_unclosed_one() -> None:
    (finding,) = [f for f in found("x = print([1)\ny = 2\n") if f.kind == "unbalanced"]
    assert finding.start == 10


def test_an_unclosed_string_hides_its_brackets() -> None:
    assert brief('x = "(abc\ny = 1\n') == [("syntax", '"(abc')]


def test_brackets_in_f_strings_are_in_pairs() -> None:
    assert brief('x = 1\ny = f"{x:{x}}({{" + print(1\nz = 1\n') == [("unbalanced", "(")]


def test_braces_of_other_languages_are_told_apart_by_their_indentation() -> None:
    source = "function f() {\n  if (a) {\n    b();\n}\n\nfunction g() {\n}\n"
    (finding,) = [f for f in found(source, "javascript") if f.kind == "unbalanced"]
    assert source[: finding.start].count("\n") == 1


def test_no_more_than_fifty_brackets_are_reported() -> None:
    assert len([f for f in found("(" * 150) if f.kind == "unbalanced"]) == 50
