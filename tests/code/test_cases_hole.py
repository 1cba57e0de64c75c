"""Fill-in-the-middle: what was written last is read second."""

from __future__ import annotations

import pytest

from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.parsing import parse_tokens

HOLE_MARKS = {
    "StarCoder": ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    "Qwen": ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    "CodeLlama": ("▁<PRE>", "▁<SUF>", "▁<MID>"),
    "DeepSeek": ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
}


def hole(marks: tuple[str, str, str], middle: bytes, complete: bool = True) -> CodeMap:
    tokens = [b"", b"def f(a):\n", b"", b"\n    return b\n", b"", b"    b =", middle]
    return parse_tokens(tokens, dict(zip((0, 2, 4), marks, strict=True)), "python", complete)


@pytest.mark.parametrize("marks", HOLE_MARKS.values(), ids=HOLE_MARKS)
def test_a_middle_that_was_written_last_is_read_second(marks: tuple[str, str, str]) -> None:
    code = hole(marks, b" a")
    assert code.source == b"def f(a):\n    b = a\n    return b\n"
    assert set(code.states) == {"ok"}
    assert code.roles[5:] == ["identifier.binding", "identifier.reference"]


def test_codestral_writes_the_suffix_first() -> None:
    code = parse_tokens(
        [b"", b"\n    return b\n", b"", b"def f(a):\n", b"    b = a"], {0: "[SUFFIX]", 2: "[PREFIX]"}, "python"
    )
    assert code.source == b"def f(a):\n    b = a\n    return b\n"


def test_a_hole_that_is_not_filled_yet_makes_nothing_an_error() -> None:
    code = hole(HOLE_MARKS["Qwen"], b" g(a", complete=False)
    assert "incomplete" in code.states
    assert not {"error", "missing"} & set(code.states)
    assert [f.kind for f in code.findings() if f.severity == "error"] == []


def test_a_node_that_spans_a_hole_touches_tokens_from_both_sides() -> None:
    code = hole(HOLE_MARKS["Qwen"], b" a")
    function = int(code.nodes_of_kind("function_definition")[0])
    start, end = int(code.tree.start[function]), int(code.tree.end[function])
    assert code.tokens_touching(start, end).tolist() == [1, 5, 6, 3]
    assert code.tokens_of(function) == (1, 3)
