"""Keeps a view's syntax on the run it shows: quickly while the run grows, wholly once it is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.builder import GenerationBuilder
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.code_map import CodeMap
    from tokenscope_widgets.code.evidence import Evidence
    from tokenscope_widgets.code.hesitation import Hesitation

_SECONDS_BETWEEN = 0.1
# a parse every so many times its own cost: generating pays a few hundredths for it, however long the text
_REST = 40


class SyntaxFeed:
    """Parses runs and publishes messages.

    Parameters
    ----------
    publish : callable
        Takes a `syntax_message`; an empty one where there is nothing to show.
    """

    def __init__(self, publish: Callable[[dict[str, Any]], None]) -> None:
        self._publish = publish
        self._next = 0.0
        self._lock = threading.RLock()
        self._language: str | None = None
        self.code: CodeMap | None = None
        self.evidence: Evidence | None = None
        self.hesitations: tuple[Hesitation, ...] = ()

    def grow(self, builder: GenerationBuilder, language: str | None) -> None:
        """Roles and nodes of a run that is being written, at most ten times a second."""
        if time.monotonic() < self._next:
            return
        from tokenscope_widgets.code.parsing import parse
        from tokenscope_widgets.widgets._syntax_message import syntax_message

        began = time.monotonic()
        try:
            run = builder.build()
            self._publish(syntax_message(parse(run, language), run.run_id))
        finally:
            self._next = began + max(_SECONDS_BETWEEN, _REST * (time.monotonic() - began))

    def show(self, run: Generation, language: str | None, code: CodeMap | None = None) -> None:
        """Everything about a finished run; ``code`` where it was parsed before."""
        from tokenscope_widgets.code.parsing import parse
        from tokenscope_widgets.widgets._syntax_message import full_syntax_message, syntax_message

        with self._lock:
            self._next = 0.0
            shown, evidence = self.code, self.evidence
            same = shown is not None and shown.run is run and (language == self._language if code is None else True)
            if shown is None or evidence is None or not same or code not in (None, shown):
                shown = code if code is not None else parse(run, language)
                self.code, self.evidence, self.hesitations, self._language = shown, None, (), language
                # roles first: linters and alternatives take longer
                self._publish(syntax_message(shown, run.run_id))
                self.hesitations = shown.hesitations()
                self.evidence = evidence = shown.diagnostics()
            self._publish(full_syntax_message(shown, run.run_id, evidence, self.hesitations))

    def clear(self) -> None:
        """Show no syntax."""
        with self._lock:
            self._next = 0.0
            self.code = self.evidence = None
            self.hesitations = ()
            self._publish({})
