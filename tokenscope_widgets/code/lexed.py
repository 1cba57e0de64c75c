"""Roles without a grammar: from Pygments, else from words and signs alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.role_rules import SIGNS
from tokenscope_widgets.code.role_table import CODES
from tokenscope_widgets.code.tree import Ints

# Of a token type and those it is a kind of, the first that is here decides
_ROLES = {
    "Token.Keyword": "keyword",
    "Token.Keyword.Constant": "literal.none",
    "Token.Keyword.Type": "identifier.type",
    "Token.Keyword.Namespace": "keyword",
    "Token.Name": "identifier.reference",
    "Token.Name.Attribute": "identifier.attribute",
    "Token.Name.Builtin": "identifier.reference",
    "Token.Name.Class": "identifier.definition",
    "Token.Name.Constant": "identifier.constant",
    "Token.Name.Decorator": "identifier.call",
    "Token.Name.Entity": "literal.escape",
    "Token.Name.Function": "identifier.call",
    "Token.Name.Label": "identifier.reference",
    "Token.Name.Namespace": "identifier.module",
    "Token.Name.Property": "identifier.attribute",
    "Token.Name.Tag": "markup",
    "Token.Literal": "literal.string",
    "Token.Literal.Number": "literal.number",
    "Token.Literal.String.Affix": "literal.delimiter",
    "Token.Literal.String.Delimiter": "literal.delimiter",
    "Token.Literal.String.Doc": "docstring",
    "Token.Literal.String.Escape": "literal.escape",
    "Token.Literal.String.Interpol": "literal.interpolation",
    "Token.Literal.String.Regex": "literal.regex",
    "Token.Comment": "comment",
    "Token.Generic": "markup",
}
_BOOLEANS = frozenset({"true", "false"})
_QUOTES = frozenset({'"', "'", "`", '"""', "'''"})
_SIGNS = sorted(SIGNS, key=len, reverse=True)
_PIECES = re.compile(
    r"(?P<newline>\r\n|[\r\n])|(?P<space>[^\S\r\n]+|\ufeff)|(?P<number>\d[\w.]*)|(?P<word>\w+)|(?P<sign>"
    + "|".join(re.escape(sign) for sign in _SIGNS if sign.strip())
    + r")|(?P<other>.)",
    re.DOTALL,
)


def lexed(source: bytes, language: str | None) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Cut a source into pieces and give each a role, without a tree.

    Parameters
    ----------
    source : bytes
        Bytes that are no UTF-8 stay where they are.
    language : str or None
        A language by a name Pygments knows. For another, or where Pygments is not installed: words, numbers, white
        space and signs.

    Returns
    -------
    starts, ends : int64 [piece]
        Bytes of the source; one after the other, without holes, never empty.
    roles : uint8 [piece]
        Index into `ROLES`.
    """
    text = source.decode("utf-8", "surrogateescape")
    lexer = _lexer(language.strip().lower()) if language else None
    whole = list(_filled(text, list(_by_lexer(text, lexer)) if lexer is not None else []))
    widths = [len(text[a:b].encode("utf-8", "surrogateescape")) for a, b, _ in whole]
    ends = np.cumsum(widths, dtype=np.int64)
    return ends - np.array(widths, np.int64), ends, np.array([role for *_, role in whole], np.uint8)


_Piece = tuple[int, int, int]


@cache
def _lexer(language: str) -> Any:
    try:
        lexers, util = import_module("pygments.lexers"), import_module("pygments.util")
    except ImportError:
        return None
    try:
        return lexers.get_lexer_by_name(language)
    except util.ClassNotFound:
        return None


def _filled(text: str, pieces: list[_Piece]) -> Iterator[_Piece]:
    """The pieces, and what is between them by its looks."""
    at = 0
    for start, end, role in pieces:
        if start >= at:
            yield from _plain(text, at, start)
            yield start, end, role
            at = end
    yield from _plain(text, at, len(text))


def _by_lexer(text: str, lexer: Any) -> Iterator[_Piece]:
    """The pieces that Pygments has a word for; line ends are left out."""
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        role, end = _role_of(kind, value), start + len(value.rstrip("\r\n"))
        if role is not None and value.strip():
            yield start, end, role


def _role_of(kind: Any, value: str) -> int | None:
    """The role of a Pygments token; None where the looks of its text decide."""
    name = str(kind)
    if name == "Token.Keyword.Constant" and value.lower() in _BOOLEANS:
        return CODES["literal.boolean"]
    if name.startswith("Token.Literal.String") and value in _QUOTES:
        return CODES["literal.delimiter"]
    while name:
        if name in _ROLES:
            return CODES[_ROLES[name]]
        name = name.rpartition(".")[0]
    return None


def _plain(text: str, start: int, end: int) -> Iterator[_Piece]:
    """Words, numbers, white space and signs."""
    for match in _PIECES.finditer(text, start, end):
        a, b = match.span()
        yield a, b, _plain_role(match.lastgroup or "other", match[0], a == 0 or text[a - 1] in "\r\n")


def _plain_role(group: str, text: str, line_start: bool) -> int:
    if group == "sign":
        return CODES[SIGNS[text]]
    if group == "space":
        return CODES["space.indent" if line_start else "space.inline"]
    names = {"newline": "space.newline", "number": "literal.number", "word": "identifier.reference"}
    return CODES[names.get(group, "unknown")]
