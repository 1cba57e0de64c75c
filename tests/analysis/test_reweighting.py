"""Other sampler settings on stored alternatives: the truth lies in the bounds, and is met where they say exact."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fixtures.make_reweighting import FILE, cases
from tokenscope_widgets.analysis.metrics import measure
from tokenscope_widgets.analysis.reweighting import reweighted
from tokenscope_widgets.analysis.sampling import processors_for
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.errors import InputError

HALF = np.log([0.5, 0.2, 0.1])
NEAR = 2e-6


def true_shares(logits: torch.Tensor, chosen: DecodingSettings) -> np.ndarray:
    """Probability of every token as transformers' processors leave it, float64 [token]."""
    if not chosen.do_sample:
        return np.eye(len(logits))[int(logits.argmax())]
    scores = processors_for(chosen)(torch.zeros(1, 1, dtype=torch.long), logits[None].clone())
    return scores.double().softmax(-1)[0].numpy()


@settings(deadline=None, max_examples=300)
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(2, 120),
    k=st.integers(1, 12),
    peak=st.floats(0.01, 8),
    temperature=st.sampled_from([0, 0.05, 0.3, 0.7, 1, 1, 1.2, 2, 5]),
    top_k=st.one_of(st.none(), st.integers(1, 40)),
    top_p=st.one_of(st.none(), st.floats(0.01, 1)),
    min_p=st.one_of(st.none(), st.floats(0, 1)),
    known=st.booleans(),
)
def test_the_truth_lies_in_the_bounds_and_is_met_where_they_say_exact(
    seed: int,
    size: int,
    k: int,
    peak: float,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    known: bool,
) -> None:
    k = min(k, size)
    logits = torch.randn(size, generator=torch.Generator().manual_seed(seed)) * peak
    order = logits.argsort(descending=True).numpy()
    measured = measure(logits[None], torch.tensor([int(order[-1])]), k)
    found = reweighted(
        measured.top_logprobs_nats[0],
        float(measured.tail_mass[0]),
        size if known else None,
        temperature,
        top_k,
        top_p,
        min_p,
    )
    chosen = DecodingSettings(do_sample=temperature > 0, top_k=top_k, top_p=top_p, min_p=min_p)
    truth = true_shares(logits, replace(chosen, temperature=temperature) if temperature else chosen)
    stored, tail = truth[order[:k]], float(truth[order[k:]].sum())
    assert (found.low - NEAR <= stored).all()
    assert (stored <= found.high + NEAR).all()
    assert found.tail_low - NEAR <= tail <= found.tail_high + NEAR
    assert (stored[~found.kept] == 0).all()
    if found.exact:
        np.testing.assert_allclose(found.low, stored, atol=2 * NEAR)
    for rank in {k + 1, size}:
        if k < rank <= size:
            logprob = float(logits.double().log_softmax(-1)[order[rank - 1]])
            low, high, reason = found.outside(logprob, rank)
            share = truth[order[rank - 1]]
            assert low - NEAR <= share <= high + NEAR
            assert not reason or share == 0


def test_at_temperature_1_nothing_changes_and_all_is_exact() -> None:
    found = reweighted(HALF, 0.2, 1000)
    np.testing.assert_allclose(found.low, [0.5, 0.2, 0.1])
    assert (found.tail_low, found.tail_high) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.exact
    assert found.removed_by == ("", "", "")


def test_the_tails_share_lies_between_its_mass_spread_and_piled_up() -> None:
    found = reweighted(HALF, 0.2, 3 + 8, temperature=0.5)
    squares = 0.25 + 0.04 + 0.01
    # eight tokens of 0.025, or two of 0.1
    spread, piled = 8 * 0.025**2, 2 * 0.1**2
    assert found.tail_low == pytest.approx(spread / (squares + spread), abs=1e-5)
    assert found.tail_high == pytest.approx(piled / (squares + piled), abs=1e-5)
    np.testing.assert_allclose(found.low, np.array([0.25, 0.04, 0.01]) / (squares + piled), atol=1e-5)
    assert not found.exact


def test_without_the_size_of_the_vocabulary_a_warm_tail_may_be_anything() -> None:
    found = reweighted(HALF, 0.2, None, temperature=2)
    assert (found.tail_high, found.low.tolist()) == (1, [0, 0, 0])
    assert found.tail_low > 0
    assert found.kept.all()


