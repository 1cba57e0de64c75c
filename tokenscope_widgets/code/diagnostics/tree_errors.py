"""Errors and missing pieces that the tree itself marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokenscope_widgets.code.diagnostics.finding import Finding
from tokenscope_widgets.code.diagnostics.places import Places
from tokenscope_widgets.code.tree import SyntaxTree


def tree_findings(
    source: bytes, tree: SyntaxTree, places: Places, explained: Sequence[tuple[int, int]] = ()
) -> list[tuple[Finding, int]]:
    """One finding per error node that holds no other, at its first token, and one per missing piece.

    Parameters
    ----------
    explained : sequence of tuple of int
        Bytes another finding is about: errors that touch them are its consequences, and left out.

    Returns
    -------
    list of tuple
        Each finding with the byte at which its error node ends.
    """
    out = []
    for node in np.flatnonzero(tree.error | tree.missing).tolist():
        start, end = int(tree.start[node]), int(tree.end[node])
        if any(low <= end and start <= high for low, high in explained):
            continue
        last, inside = end, slice(node + 1, int(tree.last[node]) + 1)
        if tree.missing[node]:
            kind = tree.kind_of(node)
            wanted = f"“{kind}”" if not tree.named[node] else kind.replace("_", " ")
            message = f"Missing here: {wanted}."
            out.append((Finding("syntax", message, start, end, "error", "tree-sitter"), last))
        elif not (tree.error[inside] | tree.missing[inside]).any():
            start, end = _first_token(source, start, end, places)
            shown = source[start : min(end, start + 40)].decode("utf-8", "replace")
            message = f"“{shown}” does not fit here."
            out.append((Finding("syntax", message, start, end, "error", "tree-sitter"), last))
    return out


def _first_token(source: bytes, start: int, end: int, places: Places) -> tuple[int, int]:
    stripped = len(source[start:end]) - len(source[start:end].lstrip())
    start += stripped if stripped < end - start else 0
    _, line_end = places.line(places.line_of(start))
    return start, max(start, min(end, line_end))
