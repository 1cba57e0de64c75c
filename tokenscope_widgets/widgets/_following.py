"""A widget that shows the run and the selection of a token stream, and selects in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.widgets.token_stream import TokenStream

_SETTLED = ("done", "stopped", "error")


class Follower(Protocol):
    """What a widget needs to follow a stream."""

    selected: int | None

    def has_trait(self, name: str) -> bool:
        """As all traitlets have it."""

    @property
    def run(self) -> Generation | None:
        """The run on display."""

    def show(self, run: Generation) -> None:
        """Show another run."""

    def observe(self, handler: Any, names: Any) -> None:
        """As all traitlets have it."""

    def unobserve(self, handler: Any, names: Any) -> None:
        """As all traitlets have it."""


class Following:
    """Keeps a widget on a stream's run and selection, both ways, until `stop`.

    A selection is shared only while both show the same text: a position means nothing in another.
    """

    def __init__(self, stream: TokenStream, follower: Follower) -> None:
        self._stream, self._follower = stream, follower
        self._shared = [name for name in ("selected", "span") if follower.has_trait(name)]
        stream.observe(self._stream_changed, ["status", "_columns", *self._shared])
        follower.observe(self._follower_changed, self._shared)

    def stop(self) -> None:
        """Let go of both."""
        self._stream.unobserve(self._stream_changed, ["status", "_columns", *self._shared])
        self._follower.unobserve(self._follower_changed, self._shared)

    def _stream_changed(self, change: Any) -> None:
        run = self._stream.run
        if run is not None and self._stream.status in _SETTLED and not self._same():
            self._follower.show(run)
        if self._same():
            # one trait at a time: a browser sets several in one message, and the others have not arrived yet
            for name in [change["name"]] if change["name"] in self._shared else self._shared:
                setattr(self._follower, name, getattr(self._stream, name))

    def _follower_changed(self, change: Any) -> None:
        if self._same():
            setattr(self._stream, change["name"], getattr(self._follower, change["name"]))

    def _same(self) -> bool:
        here, there = self._follower.run, self._stream.run
        if here is None or there is None:
            return False
        return (here.run_id, len(here), here.finish) == (there.run_id, len(there), there.finish)
