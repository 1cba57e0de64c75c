"""Variants of a program are the same as text, as a tree, or after renaming what is local."""

from __future__ import annotations

import pytest

from tests.code.written import written
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.equivalence import equivalents
from tokenscope_widgets.code.parsing import parse_tokens

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


def same(language: str, first: str, second: str) -> str:
    """How two programs are the same; empty where they are not."""
    maps = [parse_tokens([text.encode()], language=language) for text in (first, second)]
    found = equivalents(maps)
    return found[0].same if len(found) == 1 else ""


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("python", "s.split(', ')", "s.split(',')"),
        ("python", "x = ' '", "x = '  '"),
        ("python", "x = '''\n  a\n'''", "x = '''\na\n'''"),
        ("python", "x = f'{a} '", "x = f'{a}'"),
        ("python", "x = f'{a = }'", "x = f'{a=}'"),
        ("javascript", "x = `x ${a}`", "x = `x${a}`"),
        ("javascript", "x = / a/", "x = /a/"),
        ("rust", 'fn f() { r#" a"#; }', 'fn f() { r#"a"#; }'),
        ("bash", 'echo "a ${b}"', 'echo "a${b}"'),
        ("c", "char c = ' ';", "char c = 'a';"),
    ],
)
def test_white_space_that_a_program_says_is_a_difference(language: str, first: str, second: str) -> None:
    assert same(language, first, second) == ""


def test_white_space_between_two_strings_is_none() -> None:
    assert same("python", "x = 'a' 'b'", "x = 'a'  'b'") == "tree"


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("python", "def f(xs):\n    return [x for x in xs]", "def f(ys):\n    return [y for y in ys]"),
        ("python", "def f(xs):\n    return f'{xs}!'", "def f(ys):\n    return f'{ys}!'"),
        (
            "python",
            "class A:\n    def f(self, n):\n        self.n = n",
            "class A:\n    def f(self, m):\n        self.n = m",
        ),
        ("javascript", "const f = a => { let b = a; return b }", "const f = x => { let y = x; return y }"),
        (
            "go",
            "package m\nfunc f(a int) int { b := a; return b }",
            "package m\nfunc f(x int) int { y := x; return y }",
        ),
        ("c", "int f(int a) { int b = a; return b; }", "int f(int x) { int y = x; return y; }"),
    ],
)
def test_parameters_and_variables_of_functions_are_local(language: str, first: str, second: str) -> None:
    assert same(language, first, second) == "renaming"


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("python", "MAX = 3", "LIMIT = 3"),
        ("python", "fibonacci = lambda n: n", "fib = lambda n: n"),
        ("python", "class A:\n    count = 0", "class A:\n    total = 0"),
        ("python", "def f(a, b):\n    return a - b\nf(a=1, b=2)", "def f(b, a):\n    return b - a\nf(a=1, b=2)"),
        ("python", "def f(a):\n    return g(**a)", "def f(b):\n    return g(**b)"),
        ("python", "def f(a):\n    return f'{a=}'", "def f(b):\n    return f'{b=}'"),
        ("python", "def f(a):\n    return locals()", "def f(b):\n    return locals()"),
        ("python", "def f(a, b):\n    return a, '{a}'", "def f(b, a):\n    return b, '{a}'"),
        ("javascript", "function f(a) { return {a} }", "function f(b) { return {b} }"),
        ("javascript", "function f({a}) { return a }", "function f({b}) { return b }"),
        ("javascript", "function f(a) { return eval('a') }", "function f(b) { return eval('a') }"),
        ("typescript", "class A { constructor(private a: X) {} }", "class A { constructor(private b: X) {} }"),
        ("go", "package m\nfunc f(x int) { { x := x; g(x) } }", "package m\nfunc f(x int) { { z := z; g(z) } }"),
        ("go", "package m\nfunc f(x int) P { return P{x: x} }", "package m\nfunc f(y int) P { return P{y: y} }"),
        ("rust", 'fn f(a: A, b: A) { p!("{a}") }', 'fn f(b: A, a: A) { p!("{a}") }'),
        ("rust", "fn f(n: A) { p!(a.n, n) }", "fn f(m: A) { p!(a.m, m) }"),
        ("bash", "f() { x=1; }; f; echo $x", "f() { y=1; }; f; echo $x"),
        ("python", "def f(a):\n    return a +", "def f(b):\n    return b +"),
    ],
)
def test_a_name_that_someone_else_may_know_is_not_local(language: str, first: str, second: str) -> None:
    assert same(language, first, second) == ""
