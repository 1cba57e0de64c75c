"""The logit lens and direct logit attribution of the embedded default model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tokenscope_widgets.analysis.direct import direct_logit_attribution
from tokenscope_widgets.analysis.lens import Lens, lens
from tokenscope_widgets.session import Session

REFERENCE = np.load(Path(__file__).parent / "fixtures" / "reference" / "fibonacci_attributions.npz")
IDS: list[int] = REFERENCE["token_ids"].tolist()
PROMPT_LENGTH = 19


@pytest.fixture(scope="module")
def whole_lens(demo_session: Session) -> Lens:
    return lens(demo_session.model.model, IDS)


@pytest.fixture(scope="module")
def logits(demo_session: Session) -> torch.Tensor:
    with torch.inference_mode():
        return demo_session.model.model(torch.tensor([IDS]), use_cache=False).logits[0]


def test_the_final_layer_is_the_models_own_answer(whole_lens: Lens, logits: torch.Tensor) -> None:
    logp = logits.double().log_softmax(-1)
    np.testing.assert_allclose(whole_lens.top_logprobs_nats[-1], logp.topk(5).values, atol=1e-4)
    written = slice(PROMPT_LENGTH - 1, -1)
    np.testing.assert_allclose(whole_lens.probability[-1, written], REFERENCE["target_probs"], atol=1e-4)
    # greedy
    assert (whole_lens.rank[-1, written] == 1).all()


def test_layers_come_nearer_to_the_answer(whole_lens: Lens) -> None:
    divergence = whole_lens.kl_to_final_nats.mean(1)
    assert divergence.shape == (30,)
    assert divergence[0] > divergence[20] > divergence[28] > divergence[29] == 0


@pytest.mark.parametrize("contrast", [None, "runner_up"])
def test_direct_attribution_adds_up_to_the_logit(
    demo_session: Session, logits: torch.Tensor, contrast: str | None
) -> None:
    for position in (0, 18, 30, 49):
        first, second = logits[position].topk(2).indices.tolist()
        found = direct_logit_attribution(demo_session.model.model, IDS, position, first, second if contrast else None)
        want = logits[position, first] - (logits[position, second] if contrast else 0)
        assert found.total == pytest.approx(float(want), abs=1e-3)
        parts = found.attention.sum() + found.mlp.sum() + found.embedding + found.bias
        assert parts == pytest.approx(float(want), abs=1e-3)
        assert abs(found.remainder) < 1e-3
        assert found.heads.shape == (30, 9)
        np.testing.assert_allclose(found.heads.sum(1), found.attention, atol=1e-3)
