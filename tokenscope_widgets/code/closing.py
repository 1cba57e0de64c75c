"""Text that breaks off inside of a string: without a closing quote its words would be read as code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.code.tree import SyntaxTree, parse_tree

if TYPE_CHECKING:
    from tree_sitter import Parser

# each costs a parse, and in prose every apostrophe is one; the string that is open is among the first
_MOST_TRIED = 4
_QUOTES = ("string_start", '"', "'", "`", '"""')


def parse_open(source: bytes, parser: Parser) -> SyntaxTree:
    """Parse text that was cut off: a string that it breaks off in is read as if it ended there.

    Parameters
    ----------
    source : bytes
        UTF-8.
    parser : tree_sitter.Parser

    Returns
    -------
    SyntaxTree
        Within ``source``: the quote that is not there has no bytes. The same as `parse_tree` where no string is open.
    """
    tree = parse_tree(source, parser)
    loose = tree.kinds_in(*_QUOTES) & (tree.parent >= 0) & tree.error[tree.parent]
    tried = 0
    last_line = source.rfind(b"\n")
    for quote in np.flatnonzero(loose).tolist():
        start, mark = int(tree.start[quote]), source[tree.start[quote] : tree.end[quote]].lstrip(b"bBfFrRtTuU")
        if not mark or (mark in (b'"', b"'") and start < last_line):
            continue
        tried += 1
        if tried > _MOST_TRIED:
            break
        closed = parse_tree(source + mark, parser)
        opener = np.flatnonzero((closed.start == start) & closed.kinds_in(*_QUOTES) & (closed.end > start))
        if len(opener) and not closed.error[closed.parent[opener[0]]]:
            stop = len(source)
            return replace(closed, start=np.minimum(closed.start, stop), end=np.minimum(closed.end, stop))
    return tree
