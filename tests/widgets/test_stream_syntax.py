"""Syntax in a token stream, kernel side, on a tiny model and on texts that are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tokenscope_widgets as ts
from tests.fixtures.make_syntax import mistakes
from tests.pages import fibonacci, run_of
from tests.tiny import held
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code import parsing
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.export import page_of

PROMPT = "def f(x):"


def kinds(stream: ts.TokenStream) -> list[str]:
    return sorted(finding["kind"] for finding in stream._syntax["findings"])


@pytest.fixture
def broken_parser(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and no text can be parsed any more."""

    def fail(*_arguments: Any) -> None:
        raise RuntimeError("the grammar fell over")

    def break_it() -> None:
        monkeypatch.setattr(parsing, "find_regions", fail)

    return break_it


def test_nothing_is_parsed_until_it_is_wanted() -> None:
    stream = ts.TokenStream(fibonacci())
    assert (stream._syntax, stream.code) == ({}, None)
    stream.syntax = True
    assert (stream._syntax["run"], stream._syntax["language"]) == (fibonacci().run_id, "python")
    assert stream.code is not None
    assert stream.code.run is stream.run
    stream.syntax = False
    assert (stream._syntax, stream.code) == ({}, None)


def test_a_stream_made_with_syntax_has_it_at_once() -> None:
    assert ts.TokenStream(fibonacci(), syntax=True)._syntax["language"] == "python"


def test_a_language_is_taken_at_its_word_and_none_is_guessed_again() -> None:
    stream = ts.TokenStream(fibonacci(), syntax=True, language="javascript")
    assert stream._syntax["language"] == "javascript"
    stream.language = None
    assert stream._syntax["language"] == "python"


def test_a_language_without_a_grammar_gets_a_note_and_no_error() -> None:
    stream = ts.TokenStream(fibonacci(), syntax=True, language="haskell")
    assert stream.error == ""
    assert any("no grammar for haskell" in note.lower() for note in stream._syntax["notes"])


def test_an_empty_language_is_refused() -> None:
    with pytest.raises(InputError, match=r"language=' ': is no language. Use a name such as 'python'"):
        ts.TokenStream(fibonacci(), language=" ")


def test_what_linters_find_is_there_with_its_tokens() -> None:
    stream = ts.TokenStream(mistakes(), syntax=True, language="python")
    assert kinds(stream).count("undefined") == 1
    (undefined,) = [finding for finding in stream._syntax["findings"] if finding["kind"] == "undefined"]
    texts = mistakes().tokens.texts
    assert [texts[i] for i in range(undefined["first"], undefined["last"] + 1)] == [" valeus"]


