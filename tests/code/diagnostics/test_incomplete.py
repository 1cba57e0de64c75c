"""Code that only lacks its end is one note, not an error."""

from __future__ import annotations

import pytest

from tests.code.diagnostics.parsing import brief, found

CUT_OFF = [
    *("def", "def f", "def f(", "def f(a", "def f(a,", "def f(a):", "def f():\n", "def f():\n    ", "class", "class A"),
    *('x = "abc', "x = 'abc", 'x = """abc\nabc', 'x = f"{1', 'x = f"{1}', 'x = print("abc', "x = b'\\"),
    *(
        "x =",
        "x = (1 +",
        "x = [1,\n  2",
        "x = {1: [",
        "x = 1 if",
        "x = 1 if 2",
        "x = 1 if 2 else",
        "x = not",
        "x = 1 +",
    ),
    *(
        "for",
        "for i",
        "for i in",
        "for i in []",
        "while",
        "while 1",
        "if",
        "if 1",
        "if 1 =",
        "with",
        "try:\n    pass\n",
    ),
    *(
        "try:\n    pass\nexc",
        "try:\n    pass\nexcept",
        "if 1:\n    pass\nelif",
        "@",
        "@print\n",
        "@print\nde",
        "lambda",
    ),
    *(
        "import",
        "from",
        "from os",
        "from os imp",
        "from os import",
        "from os import (",
        "import os as",
        "x = 1 \\",
    ),
    *("async", "def f():\n    return print.", "def f():\n    yield (", "[i for", "[i for i", "[i for i in", "x = 0x"),
]


@pytest.mark.parametrize("source", CUT_OFF)
def test_code_that_stops_early_is_incomplete(source: str) -> None:
    (finding,) = [f for f in found(source, complete=False) if f.kind not in ("undefined", "unused")]
    assert (finding.kind, finding.severity) == ("incomplete", "note")
    assert finding.end == len(source.rstrip())


@pytest.mark.parametrize("source", ["def f(", 'x = "abc', "x = print(1, 2", "def f():", "x = 1 +"])
def test_the_same_code_is_in_error_when_nothing_more_comes(source: str) -> None:
    assert {f.severity for f in found(source)} == {"error"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = )\ny = (", [("unbalanced", ")"), ("incomplete", "(")]),
        ("x = 1 1\n\n\ndef f(", [("syntax", "1"), ("incomplete", "(")]),
        ("def f(xs):\n    t = sum(xs\n    return t\n", [("unbalanced", "(")]),
        ("if 1:\n        print()\n    print", [("syntax", "print")]),
        ('print "a"\n', [("syntax", 'print "a"')]),
        ("def f():\nprint", [("syntax", ":")]),
    ],
)
def test_what_no_more_text_can_mend_stays_an_error(source: str, expected: list[tuple[str, str]]) -> None:
    assert brief(source, complete=False) == expected


def test_nothing_is_unused_while_more_may_come() -> None:
    assert brief("import os\nx = )\ny = 1\n", complete=False) == [("unbalanced", ")")]


def test_the_last_word_may_still_grow() -> None:
    assert brief("total = 1\nx = tot", complete=False) == []


def test_a_name_not_defined_so_far_is_a_warning() -> None:
    (finding,) = found("x = totl\n", complete=False)
    assert (finding.kind, finding.severity, finding.message) == (
        "undefined",
        "warning",
        "So far nothing defines “totl”.",
    )


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("javascript", "function f() {\n  if (a) {\n    b(1", [("incomplete", "1")]),
        ("java", "class A {\n  int f(int x) {\n    return", [("incomplete", "return")]),
        ("json", '{"a": [1, 2', [("incomplete", "2")]),
        ("c", "int f(int a) {\n  return a", [("incomplete", "a")]),
        ("javascript", "const x = ;\nfunction g() {", [("syntax", ";"), ("incomplete", "{")]),
    ],
)
def test_other_languages_are_incomplete_too(language: str, source: str, expected: list[tuple[str, str]]) -> None:
    assert brief(source, language, complete=False) == expected
