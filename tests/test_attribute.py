"""`Session.attribute` and its plan: what comes back, and what it costs."""

from __future__ import annotations

import numpy as np
import pytest

from tests.attributing import QUICK, TEXT, count_forwards, logprob
from tokenscope_widgets.analysis.attribution import METHODS
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.session import Session


@pytest.fixture
def run(tiny_session: Session) -> Generation:
    return tiny_session.score(TEXT)


def test_ablation_by_line_is_what_each_line_gave(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, -1)
    ids = run.token_ids.tolist()
    lines = [(a, b) for a, b in zip(found.sources.starts, found.sources.stops, strict=True)]
    assert found.sources.texts(run) == ["def f(x):\n", "    return x\n", "f(2)"]
    expected = [logprob(ids) - logprob(ids[:a] + ids[b:]) for a, b in lines]
    np.testing.assert_allclose(found.scores[0], expected, atol=1e-4)
    np.testing.assert_allclose(found.full, [logprob(ids)], atol=1e-4)
    assert (found.unit, found.signed, found.finished, found.notes) == ("nats", True, True, ())


def test_a_span_has_a_row_for_each_token_and_a_total(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, (5, 8), sources="token")
    assert found.scores.shape == (3, 5)
    each = [tiny_session.attribute(run, at, sources=[(i, i + 1) for i in range(5)]).scores[0] for at in (5, 6, 7)]
    np.testing.assert_allclose(found.scores, each, atol=1e-4)
    np.testing.assert_allclose(found.total, np.sum(each, axis=0), atol=1e-4)


def test_within_a_span_earlier_targets_are_sources_of_later_ones(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, [5, 8], sources="token", within_span=True)
    assert np.isfinite(found.scores).sum(axis=1).tolist() == [5, 8]
    assert np.isfinite(found.total).all()


def test_a_word_is_a_source(tiny_session: Session, run: Generation) -> None:
    assert tiny_session.attribute(run, 9, sources="word").sources.texts(run)[:2] == ["def", " f"]


def test_the_whole_contrast_is_compared_text_against_text(tiny_session: Session, run: Generation) -> None:
    ids, other = run.token_ids.tolist(), tiny_session.model.encode_continuation("xyz")
    found = tiny_session.attribute(run, (6, 8), sources=[(1, 3)], contrast="xyz")
    assert len(other) == 3

    def lead(context: list[int]) -> float:
        return logprob(context + ids[6:8], 2) - logprob(context + other, 3)

    np.testing.assert_allclose(found.full, [lead(ids[:6])], atol=1e-4)
    np.testing.assert_allclose(found.scores, [[lead(ids[:6]) - lead(ids[:1] + ids[3:6])]], atol=1e-4)
    assert found.notes == ("the whole contrast of 3 tokens is compared",)
    assert found.target_text.endswith(", not xyz")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_compares_whole_contrasts(tiny_session: Session, run: Generation, method: str) -> None:
    found = tiny_session.attribute(run, 9, method, contrast="xyz", whole_contrast=True, sources="token", **QUICK)
    assert found.scores.shape == (1, 9)
    assert np.isfinite(found.scores).all()


@pytest.mark.parametrize("method", ["ablation", "input_x_gradient", "integrated_gradients"])
def test_a_whole_contrast_of_one_token_is_a_contrast(tiny_session: Session, run: Generation, method: str) -> None:
    whole, one = (
        tiny_session.attribute(run, 9, method, contrast="x", whole_contrast=flag, sources="token", **QUICK)
        for flag in (True, False)
    )
    np.testing.assert_allclose(whole.scores, one.scores, atol=2e-4)


def test_another_token_can_be_explained_in_its_place(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, 9, sources=[(0, 2)], token=33)
    ids = [*run.token_ids[:9].tolist(), 33]
    np.testing.assert_allclose(found.full, [logprob(ids)], atol=1e-4)
    np.testing.assert_allclose(found.scores, [[logprob(ids) - logprob(ids[2:])]], atol=1e-4)


def test_a_contrast_of_several_tokens_says_that_the_first_is_compared(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, 9, contrast="xyz")
    first = tiny_session.model.encode_continuation("xyz")[0]
    assert found.explained.contrast_ids.tolist() == [first]
    assert found.notes == ("contrast 'xyz' is 3 tokens: the first is compared, as the model chooses one token",)


def test_the_runner_up_is_the_likeliest_other_token(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, 9, contrast=True)
    assert found.explained.contrast_ids.tolist() == tiny_session.likeliest_others(run, 9, 1)
    assert found.notes == ("against the runner-up",)


def test_a_convention_presets_options_that_can_still_be_changed(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, (5, 8), "input_x_gradient", sources="token", convention="inseq")
    assert (found.unit, found.signed, found.scores.shape) == ("probability", False, (3, 7))
    other = tiny_session.attribute(run, (5, 8), "input_x_gradient", convention="inseq", reduction="sum")
    assert other.signed


def test_focus_looks_into_the_lines_that_matter(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, -1, sources="focus")
    lines = tiny_session.attribute(run, -1)
    held_by = np.sort(np.abs(lines.total))[::-1].cumsum() / np.abs(lines.total).sum()
    many = int((held_by < 0.8).sum()) + 1
    chosen = np.sort(np.argsort(-np.abs(lines.total))[:many])
    expected = [i for line in chosen for i in range(lines.sources.starts[line], lines.sources.stops[line])]
    assert found.sources.starts.tolist() == expected
    assert found.notes[0].startswith(f"tokens of {many} of 3 lines, which hold ")


def test_the_strongest_sources_come_first(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, -1)
    order = np.argsort(-np.abs(found.total))
    texts = found.sources.texts(run)
    assert [text for text, _ in found.top(2)] == [texts[i] for i in order[:2]]
    assert [score for _, score in found.top(2)] == [pytest.approx(found.total[i]) for i in order[:2]]


def test_the_frame_has_a_row_for_each_source(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, -1)
    frame = found.to_frame()
    assert frame["text"].tolist() == ["def f(x):\n", "    return x\n", "f(2)"]
    assert frame["line"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(frame["score_nats"], found.total)
    assert frame["share"].sum() == pytest.approx(1)


def test_the_representation_says_what_was_explained_and_how(tiny_session: Session, run: Generation) -> None:
    found = tiny_session.attribute(run, -1)
    assert repr(found) == "<Attribution by ablation of '\\n': 3 lines, nats>"


def test_a_plan_knows_its_cost_and_computes_nothing(tiny_session: Session, run: Generation) -> None:
    calls = count_forwards(tiny_session)
    plan = tiny_session.plan_attribution(run, -1, sources="token")
    sources = len(run) - 1
    assert plan.cost_text == f"{sources} tokens, {sources + 1} forward passes"
    assert plan.label == f"ablation of {sources} tokens"
    assert plan.work_tokens == sources + sources * (sources + 1) // 2
    assert plan.seconds > 0
    assert not calls
    assert not tiny_session.worker.busy


def test_what_was_learned_of_the_pace_is_used_by_the_next_plan(tiny_session: Session, run: Generation) -> None:
    first = tiny_session.plan_attribution(run, -1, sources="token")
    tiny_session.attribute(run, -1, sources="token")
    second = tiny_session.plan_attribution(run, -1, sources="token")
    assert first.work_tokens == second.work_tokens
    assert first.seconds != second.seconds
