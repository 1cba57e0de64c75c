"""The workbench: stream, cause, alternatives, consequence, structure, tree and charts in one widget."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets as t

from tokenscope_widgets.analysis.forks import ForkAnalysis
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import BusyError, InputError
from tokenscope_widgets.widgets._base import bundle
from tokenscope_widgets.widgets._history import History
from tokenscope_widgets.widgets._parts import PartComm, Parts, state_of
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets.what_if import WhatIf

PANELS = ("cause", "structure", "tree", "sampler", "lens")


class Explorer(WhatIf):
    """One run with everything that is known of it, in panels that open on demand.

    Click a token: its alternatives are beside it. *Cause* shows what pushed it; the alternatives, regenerated, stand
    side by side with whether they parse and pass the tests; *tree* holds every run of the session. All panels share
    one selection.

    Parameters
    ----------
    run : Generation or ForkAnalysis, optional
        What to show at first.
    panels : list of str
        Which are open: ``"cause"``, ``"structure"``, ``"tree"``, ``"sampler"``, ``"lens"``. Nothing of a panel is
        computed before it is open.
    **options
        As for `WhatIf` and `TokenStream`.
    """

    _esm = bundle("explorer.js")
    _css = bundle("explorer.css")

    panels = t.List(t.Enum(PANELS)).tag(sync=True)
    _past = t.Int(0).tag(sync=True)

    actions: ClassVar[tuple[str, ...]] = (*WhatIf.actions, "parts", "undo")

    def __init__(self, run: Generation | ForkAnalysis | None = None, **options: Any) -> None:
        self._history = History()
        self._parts = Parts(_makers(self), lambda message, buffers: self.send(message, buffers))
        super().__init__(run, **options)
        self.observe(self._open_new, "panels")
        self.observe(lambda _change: self._open_late(), "status")
        self._open_late()

    @property
    def parts(self) -> dict[str, Any]:
        """The widgets of the panels that were opened, by name: ``explorer.parts["cause"].source = "attention"``."""
        return self._parts.made

    def part(self, name: str) -> Any:
        """The widget of a panel; made, if the panel was not open yet.

        Raises
        ------
        InputError
            No such panel, or nothing to show in it yet.
        """
        if self.run is None:
            raise InputError("run=None: nothing has been generated yet. Press Generate first.")
        return self._parts.get(name)

    def undo(self) -> Explorer:
        """Back to the runs that were on display before the last change.

        Raises
        ------
        BusyError
            Something is still being written.
        """
        if self._occupied:
            raise BusyError("undo: something is still being written. Wait, or press Stop.")
        before = self._history.pop()
        if before is not None:
            with self._work_lock:
                for run in before.runs:
                    self._feed.put(run)
                with self._history.paused():
                    self._arrange([run.run_id for run in before.runs])
            self.selected = before.selected
            self._past = len(self._history)
            self._parse()
            self._judge()
        return self

    def _arrange(self, run_ids: list[str]) -> None:
        runs = [run for run in (self.run, *self.branches) if run is not None] if self._columns else []
        if runs and run_ids != self._columns and all(run.finish != "running" for run in runs):
            self._history.push(runs, self.selected)
            self._past = len(self._history)
        super()._arrange(run_ids)

    def _told(self) -> None:
        super()._told()
        tree = self._parts.made.get("tree")
        if tree is not None:
            shown = {run.run_id for run in tree.runs}
            found = {name: one for name, one in self.consequences.items() if name in shown}
            tree.verdicts = {**tree.verdicts, **found}

    def _open_new(self, change: Any) -> None:
        for name in change["new"]:
            if name not in change["old"]:
                self._open(name)

    def _open_late(self) -> None:
        """Open what could not be opened while there was no run."""
        if self.run is not None:
            for name in self.panels:
                if name not in self._parts:
                    self._open(name)

    def _open(self, name: str) -> None:
        """Send a panel's state; where it cannot be made, why."""
        if self.run is None:
            return
        try:
            self._parts.open(name)
        except Exception as error:
            self.send({"kind": "part", "part": name, "method": "failed", "error": explain(error)})
        if name == "tree":
            self._told()

    def _on_parts(self) -> None:
        """A view came: it needs the state of what is open."""
        for name in self.panels:
            self._open(name)

    def _on_undo(self) -> None:
        self.undo()

    def _receive(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("kind") == "part":
            try:
                self._parts.receive(content, buffers or [])
            except Exception as error:
                self.error = explain(error)
            return
        super()._receive(widget, content, buffers)

    def _export_state(self) -> dict[str, Any]:
        """What a saved page holds beside the traits: what the panels that are open show."""
        parts = {name: part for name, part in self._parts.made.items() if name in self.panels}
        return {"_parts": {name: {**state_of(part), **part._export_state()} for name, part in parts.items()}}

    def _let_go(self) -> None:
        self._parts.close()
        self._history.clear()
        super()._let_go()


def _makers(stream: Explorer) -> dict[str, Any]:
    """How each panel's widget is made."""

    def cause(comm: PartComm) -> Any:
        from tokenscope_widgets.widgets.flow import Flow

        return Flow(stream, comm=comm)

    def structure(comm: PartComm) -> Any:
        from tokenscope_widgets.widgets.code_view import CodeView

        return CodeView(stream, comm=comm)

    def tree(comm: PartComm) -> Any:
        from tokenscope_widgets.widgets.branch_tree import BranchTree

        runs = [run for run in (stream.run, *stream.branches) if run is not None]
        return BranchTree(runs, session=stream.session, follow=stream, comm=comm)

    def sampler(comm: PartComm) -> Any:
        from tokenscope_widgets.widgets.sampler import Sampler

        return Sampler(stream, comm=comm)

    def lens(comm: PartComm) -> Any:
        from tokenscope_widgets.widgets.lens_map import LensMap

        return LensMap(stream, comm=comm)

    return {"cause": cause, "structure": structure, "tree": tree, "sampler": sampler, "lens": lens}
