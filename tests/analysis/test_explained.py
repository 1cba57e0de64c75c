"""The explained number, on logits small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.errors import ModelOutputError

# probabilities ½, ¼, ¼ and ⅛, ⅛, ¾, scaled by e and by e²
LOGITS = torch.tensor([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]).log() + torch.tensor([[1.0], [2.0]])


def explained(output: str, contrast: list[int] | None = None, together: bool = False) -> Explained:
    ids = None if contrast is None else np.array(contrast)
    return Explained(np.array([4, 7]), np.array([0, 2]), ids, output, together)


@pytest.mark.parametrize(
    ("output", "contrast", "values"),
    [
        ("logprob", None, [np.log(0.5), np.log(0.75)]),
        ("logit", None, [np.log(0.5) + 1, np.log(0.75) + 2]),
        ("probability", None, [0.5, 0.75]),
        ("logprob", [1, 0], [np.log(2), np.log(6)]),
        ("logit", [1, 0], [np.log(2), np.log(6)]),
        ("probability", [1, 0], [0.25, 0.625]),
    ],
)
def test_the_explained_number(output: str, contrast: list[int] | None, values: list[float]) -> None:
    found = explained(output, contrast).values(LOGITS)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, values, rtol=1e-6)


def test_half_precision_is_widened_before_anything_is_subtracted() -> None:
    # in bfloat16 1000.0 − 996.0 is exact, and the log of the sum is 1000.018
    logits = torch.tensor([[1000.0, 996.0], [996.0, 1000.0]], dtype=torch.bfloat16)
    found = Explained(np.array([1, 2]), np.array([0, 0])).values(logits)
    np.testing.assert_allclose(found, [-0.01815, -4.01815], atol=1e-4)


def test_several_texts_go_at_once() -> None:
    both = torch.stack([LOGITS, LOGITS + 3])
    np.testing.assert_allclose(explained("logprob").values(both), np.log([[0.5, 0.75]] * 2), rtol=1e-6)


def test_gradients_flow() -> None:
    logits = LOGITS.clone().requires_grad_(True)
    explained("probability").values(logits).sum().backward()
    # dp/dz = p (1 − p) for the token itself, −p q for another
    np.testing.assert_allclose(logits.grad, [[0.25, -0.125, -0.125], [-0.75 / 8, -0.75 / 8, 0.75 * 0.25]], atol=1e-6)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_are_an_error(bad: float) -> None:
    with pytest.raises(ModelOutputError):
        explained("logit").values(torch.full((2, 3), bad))


def test_an_impossible_token_has_probability_0() -> None:
    logits = torch.tensor([[-torch.inf, 0.0]])
    assert float(Explained(np.array([1]), np.array([0]), output="probability").values(logits)) == 0


@pytest.mark.parametrize(
    ("output", "quantity"), [("logprob", "nats"), ("logit", "logit"), ("probability", "probability")]
)
def test_each_output_has_its_unit(output: str, quantity: str) -> None:
    assert explained(output).quantity == quantity


def test_the_context_ends_before_the_last_target() -> None:
    assert explained("logit").context_length == 7


def test_targets_taken_together_are_one_row() -> None:
    assert (explained("logit").rows, explained("logit", together=True).rows, len(explained("logit"))) == (2, 1, 2)
