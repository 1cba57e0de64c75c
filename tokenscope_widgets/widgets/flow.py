"""The flow diagram: arcs from a token to the context that produced it, with a figure that says how far to trust it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import traitlets as t

from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.attribution import METHODS, Attribution
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets._attention_store import AttentionStore
from tokenscope_widgets.widgets._base import bundle
from tokenscope_widgets.widgets._flow_answers import FlowAnswers
from tokenscope_widgets.widgets._flow_maps import FlowMaps
from tokenscope_widgets.widgets._flow_question import (
    ATTENTION_SOURCES,
    DIRECTIONS,
    UNITS,
    FlowQuestion,
    check_contrast,
)
from tokenscope_widgets.widgets._flow_start import capabilities, started_from
from tokenscope_widgets.widgets._following import Following
from tokenscope_widgets.widgets._tasks import Tasks
from tokenscope_widgets.widgets.token_stream import TokenStream


class Flow(FlowAnswers):
    """Arcs between tokens and their sources: by attention, or by an attribution.

    Parameters
    ----------
    shown : Generation, TokenStream, Attention or Attribution
        A run; or a stream, whose run and selection it follows, both ways; or what was computed before.
    session : Session, optional
        The model that computes; by default the one that made the run, if it is still there.
    **options
        Traits: ``source="ablation"``, ``selected=12``, ``unit="line"`` …

    Attributes
    ----------
    selected : int or None
        The token whose arcs are shown.
    pinned : list of int
        Tokens whose arcs stay.
    source : str
        ``"attention"``, ``"attention_rollout"``, or a method of `Session.attribute`.
    layer, head : int or None
        Of attention; None for the mean.
    direction : str
        ``"read"`` (what the token read) or ``"readers"`` (who reads it).
    unit : str
        Sources are ``"token"``, ``"line"``, ``"statement"`` or ``"function"``. Ablation by token looks into the lines
        that matter.
    threshold : float
        Arcs weaker than this share of the strongest are left out; 0 … 1.
    sink : bool
        Whether the first token is shown, which attention falls on when there is nothing to read.
    contrast : None, "runner_up" or {"text": str}
        Explain the lead over another token.
    status : str
        ``idle``, ``queued``, ``computing`` or ``error``.
    progress : float
        Of the computation, 0 … 1.
    """

    _esm = bundle("flow.js")
    _css = bundle("flow.css")

    selected = t.Int(None, allow_none=True).tag(sync=True)
    pinned = t.List(t.Int()).tag(sync=True)
    source = t.Enum(tuple(METHODS), default_value="ablation").tag(sync=True)
    layer = t.Int(None, allow_none=True).tag(sync=True)
    head = t.Int(None, allow_none=True).tag(sync=True)
    direction = t.Enum(DIRECTIONS, default_value="read").tag(sync=True)
    unit = t.Enum(UNITS, default_value="line").tag(sync=True)
    threshold = t.Float(0.2, min=0, max=1).tag(sync=True)
    sink = t.Bool(False).tag(sync=True)
    contrast = t.Any(None).tag(sync=True)
    status = t.Unicode("idle", read_only=True).tag(sync=True)
    progress = t.Float(0, read_only=True).tag(sync=True)
    _job = t.Unicode("").tag(sync=True)
    _columns = t.List(t.Unicode()).tag(sync=True)
    _capabilities = t.Dict().tag(sync=True)

    def __init__(
        self,
        shown: Generation | TokenStream | Attention | Attribution,
        *,
        session: Session | None = None,
        **options: Any,
    ) -> None:
        start = started_from(shown, session)
        self._session = start.session
        self._maps: FlowMaps | None = None
        self._following: Following | None = None
        self._tasks = Tasks(self._tell, self._take, self._fail, self._dropped)
        traits = {**start.traits, **options}
        # what must fit the run is set once the run is there
        later = {name: traits.pop(name) for name in ("selected", "pinned", "layer", "head") if name in traits}
        super().__init__(**traits)
        if start.run is not None:
            self._show(start.run, start.attention, start.attribution)
        for name, value in later.items():
            setattr(self, name, value)
        if isinstance(shown, TokenStream):
            self._following = Following(shown, self)

    @t.validate("contrast")
    def _check_contrast(self, proposal: Any) -> Any:
        return check_contrast(proposal["value"])

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> int | None:
        value, run = proposal["value"], self.run
        return value if value is None or run is None else run.position(value, "selected")

    @t.validate("pinned")
    def _check_pinned(self, proposal: Any) -> list[int]:
        run = self.run
        return [i if run is None else run.position(i, "pinned") for i in proposal["value"]]

    @t.validate("layer", "head")
    def _check_place(self, proposal: Any) -> int | None:
        name, value = proposal["trait"].name, proposal["value"]
        known = self._capabilities.get(f"{name}s", [])
        if value is not None and known and value not in known:
            raise bad_value(name, value, "is not there", f"Use {known[0]} … {known[-1]}, or None for the mean")
        return value  # type: ignore[no-any-return]

    @property
    def run(self) -> Generation | None:
        """The run on display; None while a stream has not written one."""
        return self._feed.get(self._columns[0]) if self._columns else None

    @property
    def session(self) -> Session | None:
        """The model behind it, if there is one."""
        return self._session

    @property
    def attribution(self) -> Attribution | None:
        """The attribution that is shown for the selected token; None for attention, or before it is computed."""
        if self._maps is None or self.selected is None:
            return None
        return self._maps.attribution(self._question())

    @property
    def busy(self) -> bool:
        """Whether it is computing, or waiting to."""
        return len(self._tasks) > 0

    def show(self, run: Generation) -> None:
        """Show another run."""
        self._show(run, None, None)

    def compute(self) -> Flow:
        """Compute what is chosen, however long it takes, and wait: without a view, nothing else does.

        Raises
        ------
        InputError
            An attribution is chosen and no token, or there is no run.
        """
        question = self._question()
        if self._ready().message(question) is None:
            self._answer_map(question, confirmed=True)
        return self.wait()

    def cancel(self) -> None:
        """End the computation; what is known stays."""
        self._tasks.cancel()

    def wait(self) -> Flow:
        """Wait until nothing is computed any more; Ctrl-C cancels."""
        self._tasks.wait()
        return self

    def _show(self, run: Generation, attention: Attention | None, attribution: Attribution | None) -> None:
        self._tasks.drop_all()
        reason = ""
        try:
            store = AttentionStore(self._session, run, attention)
        except InputError as error:  # a model without attention
            reason, store = str(error), AttentionStore(None, run)
        maps = FlowMaps(run, store, self._session)
        if self.selected is not None and self.selected >= len(run):
            self.selected = None
        self.pinned = [i for i in self.pinned if i < len(run)]
        if attribution is not None:
            maps.keep(replace(self._question(), at=int(attribution.explained.positions[0])), attribution)
        self._maps = maps
        self._feed.put(run)
        self._columns = [run.run_id]
        self._feed.keep_only([run.run_id])
        self._capabilities = capabilities(run, self._session, store, attribution, reason)

    def _question(self) -> FlowQuestion:
        of_attention = self.source in ATTENTION_SOURCES
        return FlowQuestion(
            self.source,
            self.layer,
            self.head,
            self.direction if of_attention else "read",
            self.unit,
            self.sink,
            None if of_attention else self.selected,
            None if of_attention else self.contrast,
        )

    def _let_go(self) -> None:
        self._tasks.drop_all()
        if self._following is not None:
            self._following.stop()
            self._following = None

    def _complete(self, maps: FlowMaps) -> None:
        """Compute what the view would compute by itself, and wait: the map, and how far to trust it."""
        question = self._question()
        if self._session is None or (not question.of_attention and not self.selected):
            return
        try:
            known = maps.message(question)
        except InputError as error:  # by statement, of a text without code
            warnings.warn(f"The page is saved without the flow that is chosen. {error}", stacklevel=4)
            return
        if known is None:
            offer = self._answer_map(question, confirmed=False)
            if "seconds" in offer:
                warnings.warn(
                    f"The page is saved without the {METHODS[self.source].label} that is chosen: it would take about "
                    f"{offer['seconds']:.0f} s. Call compute() on the widget first.",
                    stacklevel=4,
                )
            self.wait()
        at = replace(question, at=self.selected)
        top = maps.shown(at, self.threshold)
        if top and maps.trust(at, top) is None:
            self._on_trust(top, **vars(at))
            self.wait()

    def _export_state(self) -> dict[str, Any]:
        """What a saved page holds beside the traits: attributions, and attention of the chosen layer."""
        if self._maps is None:
            return {}
        self._complete(self._maps)
        return {"_maps": [{**content, "buffers": buffers} for content, buffers in self._maps.saved(self._question())]}
