"""Scopes of languages other than Python: one walk, led by the kinds and fields of the grammars."""

from __future__ import annotations

from typing import NamedTuple

from tokenscope_widgets.code import _names_tables as tables
from tokenscope_widgets.code._names_scopes import Definition, Rows, Scopes, Use
from tokenscope_widgets.code.tree import SyntaxTree

_HOISTED = frozenset({"javascript", "typescript", "tsx"})
_IMPORTED_PATH = "interpreted_string_literal_content"


class _Inner(NamedTuple):
    """What the children of a node are told: their scope, their role, and the scope it binds in."""

    scope: int
    role: str
    target: int
    visible: int


def generic_scopes(source: bytes, tree: SyntaxTree, language: str) -> Scopes:
    """The scopes of a tree of any language but Python, as far as its fields tell."""
    return _Walk(source, tree, language).run()


class _Walk:
    """One pass over the nodes, parents first: each node passes on to its children what they need."""

    def __init__(self, source: bytes, tree: SyntaxTree, language: str) -> None:
        self.rows = Rows(source, tree)
        self.language = language
        self.assigns = tables.ASSIGNS.get(language, frozenset())
        self.scopes = Scopes(skips_classes=False, falls_through=True)
        self.inner: list[_Inner] = []
        self.own: dict[int, int] = {}

    def run(self) -> Scopes:
        module = _Inner(self.scopes.open("module", -1, 0), "", 0, 0)
        rows = self.rows
        for node, kind in enumerate(rows.kind):
            parent = rows.parent[node]
            context = self._context(node, parent) if parent >= 0 else module
            self.inner.append(context)
            if kind in tables.IDENTIFIERS and (rows.leaf[node] or kind == "variable_name"):
                self._identifier(node, parent, context)
            elif kind == _IMPORTED_PATH and context.role == "import":
                self._imported_path(node, context)
            elif not rows.leaf[node] and parent >= 0:
                self._open(node, kind, context)
        return self.scopes

    def _open(self, node: int, kind: str, context: _Inner) -> None:
        if kind in tables.FUNCTIONS:
            scope = "function"
        elif kind in tables.CLASSES:
            scope = "class"
        elif kind in tables.BLOCKS and self.language not in tables.BLOCKLESS:
            scope = "block"
        else:
            return
        self.own[node] = self.scopes.open(scope, context.scope, node)

    def _context(self, node: int, parent: int) -> _Inner:
        rows, up = self.rows, self.inner[parent]
        kind, field = rows.kind[parent], rows.field[node]
        own = self.own.get(parent, up.scope)
        if kind in tables.WRAPPERS and up.role:
            through = tables.WRAPPERS[kind]
            if through is None or field in through:
                role = "function" if (kind, up.role) == ("function_declarator", "variable") else up.role
                return up._replace(scope=own, role=role)
        role = tables.DECLARES.get((kind, field)) or (tables.HOLDS.get(kind, "") if not field else "")
        if not role and (kind, field) in self.assigns:
            role = "assigned"
        if not role and kind == "import_spec" and rows.child(parent, "name") < 0:
            role = "import"
        if not role and kind == "interpreted_string_literal":
            role = up.role
        if not role:
            return _Inner(own, "", 0, 0)
        return _Inner(own, role, self._target(parent, kind, role, own), self._visible(node, parent, role))

    def _target(self, parent: int, kind: str, role: str, own: int) -> int:
        """The scope a role binds in: the name of a function or class belongs to the scope around it."""
        if role in ("function", "class") and parent in self.own and kind not in tables.SELF_NAMED:
            return self.inner[parent].scope
        above = self.rows.parent[parent]
        hoisted = self.language in _HOISTED and above >= 0 and self.rows.kind[above] == "variable_declaration"
        if hoisted or role == "assigned":
            return self.scopes.nearest(own, "function", "class", "module")
        return own

    def _visible(self, node: int, parent: int, role: str) -> int:
        rows = self.rows
        if role not in ("variable", "assigned"):
            return rows.end[node]
        value = max(rows.child(parent, "right"), rows.child(parent, "value"))
        return rows.end[value] if value > node else rows.end[node]

    def _identifier(self, node: int, parent: int, context: _Inner) -> None:
        rows = self.rows
        kind, above = rows.kind[node], rows.kind[parent] if parent >= 0 else ""
        if above == "variable_name" or not rows.source[rows.start[node] : rows.end[node]].strip():
            return
        name = rows.text(node)
        role = context.role
        if not role and above == "import_specifier" and rows.child(parent, "alias") < 0:
            role, context = "import", context._replace(target=context.scope, visible=rows.end[node])
        if role and not self._only_read(kind, name, role):
            self._bind(node, name, role, context)
        elif not self._is_member(node, parent, above):
            self.scopes.uses.append(Use(name, rows.start[node], rows.end[node], context.scope, True))

    def _only_read(self, kind: str, name: str, role: str) -> bool:
        """Whether a name that stands where patterns bind is read instead: a type, or Rust's constants and variants."""
        if kind == "type_identifier":
            return role not in ("class", "import")
        in_pattern = role == "pattern" or (self.language == "rust" and role in ("variable", "parameter"))
        return in_pattern and kind == "identifier" and name[0].isupper() and not name.isupper()

    def _is_member(self, node: int, parent: int, above: str) -> bool:
        field = self.rows.field[node]
        if above in ("method_invocation", "call") and field in ("name", "method"):
            return any(self.rows.child(parent, f) >= 0 for f in ("object", "receiver"))
        return (above, field) in tables.MEMBERS

    def _bind(self, node: int, name: str, role: str, context: _Inner) -> None:
        kind = "variable" if role in ("assigned", "pattern") else role
        definition = Definition(self.rows.start[node], self.rows.end[node], context.visible, kind)
        self.scopes.bind(context.target, name, definition)

    def _imported_path(self, node: int, context: _Inner) -> None:
        """Go: ``import "a/b"`` binds b."""
        end = self.rows.end[node]
        name = self.rows.text(node).rsplit("/", 1)[-1]
        if name:
            definition = Definition(end - len(name.encode()), end, end, "import")
            self.scopes.bind(context.target, name, definition)
