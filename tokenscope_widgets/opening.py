"""The part of a session that opens widgets on runs and prompts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.rewriting import Rewriting

if TYPE_CHECKING:
    from tokenscope_widgets.widgets.explorer import Explorer
    from tokenscope_widgets.widgets.what_if import WhatIf


class Opening(Rewriting):
    """Methods of `Session` that show something."""

    generate: Callable[..., Generation]

    def explore(
        self, run: Generation | str | None = None, *, tests: str = "", until: str = "function", **options: Any
    ) -> Explorer:
        """The workbench on a run, or on what a prompt is continued to: one widget for everything.

        Parameters
        ----------
        run : Generation or str, optional
            A prompt is continued while you look on: this returns at once, and ``.wait()`` waits. Without either, the
            workbench asks for a prompt.
        tests, until
            As for `what_if`.
        **options
            Traits of `Explorer` (``panels=["cause", "tree"]`` …); for a prompt also generation settings.
        """
        from tokenscope_widgets.widgets.explorer import Explorer

        shown = None if isinstance(run, str) else run
        widget = Explorer(shown, session=self, tests=tests, until=until, **options)
        if isinstance(run, str):
            widget.generate(run)
        return widget

    def what_if(self, run: Generation | str, *, tests: str = "", until: str = "function", **options: Any) -> WhatIf:
        """The counterfactual lab on a run, or on what a prompt is continued to.

        Parameters
        ----------
        run : Generation or str
        tests : str
            ``assert`` statements or test functions; run once `allow_running` was called, or allowed in the widget.
        until : str
            How far alternatives are written: ``"line"``, ``"statement"``, ``"function"`` or ``"run"``.
        **options
            Traits of `WhatIf`; for a prompt also generation settings.
        """
        from tokenscope_widgets.analysis.settings import DecodingSettings
        from tokenscope_widgets.widgets.what_if import WhatIf

        settings = {name: value for name, value in options.items() if name in DecodingSettings().to_dict()}
        shown = self.generate(run, **settings) if isinstance(run, str) else run
        return WhatIf(shown, session=self, tests=tests, until=until, **options)
