"""Which variants of a program are the same: as text, as syntax, or after renaming what is local."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.names import scopes_of
from tokenscope_widgets.code.parsing import as_map

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation

SAME = ("text", "tree", "renaming")
"""How variants can be the same, the strictest first: the same text; the same syntax tree, whatever the white space and
the comments; the same tree once parameters and variables are named in the order in which they appear."""

_RENAMED = ("parameter", "variable")
_COMMENT = "comment"


@dataclass(frozen=True)
class Equivalent:
    """Variants that are the same.

    Attributes
    ----------
    members : tuple of int
        Their indices, in the order given.
    same : str
        The strictest of `SAME` that holds for all of them.
    """

    members: tuple[int, ...]
    same: str

    def __len__(self) -> int:
        return len(self.members)


def equivalents(variants: Sequence[CodeMap | Generation], same: str = "renaming") -> tuple[Equivalent, ...]:
    """Group variants that are the same up to ``same``, in order of each group's first member.

    Text without a syntax tree is compared as text.
    """
    keys = [keys_of(variant) for variant in variants]
    groups: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        groups.setdefault(key[SAME.index(same)], []).append(i)
    return tuple(Equivalent(tuple(group), _strictest([keys[i] for i in group])) for group in groups.values())


def keys_of(variant: CodeMap | Generation) -> tuple[str, str, str]:
    """What two variants share if they are the same as text, as tree, and after renaming."""
    code = as_map(variant)
    text = _digest(code.source)
    if not len(code.tree):
        return text, text, text
    return text, _digest(_tree_bytes(code, {})), _digest(_tree_bytes(code, _new_names(code)))


def _strictest(keys: list[tuple[str, str, str]]) -> str:
    return next(name for i, name in enumerate(SAME) if len({key[i] for key in keys}) == 1)


def _tree_bytes(code: CodeMap, names: dict[int, bytes]) -> bytes:
    """The named nodes in order with their depth, and the text of leaves, some of it replaced."""
    tree, parts = code.tree, []
    leaf = set(tree.leaves.tolist())
    for node, (depth, start, end) in enumerate(
        zip(tree.depth.tolist(), tree.start.tolist(), tree.end.tolist(), strict=True)
    ):
        kind = tree.kind_of(node)
        if _COMMENT in kind or (node in leaf and start == end):
            continue
        text = names.get(start, code.source[start:end].strip()) if node in leaf else b""
        parts.append(b"%d %s %s" % (depth, kind.encode(), text))
    return b"\n".join(parts)


def _new_names(code: CodeMap) -> dict[int, bytes]:
    """A name by order of appearance for every place (its first byte) where a local name is written."""
    scopes = scopes_of(code.source, code.tree, code.language or "")
    places: dict[int, tuple[int, str]] = {}
    for scope, bound in enumerate(scopes.definitions):
        for name, definitions in bound.items():
            if all(definition.kind in _RENAMED for definition in definitions):
                places.update({definition.start: (scope, name) for definition in definitions})
    local = set(places.values())
    for use in scopes.uses:
        meant = (scopes.resolve(use.scope, use.name), use.name)
        if meant in local:
            places[use.start] = meant
    order: dict[tuple[int, str], bytes] = {}
    for place in sorted(places):
        order.setdefault(places[place], b"$%d" % len(order))
    return {place: order[name] for place, name in places.items()}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
