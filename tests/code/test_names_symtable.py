"""The scopes of valid Python are those that Python itself finds."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import heapq
import symtable
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenscope_widgets.code.grammars import parser_of
from tokenscope_widgets.code.names import links, scopes_of
from tokenscope_widgets.code.tree import SyntaxTree, parse_tree


def own_scopes(source: str) -> list[tuple[int, str, dict[str, str]]]:
    """Each function, class and lambda: its line, name, and the scope each of its names belongs to."""
    out: list[tuple[int, str, dict[str, str]]] = []
    waiting = [symtable.symtable(source, "<source>", "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        names = {s.get_name(): _where(s) for s in table.get_symbols() if s.get_name() not in (".0", "__class__")}
        line = 0 if table.get_type() == "module" else table.get_lineno()
        if line == 0:
            names = _without_globals(names, source)
        out.append((line, "" if table.get_name() in ("top", "lambda") else table.get_name(), names))
    return sorted(out, key=_order)


def _order(row: tuple[int, str, dict[str, str]]) -> tuple[int, str, list[tuple[str, str]]]:
    return row[0], row[1], sorted(row[2].items())


def _without_globals(names: dict[str, str], source: str) -> dict[str, str]:
    """The module's names but for those that functions declare: symtable gives the module no part in them."""
    declared = {name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Global) for name in node.names}
    return {name: where for name, where in names.items() if name not in declared}


def _where(symbol: symtable.Symbol) -> str:
    if symbol.is_free():
        return "outer"
    return "local" if symbol.is_local() else "global"


def walked_scopes(source: str) -> list[tuple[int, str, dict[str, str]]]:
    """The same from the walk over the tree."""
    code = source.encode()
    tree = parse_tree(code, parser_of("python"))
    scopes = scopes_of(code, tree, "python")
    names: list[dict[str, str]] = [{} for _ in scopes.kind]
    for scope, found in enumerate(names):
        bound = set(scopes.definitions[scope]) | set(scopes.declared[scope])
        for name in bound | {use.name for use in scopes.uses if use.scope == scope}:
            at = scopes.resolve(scope, name)
            found[name] = "local" if at == scope else "global" if at <= 0 else "outer"
    _passed_through(scopes.parent, names, scopes.resolve)
    out = []
    for scope, kind in enumerate(scopes.kind):
        start = int(tree.start[scopes.node[scope]])
        line = 0 if kind == "module" else code.count(b"\n", 0, start) + 1
        if line == 0:
            names[scope] = _without_globals(names[scope], source)
        out.append((line, _name(code, tree.children(scopes.node[scope]), tree, kind), names[scope]))
    return sorted(out, key=_order)


def _passed_through(parents: list[int], names: list[dict[str, str]], resolve: Callable[[int, str], int]) -> None:
    """symtable lists a name also in the functions between its use and its definition."""
    for scope in reversed(range(len(names))):
        for name, where in names[scope].items():
            at, between = resolve(scope, name), parents[scope]
            while where == "outer" and between != at:
                names[between].setdefault(name, "outer")
                between = parents[between]


def _name(code: bytes, children: list[int], tree: SyntaxTree, kind: str) -> str:
    if kind == "comprehension":
        shapes = {"[": "listcomp", "(": "genexpr", "{": "setcomp"}
        shape = shapes[code[tree.start[children[0]] : tree.start[children[0]] + 1].decode()]
        parent = tree.kind_of(int(tree.parent[children[0]]))
        return "dictcomp" if parent == "dictionary_comprehension" else shape
    found = [child for child in children if tree.field_of(child) == "name"]
    return code[tree.start[found[0]] : tree.end[found[0]]].decode() if kind in ("function", "class") and found else ""


@pytest.mark.parametrize("module", [ast, argparse, dataclasses, heapq, textwrap], ids=lambda m: m.__name__)
def test_scopes_of_real_modules_agree_with_symtable(module: ModuleType) -> None:
    # under this import symtable leaves annotations out
    source = Path(module.__file__ or "").read_text().replace("from __future__ import annotations\n", "\n")
    assert walked_scopes(source) == own_scopes(source)


NAMES = st.sampled_from(["a", "b", "c", "len"])


@st.composite
def statements(draw: st.DrawFn, depth: int = 2, inside: str = "module") -> list[str]:
    """Lines of valid Python, each scope on a line of its own."""
    simple = [
        "{0} = {1}", "{0}: {1} = {2}", "{0} += {1}", "print({0}, {1})", "del {0}", "({0}, *{1}) = {2}",
        "import {0}", "from {0} import {1} as {2}", "import x.{0}, {1}.y", "{0}.b = {1}[{2}]", "({0} := {1})",
        "[{0} for {1} in {2} if {0}]", "{{{0}: {1} for {0}, {1} in {2}}}", "lambda {0}, *q, r={1}: {0}({2})",
        "f'{{{0}:{{{1}}}}}'", "({0} for {1} in {2} for r in {0})", "f({0}={1}, *{2})", "assert {0}, {1}",
    ]  # fmt: skip
    headed = [
        "def {0}(q, {1}={2}, *r, s: {0} = {1}) -> {2}:", "class {0}({1}, m={2}):", "for {0}, ({1}, *q) in {2}:",
        "with {0} as {1}, f({2}) as (q, r):", "if ({0} := {1}):", "while {0}:", "async def {0}(*, {1}, **q):",
    ]  # fmt: skip
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        words = [draw(NAMES) for _ in range(3)]
        if depth and draw(st.booleans()):
            head = draw(st.sampled_from(headed)).format(*words)
            kind = "class" if head.startswith("class") else "function" if "def" in head else inside
            body = draw(statements(depth - 1, kind))
            lines += [head, *("    " + line for line in body)]
        elif depth and draw(st.integers(0, 5)) == 0:
            lines += [f"match {words[0]}:", f"    case [{words[1]}, *{words[2]}_]:", f"        {words[1]}"]
        elif depth and draw(st.integers(0, 5)) == 0:
            lines += ["try:", "    pass", f"except {words[0]} as {words[1]}:", f"    {words[2]}"]
        else:
            lines.append(draw(st.sampled_from(simple)).format(*words))
    if inside == "function" and draw(st.booleans()):
        how = draw(st.sampled_from(["global", "nonlocal"]))
        lines.insert(0, f"{how} {draw(NAMES)}")
    return lines


@settings(max_examples=400, deadline=None)
@given(statements(depth=3))
def test_scopes_agree_with_symtable(lines: list[str]) -> None:
    source = "\n".join(lines) + "\n"
    try:
        expected = own_scopes(source)
    except SyntaxError:
        # `global a` where a is a parameter, `nonlocal a` where nothing is outside, and the like
        return
    assert walked_scopes(source) == expected


@settings(max_examples=200, deadline=None)
@given(statements(depth=3))
def test_links_join_places_of_the_same_name(lines: list[str]) -> None:
    source = "\n".join(lines) + "\n"
    code = source.encode()
    found = links(code, parse_tree(code, parser_of("python")), "python")
    for i, name in enumerate(found.names):
        assert code[found.use_start[i] : found.use_end[i]].decode() == name
        assert code[found.definition_start[i] : found.definition_end[i]].decode() == name
