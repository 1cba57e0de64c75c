"""Groups of source, and the tokens cut into statements, functions and lines."""

from __future__ import annotations

import pytest

from tests.code.written import pieces
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.parsing import parse_tokens
from tokenscope_widgets.code.units import groups, token_groups
from tokenscope_widgets.errors import InputError

SOURCE = "import os\n\ndef f(a):\n    if a:\n        return os\n    return a\n\nf(1)\n"


def python(text: str = SOURCE) -> CodeMap:
    return parse_tokens(pieces(text), None, "python")


def texts(code: CodeMap, unit: str) -> list[str]:
    found, tokens = code.partition(unit), code.token_bytes()
    return [b"".join(tokens[a:b]).decode() for a, b in zip(found.starts, found.stops, strict=True)]


def grouped(code: CodeMap, by: str) -> dict[str, str]:
    """The text of each group's tokens."""
    found = groups(code, by)
    out: dict[str, str] = {}
    for token, group in zip(code.token_bytes(), token_groups(code, found).tolist(), strict=True):
        out[found.labels[group]] = out.get(found.labels[group], "") + token.decode()
    return out


def test_statements_are_pieces_and_a_compound_one_is_its_head() -> None:
    assert texts(python(), "statement") == [
        "import os\n\n",
        "def f(a):\n    ",
        "if a:\n        ",
        "return os\n    ",
        "return a\n\n",
        "f(1)\n",
    ]


def test_functions_are_pieces_and_what_is_between_them_too() -> None:
    assert texts(python(), "function") == [
        "import os\n\n",
        "def f(a):\n    if a:\n        return os\n    return a\n\n",
        "f(1)\n",
    ]


def test_lines_are_pieces_with_their_ends() -> None:
    assert texts(python("a = 1\nb = 2\n"), "line") == ["a = 1\n", "b = 2\n"]


def test_special_tokens_go_with_what_stands_before_them_or_at_the_start_after() -> None:
    code = parse_tokens([b"", b"a", b"\n", b"", b"b"], {0: "<s>", 3: "<|tool|>"}, "python")
    found = code.partition("statement")
    assert (found.starts.tolist(), found.stops.tolist()) == ([0, 4], [4, 5])


def test_only_white_space_is_one_piece() -> None:
    assert texts(python(" \n\t"), "line") == [" \n\t"]


def test_no_tokens_are_no_pieces() -> None:
    assert len(parse_tokens([], None, "python").partition("line")) == 0


def test_a_middle_that_was_written_last_is_a_piece_of_its_own() -> None:
    code = parse_tokens(
        [b"", b"a = 1\n", b"", b"c = 3\n", b"", b"b = 2\n"],
        {0: "<fim_prefix>", 2: "<fim_suffix>", 4: "<fim_middle>"},
        "python",
    )
    found = code.partition("statement")
    assert (found.starts.tolist(), found.stops.tolist()) == ([0, 3, 5], [3, 5, 6])


@pytest.mark.parametrize(
    ("by", "label", "text"),
    [
        ("role_class", "keyword", "importdefif returnreturn".replace(" ", "")),
        ("role", "identifier.definition", " f"),
        ("structure", "statement.import", "import os"),
        ("kind", "import_statement", "import"),
        ("function", "function f", "def f(a):if a:return osreturn a"),
        ("line", "f(1)", "f(1)\n"),
        ("name", "os", " os os"),
        ("region", "1: python", SOURCE),
        ("state", "ok", "importosdeff(a):if a:return osreturn af(1)"),
    ],
)
def test_tokens_are_grouped(by: str, label: str, text: str) -> None:
    found = grouped(python(), by)[label]
    assert "".join(found.split()) == "".join(text.split())


def test_a_name_is_one_group_and_its_occurrences_are_several() -> None:
    code = python()
    assert groups(code, "name").labels == ("os", "f", "a", "outside", "special")
    assert groups(code, "identifier").labels == ("os", "f", "a", "a", "os", "a", "f", "outside", "special")


def test_places_are_places_and_kinds_are_not() -> None:
    code = python()
    assert [groups(code, by).places for by in ("statement", "line", "identifier", "role", "name")] == [True] * 3 + [
        False
    ] * 2


def test_an_unknown_grouping_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"by='colour': is no way to group tokens\. Use one of role, "):
        groups(python(), "colour")


def test_an_unknown_unit_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"unit='word'.*Use one of statement, function, line"):
        python().partition("word")


def test_what_needs_a_tree_is_refused_where_there_is_none() -> None:
    with pytest.raises(InputError, match=r"by='statement': this text has no syntax tree\. No code was found"):
        groups(parse_tokens(pieces("Just some words, no more.")), "statement")


@pytest.mark.parametrize("by", ["role", "state", "line", "name", "region", "identifier"])
def test_what_needs_no_tree_groups_prose_too(by: str) -> None:
    assert len(groups(parse_tokens(pieces("Just some words, no more.")), by)) >= 2
