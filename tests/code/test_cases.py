"""Every case that taxonomy's list names: awkward bytes, broken programs, chat, fences and holes."""

from __future__ import annotations

import time

import pytest

from tests.code.written import pieces, written
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.grammars import has_grammar
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.code.token_bytes import byte_level_bytes, sentencepiece_bytes
from tokenscope_widgets.errors import InputError

FAMILY = "👨‍👩‍👧‍👦"
CALL = [
    ("x", "identifier.binding"),
    (" ", "space.inline"),
    ("=", "operator.assign"),
    (" f", "identifier.call"),
    ("(", "punctuation.open"),
    ("1", "literal.number"),
    (")", "punctuation.close"),
    ("\n", "space.newline"),
]
"""``x = f(1)``"""


def python(text: str | bytes | list[bytes], complete: bool = True) -> CodeMap:
    tokens = pieces(text) if isinstance(text, str | bytes) else text
    return parse_tokens(tokens, None, "python", complete)


def seen(code: CodeMap) -> list[tuple[str, str]]:
    return [(b.decode("utf-8", "replace"), role) for b, role in zip(code.token_bytes(), code.roles, strict=True)]


def role_of(code: CodeMap, token: str) -> str:
    return next(role for text, role in seen(code) if text.strip() == token)


@pytest.mark.parametrize("before", [f"# {FAMILY}\n", "# é à ü\n", "# 中文字\n", f'"{FAMILY}é中"\n', "größe = 1\n"])
def test_characters_of_several_bytes_change_no_later_role(before: str) -> None:
    assert seen(python(before + "x = f(1)\n"))[-8:] == CALL


def test_an_emoji_of_thirteen_tokens_is_thirteen_tokens_of_the_string() -> None:
    family = [*[bytes([b]) for b in FAMILY.encode()][:12], FAMILY.encode()[12:]]
    code = python([b"x", b" =", b' "', *family, b'"', b"\n", b"y"])
    assert len(family) == 13
    assert code.roles == [
        "identifier.binding",
        "operator.assign",
        "literal.delimiter",
        *["literal.string"] * 13,
        "literal.delimiter",
        "space.newline",
        "identifier.reference",
    ]


def test_a_byte_order_mark_is_white_space() -> None:
    assert seen(python("\ufeffx = f(1)\n")) == [("\ufeff", "space.inline"), *CALL]


def test_names_may_hold_any_letter() -> None:
    code = python(["größe".encode(), b" =", " naïve".encode(), b"(", "中".encode(), b")"])
    assert code.roles[0::2] == ["identifier.binding", "identifier.call", "identifier.reference"]
    assert set(code.states) == {"ok"}


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\n\f", "\n\n"])
def test_lines_may_end_in_any_way(end: str) -> None:
    code = python(f"x = f(1){end}if x:{end}\ty = 2{end}")
    roles = [role for role in code.roles if not role.startswith("space")]
    assert roles == [
        "identifier.binding",
        "operator.assign",
        "identifier.call",
        "punctuation.open",
        "literal.number",
        "punctuation.close",
        "keyword",
        "identifier.reference",
        "punctuation.delimiter",
        "identifier.binding",
        "operator.assign",
        "literal.number",
    ]
    assert set(code.states) == {"ok"}


def test_a_tab_at_the_head_of_a_line_is_an_indent() -> None:
    assert seen(python([b"if x:", b"\n", b"\t", b"y"]))[2] == ("\t", "space.indent")


def test_a_nul_is_an_error_of_its_own() -> None:
    code = python("x = 1\x00\ny = 2\n")
    assert dict(zip(code.token_bytes(), code.states, strict=True))[b"\x00"] == "error"
    assert role_of(code, "\x00") == "unknown"
    assert role_of(code, "y") == "identifier.binding"


def test_an_empty_text_has_an_empty_map() -> None:
    code = python("")
    assert (len(code), len(code.segments), len(code.tree), code.regions) == (0, 0, 0, ())


def test_white_space_alone_is_space() -> None:
    assert python(" \n\t").roles == ["space.indent", "space.newline", "space.indent"]


def test_prose_is_no_code() -> None:
    code = parse_tokens(pieces("Hello there, how are you today? I hope that all is well.\n"))
    assert set(code.roles) == {"markup"}
    assert [region.language for region in code.regions] == [None]


