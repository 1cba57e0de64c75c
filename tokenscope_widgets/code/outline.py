"""Nodes under names that a reader knows: the path to a token, and the outline of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.code.tree import Ints

if TYPE_CHECKING:
    from tokenscope_widgets.code.code_map import CodeMap

_NAMED = ("class", "function")
_LONGEST = 60


def node_label(code: CodeMap, node: int) -> str:
    """A node in a few words: ``class Point``, ``function fib``, else the first line of its text."""
    structure = code.structure_of(node)
    if structure == "module":
        return structure
    name = code.names.get(node) if structure in _NAMED else None
    if name is not None:
        return f"{structure} {name}"
    return first_line(code.source[code.tree.start[node] : code.tree.end[node]])


def first_line(text: bytes, longest: int = _LONGEST) -> str:
    """The first line of a text, cut where it is long."""
    shown = text.decode("utf-8", "replace").strip().split("\n", 1)[0].rstrip()
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def path_labels(code: CodeMap, token: int) -> list[str]:
    """From the module down to a token."""
    node = int(code.node_of[token])
    nodes = [n for n in reversed(code.tree.ancestors(node)) if code.tree.named[n]] if node >= 0 else []
    return [path_label(code, n) for n in nodes]


def path_label(code: CodeMap, node: int) -> str:
    """One step of a path: the name of a class or function, the kind of anything else."""
    structure = code.structure_of(node)
    name = code.names.get(node) if structure in _NAMED else None
    kind = code.tree.kind_of(node).replace("_", " ")
    return kind if name is None else f"{structure} {name}"


def outline_nodes(code: CodeMap) -> Ints:
    """What an outline lists: modules, classes, functions and statements, in document order."""
    from tokenscope_widgets.code.structure import STRUCTURES

    wanted = np.array([s in ("module", "class", "function") or s.startswith("statement") for s in STRUCTURES], bool)
    return np.flatnonzero(wanted[code.structure]) if len(code.tree) else np.zeros(0, np.int64)
