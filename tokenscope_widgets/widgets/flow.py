"""The flow diagram: arcs from a token to the context that produced it, with a figure that says how far to trust it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import traitlets as t

from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.attribution import METHODS, Attribution
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets._attention_store import AttentionStore
from tokenscope_widgets.widgets._base import BaseWidget, bundle
from tokenscope_widgets.widgets._flow_maps import FlowMaps
from tokenscope_widgets.widgets._flow_messages import grid_message
from tokenscope_widgets.widgets._flow_question import DIRECTIONS, UNITS, FlowQuestion, check_contrast
from tokenscope_widgets.widgets._flow_start import started_from
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._tasks import Task, Tasks
from tokenscope_widgets.widgets.token_stream import TokenStream

_ASK_FROM_SECONDS = 10


class Flow(BaseWidget):
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
        Sources are ``"token"`` or ``"line"``. Ablation by token looks into the lines that matter.
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

    actions = ("map", "attribute", "cancel", "trust", "grid", "contrast_info")

    def __init__(
        self,
        shown: Generation | TokenStream | Attention | Attribution,
        *,
        session: Session | None = None,
        **options: Any,
    ) -> None:
        start = started_from(shown, session)
        self._session = start.session
        self._tasks = Tasks(self._tell, self._take, self._fail)
        super().__init__(**{**start.traits, **options})
        self._show(start.run, start.attention, start.attribution)
        if isinstance(shown, TokenStream):
            self._follow(shown)

    @t.validate("contrast")
    def _check_contrast(self, proposal: Any) -> Any:
        return check_contrast(proposal["value"])

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> int | None:
        value = proposal["value"]
        return value if value is None or not self._columns else self.run.position(value, "selected")

    @property
    def run(self) -> Generation:
        """The run on display."""
        return self._feed.get(self._columns[0])

    @property
    def session(self) -> Session | None:
        """The model behind it, if there is one."""
        return self._session

    @property
    def attribution(self) -> Attribution | None:
        """The attribution that is shown for the selected token; None for attention, or before it is computed."""
        return self._maps.attribution(self._question()) if self.selected is not None else None

    @property
    def busy(self) -> bool:
        """Whether it is computing, or waiting to."""
        return len(self._tasks) > 0

    def show(self, run: Generation) -> None:
        """Show another run."""
        self._show(run, None, None)

    def cancel(self) -> None:
        """End the computation; what is known stays."""
        self._tasks.cancel()

    def wait(self) -> Flow:
        """Wait until nothing is computed any more; Ctrl-C cancels."""
        self._tasks.wait()
        return self

    def _show(self, run: Generation, attention: Attention | None, attribution: Attribution | None) -> None:
        if self.selected is not None and self.selected >= len(run):
            self.selected = None
        self._reason = ""
        try:
            store = AttentionStore(self._session, run, attention)
        except InputError as error:  # a model without attention
            self._reason, store = str(error), AttentionStore(None, run)
        self._maps = FlowMaps(run, store, self._session)
        if attribution is not None:
            self._maps.keep(self._question(), attribution)
        self._feed.put(run)
        self._columns = [run.run_id]
        self._feed.keep_only([run.run_id])
        self.pinned = [i for i in self.pinned if i < len(run)]
        self._capabilities = self._describe(store, attention, attribution)

    def _describe(
        self, store: AttentionStore, attention: Attention | None, attribution: Attribution | None
    ) -> dict[str, Any]:
        live = self._session is not None
        sources = []
        for name, method in METHODS.items():
            is_attention = name.startswith("attention")
            there = bool(store.layers) if is_attention else live or (attribution and attribution.method == name)
            reason = self._reason if is_attention and live else "No model is behind this flow: pass session=… to Flow."
            sources.append(
                {
                    "name": name,
                    "label": method.label,
                    "help": method.help,
                    "available": bool(there),
                    "reason": "" if there else reason,
                }
            )
        model = self._session.model.name if self._session is not None else self.run.provenance.model
        return {"sources": sources, "layers": store.layers, "heads": store.heads, "model": model, "live": live}

    def _follow(self, stream: TokenStream) -> None:
        t.link((stream, "selected"), (self, "selected"))

        def changed(_change: Any) -> None:
            run = stream.run
            if run is not None and stream.status in ("done", "stopped", "error") and run.run_id not in self._columns:
                self.show(run)

        stream.observe(changed, ["status", "_columns"])

    def _question(self) -> FlowQuestion:
        of_attention = self.source.startswith("attention")
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

    def _on_map(self, **question: Any) -> dict[str, Any]:
        """A map that is known is sent; cheap ones are begun at once; what takes long is offered with its cost."""
        return self._answer_map(FlowQuestion(**question), confirmed=False)

    def _on_attribute(self, **question: Any) -> dict[str, Any]:
        return self._answer_map(FlowQuestion(**question), confirmed=True)

    def _answer_map(self, question: FlowQuestion, confirmed: bool) -> dict[str, Any]:
        message = self._maps.message(question)
        if message is not None:
            self.send(*message)
            return {"key": question.key}
        if question.of_attention:
            job = self._maps.start_attention(question)
            self._tasks.add(Task("attention", "reading attention", job, question))
            return {"started": True}
        plan = self._maps.plan(question)
        if plan.seconds > _ASK_FROM_SECONDS and not confirmed:
            return {"missing": True, "seconds": plan.seconds, "text": plan.cost_text}
        self._send_preview(question)
        self._tasks.add(Task("attribution", plan.label, self._maps.start_attribution(plan), question))
        return {"started": True}

    def _send_preview(self, question: FlowQuestion) -> None:
        """Attention, which costs one pass or nothing, to look at until the attribution is there."""
        preview = replace(question, source="attention", layer=None, head=None, direction="read", contrast=None)
        if not self._maps.has_attention:
            return
        message = self._maps.message(preview)
        if message is not None:
            self.send(*message)
        else:
            job = self._maps.start_attention(preview)
            self._tasks.add(Task("attention", "reading attention", job, preview))

    def _on_cancel(self) -> None:
        self.cancel()

    def _on_trust(self, top: int, **question: Any) -> dict[str, Any]:
        asked = FlowQuestion(**question)
        known = self._maps.trust(asked, top)
        if known is not None:
            self.send(*known)
        else:
            job = self._maps.start_trust(asked, top)
            self._tasks.add(Task("trust", "measuring how far to trust it", job, asked, top))
        return {"started": True}

    def _on_grid(self) -> dict[str, Any]:
        grid = self._maps.grid(self.sink)
        if grid is not None:
            self.send(*grid_message(self.run.run_id, *grid))
            return {}
        self._tasks.add(Task("grid", "reading attention", self._maps.start_grid()))
        return {"started": True}

    def _on_contrast_info(self, at: int, text: str) -> dict[str, str]:
        return {"text": self._maps.contrast_info(at, text)}

    def _tell(self, status: str, label: str, progress: float) -> None:
        if status == "queued":
            self.error = ""
        self._job = label
        self.set_trait("progress", progress)
        self.set_trait("status", status)

    def _take(self, task: Task) -> None:
        message = self._maps.finished(task.kind, task.job, task.question, task.top, self.sink)
        if message is not None:
            self.send(*message)

    def _fail(self, failure: BaseException) -> None:
        self.error = explain(failure)

    def _complete(self) -> None:
        """Compute what the view would compute by itself, and wait: the map, and how far to trust it."""
        question = self._question()
        if self._session is None or (self.selected is None and not question.of_attention) or self.selected == 0:
            return
        if self._maps.message(question) is None:
            self._answer_map(question, confirmed=False)
            self.wait()
        at = replace(question, at=self.selected)
        top = self._maps.shown(at, self.threshold)
        if top and self._maps.trust(at, top) is None:
            self._on_trust(top, **vars(at))
            self.wait()

    def _export_state(self) -> dict[str, Any]:
        """What a saved page holds beside the traits: attributions, and attention of the chosen layer."""
        self._complete()
        return {"_maps": [{**content, "buffers": buffers} for content, buffers in self._maps.saved(self._question())]}
