"""Roles that depend on siblings or order, which the way from the root does not show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.role_table import CODES
from tokenscope_widgets.code.tree import SyntaxTree

_FUNCTIONS = ("arrow_function", "function_expression", "generator_function")
_HOLDERS = frozenset({"variable_declarator", "field_definition", "public_field_definition", "pair"})
_RECORDS = ("struct_specifier", "class_specifier", "union_specifier", "enum_specifier")
_DEFINING = frozenset({"def", "function", "fn", "func", "class", "struct", "interface"})
_PLAIN = frozenset(CODES[f"identifier.{name}"] for name in ("reference", "attribute"))
_DOCUMENTED = frozenset({"function_definition", "class_definition", "module"})


def repaired(tree: SyntaxTree, source: bytes, roles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of the roles [node] with those settled that need a look at siblings."""
    roles = roles.copy()
    _docstrings(tree, source, roles)
    _functions_as_values(tree, roles)
    _records_with_bodies(tree, roles)
    _dotted_patterns(tree, roles)
    _method_references(tree, roles)
    _php(tree, roles)
    _broken(tree, roles)
    return roles


def _docstrings(tree: SyntaxTree, source: bytes, roles: NDArray[np.uint8]) -> None:
    """Python: a plain string that is the first statement of a module, class or function."""
    for string in np.flatnonzero(tree.kinds_in("string", "concatenated_string")).tolist():
        statement = int(tree.parent[string])
        if statement < 0 or tree.kind_of(statement) != "expression_statement" or tree.children(statement)[1:]:
            continue
        body = int(tree.parent[statement])
        owner = int(tree.parent[body]) if body >= 0 and tree.kind_of(body) == "block" else body
        if owner < 0 or tree.kind_of(owner) not in _DOCUMENTED or b"f" in _prefix(source, tree, string):
            continue
        first = body + 1
        while tree.kind_of(first) == "comment":
            first += 1
        if first == statement:
            roles[string : tree.last[string] + 1] = CODES["docstring"]


def _prefix(source: bytes, tree: SyntaxTree, string: int) -> bytes:
    return source[tree.start[string] : tree.start[string] + 3].lower().split(b'"')[0].split(b"'")[0]


def _functions_as_values(tree: SyntaxTree, roles: NDArray[np.uint8]) -> None:
    """JavaScript: ``square`` in ``const square = x => x * x`` is the name of a function."""
    for function in np.flatnonzero(tree.kinds_in(*_FUNCTIONS)).tolist():
        holder = int(tree.parent[function])
        if holder < 0 or tree.kind_of(holder) not in _HOLDERS or tree.field_of(function) != "value":
            continue
        name = next((c for c in tree.children(holder) if tree.field_of(c) in ("name", "key", "property")), function)
        if tree.kind_of(name) in ("identifier", "property_identifier", "private_property_identifier"):
            roles[name] = CODES["identifier.definition"]


def _records_with_bodies(tree: SyntaxTree, roles: NDArray[np.uint8]) -> None:
    """C: ``struct P { … }`` defines the name that ``struct P p`` only uses."""
    for record in np.flatnonzero(tree.kinds_in(*_RECORDS)).tolist():
        held = {tree.field_of(child): child for child in tree.children(record)}
        if "body" in held and "name" in held and tree.kind_of(held["name"]) == "type_identifier":
            roles[held["name"]] = CODES["identifier.definition"]


def _dotted_patterns(tree: SyntaxTree, roles: NDArray[np.uint8]) -> None:
    """Python: ``case Color.RED`` compares with a value, ``case red`` binds a name."""
    for dotted in np.flatnonzero(tree.kinds_in("dotted_name")).tolist():
        parent = int(tree.parent[dotted])
        if parent < 0 or tree.kind_of(parent) not in ("case_pattern", "keyword_pattern"):
            continue
        parts = [child for child in tree.children(dotted) if tree.named[child]]
        if len(parts) > 1:
            roles[parts[0]] = CODES["identifier.reference"]
            roles[parts[1:]] = CODES["identifier.attribute"]


def _method_references(tree: SyntaxTree, roles: NDArray[np.uint8]) -> None:
    """Java: in ``text::length`` only the last name is called."""
    for node in np.flatnonzero(tree.kinds_in("method_reference")).tolist():
        if tree.kind_of(node + 1) == "identifier":
            roles[node + 1] = CODES["identifier.reference"]


def _php(tree: SyntaxTree, roles: NDArray[np.uint8]) -> None:
    """PHP: ``$`` belongs to the name after it; in ``Point::SIZE`` the last name is a constant."""
    for variable in np.flatnonzero(tree.kinds_in("variable_name")).tolist():
        if tree.last[variable] == variable + 2:
            roles[variable + 1] = roles[variable + 2]
    for access in np.flatnonzero(tree.kinds_in("class_constant_access_expression")).tolist():
        roles[tree.children(access)[-1]] = CODES["identifier.constant"]


def _broken(tree: SyntaxTree, roles: NDArray[np.uint8]) -> None:
    """In an error there is no call and no definition: a name before ``(`` or after ``def`` is what it would be."""
    inside = np.flatnonzero((tree.parent >= 0) & tree.error[tree.parent])
    for node in inside.tolist():
        after, name = int(tree.last[node]) + 1, int(tree.last[node])
        if roles[name] not in _PLAIN or after >= len(tree):
            continue
        if tree.kind_of(node - 1) in _DEFINING:
            roles[name] = CODES["identifier.definition"]
        elif tree.kind_of(after) == "(" and tree.parent[after] == tree.parent[node]:
            roles[name] = CODES["identifier.call"]
