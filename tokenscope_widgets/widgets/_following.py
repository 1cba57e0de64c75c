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
        stream.observe(self._stream_changed, ["status", "_columns", "selected"])
        follower.observe(self._follower_changed, ["selected"])

    def stop(self) -> None:
        """Let go of both."""
        self._stream.unobserve(self._stream_changed, ["status", "_columns", "selected"])
        self._follower.unobserve(self._follower_changed, ["selected"])

    def _stream_changed(self, _change: Any) -> None:
        run = self._stream.run
        if run is not None and self._stream.status in _SETTLED and not self._same():
            self._follower.show(run)
        if self._same():
            self._follower.selected = self._stream.selected

    def _follower_changed(self, _change: Any) -> None:
        if self._same():
            self._stream.selected = self._follower.selected

    def _same(self) -> bool:
        here, there = self._follower.run, self._stream.run
        if here is None or there is None:
            return False
        return (here.run_id, len(here), here.finish) == (there.run_id, len(there), there.finish)
