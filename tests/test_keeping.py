"""A session's runs in a folder, and in another kernel's session."""

from __future__ import annotations

from pathlib import Path

import pytest

import tokenscope_widgets as ts
from tests.tiny import some_ids, tiny_model, tiny_session, tiny_tokenizer
from tokenscope_widgets.errors import FileFormatError, InputError


def ids(runs: list[ts.Generation]) -> list[list[int]]:
    return [run.token_ids.tolist() for run in runs]


def test_all_runs_come_back_in_their_order_and_can_be_branched(tmp_path: Path) -> None:
    session = tiny_session()
    run = session.generate(some_ids(12), max_new_tokens=4, eos_token_ids=())
    branch = session.branch(run, 13, 200, max_new_tokens=3)
    assert len(session.save(tmp_path / "kept")) == 2
    other = tiny_session()
    again = other.restore(tmp_path / "kept")
    assert ids(again) == ids([run, branch])
    assert again[1].lineage == branch.lineage
    assert [one.run_id for one in other.runs] == [run.run_id, branch.run_id]
    assert other.branch(again[0], 13, 200, max_new_tokens=3).token_ids.tolist() == branch.token_ids.tolist()


def test_a_restored_run_shows_itself_with_the_session_behind_it(tmp_path: Path) -> None:
    session = tiny_session()
    run = session.generate(some_ids(12), max_new_tokens=4, eos_token_ids=())
    session.save(tmp_path, [run])
    other = tiny_session()
    (again,) = other.restore(tmp_path)
    assert ts.TokenStream(again).session is other


def test_what_was_saved_before_is_not_written_again(tmp_path: Path) -> None:
    session = tiny_session()
    first = session.generate(some_ids(12), max_new_tokens=2)
    assert [path.name for path in session.save(tmp_path)] == [f"0000-{first.run_id}.tsw"]
    second = session.generate(some_ids(12), max_new_tokens=3)
    assert [path.name for path in session.save(tmp_path)] == [f"0001-{second.run_id}.tsw"]
    assert session.save(tmp_path) == []


def test_without_a_model_the_runs_can_be_looked_at(tmp_path: Path) -> None:
    session = tiny_session()
    run = session.generate(some_ids(12), max_new_tokens=2)
    session.save(tmp_path)
    assert ids(ts.load_runs(tmp_path)) == ids([run])


def test_runs_of_another_model_are_refused(tmp_path: Path) -> None:
    session = tiny_session()
    run = session.generate(some_ids(12), max_new_tokens=2)
    session.save(tmp_path, [run])
    other = ts.Session(tiny_model(), tiny_tokenizer(), name="another")
    with pytest.raises(InputError, match=r"is the model of a run in it, and this session's is another"):
        other.restore(tmp_path)


def test_a_folder_that_is_none_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    session = tiny_session()
    with pytest.raises(InputError, match=r"is no folder. Name one that session.save"):
        session.restore(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"holds no saved run"):
        session.restore(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"is a file. Name a folder"):
        session.save(tmp_path / "file")
    (tmp_path / "0000-x.tsw").write_text("no run")
    with pytest.raises(FileFormatError, match=r"0000-x.tsw"):
        ts.load_runs(tmp_path)
