"""What each node is, in the same words for every language."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.roles.make_roles import sample
from tokenscope_widgets.code.grammars import LANGUAGES, parser_of
from tokenscope_widgets.code.structure import STRUCTURES, names_of, structures
from tokenscope_widgets.code.tree import EMPTY, parse_tree

THE_TAXONOMY = (
    "module class function block statement.import statement.assign statement.return statement.raise statement.branch "
    "statement.loop statement.with statement.try statement.declaration statement.expression expression.call "
    "expression.arguments expression.subscript expression.attribute expression.binary expression.collection "
    "expression.comprehension expression.lambda expression.f_string other"
)


def structures_of(text: str, language: str = "python") -> list[str]:
    """The structures of the nodes in document order, without *other*."""
    tree = parse_tree(text.encode(), parser_of(language))
    codes = structures(tree, language)
    assert codes.dtype == np.uint8
    return [STRUCTURES[code] for code in codes if STRUCTURES[code] != "other"]


def named(text: str, language: str = "python") -> list[str]:
    source = text.encode()
    return list(names_of(parse_tree(source, parser_of(language)), source).values())


def test_the_structures_are_those_of_the_taxonomy() -> None:
    assert set(STRUCTURES) == set(THE_TAXONOMY.split())


def test_a_method_is_a_function_in_a_block_of_a_class() -> None:
    assert structures_of("class A:\n    def f(self):\n        return 1\n") == [
        "module",
        "class",
        "block",
        "function",
        "block",
        "statement.return",
    ]


@pytest.mark.parametrize(
    ("language", "code", "structure"),
    [
        ("python", "import a", "statement.import"),
        ("python", "a = 1", "statement.assign"),
        ("python", "a += 1", "statement.assign"),
        ("python", "raise a", "statement.raise"),
        ("python", "if a: pass", "statement.branch"),
        ("python", "while a: pass", "statement.loop"),
        ("python", "with a: pass", "statement.with"),
        ("python", "try:\n  a\nfinally:\n  b", "statement.try"),
        ("python", "global a", "statement.declaration"),
        ("python", "a", "statement.expression"),
        ("python", "f(a)", "expression.call"),
        ("python", "f(a)", "expression.arguments"),
        ("python", "a[0]", "expression.subscript"),
        ("python", "a.b", "expression.attribute"),
        ("python", "a < b", "expression.binary"),
        ("python", "{a: b}", "expression.collection"),
        ("python", "[a for a in b]", "expression.comprehension"),
        ("python", "lambda: 1", "expression.lambda"),
        ("python", "f'{a}'", "expression.f_string"),
        ("javascript", "const f = () => 1", "function"),
        ("javascript", "const f = 1", "statement.declaration"),
        ("javascript", "`${a}`", "expression.f_string"),
        ("rust", "fn f() { loop {} }", "statement.loop"),
        ("java", "class A {}", "class"),
        ("go", "package p\nfunc f() { a := 1 }", "statement.assign"),
        ("bash", "for i in 1; do echo; done", "statement.loop"),
        ("ruby", "f(1)", "expression.call"),
        ("json", "[1]", "expression.collection"),
    ],
)
def test_a_construct_has_its_structure(language: str, code: str, structure: str) -> None:
    assert structure in structures_of(code, language)


def test_an_assignment_is_counted_once() -> None:
    assert structures_of("a = 1\n") == ["module", "statement.assign"]


def test_keywords_are_no_structures() -> None:
    tree = parse_tree(b"class A: pass", parser_of("python"))
    codes = structures(tree, "python")
    assert {STRUCTURES[c] for c in codes[~tree.named]} == {"other"}


def test_a_string_without_interpolation_is_no_f_string() -> None:
    assert "expression.f_string" not in structures_of("x = 'a'\n")


def test_a_struct_that_is_only_named_is_no_class() -> None:
    assert structures_of("struct P p;", "c") == ["module", "statement.declaration"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sample_is_one_module_with_structures_in_it(language: str) -> None:
    tree = parse_tree(sample(language), parser_of(language))
    codes = structures(tree, language)
    assert STRUCTURES[codes[0]] == "module"
    assert (codes[1:] != STRUCTURES.index("other")).any() or language == "html"


def test_a_tree_without_nodes_has_no_structures() -> None:
    assert len(structures(EMPTY, "python")) == 0


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", "class A:\n  def größe(self): pass\n  x = lambda: 1\n", ["A", "größe"]),
        ("javascript", "const f = () => 1; class B { g() {} }; (() => 2)()", ["f", "B", "g"]),
        ("c", "int *f(int (*g)(int)) { return 0; } struct P { int x; }; struct P p;", ["f", "P"]),
        ("cpp", "void A::f() {} class B { ~B() {} };", ["A::f", "B", "~B"]),
        ("rust", "impl Area for Point { fn area() {} }", ["Point", "area"]),
        ("go", "package p\nfunc (a B) f() {}", ["f"]),
        ("java", "class A { A() {} void f() {} }", ["A", "A", "f"]),
    ],
)
def test_classes_and_functions_have_their_names(language: str, code: str, expected: list[str]) -> None:
    assert named(code, language) == expected
