"""Attention of the embedded default model is that of other tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.attention_capture import attention_of
from tokenscope_widgets.session import Session

REFERENCE = np.load(Path(__file__).parent / "fixtures" / "reference" / "fibonacci_attributions.npz")
PROMPT_LENGTH = 19


@pytest.fixture(scope="module")
def attention(demo_session: Session) -> Attention:
    return attention_of(demo_session.model.model, REFERENCE["token_ids"].tolist())


def test_mean_attention_equals_that_of_inseq(attention: Attention) -> None:
    want = REFERENCE["inseq_attention_mean"]
    for column in range(32):
        token = PROMPT_LENGTH + column
        found = attention.row_for_token(token).mean((0, 1))
        np.testing.assert_allclose(found[:token], want[:token, column], atol=1e-4, rtol=0)
        assert (found[token:] == 0).all()
        np.testing.assert_allclose(attention.mean()[token - 1], found, atol=1e-6)


def test_the_first_token_is_a_sink(attention: Attention) -> None:
    share = attention.sink_share()
    assert share.shape == (30, 9)
    assert 0.4 < share.mean() < 0.6
    assert np.nanmax(attention.without_sink().weights[..., 0]) == 0
