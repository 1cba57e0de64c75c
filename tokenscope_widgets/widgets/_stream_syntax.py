"""Syntax in a token stream: parsed when it is wanted, while a run grows and once it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t

from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._span import checked_span
from tokenscope_widgets.widgets._syntax_feed import SyntaxFeed

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.builder import GenerationBuilder
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.code_map import CodeMap


class StreamSyntax(t.HasTraits):
    """The traits of a stream that have to do with syntax."""

    scale = t.Enum(("absolute", "percentile", "role"), default_value="absolute").tag(sync=True)
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
        self._syntax_error = ""
        self._parsed = SyntaxFeed(lambda message: self.set_trait("_syntax", message))
        super().__init__(*args, **options)

    @t.validate("span")
    def _check_span(self, proposal: Any) -> list[int] | None:
        return checked_span(proposal["value"], self.run)

    @t.validate("language")
    def _check_language(self, proposal: Any) -> str | None:
        value: str | None = proposal["value"]
        if value is not None and not value.strip():
            raise bad_value("language", value, "is no language", "Use a name such as 'python', or None to guess")
        return value

    @t.observe("syntax", "language")
    def _syntax_switched(self, _change: Any) -> None:
        self._parsed.clear()
        self._failed("")
        self._parse()

    @property
    def code(self) -> CodeMap | None:
        """The syntax of the run on display; None where ``syntax`` is off or the run is being written."""
        code = self._parsed.code
        return code if code is not None and code.run is self.run else None

    def _parse(self) -> None:
        """Bring the syntax up to the run on display, where it is wanted; what goes wrong is shown."""
        try:
            run = self.run
            if self.syntax and run is not None and run.finish != "running":
                self._parsed.show(run, self.language)
        except Exception as error:
            self._failed(explain(error))

    def _parse_so_far(self, builder: GenerationBuilder) -> None:
        try:
            if self.syntax:
                self._parsed.grow(builder, self.language)
        except Exception as error:  # what is being written is worth more than its colours
            self._failed(explain(error))

    def _failed(self, text: str) -> None:
        """Show what went wrong with the syntax, or, empty, that it no longer does; other errors stay."""
        if text or self.error == self._syntax_error:
            self.error = self._syntax_error = text
