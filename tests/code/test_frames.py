"""A map as a data frame."""

from __future__ import annotations

from tests.code.written import pieces
from tokenscope_widgets.code.parsing import parse_tokens


def test_a_frame_has_one_row_a_token() -> None:
    frame = parse_tokens(pieces("def f():\n    return 1\n"), None, "python").to_frame()
    assert frame.loc[4].to_dict() == {
        "text": "return",
        "byte_start": 13,
        "byte_end": 19,
        "line": 2,
        "role": "keyword",
        "state": "ok",
        "structure": "statement.return",
        "kind": "return",
        "statement": "return 1",
        "function": "function f",
        "path": "module › function f › block › return statement",
    }


def test_prose_has_no_syntax() -> None:
    frame = parse_tokens(pieces("Just some words.")).to_frame()
    assert frame["role"].tolist() == ["markup"] * 4
    assert frame[["structure", "kind", "statement", "function"]].isna().all(axis=None)


def test_an_empty_text_has_an_empty_frame() -> None:
    assert len(parse_tokens([]).to_frame()) == 0
