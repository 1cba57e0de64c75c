"""Which definition each use of a name means, in bytes of the source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokenscope_widgets.code._names_generic import generic_scopes
from tokenscope_widgets.code._names_python import python_scopes
from tokenscope_widgets.code._names_scopes import Scopes
from tokenscope_widgets.code.grammars import canonical
from tokenscope_widgets.code.tree import Ints, SyntaxTree


@dataclass(frozen=True, eq=False)
class Links:
    """Uses of names and the definitions they mean, in order of the uses.

    Attributes
    ----------
    use_start, use_end : int64 [link]
        Bytes of the use, ``start … end − 1``.
    definition_start, definition_end : int64 [link]
        Bytes of the name where it is defined.
    names : tuple of str
        The name as the use writes it.
    kind : tuple of str
        What defines it: "parameter", "variable", "function", "class" or "import".
    """

    use_start: Ints
    use_end: Ints
    definition_start: Ints
    definition_end: Ints
    names: tuple[str, ...]
    kind: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


def links(source: bytes, tree: SyntaxTree, language: str) -> Links:
    """Link each use of a name to the nearest definition before it in the scope that binds it, else to the first.

    Parameters
    ----------
    source : bytes
        The source the tree was parsed from. Nothing is run.
    tree : SyntaxTree
        One tree or several regions'.
    language : str
        Any name of a language. Python has its own rules; others share one walk over scopes and declarations;
        a language without a grammar has no links.

    Returns
    -------
    Links
        Names that nothing in the source binds (built-in ones, attributes) have no link.
    """
    scopes = scopes_of(source, tree, language)
    rows = []
    for use in scopes.uses:
        meant = scopes.meaning(use)
        if meant is not None:
            rows.append((use.start, use.end, meant.start, meant.end, use.name, meant.kind))
    rows.sort()
    columns = tuple(zip(*rows, strict=True)) if rows else ((),) * 6
    starts = [np.array(column, np.int64) for column in columns[:4]]
    return Links(starts[0], starts[1], starts[2], starts[3], tuple(columns[4]), tuple(columns[5]))


def scopes_of(source: bytes, tree: SyntaxTree, language: str) -> Scopes:
    """The scopes of a tree, by the rules of its language."""
    name = canonical(language)
    if name is None or not len(tree):
        return Scopes()
    return python_scopes(source, tree) if name == "python" else generic_scopes(source, tree, name)
