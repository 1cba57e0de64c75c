"""The scopes of Python source, from its tree alone: damaged source has some too."""

from __future__ import annotations

import keyword
from typing import NamedTuple

from tokenscope_widgets.code._names_damaged import Damaged
from tokenscope_widgets.code._names_scopes import Definition, Rows, Scopes, Use
from tokenscope_widgets.code.tree import SyntaxTree

_COMPREHENSIONS = {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
_OPENS = {"function_definition": "function", "class_definition": "class", "lambda": "lambda"} | dict.fromkeys(
    _COMPREHENSIONS, "comprehension"
)
_PARAMETERS = {"parameters", "lambda_parameters"}
_WITH_DEFAULT = {"default_parameter", "typed_default_parameter"}
_WRAPPERS = {
    *("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "dictionary_splat_pattern"),
    *("expression_list", "tuple", "list", "list_splat", "parenthesized_expression", "typed_parameter"),
}
_ASSIGNS = {
    ("assignment", "left"): "variable",
    ("augmented_assignment", "left"): "augmented",
    ("for_statement", "left"): "loop",
    ("for_in_clause", "left"): "variable",
    ("named_expression", "name"): "walrus",
}
_IMPORTS = {"import_statement", "import_from_statement", "future_import_statement"}
_SOFT = frozenset(keyword.softkwlist) | {"print", "exec"}
_KEYWORDS = frozenset(keyword.kwlist)


class _Inner(NamedTuple):
    """What the children of a node are told: the scope they live in, the one outside a signature, and their role."""

    scope: int
    outside: int
    role: str
    visible: int


def python_scopes(source: bytes, tree: SyntaxTree) -> Scopes:
    """The scopes of a tree of Python source; every root shares the module's scope."""
    return _Walk(source, tree).run()


class _Walk:
    """One pass over the nodes, parents first: each node passes on to its children what they need."""

    def __init__(self, source: bytes, tree: SyntaxTree) -> None:
        self.rows = Rows(source, tree)
        self.scopes = Scopes()
        self.inner: list[_Inner] = []
        self.own: dict[int, int] = {}
        self.first_clause: set[int] = set()
        self.damaged = Damaged(self.rows) if any(self.rows.error) else None

    def run(self) -> Scopes:
        module = _Inner(self.scopes.open("module", -1, 0), 0, "", 0)
        rows = self.rows
        for node in range(len(rows)):
            parent = rows.parent[node]
            context = self._context(node, parent) if parent >= 0 else module
            self.inner.append(context)
            if rows.leaf[node]:
                if rows.kind[node] == "identifier":
                    self._identifier(node, parent, context)
                elif self.damaged is not None and rows.kind[node] in _SOFT and self.damaged.is_assigned(node):
                    self._bind(node, rows.text(node), context.scope, "variable")
            elif rows.kind[node] in _OPENS or rows.kind[node] == "type_alias_statement":
                self._open(node, context)
            if rows.kind[node] == "wildcard_import":
                self.scopes.star = True
        self.scopes.settle()
        return self.scopes

    def _open(self, node: int, context: _Inner) -> None:
        """Open the scope of a node; type parameters have one of their own around it."""
        rows, outer = self.rows, context.scope
        kind = _OPENS.get(rows.kind[node])
        generic = rows.child(node, "type_parameters") >= 0 if kind in ("function", "class") else kind is None
        if generic:
            outer = self.scopes.open("types", outer, node)
        self.own[node] = self.scopes.open(kind, outer, node) if kind is not None else outer
        self.inner[node] = context._replace(scope=context.scope, outside=outer, role="")
        if kind == "comprehension":
            clause = next((c for c in rows.children(node) if rows.kind[c] == "for_in_clause"), -1)
            self.first_clause.add(clause)

    def _context(self, node: int, parent: int) -> _Inner:
        rows, up = self.rows, self.inner[parent]
        kind, field = rows.kind[parent], rows.field[node]
        if parent in self.own:
            return self._in_opener(node, parent, kind, field, up)
        role, visible = self._role(node, parent, kind, field, up)
        scope = up.scope
        if kind in _WITH_DEFAULT and field in ("value", "type"):
            scope = up.outside
        elif kind == "typed_parameter" and field == "type":
            scope, role = up.outside, ""
        elif parent in self.first_clause and field == "right":
            scope = up.outside
        return _Inner(scope, up.outside, role, visible)

    def _in_opener(self, node: int, parent: int, kind: str, field: str, up: _Inner) -> _Inner:
        own, outer = self.own[parent], up.outside
        if kind in _COMPREHENSIONS or kind == "type_alias_statement":
            return _Inner(own, up.scope, "", 0)
        if field in ("parameters", "body") or self.rows.error[node]:
            return _Inner(own, outer, "", 0)
        if field in ("type_parameters", "return_type", "superclasses"):
            return _Inner(outer, outer, "", 0)
        return _Inner(up.scope, up.scope, "", 0)

    def _role(self, node: int, parent: int, kind: str, field: str, up: _Inner) -> tuple[str, int]:
        rows = self.rows
        role = _ASSIGNS.get((kind, field))
        if role == "loop":
            return "variable", rows.end[max(rows.child(parent, "right"), node)]
        if role is not None:
            return role, rows.end[parent]
        if kind in _PARAMETERS or (kind in _WITH_DEFAULT and field == "name"):
            return "parameter", rows.end[node]
        if kind == "as_pattern_target":
            return "variable", rows.end[node]
        if kind == "delete_statement":
            return "deleted", rows.end[parent]
        if kind in _WRAPPERS and up.role:
            return up.role, up.visible
        # in damaged signatures these have lost the list that held them
        if kind in ("typed_parameter", "list_splat_pattern", "dictionary_splat_pattern"):
            return "parameter", rows.end[node]
        return "", 0

    def _identifier(self, node: int, parent: int, context: _Inner) -> None:
        name, kind = self.rows.text(node), self.rows.kind[parent] if parent >= 0 else ""
        if not name or name in _KEYWORDS:
            return
        if self.damaged is not None and (parent < 0 or self.damaged.holds(node)):
            self._damaged_identifier(node, name, context)
        elif context.role:
            self._bind_role(node, name, context)
        else:
            handler = _HANDLERS.get(kind)
            what = handler(self, node, parent) if handler else "use"
            if what == "use":
                self._use(node, name, context.scope)
            elif what:
                self._bind(node, name, self._binding_scope(node, parent, context), what)

    def _damaged_identifier(self, node: int, name: str, context: _Inner) -> None:
        assert self.damaged is not None
        what = self.damaged.reads(node)
        if what == "binds":
            self._bind(node, name, context.scope, "variable")
        elif what:
            self._use(node, name, context.scope, plain=what == "plain")

    def _binding_scope(self, node: int, parent: int, context: _Inner) -> int:
        # the name of `type X[T] = …` is bound outside the scope of its type parameters
        alias = self.rows.kind[parent] in ("generic_type", "type") and self._alias_name(node)
        return context.outside if alias else context.scope

    def _bind_role(self, node: int, name: str, context: _Inner) -> None:
        role, scope = context.role, context.scope
        if role == "walrus":
            scope = self.scopes.nearest(scope, "module", "function", "lambda", "class")
        if role in ("augmented", "deleted"):
            self._use(node, name, scope)
        kind = role if role == "parameter" else "variable"
        self._bind(node, name, scope, kind, context.visible)

    def _use(self, node: int, name: str, scope: int, plain: bool = True) -> None:
        self.scopes.uses.append(Use(name, self.rows.start[node], self.rows.end[node], scope, plain))

    def _bind(self, node: int, name: str, scope: int, kind: str, visible: int | None = None) -> None:
        start, end = self.rows.start[node], self.rows.end[node]
        self.scopes.bind(scope, name, Definition(start, end, end if visible is None else visible, kind))

    # What an identifier does by its parent: "use", a kind of definition, or nothing at all

    def _named(self, node: int, parent: int) -> str:
        if self.rows.field[node] != "name":
            return "use"
        return "class" if self.rows.kind[parent] == "class_definition" else "function"

    def _attribute(self, node: int, parent: int) -> str:
        return "" if self.rows.field[node] == "attribute" else "use"

    def _keyword(self, node: int, parent: int) -> str:
        if self.rows.field[node] != "name":
            return "use"
        # after a bracket never closed, the assignments that follow look like keyword arguments
        return "variable" if self.damaged is not None and self.damaged.begins_line(node) else ""

    def _declared(self, node: int, parent: int) -> str:
        how = self.rows.kind[parent].removesuffix("_statement")
        self.scopes.declared[self.inner[node].scope][self.rows.text(node)] = how
        return ""

    def _alias(self, node: int, parent: int) -> str:
        return "import" if self.rows.field[node] == "alias" else ""

    def _dotted(self, node: int, parent: int) -> str:
        above = self.rows.parent[parent]
        kind, first = self.rows.kind[above] if above >= 0 else "", node == parent + 1
        if kind in _IMPORTS:
            return "import" if first and self.rows.field[parent] == "name" else ""
        if kind in ("case_pattern", "keyword_pattern") and self.rows.last[parent] == node and first:
            return "variable"
        plain = kind not in ("aliased_import", "relative_import")
        return "use" if first and plain else ""

    def _captured(self, node: int, parent: int) -> str:
        return "variable"

    def _as_pattern(self, node: int, parent: int) -> str:
        above = self.rows.parent[parent]
        in_case = self.rows.kind[above] == "case_pattern"
        return "variable" if in_case and self.rows.last[parent] == node else "use"

    def _no_use(self, node: int, parent: int) -> str:
        return ""

    def _member(self, node: int, parent: int) -> str:
        return "use" if node == parent + 1 else ""

    def _type(self, node: int, parent: int) -> str:
        above, rows = self.rows.parent[parent], self.rows
        if self._alias_name(node):
            return "class"
        if rows.kind[above] == "type_parameter" and rows.field[above] == "type_parameters":
            return "variable"
        if rows.kind[above] == "constrained_type" and parent == above + 1:
            return "variable"
        if rows.kind[above] == "type_parameter" and self._of_alias(rows.parent[above]):
            return "variable"
        return "use"

    def _generic(self, node: int, parent: int) -> str:
        return "class" if self._alias_name(node) else "use"

    def _alias_name(self, node: int) -> bool:
        """Whether a node is the X of ``type X = …`` or of ``type X[T] = …``."""
        rows = self.rows
        above = rows.parent[node]
        if rows.kind[above] == "generic_type":
            return node == above + 1 and self._of_alias(above)
        return rows.kind[above] == "type" and self._left_of_alias(above)

    def _of_alias(self, node: int) -> bool:
        above = self.rows.parent[node]
        return self.rows.kind[node] == "generic_type" and above >= 0 and self._left_of_alias(above)

    def _left_of_alias(self, node: int) -> bool:
        above = self.rows.parent[node]
        return above >= 0 and self.rows.kind[above] == "type_alias_statement" and self.rows.field[node] == "left"


_HANDLERS = {
    "function_definition": _Walk._named,
    "class_definition": _Walk._named,
    "attribute": _Walk._attribute,
    "keyword_argument": _Walk._keyword,
    "global_statement": _Walk._declared,
    "nonlocal_statement": _Walk._declared,
    "aliased_import": _Walk._alias,
    "dotted_name": _Walk._dotted,
    "splat_pattern": _Walk._captured,
    "as_pattern": _Walk._as_pattern,
    "keyword_pattern": _Walk._no_use,
    "member_type": _Walk._member,
    "type": _Walk._type,
    "generic_type": _Walk._generic,
    "splat_type": _Walk._captured,
}
