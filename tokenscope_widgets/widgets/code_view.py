"""The outline of a program with the model's metrics as bars, what linters found, and where the model hesitated."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.evidence import Evidence
from tokenscope_widgets.code.hesitation import Hesitation
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.widgets._base import BaseWidget, bundle
from tokenscope_widgets.widgets._following import Following
from tokenscope_widgets.widgets._span import checked_span
from tokenscope_widgets.widgets._syntax_feed import SyntaxFeed
from tokenscope_widgets.widgets.token_stream import TokenStream

STATISTICS = ("mean", "max", "sum")
ORDERS = ("source", "metric")


class CodeView(BaseWidget):
    """The syntax tree of what a model wrote, node by node with its metrics.

    Parameters
    ----------
    shown : Generation, TokenStream or CodeMap
        A run; or a stream, whose run and selection it follows, both ways; or what `code.parse` returned.
    language : str, optional
        Of code that names no language itself.
    **options
        Traits: ``metric="entropy"``, ``order="metric"`` …

    Attributes
    ----------
    selected : int or None
        Position of the selected token.
    span : list of two ints, or None
        The first and the last token of the selected node.
    order : str
        ``"source"``, or ``"metric"``: siblings with the most of it first.
    statistic : str
        What a bar shows of the metric over all tokens of a node: ``"mean"``, ``"max"`` (the most doubtful token: for
        probability and margin the lowest), or ``"sum"`` (surprisal only).
    """

    _esm = bundle("code_view.js")
    _css = bundle("code_view.css")

    selected = t.Int(None, allow_none=True).tag(sync=True)
    span = t.Any(None).tag(sync=True)
    order = t.Enum(ORDERS, default_value="source").tag(sync=True)
    statistic = t.Enum(STATISTICS, default_value="mean").tag(sync=True)
    _syntax = t.Any({}).tag(sync=True)
    _columns = t.List(t.Unicode()).tag(sync=True)

    def __init__(
        self, shown: Generation | TokenStream | CodeMap, *, language: str | None = None, **options: Any
    ) -> None:
        run, code = _run_of(shown)
        if isinstance(shown, CodeMap) and language is not None:
            remedy = "Leave it out, or pass code.parse(run, language=…)"
            raise bad_value("language", language, "comes too late: this is parsed already", remedy)
        self._language = language
        self._stream = shown if isinstance(shown, TokenStream) else None
        self._following: Following | None = None
        self._parsed = SyntaxFeed(lambda message: self.set_trait("_syntax", message))
        self._run = run
        followed = {"selected": shown.selected, "span": shown.span} if isinstance(shown, TokenStream) else {}
        super().__init__(**{**followed, **options})
        self.show(run, code)
        self._following = Following(shown, self) if isinstance(shown, TokenStream) else None

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> int | None:
        value = proposal["value"]
        return value if value is None else self.run.position(value, "selected")

    @t.validate("span")
    def _check_span(self, proposal: Any) -> list[int] | None:
        return checked_span(proposal["value"], self.run)

    @property
    def run(self) -> Generation:
        """The run on display."""
        return self._run

    @property
    def code(self) -> CodeMap:
        """Its syntax."""
        assert self._parsed.code is not None
        return self._parsed.code

    @property
    def diagnostics(self) -> Evidence:
        """What linters found in it."""
        assert self._parsed.evidence is not None
        return self._parsed.evidence

    @property
    def hesitations(self) -> tuple[Hesitation, ...]:
        """Where the model hesitated."""
        return self._parsed.hesitations

    def show(self, run: Generation, code: CodeMap | None = None) -> None:
        """Show another run."""
        self._run = run
        if self.selected is not None and self.selected >= len(run):
            self.selected = None
        if self.span is not None and max(self.span) >= len(run):
            self.span = None
        self._feed.put(run)
        self._columns = [run.run_id]
        self._feed.keep_only([run.run_id])
        language = self._language
        if self._stream is not None and language is None:
            # one tree for both, and the work done once
            language = self._stream.language
            parsed = self._stream.code
            code = parsed if code is None and parsed is not None and parsed.run is run else code
        self._parsed.show(run, language, code)

    def select_node(self, node: int) -> None:
        """Select a node of ``code.tree``, here and in what follows this view."""
        if isinstance(node, bool) or not isinstance(node, int | np.integer) or not 0 <= node < len(self.code.tree):
            raise bad_value("node", node, "is no node", f"Use 0 … {len(self.code.tree) - 1}")
        first, last = self.code.tokens_of(node)
        if first < 0:
            raise bad_value("node", node, "has no tokens", "Choose one with some text")
        self.selected, self.span = first, [first, last]

    def _let_go(self) -> None:
        if self._following is not None:
            self._following.stop()
            self._following = None
        self._parsed.clear()


def _run_of(shown: Generation | TokenStream | CodeMap) -> tuple[Generation, CodeMap | None]:
    if isinstance(shown, CodeMap):
        return shown.require_run("CodeView"), shown
    run = shown.run if isinstance(shown, TokenStream) else shown
    if isinstance(shown, TokenStream) and run is None:
        raise InputError("shown=TokenStream: it has no run yet. Generate first.")
    if not isinstance(run, Generation):
        raise bad_value("shown", shown, "is nothing to parse", "Pass a Generation, a TokenStream, or code.parse(run)")
    return run, None
