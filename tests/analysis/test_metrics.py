"""Metrics against a float64 recomputation of the same logits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tokenscope_widgets.analysis.metrics import measure
from tokenscope_widgets.errors import ModelOutputError, TokenScopeError

INF = float("inf")
NAN = float("nan")


@dataclass
class Expected:
    """The measures of one row, computed in float64 from the logits as float32 holds them."""

    logprob: float
    rank: int
    entropy: float
    margin: float
    tail: float
    top: np.ndarray
    smallest_nucleus: int
    largest_nucleus: int


def expected(logits: torch.Tensor, token: int, k: int) -> Expected:
    x = logits.double().numpy()
    shifted = x - x.max()
    logp = shifted - math.log(np.exp(shifted).sum())
    p = np.exp(logp)
    falling = np.sort(p)[::-1]
    mass = np.cumsum(falling)
    return Expected(
        logprob=logp[token],
        rank=1 + int((x > x[token]).sum()),
        entropy=float(-sum(q * math.log(q) for q in p if q > 0)),
        margin=falling[0] - falling[1],
        tail=falling[k:].sum(),
        top=np.sort(logp)[::-1][:k],
        # a mass within 1e-6 of 0.9 may count as reached or not
        smallest_nucleus=int((mass < 0.9 - 1e-6).sum()) + 1,
        largest_nucleus=min(int((mass < 0.9 + 1e-6).sum()) + 1, len(p)),
    )


def assert_agrees(logits: torch.Tensor, tokens: list[int], k: int) -> None:
    found = measure(logits, torch.tensor(tokens), k)
    for i, token in enumerate(tokens):
        want = expected(logits[i], token, k)
        assert found.logprob_nats[i] == pytest.approx(want.logprob, abs=2e-5, rel=2e-6)
        assert found.rank[i] == want.rank
        assert found.entropy_nats[i] == pytest.approx(want.entropy, abs=2e-5)
        assert found.margin[i] == pytest.approx(want.margin, abs=2e-6)
        assert found.tail_mass[i] == pytest.approx(want.tail, abs=5e-6)
        assert found.top_logprobs_nats[i] == pytest.approx(want.top, abs=2e-5, rel=2e-6)
        assert want.smallest_nucleus <= found.nucleus_size[i] <= want.largest_nucleus


def logits_of(kind: str, rows: int, vocabulary: int) -> torch.Tensor:
    x = torch.randn(rows, vocabulary, generator=torch.Generator().manual_seed(7))
    if kind == "peaked":
        x[torch.arange(rows), torch.arange(rows) * 3] += 40
    if kind == "flat":
        x *= 1e-3
    if kind == "wide":
        x *= 12
    if kind == "masked":
        x[:, ::3] = -INF
    if kind == "tied":
        x = x.round()
    return x


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("kind", ["random", "peaked", "flat", "wide", "masked", "tied"])
def test_every_measure_equals_float64(kind: str, dtype: torch.dtype) -> None:
    logits = logits_of(kind, 40, 1000).to(dtype)
    assert_agrees(logits, [(17 * i + 1) % 1000 for i in range(40)], k=10)


def test_a_large_flat_vocabulary_needs_more_than_the_first_look_for_its_nucleus() -> None:
    found = measure(torch.zeros(1, 50_000), torch.tensor([3]), 5)
    # every token has mass 2e-5, and the sum may be a rounding error short of 0.9 at the 45,000th
    assert found.nucleus_size[0] in (45_000, 45_001)
    assert found.entropy_nats[0] == pytest.approx(math.log(50_000), abs=1e-4)
    assert found.tail_mass[0] == pytest.approx(1 - 1e-4, abs=1e-6)


def test_a_known_distribution_has_the_measures_worked_out_by_hand() -> None:
    found = measure(torch.tensor([[0.5, 0.25, 0.125, 0.125]]).log(), torch.tensor([1]), 2)
    assert found.probability[0] == pytest.approx(0.25, abs=1e-6)
    assert found.surprisal_nats[0] == pytest.approx(2 * math.log(2), abs=1e-6)
    assert found.entropy_nats[0] == pytest.approx(1.75 * math.log(2), abs=1e-6)
    assert found.margin[0] == pytest.approx(0.25, abs=1e-6)
    assert found.tail_mass[0] == pytest.approx(0.25, abs=1e-6)
    assert found.rank[0] == 2
    assert found.nucleus_size[0] == 4
    assert found.top_ids[0].tolist() == [0, 1]


def test_a_token_shares_its_rank_with_those_it_ties_with() -> None:
    found = measure(torch.tensor([[1.0, 3.0, 3.0, 0.0]] * 4), torch.tensor([0, 1, 2, 3]), 1)
    assert found.rank.tolist() == [3, 1, 1, 4]


def test_a_forbidden_token_has_infinite_surprisal_and_no_share_in_the_entropy() -> None:
    found = measure(torch.tensor([[0.0, 0.0, -INF]]), torch.tensor([2]), 3)
    assert found.surprisal_nats[0] == INF
    assert found.probability[0] == 0
    assert found.rank[0] == 3
    assert found.entropy_nats[0] == pytest.approx(math.log(2), abs=1e-6)
    assert found.nucleus_size[0] == 2


def test_one_possible_token_leaves_no_entropy_and_a_full_margin() -> None:
    found = measure(torch.tensor([[-INF, 2.0, -INF]]), torch.tensor([1]), 1)
    assert found.entropy_nats[0] == 0
    assert found.margin[0] == 1
    assert found.nucleus_size[0] == 1
    assert found.tail_mass[0] == 0
    assert found.logprob_nats[0] == 0


def test_bfloat16_logits_are_widened_before_anything_is_computed() -> None:
    logits = logits_of("wide", 4, 1000).to(torch.bfloat16)
    wide = measure(logits.float(), torch.tensor([1, 2, 3, 4]), 10)
    narrow = measure(logits, torch.tensor([1, 2, 3, 4]), 10)
    assert narrow.logprob_nats.tolist() == wide.logprob_nats.tolist()
    assert narrow.entropy_nats.tolist() == wide.entropy_nats.tolist()
    assert narrow.logprob_nats.dtype == np.float32


def test_the_likeliest_tokens_come_likeliest_first_and_name_their_own_probability() -> None:
    logits = logits_of("random", 3, 500)
    found = measure(logits, torch.tensor([0, 0, 0]), 7)
    reference = logits.double().log_softmax(-1)
    for row in range(3):
        assert found.top_ids[row].tolist() == reference[row].argsort(descending=True)[:7].tolist()
        assert found.top_logprobs_nats[row] == pytest.approx(reference[row][found.top_ids[row]].numpy(), abs=1e-5)


def test_the_whole_vocabulary_may_be_kept() -> None:
    found = measure(logits_of("random", 2, 100), torch.tensor([0, 99]), 100)
    assert found.top_ids.shape == (2, 100)
    assert sorted(found.top_ids[0].tolist()) == list(range(100))
    assert found.tail_mass.tolist() == pytest.approx([0, 0], abs=1e-6)


def test_more_rows_than_one_chunk_equal_the_rows_one_by_one() -> None:
    logits = logits_of("random", 70, 200)
    tokens = torch.arange(70)
    together = measure(logits, tokens, 4)
    for i in (0, 31, 32, 63, 64, 69):
        alone = measure(logits[i : i + 1], tokens[i : i + 1], 4)
        assert together.logprob_nats[i] == pytest.approx(alone.logprob_nats[0], abs=1e-6)
        assert together.top_ids[i].tolist() == alone.top_ids[0].tolist()
        assert together.nucleus_size[i] == alone.nucleus_size[0]


def test_no_rows_give_an_empty_distribution_of_the_right_width() -> None:
    found = measure(torch.zeros(0, 100), torch.zeros(0, dtype=torch.long), 6)
    assert (len(found), found.k) == (0, 6)


@pytest.mark.parametrize("bad", [NAN, INF])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_nan_and_infinity_are_refused_with_a_remedy(bad: float, dtype: torch.dtype) -> None:
    logits = logits_of("random", 40, 50).to(dtype)
    logits[37, 5] = bad
    with pytest.raises(ModelOutputError, match=r"NaN or infinite values.*dtype='float32'") as caught:
        measure(logits, torch.zeros(40, dtype=torch.long), 3)
    assert isinstance(caught.value, TokenScopeError)


def test_a_row_in_which_every_token_is_forbidden_is_refused() -> None:
    with pytest.raises(ModelOutputError):
        measure(torch.full((1, 8), -INF), torch.tensor([0]), 3)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_logits_agree_with_float64(data: st.DataObject) -> None:
    vocabulary = data.draw(st.integers(2, 130))
    value = st.one_of(st.floats(-50, 50, width=32), st.just(-INF), st.sampled_from([0.0, 1.0]))
    row = data.draw(arrays(np.float32, vocabulary, elements=value).filter(lambda x: np.isfinite(x).any()))
    token = data.draw(st.integers(0, vocabulary - 1))
    k = data.draw(st.integers(1, vocabulary))
    assert_agrees(torch.from_numpy(row)[None], [token], k)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, 80, elements=st.floats(-30, 30, width=32)), st.floats(-20, 20, width=32))
def test_measures_stay_in_their_ranges_and_ignore_a_constant_shift(row: np.ndarray, shift: float) -> None:
    logits = torch.from_numpy(row)[None]
    found, shifted = (measure(x, torch.tensor([11]), 5) for x in (logits, logits + shift))
    assert found.logprob_nats[0] <= 0
    assert 0 <= found.entropy_nats[0] <= math.log(80) + 1e-5
    assert 0 <= found.margin[0] <= 1 + 1e-6
    assert 0 <= found.tail_mass[0] <= 1
    assert 1 <= found.nucleus_size[0] <= 80
    assert shifted.entropy_nats[0] == pytest.approx(found.entropy_nats[0], abs=1e-3)
    assert shifted.logprob_nats[0] == pytest.approx(found.logprob_nats[0], abs=1e-4)
