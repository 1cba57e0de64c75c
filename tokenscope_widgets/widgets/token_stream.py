"""The clickable token stream: generate, look, replace a token, compare."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import traitlets as t

from tokenscope_widgets.analysis.alignment import align
from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.settings import DecodingSettings, settings_from
from tokenscope_widgets.errors import BusyError, InputError, bad_value
from tokenscope_widgets.session import Session, session_of
from tokenscope_widgets.widgets._base import BaseWidget, bundle
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._static_picture import StaticPicture
from tokenscope_widgets.widgets._stream_requests import StreamRequests
from tokenscope_widgets.widgets._stream_start import defaults_of, describe_model, prompt_text
from tokenscope_widgets.widgets._stream_syntax import StreamSyntax
from tokenscope_widgets.worker import Job

_MOST_BRANCHES = 8


class TokenStream(StreamRequests, StreamSyntax, StaticPicture, BaseWidget):
    """Text as the model wrote it, each token coloured by a metric and clickable.

    Parameters
    ----------
    run : Generation, optional
        What to show at first.
    session : Session, optional
        The model that generates and branches; by default the one that made ``run``, if it is still there.
    prompt : str, optional
        What to generate from; by default the prompt of ``run``.
    **options
        Traits (``metric="entropy"``, ``show_whitespace=True`` …) and generation settings
        (``max_new_tokens=64`` …).

    Attributes
    ----------
    selected : int or None
        Position of the selected token; readable, settable, observable.
    status : str
        ``empty``, ``queued``, ``generating``, ``done``, ``stopped`` or ``error``.
    scale : str
        ``"absolute"``, ``"percentile"`` (within the run), or, with syntax, ``"role"``: within the tokens of its role.
    syntax : bool
        Whether the text is parsed as code: coloured by role, with squiggles where linters find something, and the path
        to the selected token.
    language : str or None
        Of code that names no language itself; by default the grammar that explains it best.
    span : list of two ints, or None
        The first and the last token of the selected syntax node.
    settings : dict
        Generation settings for the next run.
    """

    _esm = bundle("token_stream.js")
    _css = bundle("token_stream.css")

    selected = t.Int(None, allow_none=True).tag(sync=True)
    status = t.Unicode("empty", read_only=True).tag(sync=True)
    prompt = t.Unicode("").tag(sync=True)
    settings = t.Dict().tag(sync=True)
    _columns = t.List(t.Unicode()).tag(sync=True)
    _alignments = t.Dict().tag(sync=True)
    _model = t.Dict().tag(sync=True)

    def __init__(
        self,
        run: Generation | None = None,
        *,
        session: Session | None = None,
        prompt: str | None = None,
        **options: Any,
    ) -> None:
        if run is not None and not isinstance(run, Generation):
            raise bad_value("run", run, "is no Generation", "Pass what session.generate returned, or session=…")
        self._session = session or (session_of(run) if run is not None else None)
        self._job: Job[list[Generation]] | None = None
        self._work_lock = threading.RLock()
        self._settled = threading.Event()
        self._settled.set()
        names = set(DecodingSettings().to_dict())
        given = {name: options.pop(name) for name in list(options) if name in names}
        span = options.pop("span", None)
        base = run.settings if run is not None else defaults_of(self._session)
        super().__init__(
            settings=settings_from(given, base).to_dict(),
            prompt=prompt if prompt is not None else (prompt_text(run) if run is not None else ""),
            **options,
        )
        self._model = describe_model(self._session, run)
        if run is not None:
            self._show(run)
        self.span = span

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> int | None:
        run, value = self.run, proposal["value"]
        return None if value is None else run.position(value, "selected") if run is not None else value

    @property
    def session(self) -> Session | None:
        """The model behind the widget; None where it only shows a stored run."""
        return self._session

    @property
    def run(self) -> Generation | None:
        """The run on display, as far as it is written."""
        return self._feed.get(self._columns[0]) if self._columns else None

    @property
    def branches(self) -> list[Generation]:
        """The runs shown beside it."""
        return [self._feed.get(run_id) for run_id in self._columns[1:]]

    @property
    def busy(self) -> bool:
        """Whether it is generating, or waiting to."""
        return self._occupied

    @property
    def _occupied(self) -> bool:
        """Whether the model is at work for this widget, so that it can begin nothing else."""
        return not self._settled.is_set()

    def generate(self, prompt: str | None = None, **settings: Any) -> TokenStream:
        """Start to generate and return at once; `wait` waits.

        Raises
        ------
        BusyError
            It is still generating.
        InputError
            As for `Session.generate`.
        """
        session = self._ready_session()
        if prompt is not None:
            self.prompt = prompt
        self._apply(settings)
        self._launch(lambda: session.start_generate(self.prompt, self._fresh, **self.settings))
        return self

    def branch(self, at: int, token: str | int, **options: Any) -> TokenStream:
        """Regenerate with another token at a position, beside the run; returns at once."""
        return self._branch(at, [token], **options)

    def alternatives(self, at: int, k: int = 3, **options: Any) -> TokenStream:
        """Regenerate from the ``k`` likeliest other tokens of a position, as one batch; returns at once."""
        session, run = self._ready_session(), self._need_run()
        return self._branch(at, session.likeliest_others(run, at, k), **options)

    def stop(self) -> None:
        """End the generation after the token it is at; what is written stays."""
        if self._job is not None:
            self._job.cancel()

    def wait(self) -> Generation | None:
        """Wait until the work is done and return the run; Ctrl-C stops it and returns what there is."""
        if self._job is not None and self._occupied:
            with suppress(Exception):  # shown in the widget: error, status
                self._job.wait()
            self._settled.wait()
        return self.run

    def keep(self, branch: Generation | str | int) -> None:
        """Make a branch (or its run_id, or its column from 1) the current run."""
        run_id = branch.run_id if isinstance(branch, Generation) else branch
        if isinstance(run_id, int) and 0 <= run_id < len(self._columns):
            run_id = self._columns[run_id]
        if run_id not in self._columns:
            raise bad_value("branch", run_id, "is not on display", "Choose one of widget.branches")
        if self._occupied:
            raise BusyError("branch: it is still being written. Wait, or press Stop, then keep it.")
        run = self._feed.get(str(run_id))
        if run.lineage is not None:
            self.selected = run.lineage.at
        self._show(run)

    def show(self, run: Generation) -> None:
        """Show another run in place of this one.

        Raises
        ------
        BusyError
            Something is still being written.
        """
        if self._occupied:
            raise BusyError("run: another is still being written. Wait, or press Stop, then show it.")
        self.selected = None
        self._show(run)

    def clear_branches(self) -> None:
        """Close the comparison."""
        if self._occupied:
            raise BusyError("branches: still being written. Press Stop first.")
        if self._columns:
            self._arrange(self._columns[:1])

    def _show(self, run: Generation) -> None:
        self._feed.put(run)
        self.span = None
        self._arrange([run.run_id])
        self.prompt = prompt_text(run)
        if self.selected is not None and self.selected >= len(run):
            self.selected = None
        self._set_status("done")
        self._parse()

    def _branch(self, at: int, tokens: Sequence[str | int], **options: Any) -> TokenStream:
        session, run = self._ready_session(), self._need_run()
        with self._work_lock:
            self._launch(lambda: session.start_branches(run, at, tokens, self._beside, **options))
            position = run.position(at)
            same = [r.run_id for r in self.branches if r.lineage and r.lineage.at == position]
            self._arrange([run.run_id, *same[: _MOST_BRANCHES - len(tokens)]])
            self.selected = position
        return self

    def _launch(self, start: Callable[[], Job[list[Generation]]]) -> None:
        """Start a job; its observers wait for the lock until the widget is ready for them."""
        with self._work_lock:
            self._job = start()
            self._settled.clear()
            self.error = ""
            self._set_status("queued")
        self._job.then(self._finished)

    def _fresh(self, _index: int, builder: GenerationBuilder) -> None:
        """A new run grows: it takes the place of the old one once there is something to show."""
        with self._work_lock:
            self._feed.grow(builder)
            if builder.run_id not in self._columns:
                self.selected = self.span = None
                self._arrange([builder.run_id])
                self._set_status("generating")
            self._parse_so_far(builder)

    def _beside(self, _index: int, builder: GenerationBuilder) -> None:
        """A branch grows beside the run."""
        with self._work_lock:
            self._feed.grow(builder)
            if builder.run_id not in self._columns:
                self._arrange([*self._columns, builder.run_id])
                self._set_status("generating")

    def _finished(self, job: Job[list[Generation]]) -> None:
        failure = job.failure
        runs = job.wait() if failure is None else getattr(failure, "partial", [])
        try:
            with self._work_lock:
                for run in runs:
                    if run.run_id in self._feed:
                        self._feed.put(run)
                if self._columns:
                    self._arrange(list(self._columns))
                if failure is not None:
                    self.error = explain(failure)
                self._set_status("error" if failure is not None else "stopped" if job.cancelled else "done")
            self._parse()
        finally:
            self._settled.set()

    def _arrange(self, run_ids: list[str]) -> None:
        """Show these runs, the first as the current one, the others aligned to it; forget the rest."""
        self._columns = run_ids
        reference = self._feed.get(run_ids[0])
        others = [self._feed.get(run_id) for run_id in run_ids[1:]]
        self._alignments = {r.run_id: align(reference.token_ids, r.token_ids).spans.tolist() for r in others}
        self._feed.keep_only(run_ids)

    def _let_go(self) -> None:
        self.stop()
        self._columns = []
        self._parsed.clear()

    def _set_status(self, status: str) -> None:
        self.set_trait("status", status)

    def _apply(self, settings: dict[str, Any]) -> None:
        if settings:
            self.settings = settings_from(settings, DecodingSettings.from_dict(self.settings)).to_dict()

    def _ready_session(self) -> Session:
        if self._session is None:
            raise InputError("session=None: this run has no model behind it. Pass TokenStream(run, session=session).")
        if self._occupied:
            raise BusyError("This widget is still generating. Wait until it is done, or press Stop first.")
        return self._session

    def _need_run(self) -> Generation:
        if self.run is None:
            raise InputError("run=None: nothing has been generated yet. Press Generate first.")
        return self.run
