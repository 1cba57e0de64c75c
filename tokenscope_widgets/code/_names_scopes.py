"""Scopes, what each binds and uses, and which binding a use means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tokenscope_widgets.code.tree import SyntaxTree


class Definition(NamedTuple):
    """A place that binds a name. ``visible`` is the byte from which its value can be read."""

    start: int
    end: int
    visible: int
    kind: str


class Use(NamedTuple):
    """A place that reads a name. ``plain`` is false where damage leaves open what the word is."""

    name: str
    start: int
    end: int
    scope: int
    plain: bool


@dataclass
class Scopes:
    """The scopes of one source, outer ones first.

    Attributes
    ----------
    kind : list of str
        "module", "class", "function", "lambda", "comprehension", "types" or "block".
    parent, node : list of int
        −1 for the parent of the first.
    definitions : list of dict
        Per scope: name to its definitions, by place.
    declared : list of dict
        Per scope: names said to be "global" or "nonlocal".
    uses : list of Use
    star : bool
        Whether an import brings in names that cannot be known.
    skips_classes : bool
        Whether scopes inside a class do not see its names (Python).
    falls_through : bool
        Whether a name means the outer scope's until its own scope has defined it (most languages but Python).
    """

    skips_classes: bool = True
    falls_through: bool = False
    kind: list[str] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    definitions: list[dict[str, list[Definition]]] = field(default_factory=list)
    declared: list[dict[str, str]] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    star: bool = False
    _found: dict[tuple[int, str], int] = field(default_factory=dict)

    def open(self, kind: str, parent: int, node: int) -> int:
        """A new scope; its number."""
        self.kind.append(kind)
        self.parent.append(parent)
        self.node.append(node)
        self.definitions.append({})
        self.declared.append({})
        return len(self.kind) - 1

    def bind(self, scope: int, name: str, definition: Definition) -> None:
        """Add a definition, in source order."""
        self.definitions[scope].setdefault(name, []).append(definition)

    def nearest(self, scope: int, *kinds: str) -> int:
        """The nearest scope, this one or an outer one, that is of one of these kinds; else the first scope."""
        while scope > 0 and self.kind[scope] not in kinds:
            scope = self.parent[scope]
        return scope

    def settle(self) -> None:
        """Move what is bound under ``global`` and ``nonlocal`` to the scope meant."""
        for scope, declared in enumerate(self.declared):
            for name, how in declared.items():
                target = 0 if how == "global" else self._enclosing(scope, name)
                found = self.definitions[scope].pop(name, [])
                if found and target >= 0:
                    merged = [*self.definitions[target].get(name, []), *found]
                    self.definitions[target][name] = sorted(merged)

    def resolve(self, scope: int, name: str) -> int:
        """The scope whose ``name`` a use in ``scope`` means; −1 where no scope binds it."""
        key = (scope, name)
        if key not in self._found:
            self._found[key] = self._search(scope, name)
        return self._found[key]

    def meaning(self, use: Use) -> Definition | None:
        """The nearest definition before a use, else the first one; none for what nothing binds."""
        first = None
        scope = self.resolve(use.scope, use.name)
        while scope >= 0:
            others = [d for d in self.definitions[scope][use.name] if d.start != use.start]
            before = [d for d in others if d.visible <= use.start or (self.falls_through and d.kind == "function")]
            if before:
                return max(before)
            first = first or (others[0] if others else None)
            parent = self.parent[scope]
            scope = self.resolve(parent, use.name) if self.falls_through and parent >= 0 else -1
        return first

    def _search(self, scope: int, name: str) -> int:
        here = scope
        while here >= 0:
            how = self.declared[here].get(name)
            if how is not None:
                target = 0 if how == "global" else self._enclosing(here, name)
                return target if target >= 0 and name in self.definitions[target] else -1
            seen = here == scope or not self.skips_classes or self.kind[here] != "class"
            if seen and name in self.definitions[here]:
                return here
            here = self.parent[here]
        return -1

    def _enclosing(self, scope: int, name: str) -> int:
        scope = self.parent[scope]
        while scope > 0:
            function = self.kind[scope] in ("function", "lambda")
            if function and name in self.definitions[scope] and name not in self.declared[scope]:
                return scope
            scope = self.parent[scope]
        return -1


class Rows:
    """A tree's columns as lists: many times faster to read one by one than arrays."""

    def __init__(self, source: bytes, tree: SyntaxTree) -> None:
        self.source = source
        self.kind = [tree.kinds[k] for k in tree.kind.tolist()]
        self.field = [tree.fields[f] if f >= 0 else "" for f in tree.field.tolist()]
        self.parent: list[int] = tree.parent.tolist()
        self.start: list[int] = tree.start.tolist()
        self.end: list[int] = tree.end.tolist()
        self.last: list[int] = tree.last.tolist()
        self.error: list[bool] = tree.error.tolist()
        self.leaf: list[bool] = (tree.last == np.arange(len(tree))).tolist()

    def __len__(self) -> int:
        return len(self.kind)

    def text(self, node: int) -> str:
        """What a node spans."""
        return self.source[self.start[node] : self.end[node]].decode("utf-8", "replace")

    def children(self, node: int) -> list[int]:
        """The children of a node, in order."""
        out, child = [], node + 1
        while child <= self.last[node]:
            out.append(child)
            child = self.last[child] + 1
        return out

    def child(self, node: int, field_name: str) -> int:
        """The first child held by a field; −1 where there is none."""
        return next((c for c in self.children(node) if self.field[c] == field_name), -1)
