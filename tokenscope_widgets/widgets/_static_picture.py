"""A widget's runs as a picture that stays where no widget can be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tokenscope_widgets.errors import InputError

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.pictures import Picture


class StaticPicture:
    """What a token stream can be drawn as."""

    if TYPE_CHECKING:
        metric: str
        selected: int | None

        @property
        def run(self) -> Generation | None:
            """The run on display."""

        @property
        def branches(self) -> list[Generation]:
            """The runs beside it."""

    def show_static(self, *, dark: bool = False) -> Picture:
        """What is on display as an ordinary output: it survives `nbconvert`, GitHub, and the end of the kernel.

        Returns
        -------
        Picture
            Shows itself at the end of a cell; ``.save("run.svg")`` writes the SVG.

        Raises
        ------
        InputError
            There is no run yet.
        """
        from tokenscope_widgets.pictures import picture_of

        if self.run is None:
            raise InputError("run=None: nothing has been generated yet. Generate first.")
        notes = self._picture_notes()
        return picture_of(self.run, self.branches, metric=self.metric, selected=self.selected, notes=notes, dark=dark)

    def _picture_notes(self) -> Mapping[str, str]:
        """What is said of a run, by ``run_id``."""
        return {}
