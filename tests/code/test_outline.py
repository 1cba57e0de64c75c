"""Nodes under names that a reader knows."""

from __future__ import annotations

from tests.code.written import pieces
from tokenscope_widgets.code.outline import first_line, node_label, outline_nodes
from tokenscope_widgets.code.parsing import parse_tokens

CODE = parse_tokens(pieces("class A:\n    def f(self):\n        return 1\n\nx = A()\n"), None, "python")


def test_the_outline_lists_modules_classes_functions_and_statements_in_order() -> None:
    assert [node_label(CODE, node) for node in outline_nodes(CODE).tolist()] == [
        "module",
        "class A",
        "function f",
        "return 1",
        "x = A()",
    ]


def test_a_text_without_a_tree_has_no_outline() -> None:
    assert outline_nodes(parse_tokens(pieces("Just some words."))).tolist() == []


def test_a_path_leads_from_the_module_to_the_token() -> None:
    assert CODE.path(CODE.token_bytes().index(b"return")) == [
        "module",
        "class A",
        "block",
        "function f",
        "block",
        "return statement",
    ]


def test_a_special_token_has_no_path() -> None:
    assert parse_tokens([b"x", b""], {1: "<eos>"}, "python").path(1) == []


def test_a_label_is_the_first_line_cut_where_it_is_long() -> None:
    assert first_line(b"  a\nb") == "a"
    assert first_line(b"abcdef", 4) == "abc…"
    assert first_line(b"") == ""
