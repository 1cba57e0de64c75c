"""Syntax in a token stream: parsed when it is wanted, while a run grows and once it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t

from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._span import checked_span
from tokenscope_widgets.widgets._syntax_feed import SyntaxFeed

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.builder import GenerationBuilder
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.code_map import CodeMap


class StreamSyntax(t.HasTraits):
    """The traits of a stream that have to do with syntax."""

    syntax = t.Bool(False).tag(sync=True)
    language = t.Unicode(None, allow_none=True).tag(sync=True)
    span = t.Any(None).tag(sync=True)
    _syntax = t.Any({}).tag(sync=True)
    if TYPE_CHECKING:
        error: Any

        @property
        def run(self) -> Generation | None:
            """The run on display."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._parsed = SyntaxFeed(lambda message: self.set_trait("_syntax", message))
        super().__init__(*args, **options)

    @t.validate("span")
    def _check_span(self, proposal: Any) -> list[int] | None:
        return checked_span(proposal["value"], self.run)

    @t.observe("syntax", "language")
    def _syntax_switched(self, _change: Any) -> None:
        self._parsed.clear()
        self._parse()

    @property
    def code(self) -> CodeMap | None:
        """The syntax of the run on display; None where ``syntax`` is off or the run is being written."""
        return self._parsed.code

    def _parse(self) -> None:
        """Bring the syntax up to the run on display, where it is wanted; what goes wrong is shown."""
        try:
            run = self.run
            if self.syntax and run is not None and run.finish != "running":
                self._parsed.show(run, self.language)
        except Exception as error:
            self.error = explain(error)

    def _parse_so_far(self, builder: GenerationBuilder) -> None:
        try:
            if self.syntax:
                self._parsed.grow(builder, self.language)
        except Exception as error:  # what is being written is worth more than its colours
            self.error = explain(error)
