"""One finding about the code, and how findings of several tools become one list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from tokenscope_widgets.code.diagnostics.places import Places

Kind = Literal[
    "syntax",
    "unbalanced",
    "undefined",
    "unused",
    "shadowed",
    "redefined",
    "unknown_module",
    "unknown_attribute",
    "incomplete",
]
Severity = Literal["error", "warning", "note"]
Tool = Literal["compile", "tree-sitter", "pyflakes", "jedi", "brackets", "symtable"]

# who is believed about one place: the bracket scan knows both ends of a pair, `compile` only one
_PRECISION: dict[Tool, int] = {"brackets": 0, "pyflakes": 1, "symtable": 2, "compile": 3, "jedi": 4, "tree-sitter": 5}


@dataclass(frozen=True)
class Finding:
    """One remark of one tool about one place.

    Attributes
    ----------
    kind : str
        "syntax", "unbalanced", "undefined", "unused", "shadowed", "redefined", "unknown_module", "unknown_attribute" or
        "incomplete".
    message : str
        A plain sentence.
    start, end : int
        Bytes of the source, ``start … end − 1``; empty only in an empty source.
    severity : str
        "error", "warning" or "note".
    tool : str
        "compile", "tree-sitter", "pyflakes", "jedi", "brackets" or "symtable".
    related : tuple of int, or None
        Bytes of another place: the opener, the token after which a closer was expected, the first definition.
    name : str or None
        The name it is about.
    """

    kind: Kind
    message: str
    start: int
    end: int
    severity: Severity
    tool: Tool
    related: tuple[int, int] | None = None
    name: str | None = None


def merged(findings: Iterable[Finding], places: Places) -> tuple[Finding, ...]:
    """One finding per place and kind, by place.

    Of several tools the most precise is kept, in this order: brackets, pyflakes, symtable, compile, jedi, tree-sitter.
    Empty places are widened to the nearest token of their line.
    """
    kept: dict[tuple[int, str], Finding] = {}
    for finding in sorted(findings, key=_rank):
        start, end = places.widened(finding.start, finding.end)
        related = None if finding.related is None else places.widened(*finding.related)
        kept.setdefault((start, finding.kind), replace(finding, start=start, end=end, related=related))
    return tuple(sorted(kept.values(), key=lambda f: (f.start, f.end, f.kind)))


def _rank(finding: Finding) -> tuple[int, int, int]:
    return _PRECISION[finding.tool], finding.start, finding.end
