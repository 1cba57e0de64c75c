"""Why writing ends: maximum, end tokens, stop strings, the context's limit, cancelling."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.tiny import CONTEXT, EOS, held, own_tiny_model, some_ids, tiny_session, tiny_tokenizer
from tokenscope_widgets.session import Session


def written(architecture: str = "llama", **settings: Any) -> list[int]:
    return tiny_session(architecture).generate(some_ids(10), **settings).token_ids[10:].tolist()


def scripted_session(text: str) -> Session:
    """A model that writes the given text character by character, whatever stands before it."""
    session = Session(own_tiny_model(), tiny_tokenizer())
    script = iter([i for character in text for i in tiny_tokenizer()(character)["input_ids"]])
    forward = session.model.model.forward

    def scripted(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        output.logits[..., -1, :] = 0
        output.logits[..., -1, next(script)] = 20
        return output

    session.model.model.forward = scripted
    return session


def test_writing_ends_at_the_maximum_of_tokens() -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=7)
    assert (len(run), run.finish) == (17, "length")


def test_one_token_can_be_asked_for() -> None:
    assert len(written(max_new_tokens=1)) == 1


def test_writing_ends_with_whichever_of_several_end_tokens_comes_first() -> None:
    free = written(max_new_tokens=20)
    first = next(i for i, token in enumerate(free) if i >= 4 and token not in free[:i])
    run = tiny_session().generate(some_ids(10), max_new_tokens=20, eos_token_ids=(EOS, free[first], free[first + 1]))
    assert run.token_ids[10:].tolist() == free[: first + 1]
    assert run.finish == "end_token"


def test_end_tokens_come_from_the_generation_config_of_the_model() -> None:
    free = written(max_new_tokens=20)
    model = own_tiny_model()
    model.generation_config.eos_token_id = [EOS, free[6]]
    session = Session(model, tiny_tokenizer())
    run = session.generate(some_ids(10), max_new_tokens=20)
    assert session.model.eos_token_ids == (EOS, free[6])
    assert run.token_ids[10:].tolist() == free[: free.index(free[6]) + 1]


def test_no_end_tokens_let_it_write_on() -> None:
    session = Session(own_tiny_model(), tiny_tokenizer())
    with torch.no_grad():
        session.model.model.lm_head.weight.zero_()
    run = session.generate(some_ids(10), max_new_tokens=5, eos_token_ids=())
    assert run.finish == "length"


@pytest.mark.parametrize(
    ("script", "stop", "text"),
    [
        ("abc\ndef", "\n", "abc\n"),
        ("return xyz", "n x", "return x"),
        ("one two two", "two", "one two"),
        ("xé\u4e2d\U0001f600 more", "\U0001f600", "xé\u4e2d\U0001f600"),
        ("ab", "absent", "ab"),
    ],
    ids=["one token", "over several tokens", "the first of two", "an emoji of four tokens", "absent"],
)
def test_writing_ends_once_the_stop_string_stands_there(script: str, stop: str, text: str) -> None:
    session = scripted_session(script)
    tokens = sum(len(tiny_tokenizer()(c)["input_ids"]) for c in script)
    run = session.generate("p", max_new_tokens=tokens, stop_strings=stop)
    assert run.completion == text
    assert run.finish == ("stop_string" if stop in script else "length")


def test_the_first_of_several_stop_strings_ends_it() -> None:
    run = scripted_session("abcdefgh").generate("p", max_new_tokens=8, stop_strings=["zz", "fg", "cd"])
    assert run.completion == "abcd"


def test_a_stop_string_in_the_prompt_does_not_count() -> None:
    run = scripted_session("bcd").generate("aab", max_new_tokens=3, stop_strings="ab")
    assert run.completion == "bcd"


def test_a_stop_string_half_in_the_prompt_does_not_count() -> None:
    run = scripted_session("bcd").generate("xa", max_new_tokens=3, stop_strings="ab")
    assert (run.completion, run.finish) == ("bcd", "length")


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "mistral"])
def test_writing_ends_where_the_context_is_full(architecture: str) -> None:
    run = tiny_session(architecture).generate(some_ids(CONTEXT - 5), max_new_tokens=50, eos_token_ids=())
    assert (len(run), run.finish) == (CONTEXT, "context")


def test_cancelling_between_two_tokens_keeps_those_before() -> None:
    session = tiny_session()
    free = session.generate(some_ids(10), max_new_tokens=20).token_ids.tolist()

    def stop_at_fifteen(_: int, builder: Any) -> None:
        if len(builder) == 15:
            job.cancel()

    with held(session):
        job = session.start_generate(some_ids(10), stop_at_fifteen, max_new_tokens=20)
    (run,) = job.wait()
    assert run.finish == "cancelled"
    assert run.token_ids.tolist() == free[:15]


def test_cancelling_between_two_slices_of_the_prompt_keeps_what_was_measured() -> None:
    session = Session(own_tiny_model(), tiny_tokenizer())
    session.model.forward.slice_length = 8
    forward, calls = session.model.model.forward, []

    def cancelling(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            job.cancel()
        return forward(*args, **kwargs)

    session.model.model.forward = cancelling
    with held(session):
        job = session.start_generate(some_ids(40), max_new_tokens=5)
    (run,) = job.wait()
    assert len(calls) == 2
    assert run.finish == "cancelled"
    assert run.token_ids.tolist() == some_ids(40)[:17]


def test_a_job_cancelled_before_it_began_gives_the_unmeasured_start() -> None:
    session = tiny_session()
    with held(session):
        job = session.start_generate(some_ids(10), max_new_tokens=5)
        job.cancel()
    (run,) = job.wait()
    assert (run.finish, run.token_ids.tolist(), run.prompt_length) == ("cancelled", some_ids(10)[:1], 1)


@pytest.mark.parametrize("how", [{"do_sample": False}, {"temperature": 1.2, "seed": 8}], ids=["greedy", "sampled"])
def test_a_row_that_ends_early_leaves_the_others_in_the_batch_as_they_were(how: dict[str, Any]) -> None:
    session = tiny_session()
    run = session.generate(some_ids(10), max_new_tokens=4, **how)
    long = session.alternatives(run, 11, k=4, max_new_tokens=12)
    end = int(long[1].token_ids[12 + 3])
    short = session.alternatives(run, 11, k=4, max_new_tokens=12, eos_token_ids=(end,))
    for free, stopped in zip(long, short, strict=True):
        ids = free.token_ids.tolist()
        cut = next((i + 1 for i in range(12, len(ids)) if ids[i] == end), len(ids))
        assert stopped.token_ids.tolist() == ids[:cut]
    assert short[1].finish == "end_token"
    assert {branch.finish for branch in short} == {"end_token", "length"}
