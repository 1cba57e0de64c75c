"""The logit lens as a map: layers down, tokens across, in each cell what the model would say if it stopped there."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import traitlets as t

from tokenscope_widgets.analysis.lens import Lens
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets._base import BaseWidget, bundle
from tokenscope_widgets.widgets._following import Following
from tokenscope_widgets.widgets._lens_columns import LensColumns
from tokenscope_widgets.widgets._lens_start import lens_start
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._tasks import Task, Tasks
from tokenscope_widgets.widgets.token_stream import TokenStream

_ASK_FROM_SECONDS = 10
_TOP = 5
SHADES = ("probability", "rank", "kl")
CELLS = ("auto", "words", "compact")


class LensMap(BaseWidget):
    """Layers × tokens: what the model would say for each token if it stopped after each layer.

    The column of token *t* is the lens at position *t* − 1, where the model chose *t*: the same token that is
    selected in a `TokenStream` or a `Flow`. Layers run down: the last one, the model's own answer, stands just above
    the token that was written.

    Parameters
    ----------
    shown : Generation, TokenStream or Lens
        A run; or a stream, whose run and selection it follows, both ways; or what was computed before.
    session : Session, optional
        The model that computes; by default the one that made the run, if it is still there.
    **options
        Traits: ``selected=12``, ``layer=20``, ``shade="kl"`` …

    Attributes
    ----------
    selected : int or None
        Position of the token whose column is shown.
    layer : int or None
        The layer whose cell is shown.
    shade : str
        What colours a cell: the ``"rank"`` of the token that was written (on a logarithmic scale; it moves long before
        the probability does), its ``"probability"``, or ``"kl"``, the nats to the final layer's distribution.
    cells : str
        ``"words"`` (the likeliest token in each cell), ``"compact"`` (colour only), or ``"auto"``.
    status : str
        ``idle``, ``queued``, ``computing`` or ``error``.
    progress : float
        Of the computation, 0 … 1.
    """

    _esm = bundle("lens_map.js")
    _css = bundle("lens_map.css")

    selected = t.Int(None, allow_none=True).tag(sync=True)
    layer = t.Int(None, allow_none=True).tag(sync=True)
    shade = t.Enum(SHADES, default_value="rank").tag(sync=True)
    cells = t.Enum(CELLS, default_value="auto").tag(sync=True)
    status = t.Unicode("idle", read_only=True).tag(sync=True)
    progress = t.Float(0, read_only=True).tag(sync=True)
    _job = t.Unicode("").tag(sync=True)
    _columns = t.List(t.Unicode()).tag(sync=True)
    _capabilities = t.Dict().tag(sync=True)

    actions = ("lens", "compute", "cancel")

    def __init__(
        self, shown: Generation | TokenStream | Lens, *, session: Session | None = None, **options: Any
    ) -> None:
        start = lens_start(shown, session)
        self._session = start.session
        self._tasks = Tasks(self._tell, self._take, self._fail)
        self._following: Following | None = None
        # windows that wait for their turn, and whether somebody asked for them knowing the cost
        self._queue: dict[int, bool] = {}
        self._queue_lock = threading.RLock()
        self._running: tuple[LensColumns, int] | None = None
        self._waits = False
        self._done = 0
        self._show(start.run, start.lens)
        followed = {"selected": shown.selected} if isinstance(shown, TokenStream) else {}
        super().__init__(**{**followed, **options})
        self._feed.put(start.run)
        self._describe()
        self._following = Following(shown, self) if isinstance(shown, TokenStream) else None

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> int | None:
        value = proposal["value"]
        return value if value is None else self.run.position(value, "selected")

    @t.validate("layer")
    def _check_layer(self, proposal: Any) -> int | None:
        known = self._known.layers.tolist()
        value: int | None = proposal["value"]
        if value is None or value in known:
            return value
        if -len(known) <= value < 0:
            return int(known[value])
        raise bad_value("layer", value, "is not one of the layers shown", f"Use {known[0]} … {known[-1]}")

    @property
    def run(self) -> Generation:
        """The run on display."""
        return self._known.run

    @property
    def session(self) -> Session | None:
        """The model behind it, if there is one."""
        return self._session

    @property
    def busy(self) -> bool:
        """Whether it is computing, or waiting to."""
        return len(self._tasks) > 0

    def show(self, run: Generation) -> None:
        """Show another run."""
        self.cancel()
        if self.selected is not None and self.selected >= len(run):
            self.selected = None
        self._show(run, None)
        self._feed.put(run)
        self._describe()

    def compute(self, start: int = 0, stop: int | None = None) -> LensMap:
        """Compute the columns of tokens ``start … stop`` (all of them by default), without waiting for it.

        Raises
        ------
        InputError
            No such tokens, or no model is behind the map.
        """
        self._ask(start, len(self.run) if stop is None else stop, confirmed=True)
        return self

    def cancel(self) -> None:
        """End the computation; what is known stays."""
        with self._queue_lock:
            self._queue.clear()
            self._tasks.cancel()

    def wait(self) -> LensMap:
        """Wait until nothing is computed any more; Ctrl-C cancels."""
        self._tasks.wait()
        return self

    def _show(self, run: Generation, lens: Lens | None) -> None:
        if lens is not None:
            layers, k = np.sort(lens.layers), lens.top_ids.shape[-1]
        else:
            config = self._session.model.model.config.get_text_config() if self._session is not None else None
            layers, k = np.arange(config.num_hidden_layers if config is not None else 0), _TOP
        self._known = LensColumns(run, layers, k)
        if lens is not None:
            self._known.keep(lens)

    def _describe(self) -> None:
        """Tell the views what is on display."""
        run, session = self.run, self._session
        self._columns = [run.run_id]
        self._feed.keep_only([run.run_id])
        self._capabilities = {
            "layers": self._known.layers.tolist(),
            "size": self._known.size,
            "model": session.model.name if session is not None else run.provenance.model,
            "live": session is not None,
        }

    def _let_go(self) -> None:
        self.cancel()
        self._tasks.drop_all()
        if self._following is not None:
            self._following.stop()
            self._following = None

    def _on_lens(self, start: int, stop: int) -> dict[str, Any]:
        """Columns that are known are sent; others are begun at once, or offered where they take long."""
        for window in self._known.windows(*self._range(start, stop)):
            message = self._known.message(window)
            if message is not None:
                self.send(*message)
        return self._ask(start, stop, confirmed=False)

    def _on_compute(self, start: int, stop: int) -> dict[str, Any]:
        return self._ask(start, stop, confirmed=True)

    def _on_cancel(self) -> None:
        self.cancel()

    def _ask(self, start: int, stop: int, confirmed: bool) -> dict[str, Any]:
        with self._queue_lock:
            wanted = self._known.missing(*self._range(start, stop))
            if not wanted:
                return {}
            # the reader has moved on from what was begun without asking
            self._queue = {w: agreed for w, agreed in self._queue.items() if agreed}
            running = [w for known, w in (self._running,) if known is self._known] if self._running else []
            new = [w for w in wanted if w not in running and w not in self._queue]
            seconds = self._seconds(new)
            if seconds > _ASK_FROM_SECONDS and not confirmed:
                return {"missing": True, "seconds": seconds, "text": self._cost_text(new)}
            ahead = [w for w in wanted if w not in running]
            rest = [w for w in self._known.missing(0, len(self.run)) if w not in running and w not in ahead]
            if not confirmed and self._seconds([*ahead, *rest]) <= _ASK_FROM_SECONDS:
                ahead += rest
            self._queue = {w: confirmed or self._queue.get(w, False) for w in [*ahead, *self._queue]}
            if self._running is None:
                self._done = 0
                self._start_next()
            return {"started": True}

    def _range(self, start: int, stop: int) -> tuple[int, int]:
        numbers = all(isinstance(n, int) and not isinstance(n, bool) for n in (start, stop))
        if not numbers or not 0 <= start < stop <= len(self.run):
            raise bad_value("start, stop", (start, stop), "are no tokens of the run", f"Use 0 … {len(self.run)}")
        return start, stop

    def _seconds(self, windows: list[int]) -> float:
        session, layers = self._live(), self._known.layers.tolist()
        return sum(session.lens_seconds(self.run, layers, self._known.positions(w)) for w in windows)

    def _cost_text(self, windows: list[int]) -> str:
        columns = sum(len(self._known.positions(w)) for w in windows)
        return f"{columns:,} tokens × {len(self._known.layers)} layers"

    def _start_next(self) -> None:
        """Begin with the first window in the queue; the lock is held."""
        if not self._queue:
            return
        window = next(iter(self._queue))
        del self._queue[window]
        self._running = self._known, window
        layers, positions = self._known.layers.tolist(), self._known.positions(window)
        session = self._live()
        self._waits = session.worker.busy
        job = session.start_lens(self.run, layers, positions, k=self._known.k)
        start, stop = self._known.columns(window)
        self._tasks.add(Task("lens", f"reading layers, tokens {start} – {stop - 1}", job))

    def _live(self) -> Session:
        if self._session is None:
            raise InputError("session=None: no model is behind this map. Pass LensMap(run, session=session).")
        return self._session

    def _take(self, task: Task) -> None:
        """Keep and send what a job found, and begin with the next window."""
        found: Lens = task.job.wait()
        with self._queue_lock:
            self._running = None
            self._done += 1
            changed = self._known.keep(found) if found.run is self.run else ()
            messages = [self._known.message(window) for window in changed]
            self._start_next()
        for message in messages:
            if message is not None:
                self.send(*message)

    def _tell(self, status: str, label: str, progress: float) -> None:
        if status == "queued":
            self.error = ""
        if status in ("queued", "computing"):
            status = status if self._waits else "computing"
            progress = (self._done + progress) / (self._done + 1 + len(self._queue))
        self._job = label
        self.set_trait("progress", progress)
        self.set_trait("status", status)

    def _fail(self, failure: BaseException) -> None:
        # without the lock: the tasks hold theirs while they tell, and a request takes both the other way round
        self._running, self._queue = None, {}
        self.error = explain(failure)

    def _export_state(self) -> dict[str, Any]:
        """What a saved page holds beside the traits: every column that was computed."""
        return {"_windows": [{**content, "buffers": buffers} for content, buffers in self._known.saved()]}
