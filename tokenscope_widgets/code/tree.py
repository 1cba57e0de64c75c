"""A syntax tree as flat arrays: one row per node, parents before children."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SyntaxTree:
    """The nodes of one or several parsed regions, in document order, parents before their children.

    Attributes
    ----------
    kinds : tuple of str
        The names of node kinds; ``kind`` indexes it.
    fields : tuple of str
        The names of the fields through which parents hold children; ``field`` indexes it.
    kind : int64 [node]
    start, end : int64 [node]
        Bytes of the source, ``start … end − 1``. Both are the same for what is missing.
    parent : int64 [node]
        −1 for the root of a region.
    field : int64 [node]
        −1 where the parent names no field.
    last : int64 [node]
        The node's subtree is ``node … last``.
    named, error, missing : bool [node]
        Whether the grammar names the node; whether it is an error; whether the parser put it in.
    """

    kinds: tuple[str, ...]
    fields: tuple[str, ...]
    kind: Ints
    start: Ints
    end: Ints
    parent: Ints
    field: Ints
    last: Ints
    named: Flags
    error: Flags
    missing: Flags

    def __len__(self) -> int:
        return len(self.kind)

    def kind_of(self, node: int) -> str:
        """The kind of a node, such as ``function_definition``."""
        return self.kinds[int(self.kind[node])]

    def field_of(self, node: int) -> str | None:
        """The field through which the parent holds a node, such as ``name``."""
        return self.fields[self.field[node]] if self.field[node] >= 0 else None

    def children(self, node: int) -> list[int]:
        """The children of a node, in order."""
        out, child = [], node + 1
        while child <= self.last[node]:
            out.append(child)
            child = int(self.last[child]) + 1
        return out

    def ancestors(self, node: int) -> list[int]:
        """The node itself, its parent, and so on up to the root."""
        out = []
        while node >= 0:
            out.append(node)
            node = int(self.parent[node])
        return out

    def smallest(self, start: int, end: int, named: bool = True) -> int:
        """The smallest node that holds ``start … end − 1``; −1 where there is none."""
        inside = (self.start <= start) & (self.end >= end)
        if named:
            inside &= self.named
        found = np.flatnonzero(inside)
        return int(found[-1]) if len(found) else -1

    @cached_property
    def leaves(self) -> Ints:
        """The nodes without children, int64 [leaf]."""
        return np.flatnonzero(self.last == np.arange(len(self)))

    @cached_property
    def depth(self) -> Ints:
        """How many ancestors each node has, int64 [node]."""
        out = np.zeros(len(self), np.int64)
        for node, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                out[node] = out[parent] + 1
        return out

    def kinds_in(self, *names: str) -> Flags:
        """Which nodes are of one of these kinds, bool [node]."""
        wanted = np.array([kind in names for kind in self.kinds], bool)
        return wanted[self.kind] if len(self) else np.zeros(0, bool)

    def moved(self, offset: int) -> SyntaxTree:
        """The same tree, ``offset`` bytes further on."""
        return replace(self, start=self.start + offset, end=self.end + offset)


_NO_INTS, _NO_FLAGS = np.zeros(0, np.int64), np.zeros(0, bool)
EMPTY = SyntaxTree((), (), _NO_INTS, _NO_INTS, _NO_INTS, _NO_INTS, _NO_INTS, _NO_INTS, _NO_FLAGS, _NO_FLAGS, _NO_FLAGS)
"""No node at all."""


def parse_tree(source: bytes, parser: Parser) -> SyntaxTree:
    """Parse one region.

    Parameters
    ----------
    source : bytes
        UTF-8; bytes that are none make error nodes.
    parser : tree_sitter.Parser
        From `grammars.parser_of`.
    """
    return flat_tree(parser.parse(source))


def flat_tree(tree: Tree) -> SyntaxTree:
    """Walk a tree with one cursor: depth does not recurse, and no child list is built."""
    # one flat list: a tuple kept for each node sets off collections of the whole heap, and time is not linear then
    cells: list[int] = []
    kinds: dict[str, int] = {}
    names: dict[str | None, int] = {None: -1}
    last: list[int] = []
    path: list[int] = []
    cursor = tree.walk()
    going = True
    while going:
        node, name = cursor.node, cursor.field_name
        assert node is not None
        if name not in names:
            names[name] = len(names) - 1
        kind = kinds.setdefault(node.type, len(kinds))
        parent = path[-1] if path else -1
        cells += (
            kind, node.start_byte, node.end_byte, parent, names[name], node.is_named, node.is_error, node.is_missing,
        )  # fmt: skip
        path.append(len(last))
        last.append(-1)
        if cursor.goto_first_child():
            continue
        while going:
            last[path.pop()] = len(last) - 1
            if cursor.goto_next_sibling():
                break
            going = cursor.goto_parent()
    met = tuple(name for name in names if name is not None)
    column = np.array(cells, np.int64).reshape(-1, 8).T
    return SyntaxTree(
        kinds=tuple(kinds),
        fields=met,
        kind=column[0].copy(),
        start=column[1].copy(),
        end=column[2].copy(),
        parent=column[3].copy(),
        field=column[4].copy(),
        last=np.array(last, np.int64),
        named=column[5].astype(bool),
        error=column[6].astype(bool),
        missing=column[7].astype(bool),
    )


def joined(trees: list[SyntaxTree]) -> SyntaxTree:
    """Several regions' trees as one, in the order given; each keeps its own root."""
    trees = [tree for tree in trees if len(tree)]
    if len(trees) < 2:
        return trees[0] if trees else EMPTY
    kinds = _union([tree.kinds for tree in trees])
    names = _union([tree.fields for tree in trees])
    offsets = np.cumsum([0, *(len(tree) for tree in trees)])
    out: dict[str, list[NDArray[Any]]] = {f.name: [] for f in fields(SyntaxTree)[2:]}
    for tree, offset in zip(trees, offsets, strict=False):
        columns = {name: getattr(tree, name) for name in out}
        columns["kind"] = np.array([kinds[k] for k in tree.kinds], np.int64)[tree.kind]
        columns["field"] = np.array([*(names[f] for f in tree.fields), -1], np.int64)[tree.field]
        columns["parent"] = np.where(tree.parent < 0, -1, tree.parent + offset)
        columns["last"] = tree.last + offset
        for name, column in columns.items():
            out[name].append(column)
    return SyntaxTree(tuple(kinds), tuple(names), **{name: np.concatenate(parts) for name, parts in out.items()})


def _union(lists: list[tuple[str, ...]]) -> dict[str, int]:
    out: dict[str, int] = {}
    for names in lists:
        for name in names:
            out.setdefault(name, len(out))
    return out
