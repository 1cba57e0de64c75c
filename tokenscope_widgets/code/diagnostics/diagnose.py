"""Everything that is said about one source, in one list."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

from tokenscope_widgets.code.diagnostics.brackets import bracket_findings
from tokenscope_widgets.code.diagnostics.finding import Finding, merged
from tokenscope_widgets.code.diagnostics.places import Places
from tokenscope_widgets.code.diagnostics.python import cut_off_finding, python_findings
from tokenscope_widgets.code.diagnostics.tree_errors import tree_findings
from tokenscope_widgets.code.grammars import canonical
from tokenscope_widgets.code.tree import SyntaxTree

_OPTIONAL = ("pyflakes", "jedi")


def diagnose(
    source: bytes, tree: SyntaxTree, language: str, complete: bool = True, modules: bool = False
) -> tuple[Finding, ...]:
    """What tools say about source code that is only read: it is never run, and nothing it names is fetched.

    Parameters
    ----------
    source : bytes
        The source the tree was parsed from.
    tree : SyntaxTree
    language : str
        Any name of a language. Python is examined most; of other languages errors of syntax and brackets are reported.
    complete : bool
        Whether this is all of the code. If more may come, what only lacks its end is one note, "incomplete", and
        nothing is called unused.
    modules : bool
        Whether to look for unknown modules and attributes of Python too, with jedi: the first time takes seconds.

    Returns
    -------
    tuple of Finding
        By place; one per place and kind, from the most precise tool that reports it.
    """
    places = Places(source)
    if canonical(language) == "python":
        found = python_findings(source, tree, complete, modules)
        return merged(found if complete else _provisional(found, len(source)), places)
    return merged(_other_findings(source, tree, places, complete), places)


def unavailable() -> dict[str, str]:
    """The tools that are not installed, each with its remedy."""
    remedy = 'pip install "tokenscope-widgets[lint]"'
    return {tool: remedy for tool in _OPTIONAL if find_spec(tool) is None}


def _provisional(found: list[Finding], size: int) -> list[Finding]:
    """What stands while more may come: the last word may grow, and a name may still be defined further down."""
    out = []
    for finding in found:
        if finding.kind != "undefined":
            out.append(finding)
        elif finding.end < size:
            message = finding.message.replace("Nothing defines", "So far nothing defines")
            out.append(replace(finding, severity="warning", message=message))
    return out


def _other_findings(source: bytes, tree: SyntaxTree, places: Places, complete: bool) -> list[Finding]:
    if not (tree.error | tree.missing).any():
        return []
    brackets = bracket_findings(source, tree, places, python=False)
    full = tree.leaves[tree.end[tree.leaves] > tree.start[tree.leaves]]
    tail = int(tree.end[full[-1]]) if len(full) else 0
    open_at_end = [f for f in brackets if f.message.endswith("never closed.") and _ends(f, tail)]
    spans = [(f.start, f.end) for f in brackets] + [f.related for f in brackets if f.related is not None]
    errors = tree_findings(source, tree, places, spans)
    if complete:
        return brackets + [finding for finding, _ in errors]
    out = [f for f in brackets if f not in open_at_end] + [finding for finding, end in errors if end < tail]
    if open_at_end or any(end >= tail for _, end in errors):
        out.append(cut_off_finding(places, len(source)))
    return out


def _ends(finding: Finding, tail: int) -> bool:
    return finding.end == tail or (finding.related is not None and finding.related[1] == tail)
