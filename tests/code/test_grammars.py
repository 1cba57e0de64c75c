"""Names of languages, and the grammars behind them."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixtures.roles.make_roles import sample
from tokenscope_widgets.code import grammars
from tokenscope_widgets.code.grammars import LANGUAGES, available, canonical, has_grammar, highlight_kinds, highlights
from tokenscope_widgets.code.tree import parse_tree
from tokenscope_widgets.errors import InputError

FIFTEEN = "python javascript typescript java c cpp c_sharp go rust php ruby bash html css json"


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("py", "python"),
        ("Python3", "python"),
        (" JSX ", "javascript"),
        ("node", "javascript"),
        ("ts", "typescript"),
        (".tsx", "tsx"),
        ("C++", "cpp"),
        ("h", "c"),
        ("hpp", "cpp"),
        ("C#", "c_sharp"),
        ("golang", "go"),
        ("rs", "rust"),
        ("rb", "ruby"),
        ("zsh", "bash"),
        ("htm", "html"),
        ("jsonc", "json"),
    ],
)
def test_a_fence_tag_or_a_file_ending_names_its_language(name: str, language: str) -> None:
    assert canonical(name) == language


@pytest.mark.parametrize("name", ["", "kotlin", "text", "console", "pythonic"])
def test_an_unknown_name_has_no_language(name: str) -> None:
    assert canonical(name) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_known_by_its_own_name(language: str) -> None:
    assert canonical(language) == language


def test_the_fifteen_grammars_are_there() -> None:
    assert set(FIFTEEN.split()) <= set(available())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_grammar_parses_its_sample_without_error(language: str) -> None:
    tree = parse_tree(sample(language), grammars.parser_of(language))
    assert not tree.error.any()
    assert not tree.missing.any()


def test_parsers_in_several_threads_agree() -> None:
    def count(language: str) -> int:
        return len(parse_tree(sample(language), grammars.parser_of(language)))

    names = list(LANGUAGES) * 3
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(count, names)) == [count(name) for name in names]


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"language='kotlin': no grammar is known for it\. Use one of python, "):
        grammars.parser_of("kotlin")


def test_a_grammar_that_is_not_installed_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(grammars._MODULES, "rust", "tree_sitter_not_there")
    has_grammar.cache_clear()
    try:
        with pytest.raises(InputError) as caught:
            grammars.parser_of("rs")
        assert "rust" not in available()
    finally:
        has_grammar.cache_clear()
    assert str(caught.value) == (
        "language='rs': its grammar, tree_sitter_not_there, is not installed. "
        'Install it with pip install "tokenscope-widgets[code]".'
    )


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "c_sharp"])
def test_every_highlight_query_compiles_and_finds_something(language: str) -> None:
    from tree_sitter import QueryCursor

    root = grammars.parser_of(language).parse(sample(language)).root_node
    assert QueryCursor(highlights(language)).captures(root)


def test_a_wheel_without_a_highlight_query_is_said_to_have_none() -> None:
    with pytest.raises(InputError, match="ships no highlight query"):
        highlights("c_sharp")
    assert highlight_kinds("c_sharp") == {}


def test_a_query_is_made_once() -> None:
    assert highlights("py") is highlights("python")


def test_typescript_and_cpp_have_what_they_extend() -> None:
    assert highlight_kinds("typescript")["template_string"] == "string"
    assert highlight_kinds("cpp")['"sizeof"'] == "keyword"


def test_kinds_of_the_query_that_depend_on_context_are_left_out() -> None:
    kinds = highlight_kinds("python")
    assert kinds["integer"] == "number"
    assert kinds['"if"'] == "keyword"
    assert "decorator" in kinds
    assert "call" not in kinds


def test_a_thousand_queries_made_and_dropped_do_no_harm() -> None:
    code = """
from tree_sitter import Query
from tokenscope_widgets.code.grammars import _language, highlights, parser_of
language = _language("python")
for i in range(1000):
    Query(language, '((identifier) @a (#unknown? @a "x"))')
    highlights("python")
print(parser_of("python").parse(b"x = 1").root_node.type)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "module\n")


def test_importing_loads_no_grammar() -> None:
    code = """
import sys
import tokenscope_widgets.code.grammars, tokenscope_widgets.code.roles, tokenscope_widgets.code.structure
import tokenscope_widgets.code.states, tokenscope_widgets.code.lexed
print(sorted({"tree_sitter", "torch", "pygments", "pyflakes", "jedi"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"
