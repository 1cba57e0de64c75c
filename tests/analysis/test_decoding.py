"""Our own decoding loop against ``model.generate`` and plain teacher-forced forwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import ARCHITECTURES, EOS, some_ids, teacher_forced_logprobs, tiny_model, tiny_session
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.sampling import processors_for
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.session import Session

on_every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)

WARPED = {"temperature": 0.7, "top_k": 40, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 1.3}
SAMPLERS: list[dict[str, Any]] = [
    {"do_sample": True},
    {"temperature": 0.6},
    {"top_k": 12},
    {"top_p": 0.7},
    {"min_p": 0.1},
    {"do_sample": True, "repetition_penalty": 1.5},
]


def generated_ids(model: Any, prompt: list[int], seed: int | None = None, **options: Any) -> list[int]:
    """What transformers' own ``generate`` writes."""
    if seed is not None:
        torch.manual_seed(seed)
    ids = torch.tensor([prompt])
    # generate falls back to top_k=50 unless told otherwise; a session draws from the whole vocabulary
    neutral = {"top_k": 0, "do_sample": seed is not None, **options}
    return model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=EOS, **neutral)[0].tolist()


def assert_surprisal_is_teacher_forced(session: Session, run: Generation, tolerance: float = 2e-5) -> None:
    want = -teacher_forced_logprobs(session.model.model, run.token_ids.tolist()).numpy()
    assert np.isnan(run.surprisal_nats[0])
    np.testing.assert_allclose(run.surprisal_nats[1:], want[1:], atol=tolerance, rtol=0)


@on_every_architecture
@pytest.mark.parametrize("use_cache", [True, False], ids=["cached", "uncached"])
def test_greedy_ids_equal_generate(architecture: str, use_cache: bool) -> None:
    run = tiny_session(architecture).generate(some_ids(12), max_new_tokens=24, use_cache=use_cache)
    assert run.token_ids.tolist() == generated_ids(tiny_model(architecture), some_ids(12), max_new_tokens=24)


@on_every_architecture
def test_sampled_ids_equal_generate_for_the_same_seed_and_settings(architecture: str) -> None:
    session, prompt = tiny_session(architecture), some_ids(10)
    for seed in (0, 1234):
        run = session.generate(prompt, max_new_tokens=24, seed=seed, **WARPED)
        assert run.token_ids.tolist() == generated_ids(
            tiny_model(architecture), prompt, seed, max_new_tokens=24, **WARPED
        )


@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
def test_each_sampling_setting_alone_draws_as_generate_does(sampler: dict[str, Any]) -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=24, seed=5, **sampler)
    assert run.token_ids.tolist() == generated_ids(tiny_model(), some_ids(10), 5, max_new_tokens=24, **sampler)


def test_greedy_ids_under_a_repetition_penalty_equal_generate() -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=24, repetition_penalty=1.8)
    assert run.token_ids.tolist() == generated_ids(
        tiny_model(), some_ids(10), max_new_tokens=24, repetition_penalty=1.8
    )


def test_different_seeds_draw_different_tokens() -> None:
    session = tiny_session()
    first, second = (session.generate(some_ids(10), max_new_tokens=24, do_sample=True, seed=s) for s in (1, 2))
    assert first.token_ids.tolist() != second.token_ids.tolist()


def test_a_chosen_seed_is_recorded_and_reproduces_the_run() -> None:
    session = tiny_session()
    run = session.generate(some_ids(10), max_new_tokens=16, do_sample=True)
    again = session.generate(some_ids(10), max_new_tokens=16, do_sample=True, seed=run.settings.seed)
    assert again.token_ids.tolist() == run.token_ids.tolist()


@on_every_architecture
@pytest.mark.parametrize("use_cache", [True, False], ids=["cached", "uncached"])
def test_surprisal_is_minus_log_p_of_every_token(architecture: str, use_cache: bool) -> None:
    session = tiny_session(architecture)
    run = session.generate(some_ids(20), max_new_tokens=20, use_cache=use_cache, do_sample=True, seed=3)
    assert_surprisal_is_teacher_forced(session, run)


@on_every_architecture
def test_surprisal_is_minus_log_p_in_every_row_of_a_batch(architecture: str) -> None:
    session = tiny_session(architecture)
    run = session.generate(some_ids(14), max_new_tokens=12)
    for branch in session.alternatives(run, 16, k=5):
        assert_surprisal_is_teacher_forced(session, branch)


