"""The kernel side of the comparison."""

from __future__ import annotations

from typing import Any

import pytest

import tokenscope_widgets as ts
from tokenscope_widgets.errors import InputError


def test_runs_are_aligned_to_the_reference(tiny_session: ts.Session) -> None:
    run = tiny_session.generate("def f(x):", max_new_tokens=4, eos_token_ids=())
    compare = ts.Compare([run, *tiny_session.alternatives(run, at=-2, k=2)])
    assert [a.shared_prefix for a in compare.alignments] == [len(run), len(run) - 2, len(run) - 2]


def test_the_kept_run_is_the_current_one(tiny_session: ts.Session) -> None:
    run = tiny_session.generate("def f(x):", max_new_tokens=4, eos_token_ids=())
    compare = ts.Compare([run, tiny_session.branch(run, at=-2, token="!")])
    assert compare.current.run_id == run.run_id
    compare.kept = 1
    assert compare.current.lineage is not None


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_runs_are_refused(tiny_session: ts.Session, count: int) -> None:
    run = tiny_session.generate("def f(x):", max_new_tokens=1)
    with pytest.raises(InputError, match="must be two runs or more"):
        ts.Compare([run][:count])


def test_runs_go_by_the_titles_they_are_given(tiny_session: ts.Session) -> None:
    run = tiny_session.generate("def f(x):", max_new_tokens=4, eos_token_ids=())
    other = tiny_session.branch(run, at=-2, token="!")
    assert ts.Compare([run, other]).get_state()["titles"] == []
    assert ts.Compare([run, other], titles=["as it was", None]).get_state()["titles"] == ["as it was", None]


@pytest.mark.parametrize(
    ("titles", "message"), [(["one"], "names 1 runs. Give 2, or none"), ("ab", "titles='ab': is one text")]
)
def test_titles_that_do_not_fit_the_runs_are_refused(tiny_session: ts.Session, titles: Any, message: str) -> None:
    run = tiny_session.generate("def f(x):", max_new_tokens=4, eos_token_ids=())
    with pytest.raises(InputError, match=message):
        ts.Compare([run, tiny_session.branch(run, at=-2, token="!")], titles=titles)
