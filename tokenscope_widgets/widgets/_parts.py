"""Widgets inside a widget: each speaks through the one that holds it, so that all are one for the notebook."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.errors import InputError, bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.widgets._base import BaseWidget

Send = Callable[[dict[str, Any], Sequence[Any] | None], None]

_announcing = threading.RLock()
_OF_EVERY_WIDGET = ("layout", "tabbable", "tooltip", "comm")


class PartComm:
    """What ipywidgets takes for a part's connection: its messages go out as the holder's own.

    Parameters
    ----------
    name : str
        Of the part.
    send : callable
        Takes a message and its buffers.
    """

    def __init__(self, name: str, send: Send) -> None:
        self.comm_id = uuid.uuid4().hex
        self._name = name
        self._send: Send | None = send
        self._receiver: Callable[[dict[str, Any]], None] | None = None

    def send(self, data: dict[str, Any] | None = None, metadata: Any = None, buffers: Any = None) -> None:
        """A message of the part to its view."""
        if self._send is not None:
            self._send({"kind": "part", "part": self._name, **(data or {})}, buffers)

    def on_msg(self, receiver: Callable[[dict[str, Any]], None]) -> None:
        """Call with every message from the view; there is one receiver, the part."""
        self._receiver = receiver

    def receive(self, data: dict[str, Any], buffers: Sequence[Any]) -> None:
        """A message of the view to its part."""
        if self._receiver is not None:
            self._receiver({"content": {"data": data}, "buffers": list(buffers)})

    def close(self, *_: Any, **__: Any) -> None:
        """Send nothing any more."""
        self._send = None


class Parts:
    """The parts of a widget, made when they are first looked at.

    Parameters
    ----------
    makers : mapping of str to callable
        How to make each: called with the part's ``comm``.
    send : callable
        Sends a message of the holder.
    """

    def __init__(self, makers: Mapping[str, Callable[[PartComm], BaseWidget]], send: Send) -> None:
        self._makers = makers
        self._send = send
        self._made: dict[str, tuple[BaseWidget, PartComm]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._made

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that can be made."""
        return tuple(self._makers)

    @property
    def made(self) -> dict[str, BaseWidget]:
        """Those there are."""
        return {name: part for name, (part, _) in self._made.items()}

    def get(self, name: str) -> BaseWidget:
        """A part; made now if it was not there."""
        if name not in self._makers:
            raise bad_value("panel", name, "is no panel", f"Use one of {', '.join(self._makers)}")
        if name not in self._made:
            comm = PartComm(name, self._send)
            with _unannounced():
                part = self._makers[name](comm)
                part.get_state("layout")  # a widget, too, that would be made when it is first asked for
            _unlisted(part)
            self._made[name] = (part, comm)
        return self._made[name][0]

    def open(self, name: str) -> None:
        """Send a part's whole state to the views."""
        part = self.get(name)
        state, paths, buffers = split(state_of(part))
        self._send({"kind": "part", "part": name, "method": "open", "state": state, "buffer_paths": paths}, buffers)

    def receive(self, content: dict[str, Any], buffers: Sequence[Any]) -> None:
        """A message of a view to one of the parts."""
        name, method = content.get("part"), content.get("method")
        if name not in self._made or method not in ("update", "custom"):
            raise InputError(
                f"part={str(name)[:40]!r}: is not open, or takes no {str(method)[:40]!r}. Reload the page."
            )
        self._made[name][1].receive({**content, "buffer_paths": []}, buffers)

    def close(self) -> None:
        """Close all of them."""
        for part, _ in self._made.values():
            part.close()
        self._made.clear()


def state_of(part: BaseWidget) -> dict[str, Any]:
    """What a view of a part needs to know, its own code included: that is fetched when the part is."""
    return {name: value for name, value in part.get_state().items() if name not in _OF_EVERY_WIDGET}


def split(state: dict[str, Any]) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """A state without its bytes, where they were, and the bytes."""
    from ipywidgets.widgets.widget import _remove_buffers

    stripped, paths, buffers = _remove_buffers(state)
    return stripped, paths, buffers


@contextmanager
def _unannounced() -> Iterator[None]:
    """Tell the host nothing of a new widget: marimo would give it a connection of its own, and only in a cell."""
    from ipywidgets import Widget

    callback = Widget._widget_construction_callback
    with _announcing:
        Widget.on_widget_constructed(None)
        try:
            yield
        finally:
            Widget.on_widget_constructed(callback)


def _unlisted(part: BaseWidget) -> None:
    """ipywidgets lists what has a connection; a reloaded page would ask the kernel for one that is not there."""
    from ipywidgets.widgets import widget

    getattr(widget, "_instances", {}).pop(part.model_id, None)
