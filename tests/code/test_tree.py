"""A syntax tree as flat arrays."""

from __future__ import annotations

import numpy as np

from tokenscope_widgets.code.grammars import parser_of
from tokenscope_widgets.code.tree import EMPTY, SyntaxTree, joined, parse_tree

SOURCE = b"f(a, 1)\n"


def python(source: bytes = SOURCE) -> SyntaxTree:
    return parse_tree(source, parser_of("python"))


def test_parents_stand_before_their_children_in_document_order() -> None:
    tree = python()
    assert [tree.kind_of(node) for node in range(len(tree))] == [
        "module", "expression_statement", "call", "identifier", "argument_list", "(", "identifier", ",", "integer", ")",
    ]  # fmt: skip
    assert tree.parent.tolist() == [-1, 0, 1, 2, 2, 4, 4, 4, 4, 4]
    assert tree.last.tolist() == [9, 9, 9, 3, 9, 5, 6, 7, 8, 9]
    assert tree.depth.tolist() == [0, 1, 2, 3, 3, 4, 4, 4, 4, 4]


def test_children_fields_and_ancestors_of_a_node() -> None:
    tree = python()
    assert tree.children(4) == [5, 6, 7, 8, 9]
    assert [tree.field_of(node) for node in (3, 4, 5)] == ["function", "arguments", None]
    assert tree.ancestors(8) == [8, 4, 2, 1, 0]


def test_the_smallest_node_around_some_bytes() -> None:
    tree = python()
    assert (tree.smallest(2, 3), tree.smallest(2, 6), tree.smallest(90, 91)) == (6, 4, -1)
    assert tree.smallest(1, 2, named=False) == 5


def test_joined_trees_keep_their_roots_and_their_names() -> None:
    tree = joined([python(), EMPTY, parse_tree(b"x", parser_of("go")).moved(8)])
    second = int(np.flatnonzero(tree.parent < 0)[1])
    assert tree.kind_of(second) == "source_file"
    assert (tree.start[second], tree.end[second], tree.last[second]) == (8, 9, len(tree) - 1)
    assert tree.field_of(3) == "function"


def test_no_tree_at_all_answers_too() -> None:
    assert joined([]) is EMPTY
    assert (len(EMPTY.leaves), len(EMPTY.kinds_in("call")), EMPTY.smallest(0, 1)) == (0, 0, -1)


def test_five_thousand_nested_nodes_do_not_recurse() -> None:
    tree = python(b"(" * 5000 + b"1" + b")" * 5000)
    assert int(tree.depth.max()) > 5000
