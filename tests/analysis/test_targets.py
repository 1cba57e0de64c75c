"""What a user may write as a target and as a contrast."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.pages import run_of
from tokenscope_widgets.analysis.targets import Plan, plan_targets, positions_of
from tokenscope_widgets.errors import InputError

RUN = run_of([b"a", b"b", b"c", b"d", b"e"])
"""The likeliest others after each token are the next ones: of "c" (2) it is "d" (3)."""
TOKENS = {"x": [4], "xyz": [4, 0, 1], "b": [1]}


def plan(target: Any = 2, **options: Any) -> Plan:
    given = {"output": "logprob", "contrast": None, "whole_contrast": False, "token": None} | options
    return plan_targets(
        RUN, target, **given, tokenize=lambda text, _: [text] if isinstance(text, int) else TOKENS[text]
    )


@pytest.mark.parametrize(
    ("target", "positions"),
    [
        (3, [3]),
        (-1, [4]),
        (np.int64(2), [2]),
        ((1, 4), [1, 2, 3]),
        ((-3, -1), [2, 3]),
        (slice(2, None), [2, 3, 4]),
        (slice(1, 5, 2), [1, 3]),
        ([4, 1], [1, 4]),
        ([2, 2], [2]),
        (np.array([3, 1]), [1, 3]),
        (range(1, 3), [1, 2]),
    ],
    ids=str,
)
def test_a_target_is_a_token_a_span_or_a_list(target: Any, positions: list[int]) -> None:
    assert positions_of(RUN, target).tolist() == positions


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (5, r"target=5: is not a position in a run of 5 tokens\. Use 0 … 4\."),
        (-6, r"target=-6: is not a position"),
        ((2, 6), r"target=5: is not a position in a run of 5 tokens"),
        ([1, 9], r"target=9: is not a position"),
        (0, r"target=0: has nothing before it that could explain it\. Use position 1 or later\."),
        (slice(0, 2), r"has nothing before it that could explain it"),
        ((3, 3), r"target=\(3, 3\): names no token\. Use positions 1 … 4\."),
        ((3, 1), r"names no token"),
        (slice(4, 4), r"names no token"),
        ([], r"target=\[\]: names no token"),
        (True, r"target=True: is not a position"),
        (1.5, r"target=1.5: is not a position"),
        ("c", r"target='c': is not a position"),
    ],
    ids=str,
)
def test_a_target_that_is_none_is_refused(target: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        positions_of(RUN, target)


def test_without_a_contrast_the_targets_stand_alone() -> None:
    found = plan((1, 3))
    assert found.explained.token_ids.tolist() == [1, 2]
    assert (found.explained.contrast_ids, found.against, found.notes) == (None, (), ())


def test_the_runner_up_is_the_likeliest_other_token() -> None:
    found = plan((2, 4), contrast=True)
    assert found.explained.contrast_ids.tolist() == [3, 4]
    assert (found.contrast_text, found.notes) == ("de", ("against the runner-up",))


def test_the_runner_up_of_another_token_may_be_the_one_that_stands_there() -> None:
    found = plan(2, contrast=True, token="x")
    assert (found.explained.token_ids.tolist(), found.explained.contrast_ids.tolist()) == ([4], [2])


def test_a_contrast_of_one_token_is_compared_at_the_target() -> None:
    found = plan(2, contrast="b")
    assert (found.explained.contrast_ids.tolist(), found.contrast_text, found.notes) == ([1], "b", ())


def test_a_contrast_may_be_an_id() -> None:
    assert plan(2, contrast=0).explained.contrast_ids.tolist() == [0]


def test_of_a_contrast_of_several_tokens_the_first_is_compared_and_that_is_said() -> None:
    found = plan(2, contrast="xyz")
    assert found.explained.contrast_ids.tolist() == [4]
    assert found.notes == ("contrast 'xyz' is 3 tokens: the first is compared, as the model chooses one token",)


def test_of_another_token_of_several_the_first_is_explained_and_that_is_said() -> None:
    found = plan(2, token="xyz")
    assert found.explained.token_ids.tolist() == [4]
    assert found.notes == ("token 'xyz' is 3 tokens: the first is compared, as the model chooses one token",)


def test_a_whole_contrast_keeps_all_its_tokens() -> None:
    found = plan(2, contrast="xyz", whole_contrast=True)
    assert (found.explained.contrast_ids, found.against) == (None, (4, 0, 1))
    assert found.notes == ("the whole contrast of 3 tokens is compared",)


def test_the_contrast_of_a_span_is_a_whole_text() -> None:
    assert plan((2, 4), contrast="xyz").against == (4, 0, 1)


def test_a_text_cannot_stand_in_the_place_of_tokens_with_gaps() -> None:
    with pytest.raises(InputError, match=r"target=\[1, 3\]: has gaps, so no text can stand in its place\. Name one"):
        plan([1, 3], contrast="xyz")


def test_another_token_can_replace_one_target_only() -> None:
    with pytest.raises(InputError, match=r"token='x': replaces one target, and there are several\. Name one position"):
        plan((1, 3), token="x")


def test_a_run_that_holds_no_other_token_has_no_runner_up() -> None:
    run = run_of([b"a", b"b"], k=1)
    message = r"contrast=True: the run holds no other token at position 1\. Generate with alternatives=2 or more\."
    with pytest.raises(InputError, match=message):
        plan_targets(
            run,
            1,
            output="logprob",
            contrast=True,
            whole_contrast=False,
            token=None,
            tokenize=lambda *_: [],
        )
