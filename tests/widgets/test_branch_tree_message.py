"""What travels to the view of a branch tree, and how often."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.fixtures.make_branch_tree import family, run_of_ids
from tokenscope_widgets.widgets._branch_tree_message import spark
from tokenscope_widgets.widgets._branch_tree_sending import Sending
from tokenscope_widgets.widgets.branch_tree import BranchTree


def columns(tree: BranchTree) -> dict[str, Any]:
    """What was sent, by name."""
    message = tree._message()
    types = {"f32": "<f4", "f16": "<f2", "i32": "<i4", "u32": "<u4", "u16": "<u2", "u8": "u1"}
    found: dict[str, Any] = {}
    for column, buffer in zip(message["columns"], message["buffers"], strict=True):
        if column["dtype"] != "utf8":
            found[column["name"]] = np.frombuffer(buffer, types[column["dtype"]])
            continue
        ends = np.cumsum([0, *found[f"{column['name']}_bytes"]])
        found[column["name"]] = [buffer[a:b].decode() for a, b in pairwise(ends)]
    return found


def test_the_message_tells_of_segments_and_runs_without_their_tokens() -> None:
    sent = columns(BranchTree(family()))
    assert sent["parent"].tolist() == [-1, 0, 0, 2, 2, 0]
    assert sent["head"] == ["a", "c", "x", "z", "q", "w"]
    assert sent["preview"] == ["b", "d", "y", "", "", ""]
    assert sent["replaced"].tolist() == [0, 0, 1, 0, 1, 1]
    assert sent["run_id"] == ["first", "child", "grandchild", "other"]
    assert (sent["run_end"].tolist(), sent["run_parent"].tolist()) == ([1, 3, 4, 5], [-1, 0, 1, 0])
    assert sent["run_instead"] == ["", "c", "z", "c"]
    assert sent["run_written"].tolist() == [3, 4, 4, 2]
    assert sent["run_mean"].tolist() == pytest.approx([np.log(2)] * 4)


def test_numbers_stay_with_their_runs_when_others_are_pruned() -> None:
    tree = BranchTree(family())
    tree.prune("child")
    assert columns(tree)["run_number"].tolist() == [1, 4]
    assert tree._message()["pruned"] == 2


def test_a_preview_is_one_short_line() -> None:
    pieces = [b"a", b"x", b"\n        if", b"\tb", b"\r\n", *[b" word"] * 100]
    sent = columns(BranchTree([run_of_ids("a" * len(pieces), pieces=pieces)]))
    assert sent["preview"][0].startswith("x⏎ if b⏎ word word")
    assert len(sent["preview"][0]) == 60


def test_a_run_that_only_has_a_prompt_has_no_probability() -> None:
    sent = columns(BranchTree([run_of_ids("abc", prompt_length=3)]))
    assert np.isnan(sent["run_mean"][0])
    assert sent["bins"].tolist() == [0]


def test_a_run_without_tokens_is_in_no_segment() -> None:
    sent = columns(BranchTree([run_of_ids("abc"), run_of_ids("", logprob=[])]))
    assert sent["run_end"].tolist() == [0, -1]


@pytest.mark.parametrize(("tokens", "stretches"), [(0, 0), (1, 1), (3, 3), (9, 6), (100, 20)])
def test_a_spark_has_two_stretches_per_root_of_the_tokens(tokens: int, stretches: int) -> None:
    assert len(spark(np.zeros(tokens, np.float32))) == stretches


def test_a_stretch_shows_its_least_expected_token() -> None:
    values = np.array([0.1, 2.5, np.nan, np.nan, 0.3, 0.2, 0.1, 0.1, 4.0], np.float32)
    found = spark(values)
    assert found.tolist()[:2] == pytest.approx([0.1, 2.5])
    assert found[-1] == pytest.approx(4)
    assert np.isnan(spark(np.array([np.nan], np.float32))[0])


def test_an_impossible_token_is_the_hottest_and_can_be_sent() -> None:
    assert spark(np.array([np.inf], np.float32)).astype(np.float16).tolist() == [60000.0]


def test_many_runs_at_once_are_sent_together_and_none_is_missed() -> None:
    counts: list[int] = []
    made: list[int] = []
    sending = Sending(lambda: counts.append(len(made)))
    for i in range(200):
        made.append(i)
        sending.request(soon=True)
    deadline = time.monotonic() + 5
    while counts[-1] < 200 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert counts == [1, 200]


def test_nothing_is_sent_after_the_end() -> None:
    sent = []
    sending = Sending(lambda: sent.append(threading.current_thread().name))
    sending.request()
    sending.request(soon=True)
    sending.stop()
    sending.request()
    time.sleep(0.2)
    assert len(sent) == 1
