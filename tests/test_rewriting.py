"""Tokens of a run written anew between what stands around them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.marked import byte_level
from tests.models.test_fill import STARCODER
from tests.models.test_prompts import CHATML
from tests.test_prompting import MESSAGES, chat_session, fill_session
from tests.tiny import CONTEXT, tiny_session
from tokenscope_widgets.analysis.records import Generation, Lineage, Role
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session
from tokenscope_widgets.storage import load

TEXT = "def f(n):\n    return n"


def source(run: Generation) -> bytes:
    return b"".join(run.tokens.token_bytes)


def test_the_middle_that_a_fill_writes_stands_in_place_of_the_tokens() -> None:
    session = fill_session()
    run = session.score(TEXT)
    again = session.rewrite(run, 14, 20, max_new_tokens=6)
    fill = session.infill("def f(n):\n    ", " n", max_new_tokens=6)
    middle = fill.token_ids[fill.prompt_length :]
    assert again.token_ids.tolist() == [*run.token_ids[:14], *middle, *run.token_ids[20:]]
    assert again.finish == fill.finish == "length"


def test_its_figures_are_those_of_the_new_text_read_from_left_to_right() -> None:
    session = fill_session()
    again = session.rewrite(session.score(TEXT), 14, 20, max_new_tokens=6)
    read = session.score(again.token_ids.tolist())
    ours, own = again.tokens.model, read.tokens.model
    assert np.allclose(ours.surprisal_nats[1:], own.surprisal_nats[1:], atol=1e-5)
    assert np.allclose(ours.entropy_nats[1:], own.entropy_nats[1:], atol=1e-5)


def test_it_tells_what_it_was_made_of(tmp_path: Path) -> None:
    session = fill_session()
    run = session.score(TEXT)
    again = session.rewrite(run, 14, 20, max_new_tokens=2)
    middle = tuple(again.token_ids[14:16].tolist())
    assert again.lineage == Lineage(run.run_id, 14, int(run.token_ids[14]), middle, stop=20)
    assert again.tokens.roles[14:].tolist() == [Role.GENERATED, Role.GENERATED, Role.PROMPT, Role.PROMPT]
    assert load(again.save(tmp_path / "run.tsw")).lineage == again.lineage


def test_tokens_of_an_answer_leave_the_prompt_as_it_is() -> None:
    session = fill_session()
    run = replace(session.score(TEXT), prompt_length=10)
    assert session.rewrite(run, 14, 20, max_new_tokens=5).prompt_length == 10


def test_tokens_of_a_prompt_change_its_length_and_tokens_across_its_end_shorten_it() -> None:
    session = fill_session()
    run = replace(session.score(TEXT), prompt_length=10)
    assert session.rewrite(run, 4, 6, max_new_tokens=5).prompt_length == 13
    assert session.rewrite(run, 8, 14, max_new_tokens=5).prompt_length == 8


def test_the_last_tokens_and_negative_positions_are_meant_as_in_python() -> None:
    session = fill_session()
    run = session.score(TEXT)
    to_the_last = session.rewrite(run, -8, -1, max_new_tokens=1)
    assert to_the_last.lineage == Lineage(
        run.run_id, 14, int(run.token_ids[14]), to_the_last.lineage.replacement, stop=21
    )  # type: ignore[union-attr]
    assert source(to_the_last).endswith(b"n")
    assert len(session.rewrite(run, 10, len(run), max_new_tokens=1)) == 11


def test_an_end_token_is_not_put_into_the_text() -> None:
    session = fill_session()
    run = session.score(TEXT)
    first = int(session.infill("def f(n):\n    ", " n", max_new_tokens=1).token_ids[-1])
    again = session.rewrite(run, 14, 20, max_new_tokens=6, eos_token_ids=[first])
    assert again.finish == "end_token"
    assert source(again) == b"def f(n):\n     n"
    assert again.lineage is not None
    assert again.lineage.replacement == ()


def test_a_run_of_which_nothing_would_be_left_is_refused() -> None:
    session = fill_session()
    with pytest.raises(InputError, match="prefix='': is empty, and so is the suffix"):
        session.rewrite(session.score("ab"), 0, 2)


def test_a_rewritten_run_can_be_rewritten_and_branched() -> None:
    session = fill_session()
    again = session.rewrite(session.rewrite(session.score(TEXT), 14, 20, max_new_tokens=3), 4, 5, max_new_tokens=2)
    branch = session.branch(again, 5, "z", max_new_tokens=2)
    assert branch.lineage is not None
    assert branch.lineage.parent_id == again.run_id


def test_a_middle_never_makes_the_run_longer_than_the_context() -> None:
    session = fill_session()
    run = session.score("x" * (CONTEXT - 4))
    assert len(session.rewrite(run, 2, 5, max_new_tokens=64)) <= CONTEXT


def test_of_a_chat_only_the_message_around_the_tokens_is_read() -> None:
    tokenizer = byte_level(["<|im_start|>", "<|im_end|>", *STARCODER])
    tokenizer.chat_template = CHATML
    session = Session(fill_session().model.model, tokenizer)
    run = session.chat([*MESSAGES, {"role": "user", "content": "x = 1"}], max_new_tokens=1)
    at = b"".join(piece or b"\0" for piece in run.tokens.token_bytes).index(b"= 1")
    again = session.rewrite(run, at, at + 1, max_new_tokens=1)
    assert again.token_ids[at] == session.infill("x ", " 1", max_new_tokens=1).token_ids[-1]


def test_tokens_of_another_model_and_a_model_without_fill_tokens_are_refused() -> None:
    session = tiny_session()
    with pytest.raises(InputError, match="has no tokens for filling in the middle"):
        session.rewrite(session.score("abc def"), 1, 2)


def test_tokens_that_are_none_or_that_cut_a_character_are_refused() -> None:
    session = fill_session()
    run = session.score("aé = 1")
    with pytest.raises(InputError, match="stop=2: leaves no token from 2 on"):
        session.rewrite(run, 2, 2)
    with pytest.raises(InputError, match="stop=0: leaves no token from 2 on"):
        session.rewrite(run, 2, 0)
    with pytest.raises(InputError, match="start=9: is not a position in a run of 7 tokens"):
        session.rewrite(run, 9, 10)
    with pytest.raises(InputError, match="start=2: and stop cut a character in two"):
        session.rewrite(run, 2, 4)
    with pytest.raises(InputError, match="start=1: and stop cut a character in two"):
        session.rewrite(run, 1, 2)
    with pytest.raises(InputError, match="run='abc': is no Generation"):
        session.rewrite("abc", 0, 1)  # type: ignore[arg-type]


def test_tokens_of_two_parts_or_messages_are_refused() -> None:
    session = fill_session()
    fill = session.infill("ab", "cd", max_new_tokens=3)
    with pytest.raises(InputError, match=r"start=2: and stop enclose text of several parts. Stay within one"):
        session.rewrite(fill, 2, 5)
    chat = chat_session().chat([*MESSAGES, {"role": "user", "content": "x"}], max_new_tokens=1)
    with pytest.raises(InputError, match="start=7: and stop enclose text of several messages"):
        session.rewrite(chat, 7, 18)
