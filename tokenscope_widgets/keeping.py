"""The part of a session that is kept: its runs in a folder, to go on with in another kernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.opening import Opening

_SUFFIX = ".tsw"


class Keeping(Opening):
    """Methods of `Session` that save and restore its runs."""

    session_id: str
    _made: Callable[[list[Generation]], list[Generation]]

    if TYPE_CHECKING:

        @property
        def runs(self) -> list[Generation]:
            """The runs that something still holds."""

    def save(self, folder: str | os.PathLike[str], runs: Sequence[Generation] | None = None) -> list[Path]:
        """Write runs into a folder, one ``.tsw`` file each, in the order in which they were made.

        Parameters
        ----------
        folder : path
            Made where it is missing. Runs that were saved there before are left out.
        runs : sequence of Generation, optional
            By default all of the session that something still holds.

        Returns
        -------
        list of Path
            Of what was written now.

        Raises
        ------
        InputError
            The folder is a file.
        """
        place = Path(folder)
        if place.exists() and not place.is_dir():
            raise bad_value("folder", str(folder), "is a file", "Name a folder; run.save(path) writes one run")
        place.mkdir(parents=True, exist_ok=True)
        known = {path.stem.split("-")[-1] for path in place.glob(f"*{_SUFFIX}")}
        number = len(known)
        written = []
        for run in self.runs if runs is None else runs:
            if run.run_id not in known:
                written.append(run.save(place / f"{number:04d}-{run.run_id}{_SUFFIX}"))
                known.add(run.run_id)
                number += 1
        return written

    def restore(self, folder: str | os.PathLike[str]) -> list[Generation]:
        """Read what `save` wrote: the runs belong to this session from now on, and can be explained and branched.

        Hold them: a session keeps no run alive.

        Raises
        ------
        InputError
            There is no such folder, or no run in it; a run is of another model (`load` reads it all the same).
        FileFormatError
            A file in it is no run.
        """
        runs = [self._own(run) for run in load_runs(folder)]
        return self._made(runs)

    def _own(self, run: Generation) -> Generation:
        if run.provenance.model != self.model.name:
            raise bad_value(
                "folder",
                run.provenance.model,
                f"is the model of a run in it, and this session's is {self.model.name}",
                "Open a session of that model, or look at the runs without one: ts.load(path)",
            )
        return replace(run, provenance=replace(run.provenance, session_id=self.session_id))


def load_runs(folder: str | os.PathLike[str]) -> list[Generation]:
    """The runs of a folder, in the order in which they were made; no model is needed to look at them."""
    from tokenscope_widgets.storage import load

    place = Path(folder)
    paths = sorted(place.glob(f"*{_SUFFIX}"))
    if not paths:
        what = "holds no saved run" if place.is_dir() else "is no folder"
        raise bad_value("folder", str(folder), what, "Name one that session.save(folder) wrote")
    return [load(path) for path in paths]
