"""Each use of a name leads to the definition its language's scopes give it."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from tokenscope_widgets.code.grammars import parser_of
from tokenscope_widgets.code.names import Links, links
from tokenscope_widgets.code.tree import parse_tree


def linked(source: str, language: str = "python") -> Links:
    """The links of a source."""
    code = source.encode()
    return links(code, parse_tree(code, parser_of(language)), language)


def marked(source: str, language: str = "python") -> dict[str, str]:
    """Where uses lead: each name in the source is followed by a number that tells its places apart, as in ``x_1``.

    Numbers are taken for part of the place, not of the name.
    """
    code, places = bytearray(), {}
    for piece in source.split("«"):
        word, sign, rest = piece.partition("»")
        if sign:
            name = word.split("_")[0]
            places[len(code)] = word
            code += name.encode() + rest.encode()
        else:
            code += piece.encode()
    found = links(bytes(code), parse_tree(bytes(code), parser_of(language)), language)
    pairs = zip(found.use_start.tolist(), found.definition_start.tolist(), strict=True)
    return {places[use]: places[definition] for use, definition in pairs if use in places}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("«x_1» = 1\n«x_2» = «x_3» + 1\nprint(«x_4»)\n", {"x_3": "x_1", "x_4": "x_2"}),
        ("«x_1» = 1\n«x_2» += 1\n«x_3»\n", {"x_2": "x_1", "x_3": "x_2"}),
        ("def «f_1»(«a_1», b=«a_2»):\n    return «a_3», «f_2»\n", {"a_3": "a_1", "f_2": "f_1"}),
        ("def f():\n    «g_2»()\n\n\ndef «g_1»():\n    pass\n", {"g_2": "g_1"}),
        (
            "«x_0» = 1\nclass A:\n    «x_1» = 1\n    y = «x_2»\n    def f(self):\n        return «x_3»\n",
            {"x_2": "x_1", "x_3": "x_0"},
        ),
        ("«x_0» = []\n[«x_2» for «x_1» in «x_3» if «x_4»]\n", {"x_2": "x_1", "x_3": "x_0", "x_4": "x_1"}),
        ("def f():\n    global «x_9»\n    «x_1» = 1\n\n\nprint(«x_2»)\n", {"x_2": "x_1"}),
        (
            "def f():\n    «x_0» = 1\n    def g():\n        nonlocal x\n        «x_1» = 2\n    return «x_2»\n",
            {"x_2": "x_1"},
        ),
        ("if («n_1» := 1):\n    «n_2»\n", {"n_2": "n_1"}),
        ("def f(y):\n    [(«n_1» := x) for x in y]\n    return «n_2»\n", {"n_2": "n_1"}),
        ("try:\n    pass\nexcept OSError as «e_1»:\n    «e_2»\n", {"e_2": "e_1"}),
        ("with a as («b_1», «c_1»):\n    «b_2»(«c_2»)\n", {"b_2": "b_1", "c_2": "c_1"}),
        (
            "for «i_1», («j_1», *«k_1») in «i_0»:\n    «i_2», «j_2», «k_2»\n",
            {"i_0": "i_1", "i_2": "i_1", "j_2": "j_1", "k_2": "k_1"},
        ),
        (
            "match a:\n    case [«x_1», *«r_1»] | P(k=«x_2») as «q_1»:\n        «x_3», «r_2», «q_2»\n",
            {"x_3": "x_2", "r_2": "r_1", "q_2": "q_1"},
        ),
        (
            "import «os_1».path\nimport b as «c_1»\nfrom d import «e_1», f as «g_1»\n«os_2», «c_2», «e_2», «g_2»\n",
            {"os_2": "os_1", "c_2": "c_1", "e_2": "e_1", "g_2": "g_1"},
        ),
        ("def f(*«a_1», **«k_1»):\n    return «a_2», «k_2»\n", {"a_2": "a_1", "k_2": "k_1"}),
        (
            "«x_0» = 1\n@«x_1»\ndef f(x, y: «x_2» = «x_3») -> «x_4»:\n    return x\n",
            {"x_1": "x_0", "x_2": "x_0", "x_3": "x_0", "x_4": "x_0"},
        ),
        ("«x_1» = 1\ndel «x_2»\n", {"x_2": "x_1"}),
        ("«x_0» = 1\nlambda «x_1», y=«x_2»: «x_3»\n", {"x_2": "x_0", "x_3": "x_1"}),
        ("«x_1» = 1\nf'{«x_2»!r:{«x_3»}}'\n", {"x_2": "x_1", "x_3": "x_1"}),
        ("«é_1» = '😀'\nprint(«é_2»)\n", {"é_2": "é_1"}),
        ("def f[«T_1»](x: «T_2») -> «T_3»:\n    return «T_4»\n", {"T_2": "T_1", "T_3": "T_1", "T_4": "T_1"}),
        ("type «X_1»[«T_1»] = list[«T_2»]\n«X_2»\n", {"T_2": "T_1", "X_2": "X_1"}),
        ("a.«x_1» = 1\nf(«x_2»=2)\na.«x_3»\n", {}),
    ],
)
def test_python_uses_lead_where_its_scopes_say(source: str, expected: dict[str, str]) -> None:
    assert marked(source) == expected


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        (
            "javascript",
            "function f({«a_1», b: [«c_1»]}, ...«d_1») { return «a_2» + «c_2» + «d_2» }",
            {"a_2": "a_1", "c_2": "c_1", "d_2": "d_1"},
        ),
        ("javascript", "let «x_1» = 1; { let «x_2» = 2; «x_3» } «x_4»", {"x_3": "x_2", "x_4": "x_1"}),
        ("javascript", "function f() { if (1) { var «x_1» = 2 } return «x_2» }", {"x_2": "x_1"}),
        (
            "javascript",
            "import «d_1», {e as «g_1», «h_1»} from 'x'; «d_2»(«g_2», «h_2»)",
            {"d_2": "d_1", "g_2": "g_1", "h_2": "h_1"},
        ),
        ("javascript", "const «k_1» = («z_1») => «z_2» + «k_2»(1)", {"z_2": "z_1", "k_2": "k_1"}),
        (
            "typescript",
            "function f<«T_1»>(«a_1»: «T_2»): «Foo_2» { return «a_2» }\ninterface «Foo_1» { a: string }",
            {"T_2": "T_1", "Foo_2": "Foo_1", "a_2": "a_1"},
        ),
        (
            "java",
            "class «A_1» { int «f_1»; int g(String... «s_1») { for (String «t_1» : «s_2») h(«t_2»); "
            "return «f_2»; } «A_2» x; }",
            {"A_2": "A_1", "s_2": "s_1", "t_2": "t_1", "f_2": "f_1"},
        ),
        (
            "go",
            'package m\nimport "fmt"\nfunc «f_1»(«a_1» int) { «x_1», y := «a_2», 1; for «i_1» := '
            "range «x_2» { «f_2»(«i_2») } }",
            {"a_2": "a_1", "x_2": "x_1", "i_2": "i_1", "f_2": "f_1"},
        ),
        (
            "rust",
            "fn «f_1»(«x_1»: i32) -> i32 { let mut «q_1» = «x_2»; let «x_3» = «x_4»; if let "
            "Some(«r_1») = «q_2» { «r_2» } «f_2»(«x_5») }",
            {"x_2": "x_1", "x_4": "x_1", "q_2": "q_1", "r_2": "r_1", "f_2": "f_1", "x_5": "x_3"},
        ),
        (
            "c",
            "int «g_1»(int *«a_1») { for (int «i_1» = 0; «i_2» < 3; «i_3»++) «a_2»[«i_4»] = «g_2»(«a_3»); }",
            {"i_2": "i_1", "i_3": "i_1", "i_4": "i_1", "a_2": "a_1", "a_3": "a_1", "g_2": "g_1"},
        ),
        (
            "cpp",
            "int f(const T& «b_1») { for (auto& «x_1» : «b_2») «x_2»++; auto [«p_1», q] = b; auto l = "
            "[&](int «m_1») { return «m_2» + «p_2»; }; }",
            {"b_2": "b_1", "x_2": "x_1", "m_2": "m_1", "p_2": "p_1"},
        ),
        (
            "ruby",
            "def «f_1»(«a_1»)\n  «c_1» = «a_2»\n  «c_2».each { |«x_1»| «x_2» + «c_3» }\nend\n",
            {"a_2": "a_1", "c_2": "c_1", "x_2": "x_1", "c_3": "c_1"},
        ),
        ("c_sharp", "class A { int G(int «x_1») { var «y_1» = «x_2»; return «y_2»; } }", {"x_2": "x_1", "y_2": "y_1"}),
    ],
)
def test_other_languages_have_scopes_too(language: str, source: str, expected: dict[str, str]) -> None:
    assert marked(source, language) == expected


def test_an_import_of_a_path_in_go_binds_its_last_part() -> None:
    found = linked('package m\nimport "a/rand"\nfunc f() { rand.Int() }', "go")
    assert (found.names, found.definition_start.tolist(), found.kind) == (("rand",), [20], ("import",))


def test_links_say_what_defines() -> None:
    found = linked("import a\n\n\ndef f(b):\n    c = b\n    return c, a, f, A\n\n\nclass A:\n    pass\n")
    kinds = ("parameter", "variable", "import", "function", "class")
    assert (found.names, found.kind) == (("b", "c", "a", "f", "A"), kinds)


def test_links_are_columns_of_bytes() -> None:
    found = linked("é = '😀'; print(é)\n")
    spans = [found.use_start, found.use_end, found.definition_start, found.definition_end]
    assert [column.tolist() for column in spans] == [[19], [21], [0], [2]]
    assert {column.dtype for column in spans} == {np.dtype(np.int64)}


@pytest.mark.parametrize("language", ["text", "json", "html"])
def test_languages_without_names_have_no_links(language: str) -> None:
    code = b'{"a": 1}'
    assert len(links(code, parse_tree(code, parser_of("json")), language)) == 0


@pytest.mark.parametrize("source", ["(" * 5_000 + "a" + ")" * 5_000, "lambda a: " * 5_000 + "a", "f(" * 5_000 + "a"])
def test_five_thousand_nested_nodes_do_not_recurse(source: str) -> None:
    assert len(linked(source)) <= 1


def test_one_long_damaged_line_takes_no_time() -> None:
    source = b"x = [" + b"name(other, third), " * 5_000 + b")"
    tree = parse_tree(source, parser_of("python"))
    start = time.process_time()
    links(source, tree, "python")
    assert time.process_time() - start < 2


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = """
import sys, tokenscope_widgets.code.names, tokenscope_widgets.code.diagnostics
print({"tree_sitter", "torch", "pygments", "pyflakes", "jedi"} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
