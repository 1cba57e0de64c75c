"""The role of every leaf, and of what is between leaves."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.fixtures.roles.make_roles import CHECKED, HERE, gold, sample
from tokenscope_widgets.code import roles as module
from tokenscope_widgets.code.grammars import LANGUAGES, parser_of
from tokenscope_widgets.code.roles import CODES, ROLES, gap_role, gaps, leaf_roles
from tokenscope_widgets.code.tree import parse_tree


def roles_of(text: str, language: str = "python") -> list[tuple[str, str]]:
    """Text and role of every leaf and every gap that is not white space, in order."""
    source = text.encode()
    tree = parse_tree(source, parser_of(language))
    between = gaps(tree, source, language)
    starts = np.concatenate([tree.start[tree.leaves], between.start])
    ends = np.concatenate([tree.end[tree.leaves], between.end])
    roles = np.concatenate([leaf_roles(tree, source, language), between.role])
    rows = sorted(zip(starts.tolist(), ends.tolist(), roles.tolist(), strict=True))
    named = [(source[a:b].decode(), ROLES[role]) for a, b, role in rows if b > a]
    return [(text, role) for text, role in named if not role.startswith("space")]


def role(text: str, word: str, language: str = "python") -> str:
    """The role of the one leaf with this text."""
    found = {role for text, role in roles_of(text, language) if text == word}
    assert len(found) == 1, found
    return found.pop()


@pytest.mark.parametrize("language", CHECKED)
def test_the_sample_has_the_roles_checked_by_eye(language: str) -> None:
    assert gold(language) == (HERE / f"{language}.txt").read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_leaf_and_no_gap_of_a_sample_is_unknown(language: str) -> None:
    assert "unknown" not in {role for _, role in roles_of(sample(language).decode(), language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_leaves_and_gaps_are_an_exact_partition(language: str) -> None:
    source = sample(language)
    tree = parse_tree(source, parser_of(language))
    between = gaps(tree, source, language)
    starts = np.sort(np.concatenate([tree.start[tree.leaves], between.start]))
    ends = np.sort(np.concatenate([tree.end[tree.leaves], between.end]))
    keep = ends > starts
    assert starts[keep][0] == 0
    assert ends[keep][-1] == len(source)
    assert (starts[keep][1:] == ends[keep][:-1]).all()


def test_the_python_sample_has_every_role_that_python_has() -> None:
    seen = {role for _, role in roles_of(sample("python").decode())}
    assert {r for r in ROLES if not r.startswith("space")} - seen == {"literal.regex", "markup", "special", "unknown"}


def test_role_names_are_unique_and_fit_a_byte() -> None:
    assert len(set(ROLES)) == len(ROLES) == len(CODES) < 255


def test_roles_are_one_byte_a_leaf() -> None:
    tree = parse_tree(b"x = 1\n", parser_of("python"))
    roles = leaf_roles(tree, b"x = 1\n", "py")
    assert roles.dtype == np.uint8
    assert [ROLES[r] for r in roles] == ["identifier.binding", "operator.assign", "literal.number"]


def test_an_empty_source_has_no_gaps_and_one_empty_leaf() -> None:
    tree = parse_tree(b"", parser_of("python"))
    assert len(gaps(tree, b"", "python").role) == 0
    assert len(leaf_roles(tree, b"", "python")) == len(tree.leaves)


@pytest.mark.parametrize(
    ("code", "word", "expected"),
    [
        ("a.f()", "f", "identifier.call"),
        ("a.f()", "a", "identifier.reference"),
        ("a.f", "f", "identifier.attribute"),
        ("g(x=1)", "x", "identifier.keyword_argument"),
        ("def g(x=1): pass", "x", "identifier.parameter"),
        ("lambda x: 1", "x", "identifier.parameter"),
        ("for x in y: pass", "x", "identifier.binding"),
        ("with y as x: pass", "x", "identifier.binding"),
        ("[1 for x in y]", "x", "identifier.binding"),
        ("def größe(): pass", "größe", "identifier.definition"),
        ("x: int", "int", "identifier.type"),
        ("MAX = 3", "MAX", "identifier.constant"),
        ("T = 3", "T", "identifier.binding"),
        ("a not in b", "in", "keyword"),
        ("a or b", "or", "keyword"),
        ("a[1:2]", ":", "punctuation.delimiter"),
        ("a | b", "|", "operator.bit"),
        ("match a:\n  case b: pass", "b", "identifier.binding"),
        ("match a:\n  case B.c: pass", "c", "identifier.attribute"),
        ("import a.b", "b", "identifier.module"),
        ("from a import b", "b", "identifier.import"),
    ],
)
def test_a_name_in_python_is_what_its_place_makes_it(code: str, word: str, expected: str) -> None:
    assert role(code, word) == expected


@pytest.mark.parametrize(
    ("language", "code", "word", "expected"),
    [
        ("javascript", "const f = () => 1", "f", "identifier.definition"),
        ("javascript", "const f = 1", "f", "identifier.binding"),
        ("c", "struct P { int x; };", "P", "identifier.definition"),
        ("c", "struct P p;", "P", "identifier.type"),
        ("c", "int *f(int a);", "f", "identifier.definition"),
        ("c", "int *f(int a);", "*", "operator.access"),
        ("c", "int x = a * b;", "*", "operator.arithmetic"),
        ("cpp", "vector<int> v;", "<", "punctuation.open"),
        ("cpp", "bool b = x < y;", "<", "operator.compare"),
        ("java", "class A { void f() { String::length; } }", "length", "identifier.call"),
        ("rust", "fn f() { match x { None => 1 } }", "None", "identifier.constant"),
        ("go", "package p\nfunc (a B) f() {}", "f", "identifier.definition"),
        ("html", "<p>text</p>", "text", "markup"),
        ("bash", "echo hi", "echo", "identifier.call"),
    ],
)
def test_a_name_elsewhere_is_what_its_place_makes_it(language: str, code: str, word: str, expected: str) -> None:
    assert role(code, word, language) == expected


def test_only_the_first_plain_string_is_a_docstring() -> None:
    assert roles_of('def f():\n    # x\n    "a"\n    "b"\n')[6:] == [
        ('"', "docstring"),
        ("a", "docstring"),
        ('"', "docstring"),
        ('"', "literal.delimiter"),
        ("b", "literal.string"),
        ('"', "literal.delimiter"),
    ]


def test_an_f_string_is_no_docstring() -> None:
    assert "docstring" not in dict(roles_of('def f():\n    f"a"\n')).values()


def test_text_around_an_escape_is_string() -> None:
    assert roles_of(r'x = "a\nb c"')[2:] == [
        ('"', "literal.delimiter"),
        ("a", "literal.string"),
        (r"\n", "literal.escape"),
        ("b c", "literal.string"),
        ('"', "literal.delimiter"),
    ]


def test_broken_code_keeps_its_roles() -> None:
    assert roles_of("def f(:\n  ) ? 12\n") == [
        ("def", "keyword"),
        ("f", "identifier.definition"),
        ("(", "punctuation.open"),
        (":", "punctuation.delimiter"),
        (")", "punctuation.close"),
        ("?", "punctuation.delimiter"),
        ("12", "literal.number"),
    ]


@pytest.mark.parametrize(
    ("code", "word", "expected"),
    [
        ("foo(a, b", "foo", "identifier.call"),
        ("a.b(", "b", "identifier.call"),
        ("def f(", "f", "identifier.definition"),
        ("print(x", "print", "identifier.call"),
    ],
)
def test_a_name_has_its_role_before_its_bracket_is_closed(code: str, word: str, expected: str) -> None:
    assert role(code, word) == expected


def test_bytes_that_are_no_text_are_unknown() -> None:
    source = b"x = \xff\xfe\n"
    tree = parse_tree(source, parser_of("python"))
    roles = [ROLES[r] for r in leaf_roles(tree, source, "python")]
    assert roles == ["identifier.reference", "operator.assign", "unknown"]


@pytest.mark.parametrize(
    ("text", "line_start", "expected"),
    [
        (b" ", False, "space.inline"),
        (b"\t", True, "space.indent"),
        (b"\x0c", False, "space.inline"),
        (b"\r\n", False, "space.newline"),
        (b"\r", False, "space.newline"),
        (b"\n    ", False, "space.newline"),
        (b"\xef\xbb\xbf", True, "space.indent"),
        (b"\x00", False, "unknown"),
        (b" x ", False, "unknown"),
    ],
)
def test_a_gap_is_white_space_by_its_place_or_unknown(text: bytes, line_start: bool, expected: str) -> None:
    assert ROLES[gap_role(text, line_start)] == expected


def test_an_indent_is_a_gap_of_its_own() -> None:
    source = b"if x:  \r\n\r\n    y\n"
    tree = parse_tree(source, parser_of("python"))
    between = gaps(tree, source, "python")
    rows = [
        (source[a:b], ROLES[r])
        for a, b, r in zip(between.start.tolist(), between.end.tolist(), between.role.tolist(), strict=True)
    ]
    assert rows == [
        (b" ", "space.inline"),
        (b"  ", "space.inline"),
        (b"\r\n\r\n", "space.newline"),
        (b"    ", "space.indent"),
        (b"\n", "space.newline"),
    ]


def test_the_text_of_a_comment_is_cut_from_the_white_space_after_it() -> None:
    assert roles_of("// a b\nfn f() {}", "rust")[:2] == [("//", "comment"), (" a b", "comment")]


def test_ten_thousand_nodes_take_less_than_forty_milliseconds() -> None:
    source = sample("python") * 12
    tree = parse_tree(source, parser_of("python"))
    assert len(tree) > 10_000
    leaf_roles(tree, source, "python")
    times = []
    for _ in range(5):
        before = time.process_time()
        leaf_roles(tree, source, "python")
        times.append(time.process_time() - before)
    assert min(times) < 0.040


def test_deep_nesting_does_not_recurse() -> None:
    source = b"(" * 5000 + b"x" + b")" * 5000
    tree = parse_tree(source, parser_of("python"))
    roles = [ROLES[r] for r in leaf_roles(tree, source, "python")]
    assert roles == ["punctuation.open"] * 5000 + ["identifier.reference"] + ["punctuation.close"] * 5000


def test_what_is_remembered_does_not_grow_with_the_depth_of_trees() -> None:
    def nested(depth: int) -> int:
        source = b"[" * depth + b"x" + b"]" * depth
        leaf_roles(parse_tree(source, parser_of("python")), source, "python")
        return len(module._memos["python"].next)

    assert nested(5) == nested(500)
