"""What if the sampler were different: its settings applied to what is stored, without running the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import traitlets as t

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.reweighting import Reweighted, check_sampler, reweighted
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.errors import BusyError, InputError, bad_value
from tokenscope_widgets.session import Session, session_of
from tokenscope_widgets.widgets._base import BaseWidget, bundle
from tokenscope_widgets.widgets._following import Following
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._tasks import Task, Tasks
from tokenscope_widgets.widgets.token_stream import TokenStream

_NAMES = ("temperature", "top_k", "top_p", "min_p")


class Sampler(BaseWidget):
    """Every token of a run under other sampler settings, from the alternatives that were stored with it.

    What the record does not hold is shown as unknown: of the tail only its mass is known.

    Parameters
    ----------
    shown : Generation or TokenStream
        A run; or a stream (or `WhatIf`), whose run and selection it follows, both ways.
    session : Session, optional
        The model that samples again; by default the one that made the run, if it is still there.
    **options
        Traits: ``temperature=0.7``, ``top_p=0.9``, ``selected=12`` …; by default, the run's own settings.

    Attributes
    ----------
    selected : int or None
        Position of the selected token.
    temperature : float
        0 or more; 0 takes the first choice.
    top_k : int or None
    top_p : float or None
    min_p : float or None
        As in `DecodingSettings`; None is off.
    status : str
        ``idle``, ``queued``, ``computing`` or ``error``.
    progress : float
        Of what is sampled again, 0 … 1.
    """

    _esm = bundle("sampler.js")
    _css = bundle("sampler.css")

    selected = t.Int(None, allow_none=True).tag(sync=True)
    temperature = t.Float(1.0).tag(sync=True)
    top_k = t.Int(None, allow_none=True).tag(sync=True)
    top_p = t.Float(None, allow_none=True).tag(sync=True)
    min_p = t.Float(None, allow_none=True).tag(sync=True)
    status = t.Unicode("idle", read_only=True).tag(sync=True)
    progress = t.Float(0.0, read_only=True).tag(sync=True)
    _columns = t.List(t.Unicode()).tag(sync=True)
    _model = t.Dict().tag(sync=True)

    actions = ("sample_again", "cancel")

    def __init__(self, shown: Generation | TokenStream, *, session: Session | None = None, **options: Any) -> None:
        if not isinstance(shown, Generation | TokenStream):
            raise bad_value("shown", shown, "has no alternatives to weigh", "Pass a Generation or a TokenStream")
        self._given = session
        self._stream = shown if isinstance(shown, TokenStream) else None
        self._following: Following | None = None
        self._tasks = Tasks(self._tell, self._take, self._fail)
        self._run = shown.run if isinstance(shown, TokenStream) else shown
        self._first = self._run
        self._drawn: set[str] = set()
        followed = {"selected": shown.selected} if isinstance(shown, TokenStream) else {}
        super().__init__(**{**_own(self._run), **followed, **options})
        self._describe()
        self._following = Following(self._stream, self) if self._stream is not None else None

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> int | None:
        value = proposal["value"]
        return value if value is None or self._run is None else self._run.position(value, "selected")

    @t.validate(*_NAMES)
    def _check_setting(self, proposal: Any) -> Any:
        given = {"temperature": 1.0, "top_k": None, "top_p": None, "min_p": None}
        check_sampler(**{**given, proposal["trait"].name: proposal["value"]})
        return proposal["value"]

    @property
    def run(self) -> Generation | None:
        """The run on display."""
        return self._run

    @property
    def session(self) -> Session | None:
        """The model behind it, if there is one."""
        if self._given is not None:
            return self._given
        if self._stream is not None and self._stream.session is not None:
            return self._stream.session
        return session_of(self._run) if self._run is not None else None

    @property
    def busy(self) -> bool:
        """Whether something is being sampled."""
        return len(self._tasks) > 0

    @property
    def sampler(self) -> dict[str, Any]:
        """The four settings, as `Session.generate` takes them."""
        greedy = self.temperature == 0
        values = {name: None if greedy else getattr(self, name) for name in _NAMES}
        return {**values, "do_sample": not greedy, "temperature": 1.0 if greedy else self.temperature}

    def show(self, run: Generation) -> None:
        """Show another run, under the same settings."""
        if not isinstance(run, Generation):
            raise bad_value("run", run, "is no Generation", "Pass what session.generate returned")
        if self.selected is not None and self.selected >= len(run):
            self.selected = None
        self._run = run
        if run.run_id not in self._drawn:
            self._first = run
        self._describe()

    def reset(self) -> None:
        """Back to the settings that the run was made with; after `sample_again`, to those of the run it began from.

        `show` brings that run back itself.
        """
        for name, value in _own(self._first).items():
            setattr(self, name, value)

    def reweighted(self, at: int | None = None) -> Reweighted:
        """What the stored alternatives of a position (the selected one by default) become under these settings.

        Raises
        ------
        InputError
            No such position, or nothing is stored there.
        """
        run, at = self._need(at)
        model, row = run.tokens.model, at
        stored = model.top_logprobs_nats[row][model.top_ids[row] >= 0]
        mass, size = float(model.tail_mass[row]), self._model["vocabulary"]
        return reweighted(stored, mass, size, self.temperature, self.top_k, self.top_p, self.min_p)

    def sample_again(self, at: int | None = None) -> Sampler:
        """Write the run anew from a position (the selected one by default), with these settings; returns at once.

        The token at the position is drawn anew, too. The new run is shown here, and in the stream that is followed.

        Raises
        ------
        InputError
            No such position, nothing stands before it, or no model is behind the widget.
        BusyError
            It is still sampling.
        """
        run, at = self._need(at)
        session = self.session
        if session is None:
            raise InputError("session=None: no model is behind this run. Pass Sampler(run, session=session).")
        if self.busy or (self._stream is not None and self._stream.busy):
            raise BusyError("at: something is still being written. Wait, or press Cancel, then sample again.")
        if at == 0:
            raise bad_value("at", at, "has nothing before it to continue from", "Choose a later position")
        job = session.start_generate([int(i) for i in run.token_ids[:at]], **self._settings(run, at))
        self._tasks.add(Task("sample", f"from token {at}", job, of=at))
        return self

    def cancel(self) -> None:
        """End what is being sampled; what is written is shown."""
        self._tasks.cancel()

    def wait(self) -> Generation | None:
        """Wait until nothing is sampled any more and return the run on display; Ctrl-C cancels."""
        self._tasks.wait()
        return self.run

    def _need(self, at: int | None) -> tuple[Generation, int]:
        if self._run is None:
            raise InputError("run=None: nothing has been generated yet. Generate first.")
        chosen = self.selected if at is None else at
        if chosen is None:
            raise bad_value("at", at, "no token is selected", f"Use 0 … {len(self._run) - 1}, or select one")
        return self._run, self._run.position(chosen)

    def _settings(self, run: Generation, at: int) -> dict[str, Any]:
        """The run's own but for the sampler's; the whole becomes as long as the run might have."""
        left = run.settings.max_new_tokens - max(0, at - run.prompt_length)
        base = replace(run.settings, max_new_tokens=max(1, left), seed=None, **self.sampler)
        return base.to_dict()

    def _describe(self) -> None:
        run, session = self._run, self.session
        if run is not None:
            self._feed.put(run)
        self._columns = [run.run_id] if run is not None else []
        self._feed.keep_only(self._columns)
        name = run.provenance.model if run is not None else ""
        size = session.model.forward.vocabulary_size if session is not None else None
        self._model = {"name": name, "available": session is not None, "vocabulary": size}

    def _take(self, task: Task) -> None:
        """Show what was sampled, with the token that was drawn anew selected."""
        (run,) = task.job.wait()
        at = int(str(task.of))
        self._drawn.add(run.run_id)
        if self._stream is not None:
            self._stream.show(run)
        if self._run is not run:
            self.show(run)
        self.selected = min(at, len(run) - 1)

    def _tell(self, status: str, _label: str, progress: float) -> None:
        if status == "queued":
            self.error = ""
        self.set_trait("progress", progress)
        self.set_trait("status", status)

    def _fail(self, failure: BaseException) -> None:
        self.error = explain(failure)

    def _on_sample_again(self, at: int) -> None:
        self.sample_again(at)

    def _on_cancel(self) -> None:
        self.cancel()

    def _let_go(self) -> None:
        self._tasks.drop_all()
        if self._following is not None:
            self._following.stop()
            self._following = None


def _own(run: Generation | None) -> dict[str, Any]:
    """The sampler settings that a run was made with; a greedy one has temperature 0."""
    settings = run.settings if run is not None else DecodingSettings(do_sample=True)
    if not settings.do_sample:
        return {"temperature": 0.0, "top_k": None, "top_p": None, "min_p": None}
    return {name: getattr(settings, name) for name in _NAMES}
