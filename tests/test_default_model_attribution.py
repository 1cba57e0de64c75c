"""Attributions of the default model are those that inseq, captum and plain torch computed for it.

``fixtures/reference/README.md`` says how, and how closely to agree. Scores here are [target, source]; the reference is
[source, target].
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tokenscope_widgets.analysis.attribution import Attribution
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.session import Session

REFERENCE = np.load(Path(__file__).parent / "fixtures" / "reference" / "fibonacci_attributions.npz")
PROMPT, END = 19, 51
ALL, FIRST_8 = (PROMPT, END), (PROMPT, PROMPT + 8)


@pytest.fixture(scope="module")
def run(demo_session: Session) -> Generation:
    return demo_session.score(REFERENCE["token_ids"].tolist())


def scores_as_in(name: str, found: Attribution) -> NDArray[np.float32]:
    """[source, target], with a row for the last target itself where the reference has one."""
    rows = len(REFERENCE[name])
    return np.pad(found.scores.T, ((0, rows - found.scores.shape[1]), (0, 0)), constant_values=np.nan)


@contextmanager
def eager(session: Session) -> Iterator[None]:
    model = session.model.model
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def test_target_probabilities(demo_session: Session, run: Generation) -> None:
    found = demo_session.attribute(run, ALL, "saliency", sources=[(0, 1)], output="probability")
    np.testing.assert_allclose(found.full, REFERENCE["target_probs"], atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("saliency", "inseq_saliency_prob_l2"),
        ("input_x_gradient", "inseq_input_x_gradient_prob_l2"),
    ],
)
def test_inseq_gradients(demo_session: Session, run: Generation, method: str, name: str) -> None:
    found = demo_session.attribute(run, ALL, method, sources="token", convention="inseq")
    np.testing.assert_allclose(scores_as_in(name, found), REFERENCE[name], atol=2e-4, rtol=0)


def test_inseq_signed_input_x_gradient_of_the_logit(demo_session: Session, run: Generation) -> None:
    found = demo_session.attribute(run, FIRST_8, "input_x_gradient", sources="token", output="logit", within_span=True)
    name = "inseq_input_x_gradient_logit_sum_first8"
    np.testing.assert_allclose(scores_as_in(name, found), REFERENCE[name], atol=2e-4, rtol=0)


def test_inseq_integrated_gradients(demo_session: Session, run: Generation) -> None:
    found = demo_session.attribute(
        run, FIRST_8, "integrated_gradients", sources="token", convention="inseq", steps=20, baseline_id=0
    )
    name = "inseq_integrated_gradients_prob_l2_first8"
    np.testing.assert_allclose(scores_as_in(name, found), REFERENCE[name], atol=2e-4, rtol=0)


def test_inseq_occlusion(demo_session: Session, run: Generation) -> None:
    found = demo_session.attribute(run, FIRST_8, "ablation", sources="token", convention="inseq", replacement_id=0)
    name = "inseq_occlusion_prob_abs_first8"
    np.testing.assert_allclose(np.abs(scores_as_in(name, found)), REFERENCE[name], atol=1e-4, rtol=0)


def test_captum_gradient_x_activation(demo_session: Session, run: Generation) -> None:
    found = demo_session.attribute(run, ALL, "input_x_gradient", sources="token", convention="captum")
    name = "captum_grad_x_activation_logprob_sum"
    np.testing.assert_allclose(scores_as_in(name, found), REFERENCE[name], atol=2e-4, rtol=0)


def test_captum_integrated_gradients(demo_session: Session, run: Generation) -> None:
    with eager(demo_session):
        # the first target's are ill-conditioned: the order of sums that another kernel takes shows in them
        found = demo_session.attribute(
            run, FIRST_8, "integrated_gradients", sources="token", convention="captum", steps=20, baseline_id=0
        )
    name = "captum_integrated_gradients_logprob_sum_first8"
    np.testing.assert_allclose(scores_as_in(name, found), REFERENCE[name], atol=2e-4, rtol=0)
    assert abs(found.completeness_error[0]) > 30


def test_ablation_by_replacement(demo_session: Session, run: Generation) -> None:
    found = demo_session.attribute(run, ALL, "ablation", sources="token", convention="captum", replacement_id=0)
    np.testing.assert_allclose(
        scores_as_in("ablation_logprob", found), REFERENCE["ablation_logprob"], atol=1e-3, rtol=0
    )