@pytest.mark.parametrize(
    ("tokens", "shared"),
    [
        ([b"if f(x", b"):\n", b"    y"], [(b")", 1), (b":", 1), (b"\n", 1)]),
        ([b"f(a[0", b"]):", b" 1"], [(b"]", 1), (b")", 1), (b":", 1)]),
    ],
)
def test_a_token_of_several_signs_touches_them_all_and_counts_for_the_first(
    tokens: list[bytes], shared: list[tuple[bytes, int]]
) -> None:
    code = python(tokens)
    low, high = code.overlaps.first[1:3]
    touched = code.overlaps.segment[low:high]
    texts = [code.source[code.segments.start[s] : code.segments.end[s]] for s in touched]
    assert list(zip(texts, code.overlaps.bytes[low:high].tolist(), strict=True)) == shared
    assert code.roles[1] == "punctuation.close"


@pytest.mark.parametrize("complete", [True, False])
def test_the_words_of_an_unterminated_string_are_text(complete: bool) -> None:
    code = python('x = "for abc', complete)
    assert [role_of(code, word) for word in ("for", "abc")] == ["literal.string"] * 2


@pytest.mark.parametrize("complete", [True, False])
def test_the_words_of_an_unterminated_docstring_are_text(complete: bool) -> None:
    code = python('def f():\n    """Say for\n    import', complete)
    assert [role_of(code, word) for word in ("Say", "for", "import")] == ["docstring"] * 3


def test_what_is_cut_off_is_incomplete_and_what_was_ended_so_is_missing_its_quote() -> None:
    from tokenscope_widgets.code.states import STATES

    found = [{STATES[s] for s in python('x = "abc', complete).state.tolist()} for complete in (True, False)]
    assert found == [{"ok", "missing"}, {"ok", "incomplete"}]


def test_f_strings_nest_and_hold_format_specs() -> None:
    code = python(
        [b"f'", b"{", b"a", b":>", b"{", b"w", b"}", b"}", b" ", b"{", b'f"', b"{", b"b", b"}", b'"', b"}", b"'"]
    )
    assert [code.roles[i] for i in (2, 5, 12)] == ["identifier.reference"] * 3
    assert set(code.states) == {"ok"}


def test_decorators_async_and_nested_functions_have_their_paths() -> None:
    code = python("@cache\nasync def f():\n    def g():\n        pass\n    await g()\n")
    at = code.token_bytes().index(b"pass")
    assert [step for step in code.path(at) if step.startswith("function")] == ["function f", "function g"]
    assert role_of(code, "async") == role_of(code, "await") == "keyword"


def test_a_bad_dedent_is_found_by_python_though_the_tree_is_silent() -> None:
    code = python("def f():\n        x = 1\n    y = 2\n")
    found = [f for f in code.findings() if f.severity == "error"]
    assert set(code.states) == {"ok"}
    assert [(f.kind, code.line_of(f.start) + 1) for f in found] == [("syntax", 3)]


def test_a_missing_node_has_the_state_missing_and_no_token() -> None:
    from tokenscope_widgets.code.states import STATES

    code = parse_tokens(pieces("int f() { return 1 }\n"), None, "c")
    absent = [i for i, s in enumerate(code.state.tolist()) if STATES[s] == "missing"]
    assert [(code.tree.kind_of(i), code.tokens_of(i)) for i in absent] == [(";", (-1, -1))]


def test_an_error_at_the_root_is_still_mapped() -> None:
    code = python(")))\n")
    assert code.states == ["error", "ok"]
    assert code.roles == ["punctuation.close", "space.newline"]


def test_one_line_of_a_hundred_kilobytes_is_mapped_in_seconds() -> None:
    code_tokens = pieces("x = [" + "1, " * 33_000 + "]\n")
    began = time.process_time()
    code = python(code_tokens)
    assert time.process_time() - began < 3
    assert code.segments.end[-1] == sum(len(b) for b in code_tokens) > 99_000


def test_fifty_thousand_tokens_are_mapped_in_a_second() -> None:
    unit = (
        "def total(items, factor=2):\n    n = 0\n    for item in items:\n        n += item * factor\n    return n\n\n\n"
    )
    tokens = pieces(unit)
    tokens *= 50_000 // len(tokens) + 1
    python(tokens[:100])
    began = time.process_time()
    code = python(tokens)
    assert time.process_time() - began < 1
    assert len(code) >= 50_000


def test_a_special_token_amid_code_has_no_bytes_and_changes_no_role() -> None:
    code = parse_tokens([b"x", b" =", b"", b" f", b"(", b"1", b")"], {2: "<|tool|>"}, "python")
    assert code.roles == [
        "identifier.binding",
        "operator.assign",
        "special",
        "identifier.call",
        "punctuation.open",
        "literal.number",
        "punctuation.close",
    ]


