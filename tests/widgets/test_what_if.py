"""The kernel side of the lab, on a tiny model: alternatives to a boundary, verdicts, and where it was decided."""

from __future__ import annotations

import json
from typing import Any

import pytest

import tokenscope_widgets as ts
from tests.test_prompting import fill_session
from tests.tiny import held, some_ids
from tests.widgets.test_token_stream import ask
from tokenscope_widgets import sandbox
from tokenscope_widgets.errors import BusyError, InputError

FORKS = {"until": "run", "least_probability": 0.0, "max_new_tokens": 4}


def lab(session: ts.Session, **options: Any) -> ts.WhatIf:
    run = session.generate(some_ids(16), max_new_tokens=10, eos_token_ids=())
    widget = ts.WhatIf(run, **{"until": "run", **options})
    widget.wait()
    return widget


def test_every_run_on_display_has_a_verdict(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    widget.alternatives(20, 2)
    widget.wait()
    shown = [widget.run, *widget.branches]
    assert len(shown) == 3
    assert set(widget._verdicts) == {run.run_id for run in shown if run is not None}
    assert widget.work == ""


def test_alternatives_are_written_to_the_boundary(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session, until="line")
    widget.branch(20, 200, max_new_tokens=40)
    widget.wait()
    expected = tiny_session.branch(widget.run, 20, 200, until="line", max_new_tokens=40)
    assert widget.branches[0].token_ids.tolist() == expected.token_ids.tolist()


def test_alternatives_that_are_the_same_are_counted_with_the_first(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    widget.branch(20, 200)
    widget.wait()
    widget.branch(20, 200)
    widget.wait()
    first, second = widget.branches
    assert widget._same == {second.run_id: [first.run_id, "text"]}


def test_a_branch_is_shown_once_it_is_whole(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    with held(tiny_session):
        widget.branch(20, 200)
        assert (widget.branches, widget.work, widget.busy) == ([], "writing", True)
    widget.wait()
    assert len(widget.branches) == 1


def test_tests_are_run_once_that_is_allowed(tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []

    def many(programs: list[str], tests: Any, limits: Any, **_: Any) -> list[sandbox.Outcome]:
        judged.append(len(programs))
        return [sandbox.Outcome("passed", 1, 1, (), "1 of 1 passed", None, "", 0.1, "") for _ in programs]

    monkeypatch.setattr(sandbox, "run_many", many, raising=False)
    widget = lab(tiny_session, tests="assert f(1)")
    assert judged == []
    assert widget._verdicts[widget.run.run_id]["status"] == ""
    assert ask(widget, "allow")["ok"] is True
    widget.wait()
    assert widget._allowed is True
    assert tiny_session.sandbox is not None
    assert widget._verdicts[widget.run.run_id]["status"] == "passed"


def test_new_tests_judge_what_is_on_display_again(tiny_session: ts.Session) -> None:
    tiny_session.allow_running()
    widget = lab(tiny_session)
    assert ask(widget, "check", tests="assert False")["ok"] is True
    widget.wait()
    verdict = widget._verdicts[widget.run.run_id]
    assert (widget.tests, verdict["total"]) == ("assert False", 1)
    assert verdict["status"] in ("failed", "not_runnable", "error")


def test_tests_that_do_not_parse_are_refused_and_nothing_changes(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session, tests="assert True")
    reply = ask(widget, "check", tests="assert (")
    assert reply["ok"] is False
    assert "line 1" in reply["error"]
    assert widget.tests == "assert True"


def test_where_it_was_decided_is_told_to_the_view(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    widget.forks([20, 23], 2, **FORKS).wait()
    message = widget._forks
    assert (message["run"], message["outcome"], message["finished"]) == (widget.run.run_id, "tree", True)
    assert [point["at"] for point in message["points"]] == [20, 23]
    assert [arm["written"] for arm in message["points"][0]["arms"]] == [True, False, False]
    assert json.loads(json.dumps(message)) == message


def test_a_continuation_of_the_analysis_can_be_put_beside_the_run(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    widget.forks([20], 2, **FORKS).wait()
    token = widget._forks["points"][0]["arms"][1]["token"]
    assert ask(widget, "show_arm", at=20, token=token)["ok"] is True
    widget.wait()
    assert int(widget.branches[0].token_ids[20]) == token
    assert set(widget._verdicts) == {widget.run.run_id, widget.branches[0].run_id}
    assert "has no continuation" in ask(widget, "show_arm", at=20, token=int(widget.run.token_ids[20]))["error"]
    assert "was not asked about" in ask(widget, "show_arm", at=23, token=1)["error"]


def test_an_analysis_that_was_stopped_is_gone_on_with(
    tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokenscope_widgets.forking._ROWS_AT_ONCE", 1)
    widget = lab(tiny_session)
    with held(tiny_session):
        widget.forks([20, 23], 2, **FORKS)
        next(iter(widget._jobs)).observer = lambda job: job.cancel()
    widget.wait()
    assert widget._forks["finished"] is False
    widget.forks()
    widget.wait()
    assert widget._forks["finished"] is True


def test_another_run_forgets_the_analysis_of_the_last(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    widget.forks([20], 1, **FORKS).wait()
    widget.show(tiny_session.generate(some_ids(12), max_new_tokens=4, eos_token_ids=()))
    widget.wait()
    assert (widget._forks, widget.analysis) == ({}, None)


def test_nothing_new_is_begun_while_something_is_computed(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    with held(tiny_session):
        widget.forks([20], 1, **FORKS)
        with pytest.raises(BusyError, match="still generating"):
            widget.branch(20, 200)
    widget.wait()
    widget.branch(20, 200)
    widget.wait()
    assert len(widget.branches) == 1


def test_alternatives_can_be_asked_for_while_tests_run(tiny_session: ts.Session) -> None:
    widget = ts.WhatIf(tiny_session.generate(some_ids(16), max_new_tokens=10, eos_token_ids=()), until="run")
    with held(tiny_session):
        widget._jobs[tiny_session.worker.submit(lambda _job: None)] = "testing"
        widget.branch(20, 200)
    widget._jobs.clear()
    widget.wait()
    assert len(widget.branches) == 1


def test_a_failure_is_shown_and_loses_nothing(tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = lab(tiny_session)
    widget.branch(20, 200)
    widget.wait()
    known = dict(widget._verdicts)

    def broken(*_: Any) -> Any:
        raise RuntimeError("no more memory")

    monkeypatch.setattr(tiny_session.model.forward, "_run", broken)
    widget.branch(20, 100)
    widget.wait()
    assert "no more memory" in widget.error
    assert (widget.work, widget.busy) == ("", False)
    assert {name: widget._verdicts[name] for name in known} == known


def test_a_position_in_the_prompt_is_regenerated_too(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session)
    widget.branch(3, 200)
    widget.wait()
    assert (widget.error, len(widget.branches)) == ("", 1)


def test_a_wrong_option_is_refused(tiny_session: ts.Session) -> None:
    with pytest.raises(InputError, match="is no option of this widget"):
        lab(tiny_session, colour="red")


def test_the_session_opens_the_lab_on_a_prompt(tiny_session: ts.Session) -> None:
    widget = tiny_session.what_if("def f(x):", tests="assert f(1)", max_new_tokens=5, eos_token_ids=())
    widget.wait()
    assert (widget.tests, widget.until, len(widget.run) - widget.run.prompt_length) == ("assert f(1)", "function", 5)


def test_a_stretch_of_tokens_is_written_anew_beside_the_run() -> None:
    session = fill_session()
    widget = lab(session)
    widget._on_rewrite(4, 6)
    widget.wait()
    run = widget.run
    assert run is not None
    assert [one.token_ids.tolist() for one in widget.branches] == [session.rewrite(run, 4, 6).token_ids.tolist()]
    assert (widget.status, widget.work, widget.error) == ("done", "", "")
    assert set(widget._verdicts) == {run.run_id, widget.branches[0].run_id}


def test_the_view_knows_whether_the_model_can_fill_a_gap(tiny_session: ts.Session) -> None:
    assert lab(fill_session())._model["fills"] is True
    plain = lab(tiny_session)
    assert plain._model["fills"] is False
    with pytest.raises(InputError, match="has no tokens for filling in the middle"):
        plain.rewrite(4, 6)
    assert (plain.status, plain.work) == ("done", "")


def test_tests_that_change_judge_all_runs_again_and_forget_the_analysis(tiny_session: ts.Session) -> None:
    tiny_session.allow_running()
    widget = lab(tiny_session, tests="assert True")
    widget.forks([20], 1, **FORKS).wait()
    widget.tests = "assert True\nassert True"
    widget.wait()
    assert widget._verdicts[widget.run.run_id]["total"] == 2
    assert (widget.analysis, widget._forks) == (None, {})


def test_every_lab_of_a_session_hears_that_running_is_allowed(tiny_session: ts.Session) -> None:
    first, second = lab(tiny_session, tests="assert True"), lab(tiny_session, tests="assert True")
    tiny_session.allow_running()
    for widget in (first, second):
        widget.wait()
        assert widget._allowed is True
        assert widget._verdicts[widget.run.run_id]["total"] == 1
    tiny_session.forbid_running()
    second.wait()
    assert (second._allowed, second._verdicts[second.run.run_id]["total"]) == (False, 0)
    second.close()
    assert len(tiny_session._permission_listeners) == 1


def test_an_analysis_by_tests_waits_for_permission(tiny_session: ts.Session) -> None:
    widget = lab(tiny_session, tests="assert True")
    with pytest.raises(InputError, match=r"running generated code is off. Allow it"):
        widget.forks()
    assert "running generated code is off" in ask(widget, "forks")["error"]


def test_tests_are_not_run_on_a_statement_alone_also_once_until_has_changed(tiny_session: ts.Session) -> None:
    tiny_session.allow_running()
    widget = lab(tiny_session, tests="assert True", until="line")
    widget.branch(20, 200, max_new_tokens=40)
    widget.wait()
    widget.until = "function"
    widget.check("assert True\nassert 1")
    widget.wait()
    assert widget._verdicts[widget.branches[0].run_id]["status"] == ""
    assert widget._verdicts[widget.run.run_id]["total"] == 2


def test_what_was_stopped_before_its_end_is_not_tested(tiny_session: ts.Session) -> None:
    tiny_session.allow_running()
    widget = lab(tiny_session, tests="assert True")
    with held(tiny_session):
        widget.branch(20, 200)
        widget.stop()
    widget.wait()
    for run in widget.branches:
        assert widget._verdicts[run.run_id]["status"] == ""
    assert widget.error == ""


def test_tests_that_were_ended_early_are_run_with_the_next(tiny_session: ts.Session) -> None:
    tiny_session.allow_running()
    widget = lab(tiny_session)
    widget.tests = "assert not [0 for _ in iter(int, 1)]"
    widget.stop()
    widget.wait()
    assert widget._verdicts[widget.run.run_id]["status"] == ""
    tiny_session.allow_running(seconds=0.5)
    widget.wait()
    assert widget._verdicts[widget.run.run_id]["status"] != ""


def test_a_wrong_test_is_told_until_it_is_righted(tiny_session: ts.Session) -> None:
    tiny_session.allow_running()
    widget = lab(tiny_session, tests="assert (")
    widget.branch(20, 200)
    widget.wait()
    assert "line 1" in widget.error
    widget.check("assert True")
    widget.wait()
    assert widget.error == ""


def test_a_failed_analysis_keeps_what_was_found(tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenscope_widgets.forking._ROWS_AT_ONCE", 1)
    widget = lab(tiny_session)
    real, calls = tiny_session.model.forward._run, []

    def breaks_later(*given: Any) -> Any:
        calls.append(1)
        if len(calls) > 6:
            raise RuntimeError("no more memory")
        return real(*given)

    monkeypatch.setattr(tiny_session.model.forward, "_run", breaks_later)
    widget.forks([20, 23], 2, **FORKS)
    widget.wait()
    assert "no more memory" in widget.error
    assert widget._forks["finished"] is False
