"""A model whose layers lie on several devices is explained like one that lies on one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tiny import tiny_model, tiny_tokenizer
from tokenscope_widgets.analysis.attribution import METHODS
from tokenscope_widgets.session import Session

PROMPT = "def f(x):\n    return"
SPREAD = {
    "model.embed_tokens": "cpu",
    "model.rotary_emb": "cpu",
    "model.layers.0": "cpu",
    "model.layers.1": "disk",
    "model.norm": "disk",
    "lm_head": "disk",
}


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Session]:
    """The same model in memory, and with half of it on disk."""
    folder: Path = tmp_path_factory.mktemp("model")
    tiny_model().save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    whole = Session.from_pretrained(folder)
    return whole, Session.from_pretrained(folder, device_map=SPREAD, offload_folder=str(folder / "offloaded"))


def test_it_writes_the_same(sessions: tuple[Session, Session]) -> None:
    whole, spread = (s.generate(PROMPT, max_new_tokens=6, eos_token_ids=()) for s in sessions)
    assert spread.token_ids.tolist() == whole.token_ids.tolist()
    assert "disk" in sessions[1].model.model.hf_device_map.values()


@pytest.mark.parametrize("method", METHODS)
def test_every_attribution_is_the_same(sessions: tuple[Session, Session], method: str) -> None:
    whole, spread = (s.attribute(s.score(PROMPT), 9, method, sources="token") for s in sessions)
    assert spread.scores == pytest.approx(whole.scores, abs=1e-6)
    assert np.isfinite(whole.scores).all()


def test_attention_lens_and_direct_attribution_are_the_same(sessions: tuple[Session, Session]) -> None:
    whole, spread = sessions
    run = whole.score(PROMPT)
    assert spread.attention(run).weights == pytest.approx(whole.attention(run).weights, abs=1e-6)
    assert spread.lens(run).kl_to_final_nats == pytest.approx(whole.lens(run).kl_to_final_nats, abs=1e-6)
    found, expected = (s.direct_logit_attribution(run, 9) for s in sessions)
    assert found.heads == pytest.approx(expected.heads, abs=1e-6)
