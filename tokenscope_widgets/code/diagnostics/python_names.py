"""Names of Python that nothing binds, that nothing reads, or that hide others."""

from __future__ import annotations

import builtins
import re
from bisect import bisect_left
from collections.abc import Iterator
from importlib import import_module

from tokenscope_widgets.code._names_python import python_scopes
from tokenscope_widgets.code._names_scopes import Definition, Scopes, Use
from tokenscope_widgets.code._names_tables import words
from tokenscope_widgets.code.diagnostics.finding import Finding, Kind, Severity
from tokenscope_widgets.code.diagnostics.places import Places
from tokenscope_widgets.code.diagnostics.python_parse import module_of
from tokenscope_widgets.code.tree import SyntaxTree

BUILTINS = frozenset(dir(builtins)) | words(
    """__file__ __name__ __doc__ __package__ __spec__ __loader__ __builtins__ __path__ __annotations__ __debug__
    __class__ __module__ __qualname__ __dict__ WindowsError"""
)
_HEADLESS = re.compile(rb"\bdef\b(?![ \t]+[\w\x80-\xff]+[ \t]*[(\[])(?:[^\r\n]*,[ \t]*\r?\n)*[^\r\n]*")
_WORD = re.compile(r"\w+")
_KINDS: dict[str, tuple[Kind, Severity, str]] = {
    "UndefinedName": ("undefined", "error", "Nothing defines “{}”."),
    "UndefinedLocal": ("undefined", "error", "“{}” is read before it has a value."),
    "UndefinedExport": ("undefined", "error", "“{}” is exported, but nothing defines it."),
    "UnusedImport": ("unused", "warning", "“{}” is imported and never used."),
    "UnusedVariable": ("unused", "warning", "“{}” is set and never read."),
    "UnusedAnnotation": ("unused", "warning", "“{}” is declared and never used."),
    "RedefinedWhileUnused": ("redefined", "warning", "“{}” replaces an earlier one that nothing has used."),
    "ImportShadowedByLoopVar": ("shadowed", "warning", "The loop's “{}” hides an import."),
}


def pyflakes_findings(code: bytes, scopes: Scopes, places: Places) -> list[Finding]:
    """What pyflakes says of code that parses; nothing of code that does not, or where pyflakes is missing."""
    try:
        checker = import_module("pyflakes.checker")
    except ImportError:
        return []
    module = module_of(code)
    if module is None:
        return []
    try:
        messages = checker.Checker(module, "<generated>").messages
    except RecursionError:
        return []
    find = _Finder(scopes)
    out = []
    for message in messages:
        known = _KINDS.get(type(message).__name__)
        if known is None:
            continue
        kind, severity, sentence = known
        written = str(message.message_args[0])
        name = written.split(" as ")[-1]
        place = places.of_bytes(message.lineno, message.col)
        name, start, end = find.place(name, place, kind)
        related = find.earlier(name, start, message.message_args, places) if kind == "redefined" else None
        out.append(Finding(kind, sentence.format(written), start, end, severity, "pyflakes", related, name))
    return out


