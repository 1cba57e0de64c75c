"""Every run as a tree: what runs share, where they part, how each ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import traitlets as t

from tokenscope_widgets.analysis.alignment import align
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.segment_tree import SegmentTree, segment_tree
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.widgets._base import BaseWidget, bundle
from tokenscope_widgets.widgets._branch_tree_message import tree_message
from tokenscope_widgets.widgets._branch_tree_runs import KnownRuns
from tokenscope_widgets.widgets._branch_tree_sending import Sending
from tokenscope_widgets.widgets._branch_tree_verdicts import checked_verdict
from tokenscope_widgets.widgets.compare import Compare

SORTS = ("made", "probability", "outcome")


class RunSource(Protocol):
    """What makes runs: a session."""

    @property
    def runs(self) -> list[Generation]:
        """Those it has made."""

    def on_run(self, callback: Callable[[Generation], None]) -> Callable[[], None]:
        """Call with every further one; returns how to stop that."""


class Viewer(Protocol):
    """What shows one run: a token stream, or any other widget with a ``show``."""

    def show(self, run: Generation) -> None:
        """Show this run."""


class BranchTree(BaseWidget):
    """Runs as a tree of the text they share: one row for each, with where it parts from the others and how it ended.

    Parameters
    ----------
    runs : sequence of Generation
        What to show at first.
    session : Session, optional
        Its runs are shown too, and every run it makes from now on.
    follow : TokenStream, optional
        Shows the run that is opened: its ``show`` is called.
    **options
        Traits: ``sort="probability"``, ``labels={run.run_id: "greedy"}`` …

    Attributes
    ----------
    selected : str or None
        ``run_id`` of the run that was opened last.
    marked : list of str
        ``run_id`` of at most two runs, to be compared.
    pinned : list of str
        ``run_id`` of runs that pruning leaves alone.
    labels : dict
        Names by ``run_id``; a run without one goes by its number.
    verdicts : dict
        By ``run_id``, what is known of the program: ``parses`` (True, False, None), ``findings`` (of linters),
        ``status`` (``"passed"``, ``"failed"``, ``"error"``, ``"timeout"``, ``"not_runnable"``), ``passed``, ``total``,
        ``message``; each may be left out. A `Consequence` can be set in the place of such a dict:
        ``tree.verdicts = lab.consequences``.
    sort : str
        Which runs come first: ``"made"``, ``"probability"`` (per token), or ``"outcome"`` (those that pass).
    """

    _esm = bundle("branch_tree.js")
    _css = bundle("branch_tree.css")

    selected = t.Unicode(None, allow_none=True).tag(sync=True)
    marked = t.List(t.Unicode()).tag(sync=True)
    pinned = t.List(t.Unicode()).tag(sync=True)
    labels = t.Dict(key_trait=t.Unicode(), value_trait=t.Unicode()).tag(sync=True)
    verdicts = t.Dict(key_trait=t.Unicode(), value_trait=t.Any()).tag(sync=True)
    sort = t.Enum(SORTS, default_value="made").tag(sync=True)
    _tree = t.Any().tag(sync=True, to_json=lambda _value, widget: widget._message())
    _columns = t.List(t.Unicode()).tag(sync=True)
    _alignments = t.Dict().tag(sync=True)

    actions = ("open", "prune", "restore", "compare")

    def __init__(
        self,
        runs: Sequence[Generation] = (),
        *,
        session: RunSource | None = None,
        follow: Viewer | None = None,
        **options: Any,
    ) -> None:
        if follow is not None and not callable(getattr(follow, "show", None)):
            raise bad_value("follow", follow, "cannot show a run", "Pass a TokenStream")
        self._known = KnownRuns(_checked(runs))
        self._follow = follow
        self._opened: list[Callable[[Generation], None]] = []
        self._lock = threading.RLock()
        self._built: SegmentTree | None = None
        self._sending = Sending(lambda: self.send_state("_tree"))
        self._stop_hearing: Callable[[], None] = _nothing
        if session is not None:
            self._known.extend(session.runs)
        super().__init__(**options)
        if session is not None:
            self._stop_hearing = session.on_run(self._heard)
            # what came in between
            self._known.extend(session.runs)

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> str | None:
        value: str | None = proposal["value"]
        return None if value is None else self._known.shown(value, "selected").run_id

    @t.validate("marked")
    def _check_marked(self, proposal: Any) -> list[str]:
        value = [self._known.shown(one, "marked").run_id for one in proposal["value"]]
        if len(value) > 2 or len(set(value)) != len(value):
            raise bad_value("marked", value, "must be two different runs at most", "Unmark one first")
        return value

    @t.validate("pinned")
    def _check_pinned(self, proposal: Any) -> list[str]:
        return list(dict.fromkeys(self._known.shown(one, "pinned").run_id for one in proposal["value"]))

    @t.validate("verdicts")
    def _check_verdicts(self, proposal: Any) -> dict[str, dict[str, Any]]:
        return {run_id: checked_verdict(given) for run_id, given in proposal["value"].items()}

    @property
    def runs(self) -> list[Generation]:
        """The runs on display, in the order they came."""
        return self._known.listed()

    @property
    def pruned(self) -> list[Generation]:
        """The runs that `restore` would bring back."""
        return self._known.hidden()

    @property
    def tree(self) -> SegmentTree:
        """The runs on display as a tree of segments."""
        with self._lock:
            runs = tuple(self.runs)
            if self._built is None or self._built.runs != runs:
                self._built = segment_tree(runs)
            return self._built

    @property
    def current(self) -> Generation | None:
        """The selected run; the newest while none is, and None while there are no runs."""
        runs = self.runs
        return self._known.shown(self.selected, "selected") if self.selected else runs[-1] if runs else None

    def add(self, run: Generation) -> None:
        """Show another run; one that was pruned comes back."""
        _checked([run])
        self._known.add(run)
        self._changed()

    def rename(self, run: Generation | str, label: str) -> None:
        """Give a run (or its ``run_id``) a name; an empty one gives it its number back."""
        if not isinstance(label, str):
            raise bad_value("label", label, "is no text", "Pass a str")
        run_id, text = self._known.shown(run).run_id, " ".join(label.split())
        others = {key: value for key, value in self.labels.items() if key != run_id}
        self.labels = {**others, run_id: text} if text else others

    def pin(self, run: Generation | str, pinned: bool = True) -> None:
        """Keep a run whatever is pruned; ``pinned=False`` lets it go again."""
        run_id = self._known.shown(run).run_id
        self.pinned = [one for one in self.pinned if one != run_id] + ([run_id] if pinned else [])

    def prune(self, run: Generation | str) -> list[str]:
        """Take a run off the display, with all that was branched from it; returns what went, as ``run_id``.

        A pinned run below it stays, and what was branched from that.

        Raises
        ------
        InputError
            Unknown, or pinned itself.
        """
        chosen = self._known.shown(run)
        if chosen.run_id in self.pinned:
            raise bad_value("run", chosen.run_id, "is pinned", "Unpin it first: pin(run, pinned=False)")
        gone = self._known.prune(chosen.run_id, self.pinned)
        self.marked = [one for one in self.marked if one not in gone]
        if self.selected in gone:
            self.selected = None
        self._changed()
        return gone

    def restore(self) -> list[str]:
        """Bring back all that was pruned; returns their ``run_id``."""
        back = self._known.restore()
        self._changed()
        return back

    def choose(self, run: Generation | str) -> Generation:
        """Open a run: select it, show it in what follows this tree, and tell who asked to be told."""
        chosen = self._known.shown(run)
        self.selected = chosen.run_id
        if self._follow is not None:
            self._follow.show(chosen)
        for callback in list(self._opened):
            callback(chosen)
        return chosen

    def on_open(self, callback: Callable[[Generation], None]) -> Callable[[], None]:
        """Call with every run that is opened, here or in the notebook; returns how to stop that."""
        self._opened.append(callback)
        return lambda: self._opened.remove(callback) if callback in self._opened else None

    def compare(self) -> Compare:
        """The two marked runs side by side, the first as the reference.

        Raises
        ------
        InputError
            There are not two.
        """
        return Compare(self._two_marked())

    def _two_marked(self) -> list[Generation]:
        if len(self.marked) != 2:
            raise InputError(f"marked={self.marked!r}: two runs are needed. Mark them with Space, or set marked.")
        return [self._known.shown(one, "marked") for one in self.marked]

    def _heard(self, run: Generation) -> None:
        """The session has made a run: many may follow at once, on its worker's thread."""
        self._known.add(run, bring_back=False)
        self._changed(soon=True)

    def _changed(self, soon: bool = False) -> None:
        known = {run.run_id for run in self.runs}
        if not known.issuperset(self._columns):
            self._show_beside([])
        self._sending.request(soon)

    def _message(self) -> dict[str, Any]:
        return tree_message(self.tree, self._known.by_id(), self._known.numbers())

    def _show_beside(self, runs: list[Generation]) -> None:
        """Send the tokens of runs that are compared inside this widget; an empty list closes that."""
        for run in runs:
            self._feed.put(run)
        self._columns = [run.run_id for run in runs]
        self._alignments = {run.run_id: align(runs[0].token_ids, run.token_ids).spans.tolist() for run in runs}
        self._feed.keep_only(self._columns)

    def _on_open(self, run: str) -> None:
        self.choose(run)

    def _on_prune(self, run: str) -> dict[str, int]:
        return {"pruned": len(self.prune(run))}

    def _on_restore(self) -> None:
        self.restore()

    def _on_compare(self, close: bool = False, runs: Sequence[str] | None = None) -> None:
        """``runs``: what the view has marked, which may be on its way still."""
        if runs is not None:
            self.marked = list(runs)
        self._show_beside([] if close else self._two_marked())

    def _let_go(self) -> None:
        stop, self._stop_hearing = self._stop_hearing, _nothing
        stop()
        self._sending.stop()
        self._opened.clear()
        self._columns = []


def _checked(runs: Iterable[Generation]) -> list[Generation]:
    listed = list(runs) if isinstance(runs, Iterable) else [runs]
    for run in listed:
        if not isinstance(run, Generation):
            raise bad_value("runs", run, "is no Generation", "Pass what session.generate and session.branch returned")
    return listed


def _nothing() -> None:
    """Stops nothing."""