@pytest.mark.parametrize("place", [0, 7])
def test_a_special_token_at_an_edge_belongs_to_no_node(place: int) -> None:
    tokens = [b"x", b" =", b" f", b"(", b"1", b")", b"\n"]
    tokens.insert(place, b"")
    code = parse_tokens(tokens, {place: "<s>"}, "python")
    assert code.node_of[place] == -1
    assert place not in code.tokens_of(0)


def test_sentencepiece_pieces_spell_the_source() -> None:
    words = ["x", "▁=", "▁", "<0xC3>", "<0xA9>", "<0x0A>", "▁▁▁▁y"]
    code = python([sentencepiece_bytes(word) for word in words])
    assert code.source == "x = é\n    y".encode()
    assert code.roles[3:5] == ["identifier.reference"] * 2


def test_byte_level_pieces_spell_the_source() -> None:
    code = python([byte_level_bytes(piece) for piece in ["x", "Ġ=", "ĠÃ", "©", "Ċ"]])
    assert code.source == "x = é\n".encode()
    assert code.roles[2:4] == ["identifier.reference"] * 2


def test_half_a_character_at_the_end_is_held_back() -> None:
    code = python([b"x", b" =", b' "', b"a", "é".encode()[:1]], complete=False)
    assert code.roles[-2:] == ["literal.string", "unknown"]
    assert "error" not in code.states


def test_bytes_that_never_complete_are_an_error_and_the_rest_is_not() -> None:
    code = python([b"x", b" =", b" ", b"\xff", b"\n", b"y", b" =", b" 1"])
    assert code.states[3] == "error"
    assert code.roles[5:] == ["identifier.binding", "operator.assign", "literal.number"]


@pytest.mark.parametrize(
    "text",
    [
        "Here:\n\n```python\nx = f(1)\n",
        "Here:\n\n~~~python\nx = f(1)\n~~~\n",
        "1. So:\n\n   ```python\n   x = f(1)\n   ```\n",
        "- ```python\n  x = f(1)\n  ```\n",
        "Here:\n\n```\nx = f(1)\n```\n",
        "Here:\n\n```py3\nx = f(1)\n```\n",
        "Here:\r\n\r\n```python\r\nx = f(1)\r\n```\r\n",
        "Here:\r```python\rx = f(1)\r```\r",
    ],
    ids=["unclosed", "tilde", "list", "in the item", "no tag", "alias", "crlf", "lone cr"],
)
def test_code_in_a_fence_is_python_and_prose_around_it_is_not(text: str) -> None:
    code = parse_tokens(pieces(text), None, "python" if "```\n" in text.split("x =")[0] else None)
    assert [region.language for region in code.regions if region.language] == ["python"]
    assert role_of(code, "f") == "identifier.call"
    assert code.roles[0] == "markup"


def test_a_prompt_that_ends_inside_a_node_is_one_program_with_what_follows() -> None:
    code = parse(written("def f(a):\n    return a + 1\n", prompt_length=4), "python")
    assert code.tree.kind_of(int(code.node_of[0])) == "def"
    assert code.path(9)[:2] == ["module", "function f"]
    assert code.path(2)[:2] == ["module", "function f"]


def test_a_grammar_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenscope_widgets.code import grammars

    monkeypatch.setitem(grammars._MODULES, "go", "tree_sitter_that_is_not_here")
    has_grammar.cache_clear()
    try:
        code = parse_tokens(pieces("package main\n"), None, "go")
        assert 'pip install "tokenscope-widgets[code]"' in code.notes[0]
        assert code.roles[0] == "keyword"
        with pytest.raises(InputError, match=r"tokenscope-widgets\[code\]"):
            code.require_tree("by='statement'")
    finally:
        has_grammar.cache_clear()


def test_without_any_grammar_a_note_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenscope_widgets.code import parsing

    monkeypatch.setattr(parsing, "available", lambda: ())
    assert 'pip install "tokenscope-widgets[code]"' in parse_tokens(pieces("x"), None).notes[0]


def test_a_diagnostic_after_an_emoji_is_at_its_bytes_and_its_token() -> None:
    run = written([b"s", b" =", b' "', *[bytes([b]) for b in FAMILY.encode()], b'"', b" +", b" nope", b"\n"])
    found = [row for row in parse(run, "python").diagnostics() if row.finding.kind == "undefined"]
    assert [(row.finding.start, row.finding.end) for row in found] == [(34, 38)]
    assert [(row.first, row.last) for row in found] == [(30, 30)]