class _Finder:
    """pyflakes names the statement; this finds the name in it."""

    def __init__(self, scopes: Scopes) -> None:
        self._bound: dict[str, list[tuple[int, int]]] = {}
        self._read: dict[str, list[tuple[int, int]]] = {}
        for definitions in scopes.definitions:
            for name, places in definitions.items():
                self._bound.setdefault(name, []).extend((d.start, d.end) for d in places)
        for use in scopes.uses:
            self._read.setdefault(use.name, []).append((use.start, use.end))
        for spans in self._bound.values():
            spans.sort()

    def place(self, name: str, start: int, kind: Kind) -> tuple[str, int, int]:
        """The name and the first place at or after a byte that binds it, or for undefined names reads it."""
        known = self._read if kind == "undefined" else self._bound
        found = []
        # pyflakes writes "a.b" both for `import a.b`, which binds a, and for `from a import b`, which binds b
        for part in {name.split(".")[0], name.rsplit(".", 1)[-1]}:
            spans = known.get(part, [])
            at = bisect_left(spans, (start, 0))
            if at < len(spans):
                found.append((*spans[at], part))
        if not found:
            return name, start, start
        low, high, part = min(found)
        return part, low, high

    def earlier(self, name: str, start: int, arguments: tuple[object, ...], places: Places) -> tuple[int, int] | None:
        """The definition that is replaced: the first of its name on the line pyflakes gives, else the last before."""
        spans = [span for span in self._bound.get(name.split(".")[0], []) if span[0] < start]
        line = arguments[1] if len(arguments) > 1 else None
        on_line = [span for span in spans if places.line_of(span[0]) == line]
        return on_line[0] if on_line else spans[-1] if spans else None


def unbound_findings(code: bytes, trees: list[SyntaxTree], known: set[str]) -> list[Finding]:
    """Names in code that does not parse which nothing in sight could bind.

    Parameters
    ----------
    code : bytes
    trees : list of SyntaxTree
        Of the damaged pieces.
    known : set of str
        What the sound part binds at the margin.
    """
    all_scopes = [python_scopes(code, tree) for tree in trees]
    if any(scopes.star for scopes in all_scopes):
        return []
    # damage moves scopes about, so a name bound anywhere in the damaged pieces counts as bound
    bound = known | BUILTINS | {name for scopes in all_scopes for name in bound_names(scopes)} | headless_names(code)
    uses = [use for scopes in all_scopes for use in scopes.uses]
    places = Places(code)
    # a line with two names side by side is prose or too far gone
    unsure = {places.line_of(use.start) for use in uses if not use.plain}
    plain = [use for use in uses if use.name not in bound and places.line_of(use.start) not in unsure]
    return [_undefined(use) for use in plain]


def headless_names(code: bytes) -> set[str]:
    """All words of signatures that lack their name or opening bracket: they may be parameters."""
    heads = (match.group().decode("utf-8", "replace") for match in _HEADLESS.finditer(code))
    return {word for head in heads for word in _WORD.findall(head)}


def bound_names(scopes: Scopes) -> set[str]:
    """All names that any scope binds or declares."""
    return {name for names in scopes.definitions for name in names} | {n for names in scopes.declared for n in names}


def shadowing_findings(scopes: Scopes) -> list[Finding]:
    """Names in functions that hide a built-in one or one of an outer scope; the first place in each function."""
    return list(_shadows(scopes))


def _shadows(scopes: Scopes) -> Iterator[Finding]:
    for scope, definitions in enumerate(scopes.definitions):
        for name, found in definitions.items():
            first = found[0]
            if name.startswith("_") or scopes.kind[scope] in ("class", "types") or first.kind == "import":
                continue
            outer = _outer(scopes, scope, name)
            if outer is not None:
                yield _shadow(f"“{name}” hides the one of an outer scope.", first, name, (outer.start, outer.end))
            elif name in BUILTINS:
                yield _shadow(f"“{name}” hides Python's own.", first, name, None)


def _outer(scopes: Scopes, scope: int, name: str) -> Definition | None:
    if scopes.kind[scope] not in ("function", "lambda") or scopes.parent[scope] < 0:
        return None
    found = scopes.resolve(scopes.parent[scope], name)
    if found < 0 or scopes.kind[found] == "class":
        return None
    return scopes.definitions[found][name][0]


def _shadow(message: str, first: Definition, name: str, related: tuple[int, int] | None) -> Finding:
    return Finding("shadowed", message, first.start, first.end, "note", "tree-sitter", related, name)


def _undefined(use: Use) -> Finding:
    message = f"Nothing defines “{use.name}”."
    return Finding("undefined", message, use.start, use.end, "error", "tree-sitter", None, use.name)
