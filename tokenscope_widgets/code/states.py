"""Whether a node stands in broken code, was put in by the parser, or is only not finished yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.tree import Flags, SyntaxTree

STATES: tuple[str, ...] = ("ok", "error", "missing", "incomplete")
"""Every state; its index is its code."""

_OK, _ERROR, _MISSING, _INCOMPLETE = range(len(STATES))
_ENDS = ("string_end", '"', "'", "`", '"""')  # without bytes where `closing.parse_open` put them in
_COMMENTS = ("comment", "line_comment", "block_comment")
_QUOTES = ("string_start", '"""', "`")


def states(tree: SyntaxTree, source_end: int, complete: bool) -> NDArray[np.uint8]:
    """The state of each node.

    Parameters
    ----------
    tree : SyntaxTree
        One region.
    source_end : int
        Where the region ends, in the bytes of the tree.
    complete : bool
        False where the text was cut off or is still being written: what is wrong at its very end, with only white
        space after it, is then *incomplete*, and never an error.

    Returns
    -------
    uint8 [node]
        Index into `STATES`. All that is inside an error is *error*. A body that is not there is *missing*, though
        Python's grammar takes it for an empty one. With an *incomplete* node, everything open around it is incomplete
        too; a construct that was finished inside of it is *ok*.
    """
    out = np.zeros(len(tree), np.uint8)
    if not len(tree):
        return out
    out[_inside(tree, tree.error)] = _ERROR
    empty = (tree.start == tree.end) & (tree.parent >= 0)
    absent = tree.missing | (empty & (tree.kinds_in("block") | tree.kinds_in(*_ENDS)))
    out[absent] = _MISSING
    return out if complete else _unfinished(tree, out, absent, source_end)


def _inside(tree: SyntaxTree, roots: Flags) -> Flags:
    """Which nodes are in the subtree of one of these."""
    depth = np.zeros(len(tree) + 1, np.int64)
    np.add.at(depth, np.flatnonzero(roots), 1)
    np.add.at(depth, tree.last[roots] + 1, -1)
    return np.cumsum(depth[:-1]) > 0


def _unfinished(tree: SyntaxTree, out: NDArray[np.uint8], absent: Flags, source_end: int) -> NDArray[np.uint8]:
    text_end = _text_end(tree, source_end)
    at_end = tree.end >= text_end
    broken = (tree.error | absent) & at_end
    quote = _open_quote(tree)
    if quote >= 0:  # what follows the quote was read as code, and is text
        after = tree.start >= tree.start[quote]
        out[after] = _INCOMPLETE
        broken[quote] = True
    if not broken.any():
        return out
    opened = _inside(tree, broken & tree.error)
    finished = _inside(tree, _finished(tree, opened, absent, text_end))
    out[opened & (out == _ERROR)] = _INCOMPLETE
    out[opened & finished & (quote < 0)] = _OK
    out[broken | (tree.start >= max(text_end, int(tree.end[broken].min())))] = _INCOMPLETE
    for node in np.flatnonzero(broken).tolist():
        out[[n for n in tree.ancestors(node) if at_end[n] or tree.error[n]]] = _INCOMPLETE
    return out


def _text_end(tree: SyntaxTree, source_end: int) -> int:
    """Where the text ends but for comments, and for the last word where that may be half of one."""
    at = tree.leaves
    seen = at[(tree.end[at] > tree.start[at]) & ~tree.kinds_in(*_COMMENTS)[at]]
    if len(seen) > 1 and tree.end[seen[-1]] >= source_end:
        seen = seen[:-1]
    return int(tree.end[seen[-1]]) if len(seen) else 0


def _finished(tree: SyntaxTree, opened: Flags, absent: Flags, text_end: int) -> Flags:
    """Constructs directly in an open error, with all their parts, that something follows."""
    bad = np.concatenate([[0], np.cumsum(tree.error | absent)])
    whole = bad[tree.last + 1] == bad[np.arange(len(tree))]
    composite = tree.named & (tree.last > np.arange(len(tree)))
    in_error = opened & (tree.parent >= 0) & tree.error[tree.parent]
    return np.asarray(in_error & composite & whole & (tree.end < text_end))


def _open_quote(tree: SyntaxTree) -> int:
    """The quote of a string of several lines that never ends, −1 for none."""
    loose = tree.kinds_in(*_QUOTES) & (tree.parent >= 0) & tree.error[tree.parent]
    long = (tree.end - tree.start >= 3) | ~tree.kinds_in("string_start")
    found = np.flatnonzero(loose & long)
    return int(found[0]) if len(found) else -1
