"""All that is said of Python source."""

from __future__ import annotations

import re

from tokenscope_widgets.code._names_python import python_scopes
from tokenscope_widgets.code._names_scopes import Scopes
from tokenscope_widgets.code.diagnostics.brackets import bracket_findings
from tokenscope_widgets.code.diagnostics.finding import Finding
from tokenscope_widgets.code.diagnostics.modules import module_findings
from tokenscope_widgets.code.diagnostics.places import Places, cleaned
from tokenscope_widgets.code.diagnostics.python_names import (
    bound_names,
    headless_names,
    pyflakes_findings,
    shadowing_findings,
    unbound_findings,
)
from tokenscope_widgets.code.diagnostics.python_parse import Problem, problem_of
from tokenscope_widgets.code.diagnostics.python_pieces import Pieces, pieces_of
from tokenscope_widgets.code.diagnostics.tree_errors import tree_findings
from tokenscope_widgets.code.grammars import parser_of
from tokenscope_widgets.code.tree import SyntaxTree, joined, parse_tree

_WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")


def python_findings(source: bytes, tree: SyntaxTree, complete: bool, modules: bool) -> list[Finding]:
    """Syntax, brackets and names of Python source; modules and attributes if asked for."""
    code, places = cleaned(source), Places(source)
    out = _not_text(source)
    problem = problem_of(code)
    if problem is None or problem.parses:
        out += [_syntax(problem)] if problem is not None else []
        out += _sound(code, python_scopes(code, tree), places, complete)
        return out + (module_findings(code, places) if modules else [])
    pieces = pieces_of(code, complete)
    out += _damaged(code, pieces, places, problem, complete)
    return out + (module_findings(pieces.sound, places) if modules else [])


def _not_text(source: bytes) -> list[Finding]:
    place = source.find(b"\0")
    if place < 0:
        return []
    return [Finding("syntax", "Python source holds no NUL bytes.", place, place + 1, "error", "compile")]


def _syntax(problem: Problem) -> Finding:
    return Finding(problem.kind, problem.message, problem.start, problem.end, "error", "compile")


def _sound(code: bytes, scopes: Scopes, places: Places, complete: bool) -> list[Finding]:
    found = pyflakes_findings(code, scopes, places) + shadowing_findings(scopes)
    return [f for f in found if complete or f.kind != "unused"]


def _damaged(code: bytes, pieces: Pieces, places: Places, problem: Problem, complete: bool) -> list[Finding]:
    """What can be said of code that does not parse: of its sound part by pyflakes, of the rest by its tree."""
    trees = [_piece(code, start, end) for start, end in pieces.broken]
    sound_scopes = python_scopes(pieces.sound, parse_tree(pieces.sound, parser_of("python")))
    out = _syntax_of(code, trees, pieces, places, problem)
    in_doubt = {word for start, end in pieces.broken for word in _words(code[start:end])}
    bound = {name for tree in trees for name in bound_names(python_scopes(code, tree))}
    bound |= headless_names(code)
    for finding in _sound(pieces.sound, sound_scopes, places, complete):
        doubted = bound if finding.kind == "undefined" else in_doubt if finding.kind == "unused" else ()
        if finding.name is None or finding.name not in doubted:
            out.append(finding)
    if not sound_scopes.star:
        out += unbound_findings(code, trees, set(sound_scopes.definitions[0]))
    return out


def _syntax_of(code: bytes, trees: list[SyntaxTree], pieces: Pieces, places: Places, problem: Problem) -> list[Finding]:
    kept = trees[:-1] if pieces.cut_off else trees
    damaged = joined(kept)
    brackets = bracket_findings(code, damaged, places, python=True, stops=pieces.starts) if len(damaged) else []
    out = [_syntax(p) for p in pieces.problems if not _said_by(brackets, p, pieces, places)] + brackets
    if pieces.cut_off:
        out.append(cut_off_finding(places, len(code)))
    elif not out:
        out.append(_syntax(problem))
    explained = [(f.start, f.end) for f in out] + [f.related for f in brackets if f.related is not None]
    lines = {places.line_of(place) for span in explained for place in span}
    for finding, end in tree_findings(code, damaged, places, explained):
        near = {places.line_of(finding.start), places.line_of(end)} & lines
        if not near and not _follows(finding, out, pieces):
            out.append(finding)
    return out


def _said_by(brackets: list[Finding], problem: Problem, pieces: Pieces, places: Places) -> bool:
    """Whether the bracket scan, which knows both places, has found the cause of what Python stumbles on."""
    low, high = _piece_at(problem.start, pieces)
    here = [f for f in brackets if low <= f.start < high]
    if problem.kind == "unbalanced":
        return bool(here)
    line = places.line_of(problem.start)
    return any(f.start <= problem.start and places.line_of(f.start) == line for f in here)


def _follows(finding: Finding, others: list[Finding], pieces: Pieces) -> bool:
    """Whether an error comes after a bracket never closed in its piece: then it is most often a consequence."""
    low, _ = _piece_at(finding.start, pieces)
    return any(f.kind == "unbalanced" and low <= f.start <= finding.start for f in others)


def _piece_at(place: int, pieces: Pieces) -> tuple[int, int]:
    return next((span for span in reversed(pieces.broken) if span[0] <= place <= span[1]), (0, 0))


def cut_off_finding(places: Places, size: int) -> Finding:
    """The one note on code that only lacks its end."""
    start, end = places.last_token(size)
    return Finding("incomplete", "The code stops before this is complete.", start, end, "note", "compile")


def _piece(code: bytes, start: int, end: int) -> SyntaxTree:
    tree = parse_tree(code[start:end], parser_of("python"))
    return tree.moved(start)


def _words(code: bytes) -> list[str]:
    return [word.decode("utf-8", "replace") for word in _WORD.findall(code)]