def test_top_k_among_the_stored_is_exact_at_every_temperature() -> None:
    found = reweighted(HALF, 0.2, None, temperature=2, top_k=2)
    roots = np.sqrt([0.5, 0.2])
    np.testing.assert_allclose(found.low[:2], roots / roots.sum())
    assert (found.exact, found.tail_high) == (True, 0)
    assert found.removed_by == ("", "", "top-k")


def test_top_p_keeps_the_token_that_reaches_it() -> None:
    found = reweighted(HALF, 0.2, 1000, top_p=0.6)
    assert found.kept.tolist() == [True, True, False]
    np.testing.assert_allclose(found.high, [5 / 7, 2 / 7, 0])
    assert (found.exact, found.removed_by[2]) == (True, "top-p")


def test_top_p_that_ends_in_the_tail_is_known_to_within_one_token() -> None:
    found = reweighted(HALF, 0.2, 1000, top_p=0.9)
    assert found.tail_low == pytest.approx(0.1 / 0.9, abs=1e-5)
    assert found.tail_high == pytest.approx(0.2, abs=1e-5)
    assert not found.exact


def test_a_token_that_top_p_may_or_may_not_reach_is_kept_with_0_as_its_lower_bound() -> None:
    found = reweighted(HALF, 0.2, 1000, temperature=1.5, top_p=0.6)
    assert found.kept[2]
    assert found.low[2] == 0 < found.high[2]


def test_min_p_above_the_last_stored_token_is_exact() -> None:
    found = reweighted(HALF, 0.2, None, temperature=2, min_p=0.5)
    assert found.removed_by == ("", "", "min-p")
    assert found.exact


def test_temperature_0_takes_the_first_choice() -> None:
    found = reweighted(HALF, 0.2, None, temperature=0)
    assert (found.high.tolist(), found.tail_high, found.exact) == ([1, 0, 0], 0, True)
    assert found.removed_by == ("", "temperature 0", "temperature 0")
    assert found.outside(-5, 9) == (0, 0, "temperature 0")


def test_tokens_as_likely_as_the_kth_stay_as_in_transformers() -> None:
    found = reweighted(np.log([0.4, 0.2, 0.2, 0.1]), 0.1, 1000, top_k=2)
    assert found.kept.tolist() == [True, True, True, False]


def test_a_token_outside_the_stored_ones_knows_what_takes_it_out() -> None:
    assert reweighted(HALF, 0.2, 1000, top_k=4).outside(np.log(0.05), 5) == (0, 0, "top-k")
    assert reweighted(HALF, 0.2, 1000, top_p=0.7).outside(np.log(0.05), 4) == (0, 0, "top-p")
    assert reweighted(HALF, 0.2, 1000, min_p=0.15).outside(np.log(0.05), 4) == (0, 0, "min-p")
    low, high, reason = reweighted(HALF, 0.2, 1000).outside(np.log(0.05), 4)
    assert (low, high, reason) == (pytest.approx(0.05), pytest.approx(0.05), "")


def test_the_tail_knows_what_takes_it_out() -> None:
    settings = ({}, {"top_k": 3}, {"top_k": 2, "top_p": 0.5}, {"top_p": 0.75}, {"min_p": 0.3}, {"temperature": 0})
    found = [reweighted(HALF, 0.2, 1000, **one).tail_removed_by for one in settings]
    assert found == ["", "top-k", "top-k", "top-p", "min-p", "temperature 0"]


def test_a_whole_vocabulary_that_is_stored_leaves_no_tail() -> None:
    found = reweighted(np.log([0.7, 0.3]), 0.0, 2, temperature=2)
    assert (found.tail_high, found.tail_removed_by, found.exact) == (0, "", True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": -1}, "temperature=-1: must be a number of at least 0"),
        ({"temperature": float("nan")}, "temperature=nan"),
        ({"top_k": 0}, "top_k=0: must be a whole number of at least 1"),
        ({"top_k": True}, "top_k=True"),
        ({"top_p": 0}, r"top_p=0: must lie in \(0, 1\]"),
        ({"min_p": 1.5}, r"min_p=1.5: must lie in \[0, 1\]"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        reweighted(HALF, 0.2, 1000, **wrong)


def test_where_nothing_is_stored_it_says_so() -> None:
    with pytest.raises(InputError, match="nothing is stored here"):
        reweighted([], float("nan"), 1000)


def test_the_cases_that_the_view_is_held_against_are_up_to_date() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == cases()
