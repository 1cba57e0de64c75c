"""What a session makes of good and bad input; the model's numbers are tested in ``analysis/``."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertLMHeadModel,
    BertModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from tests.tiny import CONTEXT, held, own_tiny_model, some_ids, teacher_forced_logprobs, tiny_model, tiny_tokenizer
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session, session_of

PROMPT = some_ids(10)


def without_specials() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=tiny_tokenizer().backend_tokenizer)


def test_an_empty_prompt_is_refused(tiny_session: Session) -> None:
    with pytest.raises(InputError, match=r"prompt='': is empty. Give at least one character"):
        tiny_session.generate("")
    with pytest.raises(InputError, match=r"prompt=\[\]: is empty. Give at least one token"):
        tiny_session.generate([])
    with pytest.raises(InputError, match=r"text='': is empty"):
        tiny_session.score("")


@pytest.mark.parametrize("length", [128, 500])
def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(tiny_session: Session, length: int) -> None:
    message = f"prompt='{length} tokens': is too long: .* context holds 128 tokens.* Leave out at least {length - 127} "
    with pytest.raises(InputError, match=message):
        tiny_session.generate(some_ids(length))


def test_the_longest_prompt_leaves_room_for_one_token(tiny_session: Session) -> None:
    run = tiny_session.generate(some_ids(CONTEXT - 1), max_new_tokens=9)
    assert (len(run), run.finish) == (CONTEXT, "context")


def test_a_text_to_score_may_fill_the_context_but_not_more(tiny_session: Session) -> None:
    assert len(tiny_session.score(some_ids(CONTEXT))) == CONTEXT
    with pytest.raises(InputError, match=r"text='129 tokens': is too long.*Leave out at least 1 "):
        tiny_session.score(some_ids(CONTEXT + 1))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"do_sample": "yes"}, "do_sample='yes': must be True or False"),
        ({"temperature": 0}, "temperature=0: must be a number above 0"),
        ({"temperature": -1}, "temperature=-1: must be a number above 0"),
        ({"top_p": 0}, "top_p=0: must lie in"),
        ({"top_k": 301}, "top_k=301: .* at most the vocabulary's 300"),
        ({"alternatives": 301}, "alternatives=301: .* at most the vocabulary's 300"),
        ({"temperatur": 1}, "temperatur=1: is not a generation setting"),
        ({"stop_strings": ["\ud83d"]}, "stop_strings=.*whole character"),
    ],
    ids=str,
)
def test_a_bad_setting_is_refused_before_anything_is_queued(
    tiny_session: Session, setting: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        tiny_session.start_generate(PROMPT, **setting)
    assert not tiny_session.worker.busy


@pytest.mark.parametrize("prompt", [5, None, [1.5], ["a"], [[1, 2]]], ids=str)
def test_a_prompt_that_is_neither_text_nor_ids_is_refused(tiny_session: Session, prompt: Any) -> None:
    with pytest.raises(InputError, match="is neither text nor token ids"):
        tiny_session.generate(prompt)


@pytest.mark.parametrize("token", [300, -1])
def test_an_id_outside_the_vocabulary_is_refused(tiny_session: Session, token: int) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2)
    message = f"={token}: is not in the vocabulary of 300 tokens"
    with pytest.raises(InputError, match="prompt" + message):
        tiny_session.generate([1, token])
    with pytest.raises(InputError, match="token" + message):
        tiny_session.branch(run, 3, token)


@pytest.mark.parametrize("at", [12, -13])
def test_a_position_out_of_range_is_refused(tiny_session: Session, at: int) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2)
    with pytest.raises(InputError, match=f"at={at}: is not a position in a run of 12 tokens"):
        tiny_session.branch(run, at, 5)
    with pytest.raises(InputError, match=f"at={at}: is not a position in a run of 12 tokens"):
        tiny_session.alternatives(run, at)


@pytest.mark.parametrize(
    ("token", "message"), [("", "is empty"), (None, "neither text nor"), (1.5, "neither text nor")]
)
def test_a_replacement_that_is_nothing_is_refused(tiny_session: Session, token: Any, message: str) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2)
    with pytest.raises(InputError, match=message):
        tiny_session.branch(run, 3, token)


@pytest.mark.parametrize(("at", "k", "held_there"), [(0, 1, 0), (11, 5, 4)])
def test_more_alternatives_than_the_run_holds_are_refused(
    tiny_session: Session, at: int, k: int, held_there: int
) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2, alternatives=5)
    with pytest.raises(InputError, match=f"k={k}: the run holds {held_there} other tokens at position {at}"):
        tiny_session.alternatives(run, at, k)


@pytest.mark.parametrize("k", [0, -1, True, 2.0])
def test_a_number_of_alternatives_that_is_none_is_refused(tiny_session: Session, k: Any) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2)
    with pytest.raises(InputError, match=r"k=.*: must be a whole number from 1. Use 3"):
        tiny_session.alternatives(run, 11, k)


def test_a_replacement_longer_than_the_rest_of_the_context_is_refused(tiny_session: Session) -> None:
    run = tiny_session.generate(some_ids(120), max_new_tokens=4)
    with pytest.raises(InputError, match=r"prompt and replacement='141 tokens': is too long"):
        tiny_session.start_branches(run, 121, ["x", "x" * 20])


def test_a_tokenizer_without_end_and_pad_token_will_do() -> None:
    model = own_tiny_model()
    model.generation_config.eos_token_id = None
    session = Session(model, without_specials())
    assert session.model.eos_token_ids == ()
    run = session.generate("ab", max_new_tokens=5)
    assert (run.finish, len(run)) == ("length", 7)
    assert [len(branch) for branch in session.alternatives(run, 3, k=2)] == [9, 9]


@pytest.mark.parametrize("kind", ["bert", "t5", "headless", "no model"])
def test_what_is_no_causal_language_model_is_refused(kind: str) -> None:
    small = {"vocab_size": 300, "num_hidden_layers": 1, "num_attention_heads": 2}
    made = {
        "bert": lambda: BertModel(BertConfig(hidden_size=16, intermediate_size=16, **small)),
        "t5": lambda: T5ForConditionalGeneration(
            T5Config(vocab_size=300, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
        ),
        "headless": lambda: tiny_model().model,
        "no model": lambda: torch.nn.Linear(2, 2),
    }[kind]()
    with pytest.raises(InputError, match=f"model={type(made).__name__}: is no causal language model. Pass one made by"):
        Session(made, tiny_tokenizer())


def test_an_encoder_that_was_loaded_as_if_it_wrote_text_is_refused_and_a_decoder_of_its_kind_is_not() -> None:
    small = {"vocab_size": 300, "num_hidden_layers": 1, "num_attention_heads": 2, "pad_token_id": 1}
    shape = {"hidden_size": 16, "intermediate_size": 16, "max_position_embeddings": 64, **small}
    with pytest.raises(InputError, match="model=BertLMHeadModel: its attention sees later tokens"):
        Session(BertLMHeadModel(BertConfig(**shape)), tiny_tokenizer())
    session = Session(BertLMHeadModel(BertConfig(is_decoder=True, **shape)), tiny_tokenizer())
    run = session.generate("abc", max_new_tokens=3)
    expected = teacher_forced_logprobs(session.model.model, run.token_ids.tolist())
    assert run.surprisal_nats[1:] == pytest.approx(-expected[1:].numpy(), abs=1e-4)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a\ud83db", "a\ufffdb"),
        ("a\ude00", "a\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\x00b", "a\x00b"),
        ("a\u2028b\u2029", "a\u2028b\u2029"),
        ("\u202eabc\u202c\u200f", "\u202eabc\u202c\u200f"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\ufeffx\r\n", "\ufeffx\r\n"),
    ],
    ids=ascii,
)
def test_any_characters_can_be_a_prompt_or_a_replacement(tiny_session: Session, prompt: str, text: str) -> None:
    run = tiny_session.generate(prompt, max_new_tokens=1)
    assert b"".join(run.tokens.token_bytes[: run.prompt_length]) == text.encode()
    branch = tiny_session.branch(tiny_session.score("xy"), 1, prompt, max_new_tokens=1)
    assert b"".join(branch.tokens.token_bytes[:-1]) == b"x" + text.encode()


def test_score_measures_every_token_and_writes_none(tiny_session: Session) -> None:
    run = tiny_session.score("def f(n):\n    return n", alternatives=3)
    assert (run.text, run.finish, run.prompt_length) == ("def f(n):\n    return n", "scored", len(run))
    want = -teacher_forced_logprobs(tiny_model(), run.token_ids.tolist()).numpy()
    np.testing.assert_allclose(run.surprisal_nats[1:], want[1:], atol=2e-5)
    assert run.tokens.model.k == 3


def test_a_scored_text_can_be_branched(tiny_session: Session) -> None:
    run = tiny_session.score(PROMPT)
    branch = tiny_session.branch(run, 4, 200, max_new_tokens=3)
    assert branch.token_ids[:5].tolist() == [*PROMPT[:4], 200]
    assert len(branch) == 8


def test_text_and_its_ids_give_the_same_run(tiny_session: Session) -> None:
    ids = tiny_tokenizer()("one two")["input_ids"]
    runs = [tiny_session.generate(p, max_new_tokens=5).token_ids.tolist() for p in ("one two", ids, np.array(ids))]
    assert runs[0] == runs[1] == runs[2]


def test_two_generations_at_once_are_queued(tiny_session: Session) -> None:
    with held(tiny_session):
        jobs = [tiny_session.start_generate([n, 5], max_new_tokens=3) for n in (1, 2)]
    assert [int(job.wait()[0].token_ids[0]) for job in jobs] == [1, 2]


def test_sessions_used_from_several_threads_do_not_mix_their_runs(tiny_session: Session) -> None:
    found: dict[int, list[int]] = {}

    def generate(n: int) -> None:
        found[n] = tiny_session.generate([n, 5], max_new_tokens=6).token_ids.tolist()

    threads = [threading.Thread(target=generate, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = Session(tiny_model(), tiny_tokenizer())
    assert found == {n: alone.generate([n, 5], max_new_tokens=6).token_ids.tolist() for n in range(5)}


def test_an_observer_sees_the_run_grow(tiny_session: Session) -> None:
    lengths: list[tuple[int, int]] = []
    tiny_session.start_generate(PROMPT, lambda i, b: lengths.append((i, len(b))), max_new_tokens=3).wait()
    assert lengths == [(0, 10), (0, 11), (0, 12), (0, 13)]


def test_observers_of_branches_are_told_which_one_grew(tiny_session: Session) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2)
    last: dict[int, int] = {}
    job = tiny_session.start_branches(
        run, 10, ["x", "xyz", "y"], lambda i, b: last.update({i: len(b)}), max_new_tokens=2
    )
    assert [len(branch) for branch in job.wait()] == [13, 15, 13]
    assert last == {0: 13, 1: 15, 2: 13}


def test_a_record_says_what_made_it(tiny_session: Session) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2, temperature=0.9)
    provenance = run.provenance
    assert (provenance.model, provenance.dtype, provenance.context_length) == ("tiny-llama", "float32", CONTEXT)
    assert set(provenance.versions) == {"tokenscope-widgets", "torch", "transformers", "tokenizers"}
    assert isinstance(run.settings.seed, int)


def test_a_run_finds_its_session_while_that_lives() -> None:
    session = Session(tiny_model(), tiny_tokenizer())
    run = session.generate(PROMPT, max_new_tokens=1)
    assert session_of(run) is session
    del session
    gc.collect()
    assert session_of(run) is None
