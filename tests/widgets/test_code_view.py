"""The code view's Python side: what it parses, and what it shares with a stream."""

from __future__ import annotations

import pytest

from tests.code.written import written
from tokenscope_widgets.code.parsing import parse
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets.code_view import CodeView
from tokenscope_widgets.widgets.token_stream import TokenStream

RUN = written("def f(a):\n    return b\n\nx = f(1)\n")


def test_a_run_is_parsed_and_linted() -> None:
    view = CodeView(RUN)
    assert view.code.language == "python"
    assert [row.finding.name for row in view.diagnostics] == ["b"]
    assert view._syntax["metrics"][0] == "surprisal"


def test_a_map_is_shown_as_it_is() -> None:
    code = parse(RUN, "javascript")
    assert CodeView(code).code is code


def test_a_stream_is_followed_with_its_language_and_its_tree() -> None:
    stream = TokenStream(RUN, syntax=True, language="javascript")
    view = CodeView(stream)
    assert view.code is stream.code
    assert view.code.language == "javascript"


def test_selecting_a_node_selects_its_tokens_in_the_stream() -> None:
    stream = TokenStream(RUN, syntax=True)
    view = CodeView(stream)
    function = next(node for node, name in view.code.names.items() if name == "f")
    view.select_node(function)
    assert (stream.selected, stream.span) == (0, list(view.code.tokens_of(function)))


def test_closing_forgets_the_syntax() -> None:
    view = CodeView(RUN)
    view.close()
    assert view._syntax == {}
    assert view._parsed.code is None


@pytest.mark.parametrize("node", [-1, 9999, 1.5, True, "f"])
def test_what_is_no_node_is_refused(node: object) -> None:
    with pytest.raises(InputError, match=r"node=.*: is no node"):
        CodeView(RUN).select_node(node)  # type: ignore[arg-type]


def test_a_language_for_a_map_comes_too_late() -> None:
    with pytest.raises(InputError, match="language='go': comes too late"):
        CodeView(parse(RUN), language="go")


@pytest.mark.parametrize("shown", [None, "def f(): pass", 3])
def test_what_is_no_run_is_refused(shown: object) -> None:
    with pytest.raises(InputError, match="is nothing to parse"):
        CodeView(shown)  # type: ignore[arg-type]


def test_a_stream_without_a_run_is_refused() -> None:
    with pytest.raises(InputError, match="it has no run yet"):
        CodeView(TokenStream())


def test_without_a_grammar_the_notes_say_so() -> None:
    view = CodeView(RUN, language="kotlin")
    assert view._syntax["notes"] == ["There is no grammar for kotlin: roles come from a lexer, and there is no tree."]