def test_a_generation_is_parsed_while_it_is_written_and_wholly_at_its_end(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(
        session=tiny_session, prompt=PROMPT, max_new_tokens=6, eos_token_ids=(), syntax=True, language="python"
    )
    seen: list[tuple[int, bool]] = []
    stream.observe(lambda change: seen.append((change["new"]["length"], "metrics" in change["new"])), "_syntax")
    run = stream.generate().wait()
    assert run is not None
    assert seen[0][0] < len(run)
    assert seen[-1] == (len(run), True)
    assert stream.code is not None
    assert stream.code.run is run


def test_while_another_run_is_written_there_is_no_syntax_of_the_old_one(
    tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = ts.TokenStream(tiny_session.score(PROMPT), session=tiny_session, syntax=True, max_new_tokens=3)
    seen: list[Any] = []
    fresh = stream._fresh

    def spied(index: int, builder: Any) -> None:
        fresh(index, builder)
        seen.append(stream.code)

    monkeypatch.setattr(stream, "_fresh", spied)
    stream.generate(eos_token_ids=()).wait()
    assert set(seen) == {None}
    assert stream.code is not None


def test_a_branch_that_is_kept_brings_its_own_syntax(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(tiny_session.score(PROMPT + "\n    return x"), session=tiny_session, syntax=True)
    before = stream._syntax["run"]
    stream.branch(-1, "q", max_new_tokens=2).wait()
    assert stream._syntax["run"] == before
    stream.keep(1)
    assert stream.run is not None
    assert stream._syntax["run"] == stream.run.run_id != before


def test_syntax_switched_on_while_a_run_is_queued_waits_for_it(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(session=tiny_session, prompt=PROMPT, max_new_tokens=3, eos_token_ids=())
    with held(tiny_session):
        stream.generate()
        stream.syntax = True
        assert stream._syntax == {}
    stream.wait()
    assert stream._syntax["length"] == len(stream.run or ())


def test_a_parser_that_fails_is_shown_and_the_run_is_kept(
    tiny_session: ts.Session, broken_parser: Callable[[], None]
) -> None:
    stream = ts.TokenStream(session=tiny_session, prompt=PROMPT, max_new_tokens=4, eos_token_ids=(), syntax=True)
    broken_parser()
    run = stream.generate().wait()
    assert (stream.status, len(run or ()) - len(tiny_session.score(PROMPT))) == ("done", 4)
    assert "the grammar fell over" in stream.error
    assert stream.code is None


def test_an_error_of_the_parser_goes_with_the_next_text_that_can_be_read(
    broken_parser: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = ts.TokenStream(fibonacci())
    broken_parser()
    stream.syntax = True
    assert "the grammar fell over" in stream.error
    monkeypatch.undo()
    stream.language = "python"
    assert (stream.error, stream._syntax["language"]) == ("", "python")


def test_an_error_that_is_not_the_parsers_stays() -> None:
    stream = ts.TokenStream(fibonacci())
    stream.error = "prompt: too long."
    stream.syntax = True
    assert stream.error == "prompt: too long."


def test_a_text_without_code_has_no_nodes_and_no_error() -> None:
    stream = ts.TokenStream(run_of([b"Nothing", b" here", b" is", b" code", b"."]), syntax=True)
    assert (stream.error, stream._syntax["language"], stream._syntax["names"]) == ("", None, {})


def test_colour_within_the_role_is_a_scale_of_the_stream_only() -> None:
    assert ts.TokenStream(fibonacci(), scale="role").scale == "role"
    with pytest.raises(Exception, match="scale"):
        ts.CodeView(fibonacci(), scale="role")


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ([3], r"span=\[3\]: is no range of tokens. Use \[first, last\]"),
        ("ab", r"span='ab': is no range of tokens"),
        ([1, "2"], r"is no range of tokens"),
        ([0, 999], r"span=999: is not a position"),
        ([9, 4], r"span=\[9, 4\]: ends before it begins"),
    ],
)
def test_a_span_that_is_none_is_refused(span: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ts.TokenStream(fibonacci(), span=span)


def test_a_span_is_counted_from_either_end() -> None:
    stream = ts.TokenStream(fibonacci(), span=(-3, -1))
    count = len(fibonacci())
    assert stream.span == [count - 3, count - 1]


def test_another_run_has_no_span_yet(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(tiny_session.score(PROMPT), session=tiny_session, span=[0, 2], max_new_tokens=2)
    stream.generate().wait()
    assert stream.span is None


def test_a_saved_page_has_the_syntax_that_was_on() -> None:
    off, on = ts.TokenStream(fibonacci()), ts.TokenStream(fibonacci(), syntax=True)
    assert '"node_kind"' not in page_of(off)
    assert '"node_kind"' in page_of(on)


def test_a_closed_stream_forgets_its_syntax_and_ends_its_work(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(tiny_session.score(PROMPT), session=tiny_session, syntax=True)
    with held(tiny_session):
        stream.generate(max_new_tokens=400)
        stream.close()
    tiny_session.worker.submit(lambda _job: None).wait()
    assert (stream.code, stream._parsed.evidence, stream.run) == (None, None, None)


def test_the_feed_parses_no_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Generation] = []
    parse = parsing.parse

    def spied(run: Generation, language: str | None) -> Any:
        parsed.append(run)
        return parse(run, language)

    monkeypatch.setattr(parsing, "parse", spied)
    stream = ts.TokenStream(fibonacci(), syntax=True)
    stream._parse()
    assert len(parsed) == 1
