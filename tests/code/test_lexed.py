"""Roles without a grammar."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenscope_widgets.code import lexed as module
from tokenscope_widgets.code.lexed import lexed
from tokenscope_widgets.code.roles import ROLES


def pieces(source: bytes, language: str | None) -> list[tuple[bytes, str]]:
    starts, ends, roles = lexed(source, language)
    return [(source[a:b], ROLES[role]) for a, b, role in zip(starts, ends, roles, strict=True)]


def shown(source: bytes, language: str | None) -> list[tuple[bytes, str]]:
    """The pieces that are not white space."""
    return [(text, role) for text, role in pieces(source, language) if not role.startswith("space")]


def test_pygments_tells_the_roles_of_a_language_it_knows() -> None:
    assert shown(b'fun main(a: Int) { // hi\n val x = "s" + 3.5 == true }', "kotlin") == [
        (b"fun", "keyword"),
        (b"main", "identifier.call"),
        (b"(", "punctuation.open"),
        (b"a", "identifier.reference"),
        (b":", "punctuation.delimiter"),
        (b"Int", "identifier.type"),
        (b")", "punctuation.close"),
        (b"{", "punctuation.open"),
        (b"// hi", "comment"),
        (b"val", "keyword"),
        (b"x", "identifier.reference"),
        (b"=", "operator.assign"),
        (b'"', "literal.delimiter"),
        (b"s", "literal.string"),
        (b'"', "literal.delimiter"),
        (b"+", "operator.arithmetic"),
        (b"3.5", "literal.number"),
        (b"==", "operator.compare"),
        (b"true", "literal.boolean"),
        (b"}", "punctuation.close"),
    ]


@pytest.mark.parametrize("language", ["no such language", None, ""])
def test_without_a_lexer_there_are_words_numbers_and_signs(language: str | None) -> None:
    assert shown("größe = f(12, b)".encode(), language) == [
        ("größe".encode(), "identifier.reference"),
        (b"=", "operator.assign"),
        (b"f", "identifier.reference"),
        (b"(", "punctuation.open"),
        (b"12", "literal.number"),
        (b",", "punctuation.delimiter"),
        (b"b", "identifier.reference"),
        (b")", "punctuation.close"),
    ]


def test_without_pygments_there_are_words_numbers_and_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygments.lexers", None)
    module._lexer.cache_clear()
    try:
        assert shown(b"val x", "kotlin") == [(b"val", "identifier.reference"), (b"x", "identifier.reference")]
    finally:
        module._lexer.cache_clear()


def test_white_space_is_cut_at_line_ends() -> None:
    assert pieces(b"a \r\n\t b\r\n", "kotlin") == [
        (b"a", "identifier.reference"),
        (b" ", "space.inline"),
        (b"\r\n", "space.newline"),
        (b"\t ", "space.indent"),
        (b"b", "identifier.reference"),
        (b"\r\n", "space.newline"),
    ]


def test_blank_lines_at_the_start_are_kept() -> None:
    assert pieces(b"\n\n x", "lua")[:3] == [(b"\n", "space.newline"), (b"\n", "space.newline"), (b" ", "space.indent")]


def test_bytes_that_are_no_text_are_unknown_and_in_their_place() -> None:
    assert pieces(b"a\xffb \xf0\x9f\x98", None) == [
        (b"a", "identifier.reference"),
        (b"\xff", "unknown"),
        (b"b", "identifier.reference"),
        (b" ", "space.inline"),
        (b"\xf0", "unknown"),
        (b"\x9f", "unknown"),
        (b"\x98", "unknown"),
    ]


def test_an_empty_source_has_no_pieces() -> None:
    starts, ends, roles = lexed(b"", "kotlin")
    assert (len(starts), len(ends), len(roles)) == (0, 0, 0)
    assert (starts.dtype, ends.dtype, roles.dtype) == (np.int64, np.int64, np.uint8)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from(["kotlin", "lua", "yaml", None]))
def test_the_pieces_are_an_exact_partition(source: bytes, language: str | None) -> None:
    starts, ends, _ = lexed(source, language)
    assert b"".join(source[a:b] for a, b in zip(starts, ends, strict=True)) == source
    assert (ends > starts).all()
    assert (starts[1:] == ends[:-1]).all()
