"""Names that a program could call otherwise without anyone noticing: parameters and variables of its functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tokenscope_widgets.code._names_scopes import Rows, Scopes
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.names import scopes_of

_LANGUAGES = ("python", "javascript", "typescript", "tsx", "java", "c", "cpp", "go", "rust")
_KINDS = ("parameter", "variable")
_OWN_SCOPES = ("function", "lambda", "comprehension")

# these see names as text, or are replaced as text: whoever uses them notices
_SEES_NAMES = frozenset({"locals", "globals", "vars", "dir", "eval", "exec", "Function"})
_TEXTUAL_KINDS = ("with_statement", "preproc_def", "preproc_function_def", "macro_definition")
_IN_FORMAT = re.compile(r"\{\s*(\w+)|%\((\w+)\)")
_MAKES_PROPERTIES = ("accessibility_modifier", "override_modifier", "readonly")
_KEYS = frozenset({("keyword_argument", "name"), ("element_value_pair", "key")})


def local_names(code: CodeMap, literal: Sequence[bool]) -> dict[int, bytes]:
    """A name by order of appearance for every place (its first byte) where a local name is written.

    Local are parameters and variables of functions. Where in doubt, a name is kept: where its scope is a module's or
    a class's, where it is also the name of a keyword argument, a shorthand property or a field of a format, or where
    the program is damaged or can look names up.

    Parameters
    ----------
    code : CodeMap
    literal : sequence of bool
        Which nodes are text that the program says as it stands.
    """
    languages = {region.language for region in code.regions if region.language is not None}
    if len(languages) != 1 or code.language not in _LANGUAGES or bool((code.tree.error | code.tree.missing).any()):
        return {}
    rows = Rows(code.source, code.tree)
    if _looks_names_up(rows, code.language):
        return {}
    places, kept = _places(scopes_of(code.source, code.tree, code.language))
    kept |= set(_fixed(rows, literal))
    order: dict[tuple[int, str], bytes] = {}
    out: dict[int, bytes] = {}
    for place, (scope, name) in sorted(places.items()):
        if name not in kept and not _is_member(code.source, place):
            out[place] = order.setdefault((scope, name), b"\0%d" % len(order))
    return out


def _places(scopes: Scopes) -> tuple[dict[int, tuple[int, str]], set[str]]:
    """Where local names are written, each with its scope; and the names whose meaning is not certain."""
    places: dict[int, tuple[int, str]] = {}
    for scope, bound in enumerate(scopes.definitions):
        if not _is_local(scopes, scope):
            continue
        for name, definitions in bound.items():
            if all(definition.kind in _KINDS for definition in definitions):
                places.update({definition.start: (scope, name) for definition in definitions})
    local, names, kept = dict(places), set(places.values()), set()
    for use in scopes.uses:
        owner = scopes.resolve(use.scope, use.name)
        if not scopes.falls_through:
            if (owner, use.name) in names:
                places[use.start] = (owner, use.name)
            continue
        meant = scopes.meaning(use)
        if meant is not None and meant.start in local:
            places[use.start] = local[meant.start]
        if not use.plain or (meant is not None and meant.visible > use.start):
            kept.add(use.name)
    return places, kept


def _is_local(scopes: Scopes, scope: int) -> bool:
    if scopes.kind[scope] == "block":
        scope = scopes.nearest(scope, "function", "lambda", "class", "types")
    return scopes.kind[scope] in _OWN_SCOPES


def _looks_names_up(rows: Rows, language: str) -> bool:
    if any(kind in _TEXTUAL_KINDS for kind in rows.kind) and language != "python":
        return True
    unpacked = any(
        kind == "dictionary_splat" and rows.kind[rows.parent[node]] == "argument_list"
        for node, kind in enumerate(rows.kind)
    )
    words = (rows.text(node) for node, kind in enumerate(rows.kind) if kind == "identifier")
    return unpacked or any(word in _SEES_NAMES for word in words)


def _fixed(rows: Rows, literal: Sequence[bool]) -> Iterator[str]:
    """Names that someone else knows: as a keyword, as a property, in a format."""
    for node, kind in enumerate(rows.kind):
        parent = rows.parent[node]
        above = rows.kind[parent] if parent >= 0 else ""
        property_name = kind.startswith("shorthand") or above.startswith("shorthand")
        key = (above, rows.field[node]) in _KEYS or (above == "keyed_element" and node == parent + 1)
        in_macro = above == "token_tree" and rows.source[rows.end[node] :].lstrip()[:1] == b":"
        if property_name or key or in_macro:
            yield rows.text(node)
        elif kind in _MAKES_PROPERTIES and above == "required_parameter":
            yield from (rows.text(n) for n in rows.children(parent) if rows.field[n] == "pattern")
        elif kind == "=" and above == "interpolation":
            yield from (rows.text(n) for n in range(parent, node) if rows.kind[n] == "identifier")
        elif literal[node] and (rows.leaf[node] or "content" in kind):
            yield from (word for pair in _IN_FORMAT.findall(rows.text(node)) for word in pair if word)


def _is_member(source: bytes, place: int) -> bool:
    """Whether a name stands behind a dot, as a member does (in Rust's macros, nothing else tells)."""
    return source[max(place - 2, 0) : place].endswith(b".") and not source[:place].endswith(b"..")
