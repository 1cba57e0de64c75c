"""The embedded default model: its numbers are those of other tools, and of itself run another way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import teacher_forced_logprobs
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.session import Session

# what inseq found for the same generation: the ids of prompt and 32 greedy tokens, and their probabilities
REFERENCE: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures" / "fibonacci.json").read_text())
PROMPT: str = REFERENCE["prompt"]


@pytest.fixture(scope="module")
def fibonacci(demo_session: Session) -> Generation:
    return demo_session.generate(PROMPT, max_new_tokens=32)


def assert_same(branch: Generation, scratch: Generation) -> None:
    assert branch.token_ids.tolist() == scratch.token_ids.tolist()
    np.testing.assert_allclose(branch.tokens.model.logprob_nats, scratch.tokens.model.logprob_nats, atol=1e-4)


def test_greedy_ids_equal_generate_and_the_reference(demo_session: Session, fibonacci: Generation) -> None:
    ids = torch.tensor([REFERENCE["token_ids"][:19]])
    want = demo_session.model.model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=32, do_sample=False
    )
    assert fibonacci.token_ids.tolist() == want[0].tolist() == REFERENCE["token_ids"]
    assert fibonacci.completion.startswith(" n <= 0:\n        return 0\n    elif n == 1:\n        return 1\n")


def test_probabilities_equal_those_of_other_tools(fibonacci: Generation) -> None:
    np.testing.assert_allclose(fibonacci.probability[19:], REFERENCE["target_probs"], atol=1e-4)


def test_sampled_ids_equal_generate_for_the_same_seed_and_settings(demo_session: Session) -> None:
    ids = torch.tensor([REFERENCE["token_ids"][:19]])
    warped = {"temperature": 0.9, "top_k": 50, "top_p": 0.95, "repetition_penalty": 1.1}
    torch.manual_seed(3)
    want = demo_session.model.model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=True, **warped
    )
    run = demo_session.generate(PROMPT, max_new_tokens=12, seed=3, **warped)
    assert run.token_ids.tolist() == want[0].tolist()


def test_metrics_equal_a_float64_recomputation(demo_session: Session, fibonacci: Generation) -> None:
    ids = fibonacci.token_ids.tolist()
    with torch.inference_mode():
        logits = demo_session.model.model(torch.tensor([ids])).logits[0, :-1]
    logp = logits.double().log_softmax(-1)
    p = logp.exp()
    falling = p.sort(-1, descending=True).values
    chosen = logp.gather(-1, torch.tensor(ids[1:])[:, None])
    found = fibonacci.tokens.model
    np.testing.assert_allclose(found.surprisal_nats[1:], -chosen[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.entropy_nats[1:], -(p * logp).sum(-1), atol=1e-4)
    np.testing.assert_allclose(found.margin[1:], falling[:, 0] - falling[:, 1], atol=1e-4)
    np.testing.assert_allclose(found.tail_mass[1:], falling[:, 10:].sum(-1), atol=1e-4)
    mass = falling.cumsum(-1)
    # two forwards of the same text differ by about 1e-5 in their probabilities
    assert ((mass < 0.9 - 1e-4).sum(-1).numpy() + 1 <= found.nucleus_size[1:]).all()
    assert (found.nucleus_size[1:] <= (mass < 0.9 + 1e-4).sum(-1).numpy() + 1).all()


def test_surprisal_without_a_cache_is_the_same(demo_session: Session) -> None:
    run = demo_session.generate(PROMPT, max_new_tokens=5, use_cache=False)
    want = -teacher_forced_logprobs(demo_session.model.model, REFERENCE["token_ids"][:24]).numpy()
    assert run.token_ids.tolist() == REFERENCE["token_ids"][:24]
    np.testing.assert_allclose(run.surprisal_nats[1:], want[1:], atol=1e-4)


@pytest.mark.parametrize(("at", "text"), [(20, " <"), (26, " n"), (1, " factorial")])
def test_a_branch_equals_the_run_from_scratch(demo_session: Session, fibonacci: Generation, at: int, text: str) -> None:
    branch = demo_session.branch(fibonacci, at, text, max_new_tokens=8)
    start = [*REFERENCE["token_ids"][:at], *branch.lineage.replacement, *REFERENCE["token_ids"][at + 1 : 19]]
    demo_session._writer._caches.clear()
    assert branch.token_ids[: len(start)].tolist() == start
    assert_same(branch, demo_session.generate(start, max_new_tokens=8))


def test_alternatives_as_one_batch_equal_branches_one_by_one(demo_session: Session, fibonacci: Generation) -> None:
    for branch in demo_session.alternatives(fibonacci, 20, k=3, max_new_tokens=8):
        assert_same(branch, demo_session.branch(fibonacci, 20, int(branch.token_ids[20]), max_new_tokens=8))


def test_a_scored_text_has_the_numbers_of_the_run_that_wrote_it(demo_session: Session, fibonacci: Generation) -> None:
    assert_same(demo_session.score(fibonacci.text), fibonacci)


def test_the_tokens_bytes_join_to_the_text(demo_session: Session) -> None:
    text = "def é(x):\n\treturn '\U0001f468\u200d\U0001f469 中文' # \x00\u2028  \n"
    assert demo_session.score(text).text == text
