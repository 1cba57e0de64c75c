"""Attributions that are asked how far to trust them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.attributing import QUICK, TEXT, logprob, session_on
from tests.tiny import CONTEXT, EOS, some_ids, tiny_model
from tokenscope_widgets.analysis.attribution import METHODS
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session


@pytest.fixture
def run(tiny_session: Session) -> Generation:
    return tiny_session.score(TEXT)


def test_an_attribution_can_be_asked_how_faithful_it_is(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, -1, sources="token")
    figures = found.faithfulness(counts=[1, 3], random_orders=4)
    ids, best = run.token_ids.tolist(), int(np.argmax(found.total))
    assert figures.random_deletion.shape == (4, 2)
    assert figures.deletion[0] == pytest.approx(logprob(ids) - logprob(ids[:best] + ids[best + 1 :]), abs=1e-4)
    # only the best is kept, then nothing but it and the target
    assert figures.insertion[0] == pytest.approx(logprob(ids) - logprob([ids[best], ids[-1]]), abs=1e-4)
    assert (figures.unit, figures.quantity) == ("token", "nats")


def test_faithfulness_of_a_whole_contrast_is_in_its_lead(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, (6, 8), contrast="xyz", sources="token")
    figures = found.faithfulness(counts=[1])
    assert figures.deletion[0] == pytest.approx(float(found.total.max()), abs=1e-4)


def test_everything_deleted_leaves_an_empty_text(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, 2, sources="token")
    figures = found.faithfulness(counts=[2])
    ids = run.token_ids.tolist()
    expected = logprob(ids[:3]) - logprob([EOS, ids[2]])
    assert figures.deletion[0] == pytest.approx(expected, abs=1e-4)


def test_an_attribution_that_is_not_finished_cannot_be_measured(tiny_session: Session, run: Generation) -> None:
    found = replace(tiny_session.attribute(run, -1), finished=False)
    with pytest.raises(InputError, match=r"attribution=.*not finished>: was cancelled, so sources have no score"):
        tiny_session.faithfulness(found)


def test_an_attribution_without_a_model_says_how_to_measure_it(tiny_session: Session, run: Generation) -> None:
    found = replace(tiny_session.attribute(run, -1), _measure=None)
    with pytest.raises(InputError, match=r"has no model behind it\. Call session\.faithfulness\(attribution\)"):
        found.faithfulness()
    assert tiny_session.faithfulness(found, counts=[1]).counts.tolist() == [1]


def test_a_bad_count_is_refused(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, -1)
    with pytest.raises(InputError, match=r"counts=4: is not a number of sources to delete\. Use 1 … 3\."):
        found.faithfulness(counts=[4])


def test_the_longest_run_can_be_explained(tiny_session: Session) -> None:
    run = tiny_session.score(some_ids(CONTEXT))
    found = tiny_session.attribute(run, -1, sources=[(0, 64), (64, 127)])
    assert np.isfinite(found.scores).all()


@pytest.mark.parametrize("architecture", ["mistral", "gemma2", "bloom"])
@pytest.mark.parametrize("method", METHODS)
def test_sessions_on_other_models_explain_too(architecture: str, method: str) -> None:
    session = session_on(tiny_model(architecture))
    found = session.attribute(session.score(TEXT), (20, 22), method, sources="token", **QUICK)
    assert np.isfinite(found.scores).all()
