"""What `Session.attribute` refuses, and with which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attributing import TEXT, count_forwards, session_on
from tests.tiny import tiny_model
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session


@pytest.fixture
def run(tiny_session: Session) -> Generation:
    return tiny_session.score(TEXT)


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        (3, {"method": "lrp"}, r"method='lrp': is not known\. Use one of ablation, surrogate"),
        (3, {"output": "loss"}, r"output='loss': is not known\. Use one of logprob, logit, probability\."),
        (3, {"sources": "sentence"}, r"sources='sentence': is no unit of context\. Use one of token, word, line"),
        (3, {"sources": [(0, 2), (1, 3)]}, r"sources=\[\(0, 2\), \(1, 3\)\]: overlap\. Give ranges"),
        (3, {"sources": [(0, 4)]}, r"sources=\(0, 4\): is no range of the 3 tokens before the target\. Use 0 … 3\."),
        (3, {"sources": []}, r"sources=\[\]: names no source\."),
        (3, {"wide": 1}, r"wide=1: is no option of an attribution\. Known: removal, replacement_id"),
        (3, {"convention": "shap"}, r"convention='shap': is not known\. Use one of inseq, captum\."),
        (3, {"removal": "zero"}, r"removal='zero': is not known\. Use one of remove, replace, mean\."),
        (99, {}, r"target=99: is not a position in a run of \d+ tokens\. Use 0 … \d+\."),
        (0, {}, r"target=0: has nothing before it that could explain it\. Use position 1 or later\."),
        ((4, 4), {}, r"target=\(4, 4\): names no token\."),
        (3, {"contrast": ""}, r"contrast='': is empty\. Give a text or a token id\."),
        (3, {"contrast": 300}, r"contrast=300: is not in the vocabulary of 300 tokens\."),
        (3, {"contrast": 1.5}, r"contrast=\[1.5\]: is neither text nor token ids"),
        (3, {"token": ""}, r"token='': is empty\."),
        ((3, 5), {"token": "x"}, r"token='x': replaces one target, and there are several\. Name one position\."),
        ([3, 5], {"contrast": "x"}, r"target=\[3, 5\]: has gaps, so no text can stand in its place\."),
        (
            3,
            {"method": "saliency", "sources": "focus"},
            r"sources='focus': is not for saliency\. Use 'token' or 'line'",
        ),
    ],
    ids=str,
)
def test_bad_input_is_refused_before_anything_is_queued(
    tiny_session: Session, run: Generation, target: Any, options: dict[str, Any], message: str
) -> None:
    calls = count_forwards(tiny_session)
    with pytest.raises(InputError, match=message):
        tiny_session.attribute(run, target, **options)
    assert not calls
    assert not tiny_session.worker.busy


def test_a_run_without_alternatives_has_no_runner_up(tiny_session: Session) -> None:
    run = tiny_session.generate("def f(x):", max_new_tokens=3, alternatives=1)
    with pytest.raises(InputError, match=r"contrast=True: the run holds no other token at position 11.*alternatives=2"):
        tiny_session.attribute(run, 11, contrast=True)


@pytest.mark.parametrize("method", ["attention", "attention_rollout"])
def test_a_model_without_attention_cannot_be_explained_by_it(method: str) -> None:
    session = session_on(tiny_model("mamba"))
    with pytest.raises(InputError, match="has no attention"):
        session.attribute(session.score(TEXT), 5, method)


@pytest.mark.parametrize("option", [{"layer": 2}, {"head": 4}], ids=str)
def test_a_layer_or_head_out_of_range_is_refused(
    tiny_session: Session, run: Generation, option: dict[str, int]
) -> None:
    ((name, value),) = option.items()
    with pytest.raises(InputError, match=f"{name}={value}: is not one of the {value} there are"):
        tiny_session.attribute(run, 5, "attention", **option)


def test_a_contrast_that_is_the_target_itself_is_refused(tiny_session: Session) -> None:
    run = tiny_session.score(TEXT)
    own = run.token_label(int(run.token_ids[9]))
    with pytest.raises(InputError, match=r"contrast=.*: is what is explained, so there is no lead\. Give another"):
        tiny_session.attribute(run, 9, contrast=own)


def test_a_whole_contrast_that_does_not_fit_the_context_is_refused(tiny_session: Session) -> None:
    run = tiny_session.score(TEXT)
    with pytest.raises(
        InputError, match=r"is too long: with what stands before it, .* the context of 128\. Shorten it"
    ):
        tiny_session.attribute(run, 9, contrast="xyz" * 60, whole_contrast=True)
