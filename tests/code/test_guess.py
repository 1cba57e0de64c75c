"""Which language code without a label is in."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tokenscope_widgets.code.guess import HEAD_BYTES, guess_language

SAMPLES = Path(__file__).parent.parent / "fixtures" / "roles"
TOLD_APART = [
    "python", "javascript", "typescript", "java", "c", "cpp", "c_sharp", "go", "rust", "php", "ruby",
    "bash", "html", "css", "json",
]  # fmt: skip
PROSE = [
    "Hello there, how are you today? I hope that all is well.\n",
    "It's a list:\n- don't do this\n- do that\n",
    "The function takes two arguments; it returns their sum (or None, if they are missing).\n",
    'Please write a class for me, with a method that prints "hello" and returns 1.\n',
]


@pytest.mark.parametrize("language", TOLD_APART)
def test_a_sample_of_each_language_is_recognised(language: str) -> None:
    assert guess_language((SAMPLES / f"{language}.sample").read_bytes()) == language


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_language(text: str) -> None:
    assert guess_language(text.encode()) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("def f(a, b:\n    return a + b\n\nprint(f(1, 2)\n", "python"),
        ("function f(a {\n  const x = 1;\n  return x\n", "javascript"),
        ("package main\n\nfunc main() {\n\tx := 1\n\tfmt.Println(x\n", "go"),
    ],
)
def test_broken_code_is_recognised(text: str, language: str) -> None:
    assert guess_language(text.encode()) == language


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_nothing_is_no_language(text: str) -> None:
    assert guess_language(text.encode()) is None


def test_json_with_accents_is_json_while_it_grows() -> None:
    assert guess_language('{"clé": "été", "naïveté": "'.encode()) == "json"


def test_only_the_beginning_counts() -> None:
    code = b"def f(a):\n    return a + 1\n\n" * 100
    assert len(code) > HEAD_BYTES[0]
    assert guess_language(code + b"}}}} ;;;; <<<" * 500) == "python"


@pytest.mark.parametrize(
    "sign", ["'", '"', "`", "don't ", "(", "{", "[", "<", "/*", ":", " ", "\t", "a", "import {", '{"', "class a"]
)
def test_no_text_takes_long(sign: str) -> None:
    text = (sign * HEAD_BYTES[0])[: HEAD_BYTES[0]].encode()
    began = time.process_time()
    guess_language(text)
    assert time.process_time() - began < 4


def test_no_mixture_of_signs_takes_long() -> None:
    mixed = random.Random(5)
    signs = [
        "'",
        '"',
        "`",
        "(",
        "[",
        "{",
        "}",
        ")",
        "1",
        "a ",
        ":",
        ";",
        "\n",
        " ",
        "#",
        "def ",
        "class ",
        "=",
        "*",
        "/*",
        "<",
    ]
    for _ in range(15):
        text = "".join(mixed.choice(signs) * mixed.randint(1, 30) for _ in range(200))[: HEAD_BYTES[0]].encode()
        began = time.process_time()
        guess_language(text)
        assert time.process_time() - began < 4


@pytest.mark.parametrize(
    "text",
    [
        b"if x == 1\n    pass\n",
        b"while True\n    break",
        b"for i in range(3) print(i)\nx = 1\n",
        b"x = [1, 2\ny = 3\n",
        b"x = 'abc\ny = 2\n",
    ],
)
def test_python_with_a_missing_colon_bracket_or_quote_is_still_python(text: bytes) -> None:
    assert guess_language(text) == "python"


def test_code_without_braces_can_still_be_javascript() -> None:
    assert guess_language(b"const f = x => x\nconst y = f(2)\n") == "javascript"