@on_every_architecture
def test_prompt_metrics_over_several_slices_equal_one_teacher_forced_forward(architecture: str) -> None:
    session = tiny_session(architecture)
    session.model.forward.slice_length = 7
    prompt = some_ids(40)
    run = session.generate(prompt, max_new_tokens=4)
    assert_surprisal_is_teacher_forced(session, run)
    logp = tiny_model(architecture)(torch.tensor([prompt])).logits[0, :-1].detach().double().log_softmax(-1)
    entropy = -(logp.exp() * logp).sum(-1)
    chosen = logp.gather(-1, torch.tensor(prompt[1:])[:, None])
    np.testing.assert_allclose(run.entropy_nats[1:40], entropy, atol=2e-5)
    np.testing.assert_array_equal(run.rank[1:40], (logp > chosen).sum(-1) + 1)
    np.testing.assert_array_equal(run.tokens.model.top_ids[1:40], logp.topk(10).indices)


@pytest.mark.parametrize("length", [1, 2, 6, 7, 8, 14, 15])
def test_prompts_around_a_slice_boundary_are_measured_completely(length: int) -> None:
    session = tiny_session()
    session.model.forward.slice_length = 7
    run = session.generate(some_ids(length), max_new_tokens=3)
    assert len(run) == length + 3
    assert_surprisal_is_teacher_forced(session, run)


def test_sampling_columns_are_the_log_softmax_of_the_processed_scores() -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=10, seed=11, **WARPED)
    ids = run.token_ids.tolist()
    logits = tiny_model()(torch.tensor([ids])).logits[0].detach().float()
    processors = processors_for(DecodingSettings(do_sample=True, **WARPED))
    for at in range(10, 20):
        scores = processors(torch.tensor([ids[:at]]), logits[at - 1 : at].clone())
        want = scores[0].double().log_softmax(-1)
        assert run.tokens.sampling.logprob_nats[at] == pytest.approx(want[ids[at]].item(), abs=5e-5)
        assert run.tokens.sampling.rank[at] == 1 + (want > want[ids[at]]).sum()
        possible = want[torch.isfinite(want)]
        assert run.tokens.sampling.entropy_nats[at] == pytest.approx(
            -(possible.exp() * possible).sum().item(), abs=5e-5
        )


def test_sampling_columns_of_the_prompt_are_not_computed() -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=4, temperature=0.5, seed=1)
    assert np.isnan(run.tokens.sampling.logprob_nats[:10]).all()
    assert np.isfinite(run.tokens.sampling.logprob_nats[10:]).all()


def test_without_processors_the_sampling_distribution_is_the_model_s() -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=4, do_sample=True, seed=1)
    assert run.tokens.sampling is run.tokens.model


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@on_every_architecture
def test_half_precision_ids_equal_generate_and_metrics_are_of_the_widened_logits(architecture: str, dtype: str) -> None:
    session = tiny_session(architecture, dtype)
    seen: list[torch.Tensor] = []
    forward = session.model.model.forward

    def recording(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        seen.append(output.logits[0])
        return output

    session.model.model.forward = recording
    try:
        run = session.generate(some_ids(12), max_new_tokens=12, eos_token_ids=())
    finally:
        del session.model.model.forward
    wanted = generated_ids(tiny_model(architecture, dtype), some_ids(12), max_new_tokens=12, eos_token_id=None)
    assert run.token_ids.tolist() == wanted
    logits = torch.cat(seen)
    assert str(logits.dtype) == f"torch.{dtype}"
    logp = logits.double().log_softmax(-1).gather(-1, torch.tensor(wanted[1:])[:, None])[:, 0]
    np.testing.assert_allclose(run.tokens.model.logprob_nats[1:], logp, atol=2e-5)


def test_every_token_is_the_model_s_first_choice_when_greedy() -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=12)
    assert run.rank[10:].tolist() == [1.0] * 12
    assert run.tokens.model.top_ids[10:, 0].tolist() == run.token_ids[10:].tolist()


def test_generated_tokens_took_time_and_prompt_tokens_have_none() -> None:
    run = tiny_session().generate(some_ids(10), max_new_tokens=5)
    assert np.isnan(run.tokens.time_ms[:10]).all()
    assert (run.tokens.time_ms[10:] > 0).all()
