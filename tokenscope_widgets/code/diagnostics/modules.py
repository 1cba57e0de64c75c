"""Modules that are not installed and attributes that modules do not have, by jedi."""

from __future__ import annotations

import ast
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tokenscope_widgets.code.diagnostics.finding import Finding
from tokenscope_widgets.code.diagnostics.places import Places
from tokenscope_widgets.code.diagnostics.python_parse import module_of

_MOST_QUESTIONS = 60
_SECONDS = 5.0


def module_findings(code: bytes, places: Places) -> list[Finding]:
    """Unknown modules and attributes of code that parses; nothing where jedi is missing.

    jedi reads the files of what is installed in this interpreter: no subprocess, no network, and the code itself is
    never run. It is asked a limited number of questions for a few seconds.
    """
    module = module_of(code)
    script = _script(code) if module is not None else None
    if module is None or script is None:
        return []
    out = []
    until = time.monotonic() + _SECONDS
    for number, question in enumerate(_questions(module, places)):
        if number >= _MOST_QUESTIONS or time.monotonic() > until:
            break
        finding = _asked(script, *question, places)
        if finding is not None:
            out.append(finding)
    return out


def _script(code: bytes) -> Any:
    try:
        jedi = import_module("jedi")
    except ImportError:
        return None
    # jedi would otherwise look for the project around the working directory, and start an interpreter of its own
    path = [entry for entry in sys.path if entry]
    project = jedi.Project(tempfile.gettempdir(), sys_path=path, smart_sys_path=False)
    return jedi.Script(code.decode(), project=project, environment=jedi.InterpreterEnvironment())


def _questions(module: ast.Module, places: Places) -> Iterator[tuple[str, str, int, int | None]]:
    """What to ask: the kind, the name, its first byte, and for attributes the last byte of what they belong to."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield "unknown_module", alias.name, places.of_bytes(alias.lineno, alias.col_offset), None
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            start = places.of_bytes(node.lineno, node.col_offset)
            found = places.source.find(node.module.encode(), start + len("from"))
            if found >= 0:
                yield "unknown_module", node.module, found, None
            for alias in node.names:
                if alias.name != "*":
                    owner = found + len(node.module.encode()) - 1
                    yield "unknown_attribute", alias.name, places.of_bytes(alias.lineno, alias.col_offset), owner
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.end_lineno is not None:
            end = places.of_bytes(node.end_lineno, node.end_col_offset or 0)
            owner = places.of_bytes(node.value.end_lineno or 1, (node.value.end_col_offset or 1) - 1)
            if isinstance(node.value, ast.Name | ast.Attribute):
                yield "unknown_attribute", node.attr, end - len(node.attr.encode()), owner


def _asked(script: Any, kind: str, name: str, start: int, owner: int | None, places: Places) -> Finding | None:
    end = start + len(name.encode())
    try:
        if kind == "unknown_module":
            if _means(script, end - 1, places):
                return None
            message = f"No module “{name}” is installed here."
            return Finding("unknown_module", message, start, end, "warning", "jedi", None, name)
        of = [d for d in _means(script, owner or 0, places) if d.type == "module"]
        if not of or _means(script, end - 1, places):
            return None
    except (RecursionError, ValueError, KeyError, AttributeError, TypeError, OSError):
        return None
    message = f"No “{name}” was found in the module “{of[0].full_name or of[0].name}”."
    return Finding("unknown_attribute", message, start, end, "warning", "jedi", None, name)


def _means(script: Any, place: int, places: Places) -> list[Any]:
    line = places.line_of(place)
    low, _ = places.line(line)
    column = len(places.source[low:place].decode("utf-8", "surrogateescape"))
    return list(script.infer(line, column)) or list(script.goto(line, column, follow_imports=True))
