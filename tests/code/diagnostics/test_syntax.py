"""Errors of syntax are found, at the right bytes, and never as exceptions."""

from __future__ import annotations

import warnings

import pytest

from tests.code.diagnostics.parsing import brief, found


@pytest.mark.parametrize(
    ("source", "start", "text"),
    [
        ('x = "é😀" $ 3', 13, "$"),
        ("x = 1\r\ny = $\r\n", 11, "$"),
        ("x = 1\ry = $", 10, "$"),
        ("x = 1\f\ny = $", 11, "$"),
        ("\fx = $", 5, "$"),
        ("if 1:\n\tx = $\n", 11, "$"),
        ("\ufeffx = $", 7, "$"),
        ("größe = $", 10, "$"),
        ("def f():\nreturn 1\n", 7, ":"),
        ("if 1:\n        print()\n    print()\n", 26, "print"),
        ("  x = 1\n", 2, "x"),
        ('print "a"\n', 0, 'print "a"'),
        ("if 1\n    print()\n", 3, "1"),
        ("x = 1 +\n", 6, "+"),
        ('s = "abc\n', 4, '"abc'),
        ("a\0 = 1\n", 1, "\0"),
        ("return 1\n", 0, "return 1"),
        ("if 1:\n\tprint()\n        print()\n", 23, "print"),
    ],
)
def test_an_error_of_python_syntax_has_its_bytes(source: str, start: int, text: str) -> None:
    first = next(f for f in found(source) if f.kind == "syntax")
    assert (first.start, source.encode()[first.start : first.end].decode()) == (start, text)
    assert (first.severity, first.tool) == ("error", "compile")


def test_bytes_that_are_no_text_are_an_error_outside_strings_only() -> None:
    assert brief(b'x = "\xff"') == []
    assert [kind for kind, _ in brief(b"x = 1 \xff")] == ["syntax"]


@pytest.mark.parametrize("source", ["", " ", "\n", "  \n\t\n", "\ufeff", "# only a remark", "\f"])
def test_nothing_is_said_of_what_says_nothing(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize("source", ["-" * 50_000 + "1", "1+" * 20_000 + "1", "(" * 150 + ")" * 150 + "-" * 9_000 + "1"])
def test_absurd_nesting_is_a_finding(source: str) -> None:
    assert next((f.kind, f.message) for f in found(source)) == ("syntax", "This is nested too deeply for Python.")


def test_a_number_too_long_is_a_finding() -> None:
    assert [kind for kind, _ in brief("x = " + "1" * 5_000)] == ["syntax"]


def test_warnings_of_the_compiler_do_not_leak() -> None:
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        assert brief('x = "\\d" is 1\n') == []
    assert leaked == []


def test_each_damaged_statement_has_its_error() -> None:
    source = "def f(:\n    pass\n\n\nx = 1\n\n\ndef g()\n    pass\n"
    assert brief(source) == [("unbalanced", "("), ("syntax", ")")]


def test_one_place_has_one_finding_of_a_kind() -> None:
    findings = found("x = foo(1]\ny = )\n")
    assert len({(f.start, f.kind) for f in findings}) == len(findings)


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("c", "int f() { return 1 }", [("syntax", "1")]),
        ("java", "class A { int f( { return 1; } }", [("unbalanced", "(")]),
        ("javascript", "const x = ;\nconst y = 1;\n", [("syntax", "=")]),
        ("go", "package main\nfunc f() { x := }\n", [("syntax", "=")]),
        ("rust", "fn f() -> i32 { 1 + }", [("syntax", "+")]),
        ("json", '{"a": 1,, "b": 2}', [("syntax", ",")]),
    ],
)
def test_other_languages_have_errors_of_syntax(language: str, source: str, expected: list[tuple[str, str]]) -> None:
    assert brief(source, language) == expected


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("typescript", "const a: Array<Map<string, number>> = b < c ? [] : [];\n"),
        ("cpp", "std::vector<std::pair<int, int>> a(3); int b = 1 << 2;\n"),
        ("bash", 'case "$1" in\n  a) echo ")";;\nesac\n'),
        ("rust", "fn f<'a>(x: &'a str) -> Vec<&'a str> { vec![x] }\n"),
        ("html", "<p>(a</p>\n"),
        ("sql", "select 1"),
        ("no such language", "int ("),
    ],
)
def test_nothing_is_said_of_sound_code_of_other_languages(language: str, source: str) -> None:
    from tokenscope_widgets.code.diagnostics import diagnose
    from tokenscope_widgets.code.grammars import has_grammar, parser_of
    from tokenscope_widgets.code.tree import EMPTY, parse_tree

    tree = parse_tree(source.encode(), parser_of(language)) if has_grammar(language) else EMPTY
    assert diagnose(source.encode(), tree, language) == ()
