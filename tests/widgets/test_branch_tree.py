"""The branch tree's Python side: what it shows, what can be done to a run, and what it sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fixtures.make_branch_tree import branch_of_ids, family
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.program import program_of
from tokenscope_widgets.consequences import Consequence
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets.branch_tree import BranchTree


def shown(tree: BranchTree) -> list[str]:
    return [one.run_id for one in tree.runs]


class FakeSession:
    """Has made one run, and makes more on request."""

    def __init__(self) -> None:
        self.runs = [branch_of_ids("abcd", "first")]
        self.listeners: list[Callable[[Generation], None]] = []

    def on_run(self, callback: Callable[[Generation], None]) -> Callable[[], None]:
        self.listeners.append(callback)
        return lambda: self.listeners.remove(callback)

    def make(self, made: Generation) -> None:
        self.runs.append(made)
        for listener in self.listeners:
            listener(made)


class FakeStream:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, one: Generation) -> None:
        self.shown.append(one.run_id)


def ask(tree: BranchTree, action: str, **arguments: Any) -> dict[str, Any]:
    """The reply to what a view sends."""
    sent: list[dict[str, Any]] = []
    tree.send = lambda content, buffers=None: sent.append(content)
    tree._receive(tree, {"kind": "request", "request": 1, "action": action, "arguments": arguments}, [])
    return next(message for message in sent if message["kind"] == "reply")


def test_the_runs_are_a_tree_of_segments() -> None:
    tree = BranchTree(family()).tree
    assert [tree.segment_text(i) for i in range(len(tree))] == ["ab", "cd", "xy", "z", "q", "w"]


def test_a_tree_without_runs_is_empty() -> None:
    tree = BranchTree()
    assert (tree.runs, len(tree.tree), tree.current) == ([], 0, None)


def test_an_added_run_is_shown_once() -> None:
    tree = BranchTree(family()[:1])
    for one in family()[:2]:
        tree.add(one)
    assert shown(tree) == ["first", "child"]
    assert len(tree.tree) == 3


def test_the_selected_run_is_the_current_one_and_the_newest_while_none_is() -> None:
    tree = BranchTree(family())
    assert tree.current is not None
    assert tree.current.run_id == "other"
    tree.selected = "child"
    assert tree.current.run_id == "child"


def test_a_session_brings_its_runs_and_those_to_come_until_the_tree_is_closed() -> None:
    session = FakeSession()
    tree = BranchTree(session=session)
    session.make(branch_of_ids("abx", "second"))
    assert shown(tree) == ["first", "second"]
    tree.close()
    assert session.listeners == []


def test_a_pruned_run_stays_away_when_the_session_tells_of_it_again() -> None:
    session = FakeSession()
    tree = BranchTree(session=session)
    tree.prune("first")
    session.make(session.runs[0])
    assert shown(tree) == []


def test_choosing_a_run_selects_it_shows_it_and_tells_who_asked() -> None:
    stream, told = FakeStream(), []
    tree = BranchTree(family(), follow=stream)
    stop = tree.on_open(lambda one: told.append(one.run_id))
    tree.choose("child")
    stop()
    tree.choose("other")
    assert (tree.selected, stream.shown, told) == ("other", ["child", "other"], ["child"])


def test_a_view_opens_a_run() -> None:
    stream = FakeStream()
    tree = BranchTree(family(), follow=stream)
    assert ask(tree, "open", run="child")["ok"]
    assert stream.shown == ["child"]


def test_what_cannot_show_a_run_cannot_follow() -> None:
    with pytest.raises(InputError, match="follow=3: cannot show a run"):
        BranchTree(follow=3)  # type: ignore[arg-type]


def test_pruning_takes_what_was_branched_from_a_run_and_restoring_brings_it_back() -> None:
    tree = BranchTree(family(), marked=["child", "other"], selected="grandchild")
    assert sorted(tree.prune("child")) == ["child", "grandchild"]
    assert (shown(tree), tree.marked, tree.selected) == (["first", "other"], ["other"], None)
    assert [one.run_id for one in tree.pruned] == ["child", "grandchild"]
    assert tree.restore() == ["child", "grandchild"]
    assert shown(tree) == ["first", "child", "grandchild", "other"]


def test_pruning_stops_at_a_pinned_run() -> None:
    tree = BranchTree(family())
    tree.pin("child")
    assert sorted(tree.prune("first")) == ["first", "other"]
    assert shown(tree) == ["child", "grandchild"]


def test_a_pinned_run_is_not_pruned_until_it_is_unpinned() -> None:
    tree = BranchTree(family(), pinned=["child"])
    with pytest.raises(InputError, match="is pinned"):
        tree.prune("child")
    tree.pin("child", pinned=False)
    assert tree.prune("grandchild") == ["grandchild"]
    assert tree.pinned == []


def test_a_branch_of_a_branch_of_a_pruned_run_goes_with_it() -> None:
    tree = BranchTree(family())
    tree.prune("child")
    tree.add(branch_of_ids("abxyqr", "late", "grandchild", 5))
    assert "late" in shown(tree)
    assert sorted(tree.prune("first")) == ["first", "late", "other"]


def test_adding_a_pruned_run_brings_it_back() -> None:
    tree = BranchTree(family())
    tree.prune("other")
    tree.add(family()[3])
    assert tree.pruned == []


def test_a_view_prunes_and_restores() -> None:
    tree = BranchTree(family())
    assert ask(tree, "prune", run="child")["result"] == {"pruned": 2}
    assert ask(tree, "restore")["ok"]
    assert len(tree.runs) == 4


def test_a_run_is_renamed_and_an_empty_name_is_no_name() -> None:
    tree = BranchTree(family())
    tree.rename("child", "  the  max\n branch ")
    assert tree.labels == {"child": "the max branch"}
    tree.rename("child", " ")
    assert tree.labels == {}


def test_the_two_marked_runs_are_compared_the_first_as_the_reference() -> None:
    compare = BranchTree(family(), marked=["other", "child"]).compare()
    assert [one.run_id for one in compare.runs] == ["other", "child"]
    assert compare.current.run_id == "other"


def test_a_comparison_needs_two_marked_runs() -> None:
    tree = BranchTree(family(), marked=["other"])
    with pytest.raises(InputError, match="two runs are needed"):
        tree.compare()
    assert ask(tree, "compare")["error"].startswith("marked=['other']: two runs are needed")


def test_only_runs_that_are_compared_send_their_tokens() -> None:
    tree = BranchTree(family(), marked=["first", "child"])
    assert tree.get_state()["_snapshot"]["runs"] == []
    ask(tree, "compare")
    assert [one["run"] for one in tree.get_state()["_snapshot"]["runs"]] == ["first", "child"]
    assert (tree._columns, tree._alignments["child"][0]) == (["first", "child"], [0, 0, 2, 0, 2])
    ask(tree, "compare", close=True)
    assert (tree._columns, tree.get_state()["_snapshot"]["runs"]) == ([], [])


def test_pruning_a_compared_run_closes_the_comparison() -> None:
    tree = BranchTree(family(), marked=["first", "child"])
    ask(tree, "compare")
    tree.prune("child")
    assert tree._columns == []


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"selected": "nobody"}, "selected='nobody': is no run of this tree. Add it first"),
        ({"marked": ["first", "nobody"]}, "marked='nobody': is no run of this tree"),
        ({"marked": ["first", "child", "other"]}, "must be two different runs at most"),
        ({"marked": ["first", "first"]}, "must be two different runs at most"),
        ({"pinned": ["nobody"]}, "pinned='nobody': is no run of this tree"),
        ({"verdicts": {"first": "passed"}}, "verdicts='passed': says nothing of a run. Give what session.consequence"),
        ({"verdicts": {"first": {"status": "great"}}}, "status='great': is no outcome. Use one of: passed, failed"),
        ({"colour": "red"}, "colour='red': is no option of this widget"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_remedy(traits: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BranchTree(family(), **traits)


def test_verdicts_are_taken_as_the_session_gives_them() -> None:
    first, second, *_ = family()
    program = replace(program_of(first), syntax="broken", problem="line 1: '(' was never closed")
    tree = BranchTree(family())
    tree.verdicts = {first.run_id: Consequence(first, program), second.run_id: {"parses": True}}
    assert tree.verdicts[first.run_id]["parses"] is False
    assert tree.verdicts[first.run_id]["message"] == "broken: line 1: '(' was never closed"
    assert tree.verdicts[second.run_id] == {"parses": True}


@pytest.mark.parametrize("method", ["choose", "pin", "prune"])
@pytest.mark.parametrize("one", ["nobody", 3, None])
def test_an_unknown_run_is_refused(method: str, one: Any) -> None:
    with pytest.raises(InputError, match="is no run of this tree"):
        getattr(BranchTree(family()), method)(one)


def test_a_pruned_run_has_to_be_brought_back_first() -> None:
    tree = BranchTree(family())
    tree.prune("other")
    with pytest.raises(InputError, match=r"run='other': was pruned. Bring it back first: tree.restore()"):
        tree.choose("other")


@pytest.mark.parametrize("runs", [["abc"], "abc", 3])
def test_something_else_than_runs_is_refused(runs: Any) -> None:
    with pytest.raises(InputError, match="is no Generation"):
        BranchTree(runs)


def test_a_new_run_reaches_the_views_as_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[dict[str, Any], Any]] = []
    tree = BranchTree(family()[:1])
    monkeypatch.setattr(tree, "_send", lambda message, buffers=None: sent.append((message, buffers)))
    tree.add(family()[1])
    ((message, buffers),) = sent
    assert (message["method"], list(message["state"])) == ("update", ["_tree"])
    assert len(buffers) == len(message["state"]["_tree"]["columns"])


def test_a_saved_page_holds_the_tree_and_not_the_tokens(tmp_path: Any) -> None:
    page = BranchTree(family()).to_html(tmp_path / "tree.html").read_text(encoding="utf-8")
    assert '"_tree": {"finish": ["running"' in page
    assert '"_snapshot": {"version": 1, "runs": []}' in page
