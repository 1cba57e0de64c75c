"""Keywords inside broken code: a parser that recovers from an error may take them for names."""

from __future__ import annotations

import keyword
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.role_table import CODES, ROLES
from tokenscope_widgets.code.tree import SyntaxTree

# words that no language among ours lets be a name; the grammar says which of them it has
_HARD = frozenset(
    b"break case catch class const continue default do else enum extends false finally for func function if implements "
    b"import in instanceof interface new null package private protected public return static struct switch this throw "
    b"true try typeof var void while".split()
)
_IDENTIFIERS = [code for code, role in enumerate(ROLES) if role.startswith("identifier")]


def mark_keywords(tree: SyntaxTree, source: bytes, roles: NDArray[np.uint8], language: str) -> None:
    """Give names [leaf] that are keywords of the language their role, where an error is around them."""
    inside = np.zeros(len(tree) + 1, np.int64)
    wrong = np.flatnonzero(tree.error)
    if not len(wrong):
        return
    np.add.at(inside, wrong, 1)
    np.add.at(inside, tree.last[wrong] + 1, -1)
    leaves = tree.leaves
    doubtful = np.flatnonzero((np.cumsum(inside[:-1]) > 0)[leaves] & np.isin(roles, _IDENTIFIERS))
    known = _keywords(language)
    for leaf in doubtful.tolist():
        if source[tree.start[leaves[leaf]] : tree.end[leaves[leaf]]] in known:
            roles[leaf] = CODES["keyword"]


@lru_cache(maxsize=32)
def _keywords(language: str) -> frozenset[bytes]:
    if language == "python":
        return frozenset(word.encode() for word in keyword.kwlist if word not in ("True", "False", "None"))
    from tokenscope_widgets.code.grammars import parser_of

    grammar = parser_of(language).language
    assert grammar is not None
    words = {
        (grammar.node_kind_for_id(i) or "").encode()
        for i in range(grammar.node_kind_count)
        if not grammar.node_kind_is_named(i)
    }
    return _HARD & words
