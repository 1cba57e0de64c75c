"""Prompts are edited, answered as one batch, and compared; what an edit touches."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.models.test_prompts import CHATML, tokenizer_with
from tests.tiny import held, tiny_model, tiny_session
from tokenscope_widgets import edits
from tokenscope_widgets.editing import PromptEdits
from tokenscope_widgets.edits import Edit
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session

PROMPT = "def f(n):\n    # one\n    return n"
CHAT = [{"role": "user", "content": "hi n"}]
DOC = '"""Doc.\n\n    >>> f(1)\n    1\n    >>> f(2)\n    2\n    Returns the thing.\n    """\n'


def is_short(program: str) -> bool:
    return len(program) < 3


def edited(session: Session | None = None, tests: Any = None, **settings: Any) -> PromptEdits:
    changes: list[Any] = [edits.drop_line(2), edits.rename("n", "m"), "def g():", "x = "]
    return (session or tiny_session()).prompt_edits(PROMPT, changes, tests=tests, max_new_tokens=4, **settings)


def test_rows_and_columns_count_from_the_prompt_as_it_was() -> None:
    changed = edited()
    names = ["as it was", "without line 2", "rename n to m", "prompt 3", "prompt 4"]
    assert changed.names == names
    assert changed.to_frame()["edit"].tolist() == names
    assert [run.run_id for run in changed.compare(2).runs] == [changed.runs[0].run_id, changed.runs[2].run_id]


def test_columns_are_headed_by_their_edits() -> None:
    changed = edited()
    assert changed.compare().titles == ["as it was", "without line 2", "rename n to m", "prompt 3"]
    assert changed.compare(0, 4, 1, 4).titles == ["as it was", "prompt 4", "without line 2"]


def test_columns_say_what_the_tests_say() -> None:
    assert edited(tests=is_short).compare(1).titles == ["as it was · ✗ failed", "without line 2 · ✗ failed"]


@pytest.mark.parametrize("row", [5, -1, "1", True, 1.0])
def test_a_row_that_is_not_there_is_refused(row: Any) -> None:
    with pytest.raises(InputError, match=r"is none of 5 rows. Use 1 … 4, as in to_frame\(\)"):
        edited().compare(row)


def test_the_prompt_as_it_was_is_not_compared_with_itself() -> None:
    with pytest.raises(InputError, match="is the prompt as it was, which is always shown"):
        edited().compare(0)


def test_an_analysis_is_told_in_a_line() -> None:
    changed = edited()
    assert repr(changed) == "<PromptEdits: as it was, without line 2, rename n to m, prompt 3, prompt 4>"
    assert repr(changed.edits[0]).startswith("<EditedRun without line 2: ")
    assert repr(edits.system("Be brief.")) == "<Edit system: Be brief.>"


def test_answers_are_those_of_generate() -> None:
    session = tiny_session()
    changed = edited(session, do_sample=True, seed=3)
    alone = session.generate("def g():", max_new_tokens=4, do_sample=True, seed=3)
    assert changed.runs[3].token_ids.tolist() == alone.token_ids.tolist()


def test_one_interrupt_ends_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    session = tiny_session()
    start = session._start

    def interrupted(*args: Any) -> Any:
        with held(session):
            job = start(*args)
            job.cancel()
        return job

    monkeypatch.setattr(session, "_start", interrupted)
    frame = edited(session).to_frame()
    assert frame["finish"].tolist() == ["cancelled"] * 5
    assert frame["same_answer"].tolist() == ["", *["unknown"] * 4]
    assert np.isnan(frame["first_answer_less_likely_nats"].tolist()[1:]).all()


def test_an_interrupt_while_the_answer_is_measured_leaves_the_rest_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    session = tiny_session()
    score, measured = session.score, []

    def interrupted(ids: Any) -> Any:
        measured.append(ids)
        return replace(score(ids), finish="cancelled" if len(measured) == 2 else "scored")

    monkeypatch.setattr(session, "score", interrupted)
    nats = [one.answer_nats for one in edited(session).edits]
    assert [math.isnan(value) for value in nats] == [False, True, True, True]
    assert len(measured) == 2


def test_an_answer_that_does_not_fit_behind_an_edited_prompt_has_no_cost() -> None:
    session = tiny_session()
    changed = session.prompt_edits("ab", ["x" * 100, "ac"], max_new_tokens=60, eos_token_ids=())
    costs = [one.answer_nats for one in changed.edits]
    assert math.isnan(costs[0])
    assert math.isfinite(costs[1])


@pytest.mark.parametrize("prompt", [[1, 2, 3], [], 5, None])
def test_what_is_no_prompt_is_refused(prompt: Any) -> None:
    with pytest.raises(InputError, match="is neither text nor messages"):
        tiny_session().prompt_edits(prompt, [edits.drop_line(1)])


def test_a_run_is_no_prompt() -> None:
    session = tiny_session()
    run = session.generate("ab", max_new_tokens=1)
    with pytest.raises(InputError, match=r"prompt=<Generation.*is neither text nor messages"):
        session.prompt_edits(run, [edits.drop_line(1)])  # type: ignore[arg-type]


@pytest.mark.parametrize("edit", [edits.system("Be brief."), edits.drop_line(2).on("system"), edits.drop_line(2).on(0)])
def test_an_edit_of_a_message_needs_a_chat(edit: Edit) -> None:
    with pytest.raises(InputError, match="changes a message, but this prompt is no chat"):
        edit.apply(PROMPT)


def test_a_chat_is_answered_with_its_options() -> None:
    session = Session(tiny_model(), tokenizer_with(CHATML))
    changed = session.prompt_edits(CHAT, [edits.rename("n", "m")], system="be brief", max_new_tokens=2)
    alone = session.chat([{"role": "user", "content": "hi m"}], system="be brief", max_new_tokens=2)
    assert changed.runs[1].token_ids.tolist() == alone.token_ids.tolist()


def test_a_message_of_parts_has_its_text_changed() -> None:
    image = {"type": "image", "url": "a.png"}
    message = {"role": "user", "content": [image, {"type": "text", "text": "n"}]}
    assert edits.rename("n", "m").apply([message]) == [
        {"role": "user", "content": [image, {"type": "text", "text": "m"}]}
    ]
    with pytest.raises(InputError, match="is not one text"):
        edits.rename("n", "m").apply([{"role": "user", "content": [image]}])


def test_a_name_is_changed_as_a_whole_word_but_not_in_escapes() -> None:
    renamed = edits.rename("n", "count").apply('print("n\\n", n, names)  # don\'t say n-th')
    assert renamed == 'print("count\\n", count, names)  # don\'t say count-th'
    assert edits.rename("t", "total").apply("Don't use t") == "Don't use total"
    assert edits.rename("n", "m").apply("'\\\\n'") == "'\\\\m'"


def test_words_in_comments_and_strings_can_be_left_as_they_are() -> None:
    text = 'def f(n):\n    """The n-th é number."""\n    # n\n    return n, "n", f"{n} n"\n'
    renamed = edits.rename("n", "count", comments=False).apply(text)
    assert renamed == ('def f(count):\n    """The n-th é number."""\n    # n\n    return count, "n", f"{count} n"\n')


def test_lines_end_at_line_feeds_only() -> None:
    assert edits.drop_line(2).apply("a\x0cb\nc\nd") == "a\x0cb\nd"
    assert edits.drop_line(-1).apply("a\nb") == "a\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (DOC, '"""Doc.\n\n    >>> f(2)\n    2\n    Returns the thing.\n    """\n'),
        (">>> f(1)\n1\ndef g(x):\n    return x\n", "def g(x):\n    return x\n"),
        (">>> f(1)\n1", ""),
        ("    >>> f(1)\n    1\n    2\nx = 1\n", "x = 1\n"),
        (">>> f(\n...   1)\nTraceback (most recent call last):\n  ...\nValueError: No number.\n\nx", "\nx"),
        (">>> f(1)\n1\nReturns the thing.\n", "Returns the thing.\n"),
    ],
)
def test_an_example_goes_with_its_result_and_nothing_else(text: str, left: str) -> None:
    assert edits.drop_example(1).apply(text) == left


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: edits.drop_line("2"), "line='2': is no whole number"),  # type: ignore[arg-type]
        (lambda: edits.drop_line(1.5), "line=1.5: is no whole number"),  # type: ignore[arg-type]
        (lambda: edits.drop_example(True), "number=True: is no whole number"),
        (lambda: edits.rename("", "x"), "edits='': is empty"),
        (lambda: edits.replace_text("a", 5), "edits=5: is no text"),  # type: ignore[arg-type]
        (lambda: edits.edit_of(lambda _: None, 1).apply("a"), "gives None and no text"),  # type: ignore[arg-type, return-value]
        (lambda: edits.drop_line(3).apply("a\n"), "line=3: is none of 1 lines"),
        (lambda: edits.drop_example(2).apply(">>> 1\n1\n"), "the prompt holds 1 examples"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
