"""The kernel side of the workbench: panels that are made when they are opened, one selection, and undo."""

from __future__ import annotations

from typing import Any

import pytest
from ipywidgets import Widget

import tokenscope_widgets as ts
from tests.tiny import held, some_ids
from tests.widgets.test_token_stream import ask
from tokenscope_widgets.errors import BusyError, InputError
from tokenscope_widgets.widgets.explorer import PANELS, Explorer


def explorer(session: ts.Session, **options: Any) -> Explorer:
    run = session.generate(some_ids(16), max_new_tokens=10, eos_token_ids=())
    widget = Explorer(run, until="run", **options)
    widget.wait()
    return widget


def heard(widget: Explorer, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages to the parts from now on."""
    messages: list[dict[str, Any]] = []
    real = widget.send

    def send(content: Any, buffers: Any = None) -> None:
        if isinstance(content, dict) and content.get("kind") == "part":
            messages.append(content)
        real(content, buffers)

    monkeypatch.setattr(widget, "send", send)
    return messages


def from_view(widget: Explorer, part: str, **message: Any) -> None:
    widget._receive(widget, {"kind": "part", "part": part, **message}, [])


def test_nothing_of_a_panel_is_made_before_it_is_opened(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session)
    assert widget.parts == {}
    widget.panels = ["tree"]
    assert list(widget.parts) == ["tree"]


@pytest.mark.parametrize("panel", PANELS)
def test_an_opened_panel_sends_its_state_and_its_code(
    tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch, panel: str
) -> None:
    widget = explorer(tiny_session)
    messages = heard(widget, monkeypatch)
    widget.panels = [panel]
    opened = next(one for one in messages if one["method"] == "open")
    assert opened["part"] == panel
    assert "_snapshot" in opened["state"]
    assert opened["state"]["_esm"].startswith(("var", "const", "import", "function", "class"))
    assert not {"layout", "comm"} & set(opened["state"])


def test_all_panels_share_one_selection(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session, panels=["cause", "structure", "sampler"])
    widget.selected = 20
    assert {name: part.selected for name, part in widget.parts.items()} == dict.fromkeys(widget.panels, 20)
    from_view(widget, "cause", method="update", state={"selected": 18})
    assert (widget.selected, widget.parts["structure"].selected) == (18, 18)


def test_what_a_view_asks_of_a_panel_is_answered_there(
    tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = explorer(tiny_session, panels=["cause"])
    messages = heard(widget, monkeypatch)
    request = {"kind": "request", "request": 3, "action": "hello", "arguments": {"have": {}}}
    from_view(widget, "cause", method="custom", content=request)
    replies = [one["content"] for one in messages if one["method"] == "custom" and one["content"]["kind"] == "reply"]
    assert replies == [{"kind": "reply", "request": 3, "ok": True, "result": None}]


def test_a_message_to_a_panel_that_is_not_open_is_refused(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session)
    from_view(widget, "cause", method="update", state={"selected": 18})
    assert "part='cause': is not open" in widget.error


def test_a_panel_that_cannot_be_made_says_why(tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = explorer(tiny_session)
    messages = heard(widget, monkeypatch)

    def broken(*_: Any, **__: Any) -> None:
        raise InputError("shown=…: nothing to show")

    monkeypatch.setattr("tokenscope_widgets.widgets.sampler.Sampler.__init__", broken)
    widget.panels = ["sampler"]
    assert [(one["method"], one["error"]) for one in messages] == [("failed", "shown=…: nothing to show")]


def test_a_view_that_comes_late_is_told_of_all_open_panels(
    tiny_session: ts.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = explorer(tiny_session, panels=["tree", "cause"])
    messages = heard(widget, monkeypatch)
    widget._on_parts()
    assert [one["part"] for one in messages if one["method"] == "open"] == ["tree", "cause"]


def test_panels_open_with_the_first_run(tiny_session: ts.Session) -> None:
    widget = Explorer(session=tiny_session, panels=["cause"], prompt="def f(x):", max_new_tokens=4, eos_token_ids=())
    assert widget.parts == {}
    widget.generate()
    widget.wait()
    assert list(widget.parts) == ["cause"]
    assert widget.parts["cause"].run is widget.run


def test_a_new_run_is_shown_in_every_panel(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session, panels=["cause", "structure"])
    widget.show(tiny_session.generate(some_ids(12), max_new_tokens=4, eos_token_ids=()))
    widget.wait()
    assert {part.run.run_id for part in widget.parts.values()} == {widget.run.run_id}


def test_the_tree_opens_runs_in_the_explorer_and_is_told_of_outcomes(tiny_session: ts.Session) -> None:
    tiny_session.allow_running()
    widget = explorer(tiny_session, panels=["tree"], tests="assert True")
    first = widget.run.run_id
    widget.branch(20, 200)
    widget.wait()
    branch = widget.branches[0].run_id
    assert set(widget.parts["tree"].verdicts) == {first, branch}
    widget.keep(branch)
    ask_part = {"kind": "request", "request": 1, "action": "open", "arguments": {"run": first}}
    from_view(widget, "tree", method="custom", content=ask_part)
    widget.wait()
    assert widget.run.run_id == first


def test_undo_brings_back_what_was_on_display(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session)
    run = widget.run
    widget.branch(20, 200)
    widget.wait()
    branch = widget.branches[0]
    widget.keep(branch)
    widget.wait()
    assert (widget.run, widget._past) == (branch, 2)
    widget.undo().wait()
    assert (widget.run, widget.branches, widget.selected) == (run, [branch], 20)
    assert ask(widget, "undo")["ok"] is True
    widget.wait()
    assert (widget.run, widget.branches, widget._past) == (run, [], 0)
    assert widget.undo().run is run


def test_undo_waits_for_what_is_being_written(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session)
    with held(tiny_session):
        widget.branch(20, 200)
        with pytest.raises(BusyError, match=r"something is still being written. Wait, or press Stop"):
            widget.undo()
    widget.wait()


def test_the_past_is_bounded(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session)
    runs = [tiny_session.generate(some_ids(5), max_new_tokens=1, eos_token_ids=()) for _ in range(3)]
    for i in range(50):
        widget.show(runs[i % 3])
        widget.wait()
    assert widget._past == 20


def test_a_saved_page_holds_what_the_open_panels_show(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session, panels=["structure", "tree"])
    widget.panels = ["structure"]
    saved = widget._export_state()["_parts"]
    assert list(saved) == ["structure"]
    assert saved["structure"]["_columns"] == [widget.run.run_id]


def test_closing_lets_go_of_all_parts(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session, panels=["cause", "tree"])
    parts = list(widget.parts.values())
    widget.close()
    assert [part.comm for part in parts] == [None, None]
    assert tiny_session._listeners == []


def test_without_a_run_no_part_can_be_had(tiny_session: ts.Session) -> None:
    with pytest.raises(InputError, match=r"run=None: nothing has been generated yet"):
        Explorer(session=tiny_session).part("cause")
    with pytest.raises(InputError, match=r"panel='flow': is no panel. Use one of cause, structure, tree"):
        explorer(tiny_session).part("flow")


def test_the_session_opens_the_workbench_on_a_prompt_at_once(tiny_session: ts.Session) -> None:
    with held(tiny_session):
        widget = tiny_session.explore("def f(x):", tests="assert f(1)", max_new_tokens=5, eos_token_ids=())
        assert widget.status == "queued"
    widget.wait()
    assert widget.run is not None
    assert (widget.tests, len(widget.run) - widget.run.prompt_length) == ("assert f(1)", 5)


def test_the_session_opens_the_workbench_on_a_run_or_on_nothing(tiny_session: ts.Session) -> None:
    run = tiny_session.generate("def f(x):", max_new_tokens=3, eos_token_ids=())
    assert tiny_session.explore(run, panels=["tree"]).run is run
    assert tiny_session.explore().run is None


def test_a_host_that_connects_every_new_widget_is_told_of_no_part(tiny_session: ts.Session) -> None:
    widget = explorer(tiny_session)
    told: list[Any] = []
    Widget.on_widget_constructed(told.append)
    try:
        widget.panels = ["tree", "structure"]
        assert told == []
        ts.TokenStream()
        assert told != []
    finally:
        Widget.on_widget_constructed(None)
    from_view(widget, "structure", method="update", state={"selected": 18})
    assert widget.selected == 18
