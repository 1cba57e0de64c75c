"""Rows of different lengths share a batch, and each is what it would be alone."""

from __future__ import annotations

import pytest

from tests.analysis.test_branching import (
    GREEDY,
    SAMPLED,
    assert_same_tokens_and_numbers,
    on_every_architecture,
    parent_of,
)
from tests.tiny import BYPASSING, MORE_ATTENTION, own_tiny_model, tiny_session
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.branching import Site

SITES = [Site(16, 200, 5), Site(22, 100, 6), Site(29, 50, 7), Site(22, 101, 8)]


def written(session, run, sites, **settings):  # type: ignore[no-untyped-def]
    rows, checked = session._rows_of(run, sites, "run", **settings)
    return session._start(rows, checked, None).wait()


@on_every_architecture
@pytest.mark.parametrize("how", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_branches_at_several_positions_as_one_batch_equal_one_by_one(architecture: str, how: dict) -> None:
    session = tiny_session(architecture)
    run = parent_of(session, **how)
    together = written(session, run, SITES)
    for one, site in zip(together, SITES, strict=True):
        assert_same_tokens_and_numbers(one, written(tiny_session(architecture), run, [site])[0])


@pytest.mark.parametrize("architecture", [*MORE_ATTENTION, *BYPASSING])
def test_architectures_that_count_positions_in_their_own_way_give_the_same_too(architecture: str) -> None:
    session = tiny_session(architecture)
    run = parent_of(session)
    for one, site in zip(written(session, run, SITES), SITES, strict=True):
        assert_same_tokens_and_numbers(one, written(tiny_session(architecture), run, [site])[0])


def test_a_repetition_penalty_looks_at_each_row_s_own_tokens() -> None:
    session = tiny_session()
    run = parent_of(session, repetition_penalty=1.7)
    for one, site in zip(written(session, run, SITES), SITES, strict=True):
        assert_same_tokens_and_numbers(one, written(tiny_session(), run, [site])[0])


def test_positions_of_different_lengths_go_through_the_model_together(monkeypatch: pytest.MonkeyPatch) -> None:
    session = tiny_session()
    run = parent_of(session)
    calls: list[int] = []
    plain = ForwardPass._run
    monkeypatch.setattr(ForwardPass, "_run", lambda self, given, *rest: calls.append(1) or plain(self, given, *rest))
    written(session, run, SITES, max_new_tokens=5)
    assert len(calls) == 5


def test_a_model_that_takes_no_positions_is_not_padded() -> None:
    assert not ForwardPass(own_tiny_model("bloom")).supports_padding
    assert ForwardPass(own_tiny_model("llama")).supports_padding


def test_a_run_that_this_session_never_read_is_read_once() -> None:
    run = parent_of(tiny_session())
    together = written(tiny_session(), run, SITES)
    for one, site in zip(together, SITES, strict=True):
        assert_same_tokens_and_numbers(one, written(tiny_session(), run, [site])[0])
