"""The grammars this package knows: their names, their parsers, their highlight queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module, resources
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tree_sitter import Language, Parser, Query

_MODULES = {
    "python": "tree_sitter_python",
    "javascript": "tree_sitter_javascript",
    "typescript": "tree_sitter_typescript",
    "tsx": "tree_sitter_typescript",
    "java": "tree_sitter_java",
    "c": "tree_sitter_c",
    "cpp": "tree_sitter_cpp",
    "c_sharp": "tree_sitter_c_sharp",
    "go": "tree_sitter_go",
    "rust": "tree_sitter_rust",
    "php": "tree_sitter_php",
    "ruby": "tree_sitter_ruby",
    "bash": "tree_sitter_bash",
    "html": "tree_sitter_html",
    "css": "tree_sitter_css",
    "json": "tree_sitter_json",
    "sql": "tree_sitter_sql",
}
LANGUAGES: tuple[str, ...] = tuple(_MODULES)
"""The canonical names, whether installed or not."""

_ALIASES = {
    "python": "py py3 python3 pyi pyw ipython ipython3",
    "javascript": "js jsx mjs cjs node nodejs ecmascript",
    "typescript": "ts mts cts",
    "tsx": "",
    "java": "",
    "c": "h",
    "cpp": "c++ cc cxx hpp hh hxx cplusplus",
    "c_sharp": "cs csharp c# c-sharp",
    "go": "golang",
    "rust": "rs",
    "php": "php3 php4 php5 php7 php8 phtml",
    "ruby": "rb gemspec rake",
    "bash": "sh shell zsh ksh shell-script",
    "html": "htm xhtml",
    "css": "",
    "json": "jsonc json5 geojson ipynb",
    "sql": "mysql postgres postgresql sqlite plsql tsql",
}
_NAMES = {name: language for language, names in _ALIASES.items() for name in (language, *names.split())}
_EXTENDS = {"typescript": "javascript", "tsx": "javascript", "cpp": "c"}
_LOCK = Lock()


def canonical(name: str) -> str | None:
    """The grammar for the tag of a Markdown fence, a file ending or a language's name; None where there is none."""
    return _NAMES.get(name.strip().lower().removeprefix("."))


@cache
def has_grammar(language: str) -> bool:
    """Whether a language, by any of its names, has a grammar and that grammar is installed."""
    name = canonical(language)
    return name is not None and all(find_spec(module) is not None for module in ("tree_sitter", _MODULES[name]))


def available() -> tuple[str, ...]:
    """The canonical names of the grammars that are installed."""
    return tuple(language for language in LANGUAGES if has_grammar(language))


def parser_of(language: str) -> Parser:
    """A new parser: parsers are cheap, and not to be shared between threads.

    Parameters
    ----------
    language : str
        Any name `canonical` knows.

    Raises
    ------
    InputError
        If there is no grammar for the language, or it is not installed. Nothing is ever downloaded.
    """
    from tree_sitter import Parser

    return Parser(_language(_installed(language)))


def highlights(language: str) -> Query:
    """The compiled highlight query of a grammar, one object for the life of the process.

    Raises
    ------
    InputError
        If there is no grammar for the language, it is not installed, or its wheel ships no highlight query (C#).
    """
    return _query(_installed(language))


@cache
def highlight_kinds(language: str) -> dict[str, str]:
    """What the highlight query says of node kinds whatever their context: ``{"integer": "number", '"if"': "keyword"}``.

    Kinds without a name, such as signs and keywords, are in double quotes.
    """
    return dict(_context_free(_highlight_text(_installed(language))))


def _installed(language: str) -> str:
    name = canonical(language)
    if name is None:
        raise bad_value("language", language, "no grammar is known for it", f"Use one of {', '.join(LANGUAGES)}")
    if not has_grammar(name):
        remedy = 'Install it with pip install "tokenscope-widgets[code]"'
        raise bad_value("language", language, f"its grammar, {_MODULES[name]}, is not installed", remedy)
    return name


_languages: dict[str, Language] = {}
_queries: dict[str, Query] = {}


def _language(name: str) -> Language:
    from tree_sitter import Language

    with _LOCK:
        if name not in _languages:
            module = import_module(_MODULES[name])
            load = getattr(module, "language", None) or getattr(module, f"language_{name}")
            _languages[name] = Language(load())
        return _languages[name]


def _query(name: str) -> Query:
    from tree_sitter import Query

    language, text = _language(name), _highlight_text(name)
    if not text:
        raise bad_value("language", name, "its grammar ships no highlight query", "Use highlight_kinds or leaf_roles")
    with _LOCK:
        if name not in _queries:
            _queries[name] = Query(language, text)
        return _queries[name]


@cache
def _highlight_text(name: str) -> str:
    """The text of the query; TypeScript and C++ ship only what they add to another language's."""
    module = import_module(_MODULES[name])
    text = getattr(module, "HIGHLIGHTS_QUERY", None)
    if text is None:
        file = resources.files(module).joinpath("queries", "highlights.scm")
        text = file.read_text("utf-8") if file.is_file() else ""
    base = _EXTENDS.get(name)
    return (_highlight_text(base) + "\n" if base and has_grammar(base) else "") + str(text)


_LEXEME = re.compile(r';[^\n]*|"(?:\\.|[^"\\])*"|[()\[\]]|[^\s()\[\]"]+')


def _context_free(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of kind and capture from patterns that name only kinds: ``(kind) @a``, ``"+" @a``, ``["+" (kind)] @a``."""
    opened, kinds, simple = "", list[str](), True
    for lexeme in _LEXEME.findall(text):
        if lexeme.startswith(";"):
            continue
        if lexeme.startswith("@") and not opened:
            if simple:
                yield from ((kind, lexeme[1:]) for kind in kinds)
            continue
        if not opened:
            kinds, simple = [], True
        if lexeme in ")]":
            opened = opened[:-1]
        elif lexeme in "([":
            simple &= not opened.endswith("(")
            opened += lexeme
        elif lexeme.startswith('"'):
            simple &= not opened.endswith("(")
            kinds.append(lexeme.replace("\\", ""))
        elif re.fullmatch(r"\w+", lexeme):
            kinds.append(lexeme)
        else:  # a field, a predicate or an inner capture: the pattern depends on context
            simple = False
