"""Undefined, unused, redefined and shadowing names, in code that parses and in code that does not."""

from __future__ import annotations

import sys

import pytest

from tests.code.diagnostics.parsing import brief, found, related
from tokenscope_widgets.code.diagnostics import unavailable


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = totl\n", [("undefined", "totl")]),
        ('x = "é😀" + y\n', [("undefined", "y")]),
        ("\ufeffx = yy\n", [("undefined", "yy")]),
        ("x = 1\r\ny = x + z\r\n", [("undefined", "z")]),
        ("x = 1\ry = zz\r", [("undefined", "zz")]),
        ("größe = 1\nprint(größen)\n", [("undefined", "größen")]),
        ("import os, sys as s\n", [("unused", "os"), ("unused", "s")]),
        ("import os.path\n", [("unused", "os")]),
        ("from a import b as c, d\n", [("unused", "c"), ("unused", "d")]),
        ("from a import a\n", [("unused", "a")]),
        ("def f():\n    é = '😀'; z = 3\n", [("unused", "é"), ("unused", "z")]),
        ("try:\n    pass\nexcept OSError as e:\n    pass\n", [("unused", "e")]),
        ("from os import *\nx = path\n", []),
        ("def f():\n    return g()\n\n\ndef g():\n    return 1\n", []),
        ("class A:\n    x = 1\n\n    def f(self):\n        return __class__\n", []),
    ],
)
def test_names_of_sound_code_are_checked(source: str, expected: list[tuple[str, str]]) -> None:
    assert brief(source) == expected


def test_a_redefinition_knows_the_first_definition() -> None:
    source = "def f():\n    pass\n\n\ndef f():\n    pass\n"
    (finding,) = found(source)
    assert (finding.kind, finding.start, finding.related, finding.name) == ("redefined", 24, (4, 5), "f")


def test_an_undefined_name_and_a_dropped_bracket_of_two_functions_are_both_found() -> None:
    source = (
        "import os\n\n\ndef f(xs):\n    return valuess\n\n\ndef g(ys):\n    t = max(ys, key=len\n    return os.name\n"
    )
    assert brief(source) == [("undefined", "valuess"), ("unbalanced", "(")]
    assert [f.tool for f in found(source)] == ["pyflakes", "brackets"]


def test_undefined_names_and_a_dropped_bracket_of_one_function_are_all_found() -> None:
    source = "def f(xs):\n    total = sum(x for x in values\n    return totl"
    findings = found(source)
    assert [(f.kind, f.start, f.tool) for f in findings] == [
        ("unbalanced", 26, "brackets"),
        ("undefined", 38, "tree-sitter"),
        ("undefined", 56, "tree-sitter"),
    ]
    assert related(source, findings[0]) == "values"


@pytest.mark.parametrize(
    "source",
    [
        "import os\n\n\ndef f():\n    return (os.name\n",
        "def f(:\n    return 1\n\n\nx = f\n",
        "for i in\n\nprint(i)\n",
        "class A:\n    def __init__ self, *, size=1,\n                 other):\n        self.a = size, other\n",
        "def f(pat):\n    pat = print(pat\n    found = pat\n    return found\n",
        "def f(pat):\n    pat = print(pat\n    match = pat(1)\n    return match(pat)\n",
        "def f(a, b=2, *c, d: int = 3:\n    return a, b, c, d\n",
        "def f(x):\n    y = (1\n    return lambda z: x + y + z\n",
        "with open('a') as g\n    g.read()\n",
        "def f(xs):\n    for a, b in xs\n        print(a, b)\n",
        "x = print(1 2)\nself.colour = x\n"[:15],
        "def f():\n    x = {1: (2}\n    print(x, end='')\n",
        "from os import (path, sep\n\nprint(path, sep)\n",
        "from os import (\n    path,\n    sep, name\n\nprint(path, sep)\n",
        "def f(\n    a,\n    b: int, *c,\n    d=1, **e:\n    return a, b, c, d, e\n",
        'x = "some words of prose\nprint(x)\n',
        "Here is what you have to do now:\n\nRun the tests again and see (all of them).\n",
        "from tkinter import *\n\nx = (\ny = Tk\n",
        "class A:\n    size = 1\n    other = [size\n",
        "if (n := 3:\n    print(n)\n",
        "def f():\n    global counter\n    counter += (1\n\n\nprint(counter)\n",
    ],
)
def test_damage_makes_no_name_undefined(source: str) -> None:
    assert [f.name for f in found(source) if f.kind == "undefined"] == []


def test_an_import_used_in_damaged_code_only_is_used() -> None:
    assert brief("import os\nimport sys\n\n\ndef f():\n    return (os.name\n") == [
        ("unused", "sys"),
        ("unbalanced", "("),
    ]


@pytest.mark.parametrize(
    ("source", "name", "first"),
    [
        ("list = 3\nprint(list)\n", "list", None),
        ("def f(id):\n    return id\n", "id", None),
        ("x = 1\n\n\ndef f(x):\n    return x\n", "x", "x"),
        ("def f():\n    y = 1\n\n    def g(y):\n        return y\n\n    return g, y\n", "y", "y"),
    ],
)
def test_a_name_that_hides_another_is_noted(source: str, name: str, first: str | None) -> None:
    (finding,) = [f for f in found(source) if f.kind == "shadowed"]
    assert (finding.name, finding.severity, related(source, finding)) == (name, "note", first)


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def list(self):\n        return 1\n",
        "x = 1\n\n\ndef f():\n    global x\n    x = 2\n",
        "for _ in []:\n    pass\n\n\ndef f(_):\n    pass\n",
        "class A:\n    x = 1\n\n    def f(self, x):\n        return x\n",
    ],
)
def test_names_that_hide_nothing_are_not_noted(source: str) -> None:
    assert [f for f in found(source) if f.kind == "shadowed"] == []


def test_without_pyflakes_the_rest_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyflakes", None)
    monkeypatch.setitem(sys.modules, "pyflakes.checker", None)
    assert brief("x = totl\ny = )\n") == [("unbalanced", ")")]
    assert unavailable() == {"pyflakes": 'pip install "tokenscope-widgets[lint]"'}


def test_with_everything_installed_nothing_is_unavailable() -> None:
    assert unavailable() == {}
