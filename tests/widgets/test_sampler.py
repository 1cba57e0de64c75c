"""The kernel side of the sampler, on a tiny model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import traitlets

import tokenscope_widgets as ts
from tests.tiny import VOCABULARY, held
from tokenscope_widgets.errors import BusyError, InputError
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets.sampler import Sampler

PROMPT = "def f(x):\n    return"


@pytest.fixture
def run(tiny_session: ts.Session) -> ts.Generation:
    return tiny_session.generate(PROMPT, max_new_tokens=12, temperature=0.8, top_k=40, seed=1, eos_token_ids=())


def settings_of(sampler: Sampler) -> dict[str, Any]:
    return {name: getattr(sampler, name) for name in ("temperature", "top_k", "top_p", "min_p")}


def ask(sampler: Sampler, action: str, **arguments: Any) -> dict[str, Any]:
    """Send a request as a view would: the one reply."""
    sent: list[dict[str, Any]] = []
    sampler.send = lambda content, buffers=None: sent.append(content)
    sampler._receive(sampler, {"kind": "request", "request": 7, "action": action, "arguments": arguments}, [])
    (found,) = [content for content in sent if content["kind"] == "reply"]
    return found


def test_it_starts_with_the_runs_own_settings(run: ts.Generation, tiny_session: ts.Session) -> None:
    assert settings_of(Sampler(run)) == {"temperature": 0.8, "top_k": 40, "top_p": None, "min_p": None}
    greedy = tiny_session.generate(PROMPT, max_new_tokens=2)
    assert settings_of(Sampler(greedy)) == {"temperature": 0, "top_k": None, "top_p": None, "min_p": None}


def test_settings_are_options_and_reset_goes_back(run: ts.Generation) -> None:
    sampler = Sampler(run, temperature=1.5, top_p=0.9)
    assert settings_of(sampler) == {"temperature": 1.5, "top_k": 40, "top_p": 0.9, "min_p": None}
    sampler.reset()
    assert settings_of(sampler) == {"temperature": 0.8, "top_k": 40, "top_p": None, "min_p": None}


@pytest.mark.parametrize("follow", [False, True])
def test_after_sampling_again_reset_goes_back_to_the_settings_of_the_first_run(
    run: ts.Generation, follow: bool
) -> None:
    sampler = Sampler(ts.TokenStream(run) if follow else run, temperature=1.5, top_k=5)
    sampler.sample_again(5).wait()
    sampler.sample_again(6).wait()
    assert sampler.run is not run
    sampler.reset()
    assert settings_of(sampler) == {"temperature": 0.8, "top_k": 40, "top_p": None, "min_p": None}


def test_another_run_that_is_shown_is_the_one_to_go_back_to(run: ts.Generation, tiny_session: ts.Session) -> None:
    sampler = Sampler(run)
    sampler.show(tiny_session.generate(PROMPT, max_new_tokens=2, temperature=0.5, seed=1))
    sampler.reset()
    assert settings_of(sampler)["temperature"] == 0.5


def test_a_weighed_position_says_in_one_line_what_it_is(run: ts.Generation) -> None:
    said = repr(Sampler(run, temperature=0).reweighted(6))
    assert said == "<Reweighted 1 of 10 stored tokens kept, likeliest 1.000, all others 0.000, exact>"


def test_its_own_settings_give_back_what_was_drawn_from(run: ts.Generation) -> None:
    at = run.prompt_length + 3
    found = Sampler(run, top_k=5).reweighted(at)
    five = run.tokens.model.top_logprobs_nats[at, :5].astype(float) / 0.8
    np.testing.assert_allclose(found.low[:5], np.exp(five) / np.exp(five).sum(), rtol=1e-5)
    assert found.exact


def test_the_share_that_was_drawn_from_lies_in_the_bounds(run: ts.Generation) -> None:
    sampler = Sampler(run)
    for at in range(run.prompt_length, len(run)):
        found, drawn = sampler.reweighted(at), run.tokens.sampling
        truth = dict(zip(drawn.top_ids[at].tolist(), np.exp(drawn.top_logprobs_nats[at]), strict=True))
        for k, token in enumerate(run.tokens.model.top_ids[at].tolist()):
            assert found.low[k] - 1e-5 <= truth[token] <= found.high[k] + 1e-5


def test_the_size_of_the_vocabulary_comes_from_the_model(run: ts.Generation) -> None:
    assert Sampler(run)._model == {"name": "tiny-llama", "available": True, "vocabulary": VOCABULARY}
    far = replace(run, provenance=replace(run.provenance, session_id="gone"))
    assert Sampler(far)._model == {"name": "tiny-llama", "available": False, "vocabulary": None}


def test_sampling_again_keeps_what_stands_before_and_draws_with_these_settings(run: ts.Generation) -> None:
    sampler = Sampler(run, temperature=1.3, top_k=None, min_p=0.01)
    at = run.prompt_length + 4
    new = sampler.sample_again(at).wait()
    assert new is sampler.run
    assert new is not None
    assert new is not run
    np.testing.assert_array_equal(new.token_ids[:at], run.token_ids[:at])
    assert len(new) == len(run)
    assert (new.settings.do_sample, new.settings.temperature, new.settings.min_p) == (True, 1.3, 0.01)
    assert (new.settings.top_k, new.settings.seed != 1, new.settings.eos_token_ids) == (None, True, ())
    assert (sampler.selected, sampler.status, sampler.error) == (at, "idle", "")


def test_at_temperature_0_the_first_choice_is_taken(run: ts.Generation) -> None:
    sampler = Sampler(run, temperature=0)
    new = sampler.sample_again(run.prompt_length).wait()
    assert new is not None
    assert not new.settings.do_sample
    assert (new.rank[run.prompt_length :] == 1).all()


def test_a_followed_stream_shows_what_was_sampled_again(run: ts.Generation) -> None:
    stream = ts.TokenStream(run)
    sampler = Sampler(stream)
    stream.selected = run.prompt_length + 2
    assert sampler.selected == run.prompt_length + 2
    new = sampler.sample_again().wait()
    assert stream.run is new
    assert stream.selected == sampler.selected == run.prompt_length + 2


def test_run_and_selection_follow_a_stream_both_ways(run: ts.Generation) -> None:
    stream = ts.TokenStream(run)
    sampler = Sampler(stream, temperature=0.5)
    sampler.selected = 3
    assert stream.selected == 3
    stream.generate("a = 2", max_new_tokens=4)
    stream.wait()
    assert stream.run is not None
    assert sampler.run is not None
    assert sampler.run.run_id == stream.run.run_id
    assert sampler.temperature == 0.5


def test_a_stream_without_a_run_is_followed_too(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(session=tiny_session)
    sampler = Sampler(stream)
    assert (sampler.run, sampler._columns) == (None, [])
    with pytest.raises(InputError, match="nothing has been generated yet"):
        sampler.sample_again(1)
    stream.generate(PROMPT, max_new_tokens=2)
    stream.wait()
    assert sampler.run is not None
    assert sampler._columns == [sampler.run.run_id]


def test_a_selection_beyond_another_run_is_dropped(run: ts.Generation, tiny_session: ts.Session) -> None:
    sampler = Sampler(run, selected=len(run) - 1)
    sampler.show(tiny_session.score("a = 2"))
    assert sampler.selected is None


def test_only_one_thing_is_sampled_at_a_time(run: ts.Generation, tiny_session: ts.Session) -> None:
    sampler = Sampler(run)
    with held(tiny_session):
        sampler.sample_again(5)
        assert (sampler.busy, sampler.status) == (True, "queued")
        with pytest.raises(BusyError, match="still being written"):
            sampler.sample_again(5)
        sampler.cancel()
    sampler.wait()
    assert (sampler.busy, sampler.status) == (False, "idle")


def test_a_failure_is_shown_and_the_run_stays(run: ts.Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any) -> None:
        raise RuntimeError("no memory")

    sampler = Sampler(run)
    session = sampler.session
    assert session is not None
    monkeypatch.setattr(session._writer, "write", fail)
    sampler.sample_again(5).wait()
    assert (sampler.status, sampler.error, sampler.run) == ("error", "RuntimeError: no memory", run)


def test_a_stream_that_is_busy_when_the_run_is_ready_says_so_here(
    run: ts.Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = ts.TokenStream(run)
    sampler = Sampler(stream)
    monkeypatch.setattr(ts.TokenStream, "show", lambda *_: (_ for _ in ()).throw(BusyError("run: another.")))
    sampler.sample_again(5).wait()
    assert (sampler.error, sampler.run) == ("run: another.", run)


def test_the_view_samples_again_and_is_told_what_cannot_be(run: ts.Generation) -> None:
    sampler = Sampler(run)
    assert ask(sampler, "sample_again", at=5)["ok"]
    sampler.wait()
    assert sampler.run is not run
    assert "has nothing before it" in ask(sampler, "sample_again", at=0)["error"]
    assert "at=999" in ask(sampler, "sample_again", at=999)["error"]


def test_without_a_model_nothing_is_sampled_but_all_is_weighed(run: ts.Generation) -> None:
    far = replace(run, provenance=replace(run.provenance, session_id="gone"))
    sampler = Sampler(far, selected=6, temperature=0.7)
    assert sampler.reweighted().kept.any()
    with pytest.raises(InputError, match="no model is behind this run"):
        sampler.sample_again()


@pytest.mark.parametrize(
    ("name", "value"), [("temperature", -0.1), ("top_k", 0), ("top_p", 0.0), ("top_p", 1.1), ("min_p", -1.0)]
)
def test_settings_out_of_range_are_refused(run: ts.Generation, name: str, value: float) -> None:
    with pytest.raises((InputError, traitlets.TraitError), match=name):
        Sampler(run, **{name: value})


def test_what_cannot_be_weighed_is_refused(run: ts.Generation) -> None:
    with pytest.raises(InputError, match="has no alternatives to weigh"):
        Sampler("text")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no token is selected"):
        Sampler(run).reweighted()
    with pytest.raises(InputError, match="nothing is stored here"):
        Sampler(run).reweighted(0)
    with pytest.raises(InputError, match="selected="):
        Sampler(run, selected=len(run))


def test_closing_ends_what_it_follows(run: ts.Generation, tiny_session: Session) -> None:
    stream = ts.TokenStream(run)
    sampler = Sampler(stream)
    with held(tiny_session):
        job = sampler.sample_again(5)._tasks._open[0].job
        sampler.close()
        assert job.cancelled
    job.wait()
    assert stream.run is run
