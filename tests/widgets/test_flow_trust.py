"""The figure of trust that a flow shows with an attribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokenscope_widgets as ts
from tests.widgets.asking_flow import AT, LINES, QUESTION, ask, edges


def trust_of(session: ts.Session, at: int, top: int, **options: Any) -> tuple[ts.Generation, dict[str, Any]]:
    """The figure of trust of an ablation by line of a text of six lines."""
    run = session.score(LINES)
    flow = ts.Flow(run)
    ask(flow, "map", source="ablation", unit="line", at=at, **options)
    _, messages = ask(flow, "trust", source="ablation", unit="line", at=at, top=top, **options)
    return run, messages[0][0]["trust"]


def test_the_figure_of_trust_deletes_what_is_shown(tiny_session: ts.Session) -> None:
    at = len(tiny_session.score(LINES)) - 1
    run, trust = trust_of(tiny_session, at, 1)
    scores = tiny_session.attribute(run, at).scores[0]
    strongest = scores[np.abs(scores).argmax()]
    assert (trust["top"], trust["unit"], trust["quantity"]) == (1, "lines", "nats")
    assert trust["against"] is bool(strongest < 0)
    assert trust["drop"] == pytest.approx(abs(strongest), abs=1e-4)
    others = np.delete(scores, np.abs(scores).argmax()) * np.sign(strongest)
    assert trust["random"] == pytest.approx(others.mean(), abs=1e-4)


def test_sources_that_speak_against_the_token_are_deleted_apart_and_the_gain_is_told(tiny_session: ts.Session) -> None:
    at = len(tiny_session.score(LINES)) - 1
    run = tiny_session.score(LINES)
    scores = tiny_session.attribute(run, at).scores[0]
    order = np.argsort(-np.abs(scores))
    shown = next(top for top in range(1, 6) if len({bool(s < 0) for s in scores[order[:top]]}) == 2)
    _, trust = trust_of(tiny_session, at, shown)
    assert trust["against"] is False
    assert trust["top"] == int((scores[order[:shown]] > 0).sum())


def test_a_given_attribution_is_trusted_by_its_own_removal_and_contrast(tiny_session: ts.Session) -> None:
    run = tiny_session.score(LINES)
    at = len(run) - 1
    given = tiny_session.attribute(run, at, removal="replace", contrast="zq", whole_contrast=True)
    flow = ts.Flow(given)
    question = {**QUESTION, "source": "ablation", "unit": "line", "at": at, "contrast": {"text": "zq"}, "sink": False}
    best = int(np.argmax(given.total))
    rank = int((np.abs(given.total) > abs(given.total[best])).sum()) + 1
    _, messages = ask(flow, "trust", **question, top=rank)
    positive = [i for i in np.argsort(-np.abs(given.total))[:rank] if given.total[i] > 0]
    counts = [len(positive)]
    expected = given.faithfulness(counts=counts, insertion=False)
    assert messages[0][0]["trust"]["drop"] == pytest.approx(float(expected.deletion[0]), abs=1e-4)


def test_words_drawn_by_line_add_up(tiny_session: ts.Session) -> None:
    run = tiny_session.score(LINES)
    at = len(run) - 1
    words = tiny_session.attribute(run, at, sources="word")
    _, messages = ask(ts.Flow(words), "map", source="ablation", unit="line", at=at, sink=False)
    lines = run.line_index[words.sources.starts]
    expected = {int(line): float(words.total[lines == line].sum()) for line in set(lines.tolist())}
    assert edges(messages[0], at) == pytest.approx(expected, abs=1e-4)
    assert any("the words that begin in one are added up" in note for note in messages[0][0]["map"]["notes"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"direction": "readers", "top": 3}, "not about who reads it"),
        ({"at": 1, "top": 1}, "With 1 token before it there is too little to compare with"),
    ],
)
def test_where_there_is_no_figure_of_trust_it_says_why(
    run: ts.Generation, changes: dict[str, Any], reason: str
) -> None:
    flow = ts.Flow(run)
    ask(flow, "map", **{k: v for k, v in changes.items() if k != "top"})
    _, messages = ask(flow, "trust", **changes)
    assert reason in messages[0][0]["trust"]["text"]


def test_where_every_source_is_shown_the_strongest_third_is_deleted(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    ask(flow, "map")
    _, messages = ask(flow, "trust", top=AT)
    assert (messages[0][0]["top"], messages[0][0]["trust"]["top"]) == (AT, 6)
