"""A session's chats, fills and comparisons with another model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.models.marked import byte_level, sentencepiece
from tests.models.test_fill import CODESTRAL, STARCODER
from tests.models.test_prompts import CHATML, tokenizer_with
from tests.tiny import CONTEXT, tiny_model, tiny_session
from tokenscope_widgets import code, edits
from tokenscope_widgets.analysis.records import Role
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.models.fill import FimFormat, text_of_fill
from tokenscope_widgets.session import Session
from tokenscope_widgets.storage import load

MESSAGES = [{"role": "user", "content": "hi"}]


def chat_session(template: str | None = CHATML) -> Session:
    return Session(tiny_model(), tokenizer_with(template))


def fill_session(tokenizer: Any = None) -> Session:
    return Session(tiny_model(), tokenizer or byte_level(STARCODER))


def test_a_chat_is_answered_after_the_ids_of_the_template() -> None:
    session = chat_session()
    run = session.chat(MESSAGES, system="be brief", max_new_tokens=4)
    system = {"role": "system", "content": "be brief"}
    own = session.model.tokenizer.apply_chat_template(
        [system, *MESSAGES], tokenize=True, return_dict=False, add_generation_prompt=True
    )
    assert run.token_ids[: run.prompt_length].tolist() == own
    assert len(run) == len(own) + 4
    assert run.token_ids.tolist() == session.generate(own, max_new_tokens=4).token_ids.tolist()


def test_the_roles_reach_the_record_and_a_file(tmp_path: Path) -> None:
    run = chat_session().chat(MESSAGES, max_new_tokens=2)
    user = [Role.SPECIAL, *[Role.TEMPLATE] * 5, Role.PROMPT, Role.PROMPT, Role.SPECIAL, Role.TEMPLATE]
    answer = [Role.SPECIAL, *[Role.TEMPLATE] * 10, Role.GENERATED, Role.GENERATED]
    assert run.tokens.roles.tolist() == [*user, *answer]
    assert load(run.save(tmp_path / "chat.tsw")).tokens.roles.tolist() == [*user, *answer]


def test_the_last_message_can_be_written_on() -> None:
    open_answer = [*MESSAGES, {"role": "assistant", "content": "def f"}]
    run = chat_session().chat(open_answer, continue_final_message=True, max_new_tokens=2)
    assert b"".join(run.tokens.token_bytes[: run.prompt_length]).endswith(b"assistant\ndef f")


def test_the_messages_of_a_chat_can_be_edited() -> None:
    changed = chat_session().prompt_edits(MESSAGES, [edits.system("be brief")], max_new_tokens=2)
    texts = [b"".join(run.tokens.token_bytes) for run in changed.runs]
    assert [b"system\nbe brief" in text for text in texts] == [False, True]


def test_no_template_and_a_chat_that_is_too_long_are_refused() -> None:
    with pytest.raises(InputError, match=r"has no chat template. Use session.generate\(text\)"):
        chat_session(None).chat(MESSAGES)
    with pytest.raises(InputError, match="messages='319 tokens': is too long"):
        chat_session().chat([{"role": "user", "content": "x" * 300}])
    with pytest.raises(InputError, match="temperatur=1: is not a generation setting"):
        chat_session().chat(MESSAGES, temperatur=1)


def test_a_fill_reads_prefix_middle_suffix() -> None:
    run = fill_session().infill("def f(n):\n", "\n    return x", max_new_tokens=5)
    assert text_of_fill(run) == "def f(n):\n" + run.completion + "\n    return x"
    assert code.parse(run).source.decode("utf-8", "replace") == text_of_fill(run)
    assert run.tokens.roles[[0, 1]].tolist() == [Role.SPECIAL, Role.PROMPT]


def test_the_conventions_end_tokens_end_a_fill_unless_others_are_given() -> None:
    session = fill_session()
    end = session.model.tokenizer.convert_tokens_to_ids("<|endoftext|>")
    assert session.infill("a", "b", max_new_tokens=1).settings.eos_token_ids == (*session.model.eos_token_ids, end)
    assert session.infill("a", "b", max_new_tokens=1, eos_token_ids=[7]).settings.eos_token_ids == (7,)


def test_a_fill_with_marks_of_ones_own_reads_in_order_too() -> None:
    own = FimFormat("own", "<fim_suffix>", "<fim_prefix>", "<fim_middle>", (), "spm")
    run = fill_session().infill("ab", "cd", fim=own, max_new_tokens=3)
    assert text_of_fill(run, own) == "ab" + run.completion + "cd"


def test_a_fill_with_the_suffix_first_reads_in_order_too() -> None:
    run = fill_session(byte_level(CODESTRAL, begin="<s>")).infill("ab", "cd", max_new_tokens=3)
    assert text_of_fill(run) == "ab" + run.completion + "cd"


def test_the_space_that_llama_puts_before_a_text_is_not_the_fills() -> None:
    tokenizer = sentencepiece(["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"], begin="<s>")
    run = fill_session(tokenizer).infill("a b", "  c", max_new_tokens=1)
    assert text_of_fill(run) == "a b" + run.completion + "  c"


def test_a_run_that_is_no_fill_has_no_text_of_one() -> None:
    with pytest.raises(InputError, match=r"run=.*holds no marks of a fill. Pass what session.infill"):
        text_of_fill(fill_session().score("abc"))


def test_without_the_tokens_a_fill_is_refused() -> None:
    with pytest.raises(InputError, match=r"has no tokens for filling in the middle"):
        tiny_session().infill("a", "b")
    with pytest.raises(InputError, match="prefix and suffix='133 tokens': is too long"):
        fill_session().infill("a" * CONTEXT, "bc")


def test_one_text_is_scored_by_two_sessions() -> None:
    text = "def f(n): return n"
    comparison = tiny_session().compare_text(fill_session(), text)
    assert (comparison.first.text, comparison.second.text) == (text, text)
    assert len(comparison.first) < len(comparison.second)
    same = tiny_session().compare_text(tiny_session(), text)
    assert (same.difference_nats, same.bytes_counted) == (0, len(text) - 1)


def test_only_a_session_and_a_text_can_be_compared() -> None:
    with pytest.raises(InputError, match=r"other=5: is no session. Pass ts.Session.from_pretrained"):
        tiny_session().compare_text(5, "abc")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"text=\[1, 2\]: must be a text: token ids mean another one to each model"):
        tiny_session().compare_text(tiny_session(), [1, 2])  # type: ignore[arg-type]
