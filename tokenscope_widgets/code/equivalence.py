"""Which variants of a program are the same: as text, as syntax, or after renaming what is local."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.local_names import local_names
from tokenscope_widgets.code.parsing import as_map

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation

SAME = ("text", "tree", "renaming")
"""How variants can be the same, the strictest first: the same text; the same syntax tree, whatever the white space and
the comments; the same tree once the parameters and variables of functions are named in the order in which they
appear."""

_COMMENT = "comment"
# what is in these is said as it stands, white space included
_LITERAL = re.compile(
    r"(?<!concatenated_)string|regex|char|heredoc|rune_literal|jsx_text|raw_text|^text$|template_literal"
)


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
    literal = literal_nodes(code)
    names = local_names(code, literal)
    return text, _digest(_tree_bytes(code, literal, {})), _digest(_tree_bytes(code, literal, names))


def literal_nodes(code: CodeMap) -> list[bool]:
    """Which nodes are text that a program says as it stands: strings, regular expressions, and all they hold."""
    says = [bool(_LITERAL.search(kind)) for kind in code.tree.kinds]
    out: list[bool] = []
    for kind, parent in zip(code.tree.kind.tolist(), code.tree.parent.tolist(), strict=True):
        out.append(says[kind] or (parent >= 0 and out[parent]))
    return out


def _strictest(keys: list[tuple[str, str, str]]) -> str:
    return next(name for i, name in enumerate(SAME) if len({key[i] for key in keys}) == 1)


def _tree_bytes(code: CodeMap, literal: Sequence[bool], names: dict[int, bytes]) -> bytes:
    """The nodes in order with their depth and the text that is theirs alone, names of leaves replaced."""
    tree, own = code.tree, _own_texts(code)
    leaf = set(tree.leaves.tolist())
    parts = []
    for node, (depth, start, end) in enumerate(
        zip(tree.depth.tolist(), tree.start.tolist(), tree.end.tolist(), strict=True)
    ):
        kind = tree.kind_of(node)
        if _COMMENT in kind or (node in leaf and start == end):
            continue
        text = b"\1".join(own[node]) if literal[node] else b"".join(own[node]).strip()
        parts.append(b"%d %s %s" % (depth, kind.encode(), names.get(start, text) if node in leaf else text))
    return b"\n".join(parts)


def _own_texts(code: CodeMap) -> list[list[bytes]]:
    """What each node spans that none of its children does: before, between and after them."""
    tree, source = code.tree, code.source
    out: list[list[bytes]] = []
    reached: list[int] = []
    for start, end, parent in zip(tree.start.tolist(), tree.end.tolist(), tree.parent.tolist(), strict=True):
        out.append([])
        reached.append(start)
        if parent >= 0:
            out[parent].append(source[reached[parent] : start])
            reached[parent] = max(end, reached[parent])
    for texts, at, end in zip(out, reached, tree.end.tolist(), strict=True):
        texts.append(source[at:end])
    return out


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
