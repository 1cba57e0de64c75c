"""A branch is the run one would have got by starting from its text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.tiny import ARCHITECTURES, some_ids, tiny_session, tiny_tokenizer
from tokenscope_widgets.analysis.branching import PrefixCaches, plan_branch, plan_rewrite
from tokenscope_widgets.analysis.forward import cache_bytes, cache_length, fork_cache
from tokenscope_widgets.analysis.records import Generation, Lineage, Role
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session

on_every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)
SAMPLED = {"do_sample": True, "temperature": 0.8, "top_k": 50, "seed": 77}
GREEDY = {"do_sample": False}
PROMPT = some_ids(16)


def parent_of(session: Session, **settings: object) -> Generation:
    return session.generate(PROMPT, max_new_tokens=14, eos_token_ids=(), **settings)


def assert_same_tokens_and_numbers(branch: Generation, scratch: Generation) -> None:
    assert branch.token_ids.tolist() == scratch.token_ids.tolist()
    np.testing.assert_allclose(branch.tokens.model.logprob_nats, scratch.tokens.model.logprob_nats, atol=1e-4)
    np.testing.assert_allclose(branch.entropy_nats, scratch.entropy_nats, atol=1e-4)
    np.testing.assert_array_equal(branch.tokens.model.top_ids[:, 0], scratch.tokens.model.top_ids[:, 0])


def from_scratch(architecture: str, ids: list[int], branch: Generation) -> Generation:
    settings = branch.settings.to_dict()
    return tiny_session(architecture).generate(ids, **settings)


@on_every_architecture
@pytest.mark.parametrize("how", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("at", [16, 22, 29], ids=["first written", "middle", "last"])
def test_a_branch_at_a_generated_position_equals_the_run_from_scratch(architecture: str, how: dict, at: int) -> None:
    session = tiny_session(architecture)
    run = parent_of(session, **how)
    branch = session.branch(run, at, 200)
    ids = [*run.token_ids[:at].tolist(), 200]
    assert branch.token_ids[: at + 1].tolist() == ids
    assert len(branch) == at + 1 + 14
    assert_same_tokens_and_numbers(branch, from_scratch(architecture, ids, branch))


@on_every_architecture
@pytest.mark.parametrize("keep_prompt", [True, False], ids=["rest kept", "rest dropped"])
@pytest.mark.parametrize("at", [0, 1, 9, 15])
def test_a_branch_in_the_prompt_equals_the_run_from_scratch(architecture: str, keep_prompt: bool, at: int) -> None:
    session = tiny_session(architecture)
    branch = session.branch(parent_of(session), at, 200, keep_prompt=keep_prompt)
    ids = [*PROMPT[:at], 200, *(PROMPT[at + 1 :] if keep_prompt else [])]
    assert branch.prompt_length == len(ids)
    assert_same_tokens_and_numbers(branch, from_scratch(architecture, ids, branch))


@on_every_architecture
def test_a_text_of_several_tokens_takes_the_place_of_one(architecture: str) -> None:
    session = tiny_session(architecture)
    run = parent_of(session, **SAMPLED)
    pieces = tiny_tokenizer()("xyz = 1")["input_ids"]
    assert len(pieces) == 7
    for at in (8, 20):
        branch = session.branch(run, at, "xyz = 1")
        ids = [*run.token_ids[:at].tolist(), *pieces, *PROMPT[at + 1 :]]
        assert branch.lineage.replacement == tuple(pieces)
        assert_same_tokens_and_numbers(branch, from_scratch(architecture, ids, branch))


@on_every_architecture
def test_a_branch_of_a_branch_equals_the_run_from_scratch(architecture: str) -> None:
    session = tiny_session(architecture)
    first = session.branch(parent_of(session), 20, 200)
    second = session.branch(first, 24, 100)
    assert second.lineage.parent_id == first.run_id
    assert_same_tokens_and_numbers(second, from_scratch(architecture, second.token_ids[:25].tolist(), second))


@on_every_architecture
@pytest.mark.parametrize("how", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("at", [9, 20], ids=["prompt", "generated"])
def test_alternatives_as_one_batch_equal_branches_one_by_one(architecture: str, how: dict, at: int) -> None:
    session = tiny_session(architecture)
    run = parent_of(session, **how)
    batch = session.alternatives(run, at, k=4)
    others = [i for i in run.tokens.model.top_ids[at].tolist() if i != run.token_ids[at]][:4]
    assert [int(branch.token_ids[at]) for branch in batch] == others
    for branch, token in zip(batch, others, strict=True):
        assert_same_tokens_and_numbers(branch, tiny_session(architecture).branch(run, at, token))


def test_texts_of_different_lengths_can_be_branches_of_one_job() -> None:
    session = tiny_session()
    run = parent_of(session)
    texts = ["a", "xyz", "b", "qq"]
    for branch, text in zip(session.start_branches(run, 20, texts).wait(), texts, strict=True):
        assert_same_tokens_and_numbers(branch, tiny_session().branch(run, 20, text))


def test_a_branch_without_cache_equals_one_with_it() -> None:
    session = tiny_session()
    run = parent_of(session)
    assert_same_tokens_and_numbers(session.branch(run, 20, 200, use_cache=False), session.branch(run, 20, 200))


def test_a_run_of_another_session_can_be_branched() -> None:
    run = parent_of(tiny_session())
    assert_same_tokens_and_numbers(tiny_session().branch(run, 20, 200), tiny_session().branch(run, 20, 200))


def test_settings_given_to_a_branch_change_the_parent_s() -> None:
    session = tiny_session()
    branch = session.branch(parent_of(session, **SAMPLED), 20, 200, max_new_tokens=3, temperature=0.5)
    assert (branch.settings.temperature, branch.settings.top_k, branch.settings.seed) == (0.5, 50, 77)
    assert len(branch) == 24


def test_lineage_names_parent_position_and_tokens() -> None:
    session = tiny_session()
    run = parent_of(session)
    lineage = session.branch(run, -10, 200).lineage
    assert (lineage.parent_id, lineage.at) == (run.run_id, 20)
    assert (lineage.replaced, lineage.replacement, lineage.keep_prompt) == (run.token_ids[20], (200,), True)


def test_roles_tell_what_was_replaced_and_what_was_kept() -> None:
    session = tiny_session()
    branch = session.branch(parent_of(session), 3, "xyz", max_new_tokens=2)
    before, replaced, after, new = [Role.PROMPT] * 3, [Role.REPLACED] * 3, [Role.PROMPT] * 12, [Role.GENERATED] * 2
    assert branch.tokens.roles.tolist() == before + replaced + after + new
    assert branch.prompt_length == 18


def test_after_a_generated_position_the_prompt_stays_the_prompt() -> None:
    session = tiny_session()
    branch = session.branch(parent_of(session), 20, 200, max_new_tokens=2)
    assert branch.prompt_length == 16
    assert branch.tokens.roles[16:].tolist() == [Role.GENERATED] * 4 + [Role.REPLACED] + [Role.GENERATED] * 2


def test_rows_before_the_branch_are_the_parent_s() -> None:
    session = tiny_session()
    run = parent_of(session)
    branch = session.branch(run, 20, 200)
    np.testing.assert_array_equal(branch.tokens.model.logprob_nats[:20], run.tokens.model.logprob_nats[:20])
    np.testing.assert_array_equal(branch.tokens.time_ms[:20], run.tokens.time_ms[:20])


def test_the_parent_is_untouched_by_its_branches() -> None:
    session = tiny_session()
    run = parent_of(session)
    ids, logprobs = run.token_ids.copy(), run.tokens.model.logprob_nats.copy()
    session.alternatives(run, 20, k=3)
    assert run.token_ids.tolist() == ids.tolist()
    np.testing.assert_array_equal(run.tokens.model.logprob_nats, logprobs)
    again = session.branch(run, 29, int(run.token_ids[29]))
    assert again.token_ids[:30].tolist() == ids.tolist()


@on_every_architecture
def test_the_parent_s_cache_is_untouched_by_a_fork(architecture: str) -> None:
    forward = tiny_session(architecture).model.forward
    cache = forward.new_cache()
    forward(torch.tensor([PROMPT]), cache)
    before = [(layer.keys.clone(), layer.values.clone()) for layer in cache.layers]
    fork = fork_cache(cache, 9, rows=3)
    forward(torch.tensor([[1, 2], [3, 4], [5, 6]]), fork)
    assert (cache_length(cache), cache_length(fork)) == (16, 11)
    for layer, (keys, values) in zip(cache.layers, before, strict=True):
        assert torch.equal(layer.keys, keys)
        assert torch.equal(layer.values, values)


def test_a_branch_computes_only_what_is_new() -> None:
    session = tiny_session()
    run = parent_of(session)
    lengths: list[int] = []
    hook = session.model.model.model.embed_tokens.register_forward_hook(lambda _, x, __: lengths.append(x[0].shape[1]))
    try:
        session.branch(run, 20, 200, max_new_tokens=3)
    finally:
        hook.remove()
    # the token before the branch is fed again, for the prediction of the replacement
    assert lengths == [2, 1, 1]


class TestPrefixCaches:
    def filled(self, ids: list[int]) -> object:
        forward = tiny_session().model.forward
        cache = forward.new_cache()
        forward(torch.tensor([ids]), cache)
        return cache

    def test_nothing_known_gives_nothing(self) -> None:
        caches = PrefixCaches()
        caches.add(PROMPT, self.filled(PROMPT))
        assert caches.fork([299, *PROMPT], 10) is None

    def test_the_longest_common_prefix_is_found(self) -> None:
        caches = PrefixCaches()
        caches.add(PROMPT[:6], self.filled(PROMPT[:6]))
        caches.add(PROMPT, self.filled(PROMPT))
        assert cache_length(caches.fork([*PROMPT[:10], 299, 299], 12)) == 10

    def test_no_more_is_taken_than_asked_for(self) -> None:
        caches = PrefixCaches()
        caches.add(PROMPT, self.filled(PROMPT))
        assert cache_length(caches.fork(PROMPT, 7)) == 7
        assert caches.fork(PROMPT, 0) is None

    def test_the_least_recently_used_is_dropped_beyond_the_count(self) -> None:
        caches = PrefixCaches(most_entries=2)
        for first in (1, 2):
            caches.add([first, 9], self.filled([first, 9]))
        caches.fork([1, 9], 2)
        caches.add([3, 9], self.filled([3, 9]))
        assert [caches.fork([first, 9], 2) is not None for first in (1, 2, 3)] == [True, False, True]

    def test_memory_stays_below_the_bound(self) -> None:
        one = cache_bytes(self.filled(PROMPT))
        # two layers, keys and values, two heads of 8 float32 numbers, 16 positions
        assert one == 2 * 2 * 2 * 8 * 4 * 16
        caches = PrefixCaches(most_bytes=3 * one)
        for first in range(6):
            caches.add([first, *PROMPT[1:]], self.filled([first, *PROMPT[1:]]))
        assert caches.nbytes == 3 * one

    def test_a_session_keeps_a_bounded_number_of_caches(self) -> None:
        session = tiny_session()
        for first in range(12):
            session.generate([first, 5, 6], max_new_tokens=2)
        assert len(session._writer._caches._entries) == 8


def test_a_plan_lists_what_stands_before_the_first_new_token() -> None:
    run = parent_of(tiny_session())
    plan = plan_branch(run, 14, [1, 2])
    assert plan.token_ids == (*PROMPT[:14], 1, 2, PROMPT[15])
    assert plan_branch(run, 14, [1, 2], keep_prompt=False).token_ids == (*PROMPT[:14], 1, 2)
    assert len(plan.measured) == 14


@pytest.mark.parametrize("at", [30, -31, 1.0, True, "3", None])
def test_a_position_outside_the_run_is_refused(at: object) -> None:
    with pytest.raises(InputError, match=r"is not a position in a run of 30 tokens. Use 0 … 29"):
        plan_branch(parent_of(tiny_session()), at, [1])


def test_nothing_to_put_there_is_refused() -> None:
    with pytest.raises(InputError, match="is empty"):
        plan_branch(parent_of(tiny_session()), 4, [])


def test_a_text_that_was_only_scored_is_continued_right_after_the_replacement() -> None:
    session = tiny_session()
    run = session.score(PROMPT)
    branch = session.branch(run, 6, 200, max_new_tokens=3, eos_token_ids=())
    assert branch.token_ids[:7].tolist() == [*PROMPT[:6], 200]
    assert (len(branch), branch.prompt_length) == (7 + 3, 6)


def test_tokens_written_anew_keep_what_follows_them() -> None:
    session = tiny_session()
    run = parent_of(session)
    plan = plan_rewrite(run, 14, 16, [1, 2, 3])
    ids = run.token_ids.tolist()
    assert plan.token_ids == (*ids[:14], 1, 2, 3, *ids[16:])
    assert plan.lineage == Lineage(run.run_id, 14, ids[14], (1, 2, 3), stop=16)
    assert plan_rewrite(run, 14, 16, []).token_ids == (*ids[:14], *ids[16:])
