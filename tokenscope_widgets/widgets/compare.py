"""Several runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets as t

from tokenscope_widgets.analysis.alignment import Alignment, align
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.widgets._base import BaseWidget, bundle


class Compare(BaseWidget):
    """Two or more runs side by side, aligned to one of them.

    Parameters
    ----------
    runs : sequence of Generation
        Two or more.
    reference : int
        The run the others are aligned to.
    titles : sequence of str or None, optional
        What each run is called, above its column; None for no name.
    **options
        Traits: ``metric``, ``scale``, ``show_whitespace`` …

    Attributes
    ----------
    selected : int or None
        Position of the selected token in the run of ``column``.
    column : int
        The run the selected token belongs to.
    kept : int or None
        The run for which "Keep this one" was pressed.
    titles : list of str or None
        As given; it can be set. Empty: no run has a name.
    """

    _esm = bundle("compare.js")
    _css = bundle("compare.css")

    selected = t.Int(None, allow_none=True).tag(sync=True)
    column = t.Int(0).tag(sync=True)
    kept = t.Int(None, allow_none=True).tag(sync=True)
    titles = t.List(t.Unicode(allow_none=True)).tag(sync=True)
    _columns = t.List(t.Unicode()).tag(sync=True)
    _alignments = t.Dict().tag(sync=True)
    _reference = t.Int(0).tag(sync=True)

    def __init__(
        self,
        runs: Sequence[Generation],
        *,
        reference: int = 0,
        titles: Sequence[str | None] | None = None,
        **options: Any,
    ) -> None:
        listed = list(runs) if isinstance(runs, Sequence) else []
        if len(listed) < 2 or not all(isinstance(run, Generation) for run in listed):
            raise bad_value("runs", runs, "must be two runs or more", "Pass a list of what session.generate returned")
        if not 0 <= reference < len(listed):
            raise bad_value("reference", reference, "is not one of the runs", f"Use 0 … {len(listed) - 1}")
        super().__init__(**options)
        unique = list({run.run_id: run for run in listed}.values())
        if len(unique) != len(listed):
            raise bad_value("runs", [r.run_id[:6] for r in listed], "holds a run twice", "Pass each run once")
        self._reference = reference
        for run in listed:
            self._feed.put(run)
        self._columns = [run.run_id for run in listed]
        if titles is not None:
            if isinstance(titles, str):
                raise bad_value("titles", titles, "is one text", "Pass a list with a title, or None, for each run")
            self.titles = list(titles)
        self._alignments = {run.run_id: a.spans.tolist() for run, a in zip(listed, self.alignments, strict=True)}

    @t.validate("titles")
    def _check_titles(self, proposal: Any) -> list[str | None]:
        value: list[str | None] = proposal["value"]
        if value and len(value) != len(self._columns):
            raise bad_value("titles", value, f"names {len(value)} runs", f"Give {len(self._columns)}, or none")
        return value

    @property
    def runs(self) -> list[Generation]:
        """The runs, in the order of their columns."""
        return [self._feed.get(run_id) for run_id in self._columns]

    @property
    def alignments(self) -> list[Alignment]:
        """How each run aligns to the reference."""
        runs = self.runs
        return [align(runs[self._reference].token_ids, run.token_ids) for run in runs]

    @property
    def current(self) -> Generation:
        """The run that was kept; the reference while none was."""
        return self.runs[self.kept if self.kept is not None else self._reference]
