"""What all widgets share: their view's bundle, requests with exactly one reply, and sending from any thread."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets as t

from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.widgets._feed import RunFeed
from tokenscope_widgets.widgets._protocol import Request, parse_request, refusal, reply

if TYPE_CHECKING:
    import os

_STATIC = Path(__file__).parent.parent / "static"

METRICS = ("probability", "surprisal", "entropy", "margin", "rank")


def bundle(name: str) -> t.Unicode[str, str | bytes]:
    """A built file as a trait of its own.

    Left as a path, anywidget would watch it for changes, and the watcher would keep every widget ever made.
    """
    text = (_STATIC / name).read_text(encoding="utf-8")
    return t.Unicode(text).tag(sync=True)


class BaseWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """A widget that shows runs.

    Attributes
    ----------
    metric : str
        What colours the tokens: ``probability``, ``surprisal``, ``entropy``, ``margin`` or ``rank``.
    scale : str
        ``"absolute"`` (two runs can be compared) or ``"percentile"`` (within the run).
    show_line_numbers, show_whitespace, show_special, color_prompt : bool
        What is drawn beside the text; whether prompt tokens are coloured too.
    error : str
        The last error, as shown in the widget; empty where there is none.
    """

    metric = t.Enum(METRICS, default_value="surprisal").tag(sync=True)
    scale = t.Enum(("absolute", "percentile"), default_value="absolute").tag(sync=True)
    show_line_numbers = t.Bool(True).tag(sync=True)
    show_whitespace = t.Bool(False).tag(sync=True)
    show_special = t.Bool(False).tag(sync=True)
    color_prompt = t.Bool(False).tag(sync=True)
    error = t.Unicode("").tag(sync=True)
    _snapshot = t.Any().tag(sync=True, to_json=lambda _value, widget: widget._feed.snapshot())

    actions: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **traits: Any) -> None:
        self._send_lock = threading.RLock()
        self._context: contextvars.Context | None = None
        self._feed = RunFeed(self._send_rows)
        unknown = [name for name in traits if not self.has_trait(name) or name.startswith("_")]
        if unknown:
            known = ", ".join(sorted(n for n in self.class_trait_names(sync=True) if not n.startswith(("_", "layout"))))
            raise bad_value(unknown[0], traits[unknown[0]], "is no option of this widget", f"Known: {known}")
        super().__init__(**traits)
        self.on_msg(self._receive)

    def _export_state(self) -> dict[str, Any]:
        """What a saved page needs beside the synced traits."""
        return {}

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one HTML file that needs no network and no kernel, and can still be explored."""
        from tokenscope_widgets.export import to_html

        return to_html(self, path)

    def _send(self, msg: dict[str, Any], buffers: Sequence[bytes] | None = None) -> None:
        """Every message of the widget passes here: one at a time, in the context of the last browser message.

        ipykernel routes by that context; without it, messages of a background thread wait for the running cell.
        """
        with self._send_lock:
            context = self._context
            if context is None:
                super()._send(msg, buffers)
            else:
                context.copy().run(super()._send, msg, buffers)

    def _send_rows(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        if self.comm is not None:
            self.send(message, buffers)

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answer a view, on whatever thread its message arrives; no error leaves here."""
        self._context = contextvars.copy_context()
        number = content.get("request") if isinstance(content, dict) else None
        try:
            request = parse_request(content)
            self.send(reply(request, self._answer(request)))
        except Exception as error:
            self.send(refusal(number if isinstance(number, int) else None, error))

    def _answer(self, request: Request) -> Any:
        if request.action == "hello":
            have = request.arguments.get("have", {})
            if not isinstance(have, dict) or not all(isinstance(n, int) for n in have.values()):
                raise bad_value("have", have, "must say how many rows of each run are there", "Reload the page")
            return self._feed.catch_up(have)
        if request.action not in self.actions:
            raise bad_value("action", request.action, "is not known to this widget", "Reload the page")
        handler: Callable[..., Any] = getattr(self, f"_on_{request.action}")
        try:
            return handler(**request.arguments)
        except TypeError as error:
            raise InputError(f"arguments={request.arguments!r:.80}: do not fit {request.action!r}: {error}.") from error

    def _let_go(self) -> None:
        """End what runs for this widget, and what other widgets know of it."""

    def close(self) -> None:
        """Close the widget with its layout (ipywidgets would keep that), and forget its runs."""
        if not hasattr(self, "_feed"):  # its constructor refused
            return
        self._let_go()
        self._feed.keep_only(())
        layout = self.layout
        super().close()
        layout.close()
