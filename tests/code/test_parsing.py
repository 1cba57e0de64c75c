"""From a run to its map: what is complete, what is refused, what is noted."""

from __future__ import annotations

import pytest

from tests.code.written import pieces, written
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.code.segments import overlaps_of
from tokenscope_widgets.errors import InputError


@pytest.mark.parametrize(
    ("finish", "complete"),
    [
        ("end_token", True),
        ("stop_string", False),
        ("scored", True),
        ("budget", False),
        ("running", False),
        ("stopped", False),
    ],
)
def test_a_run_is_complete_if_its_writer_ended_it(finish: str, complete: bool) -> None:
    assert parse(written("x = (1", finish=finish), "python").complete is complete


def test_special_tokens_of_a_run_mark_its_messages() -> None:
    tokens = [b"", b"user\n", b"Hello", b"", b"\n", b"", b"assistant\n", b"x = 1\n", b"y = x\n"]
    marks = {0: "<|im_start|>", 3: "<|im_end|>", 5: "<|im_start|>"}
    code = parse(written(tokens, special=marks))
    assert [(code.source[r.start : r.end], r.language) for r in code.regions] == [
        (b"user\nHello\nassistant\n", None),
        (b"x = 1\ny = x\n", "python"),
    ]


def test_only_the_last_region_of_a_text_that_was_cut_off_is_unfinished() -> None:
    tokens = pieces("```python\nf(1\n```\n\n```python\ng(1\n")
    code = parse_tokens(tokens, complete=False)
    assert set(code.states[: tokens.index(b"g")]) == {"ok", "error"}
    assert "error" not in code.states[tokens.index(b"g") :]


def test_nodes_of_a_second_region_are_at_bytes_of_the_whole_text() -> None:
    code = parse_tokens(pieces("```python\nf(1)\n```\n\n```go\nx\n```\n"))
    assert [code.source[code.tree.start[n] : code.tree.end[n]] for n in code.nodes_of_kind("identifier")] == [
        b"f",
        b"x",
    ]
    assert (code.tree.parent == -1).sum() == 2


def test_a_language_without_a_grammar_gets_roles_and_a_note() -> None:
    code = parse_tokens(pieces("fun f() = 1\n"), None, "kotlin")
    assert code.roles[0] == "keyword"
    assert code.notes == ("There is no grammar for kotlin: roles come from a lexer, and there is no tree.",)


@pytest.mark.parametrize("language", ["", "  ", 3])
def test_what_is_no_language_is_refused(language: object) -> None:
    with pytest.raises(InputError, match=r"language=.*Use a name such as 'python'"):
        parse_tokens([b"x"], None, language)  # type: ignore[arg-type]


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(InputError, match=r"run='x = 1': is no Generation\. Pass what session\.generate"):
        parse("x = 1")  # type: ignore[arg-type]


@pytest.mark.parametrize("tokens", ["x = 1", b"x = 1", [1, 2], [b"x", "y"]])
def test_tokens_that_are_not_bytes_are_refused(tokens: object) -> None:
    with pytest.raises(InputError, match="Give a list of bytes, one a token"):
        parse_tokens(tokens)  # type: ignore[arg-type]


def test_a_mark_beyond_the_tokens_is_refused() -> None:
    with pytest.raises(InputError, match=r"marks=3: is not one of 1 tokens"):
        parse_tokens([b"x"], {3: "<eos>"})


def test_each_token_has_the_segments_it_overlaps() -> None:
    code = parse_tokens([b"a=", b"", b"b"], {1: "<|tool|>"}, "python")
    found = overlaps_of(code.text, code.segments.start, code.segments.end)
    assert found.first.tolist() == [0, 2, 2, 3]
    assert found.segment.tolist() == [0, 1, 2]
    assert found.bytes.tolist() == [1, 1, 1]
    assert found.primary.tolist() == [0, -1, 2]
    assert found.tokens().tolist() == [0, 0, 2]
