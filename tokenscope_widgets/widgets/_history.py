"""What was on display before: for undo."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tokenscope_widgets.analysis.records import Generation

_MOST = 20


@dataclass(frozen=True)
class Moment:
    """Runs side by side, the current one first, and the token that was selected."""

    runs: tuple[Generation, ...]
    selected: int | None


class History:
    """The last moments; the oldest are forgotten."""

    def __init__(self) -> None:
        self._moments: deque[Moment] = deque(maxlen=_MOST)
        self._paused = False

    def __len__(self) -> int:
        return len(self._moments)

    def push(self, runs: Sequence[Generation], selected: int | None) -> None:
        """Remember what is on display; the same again is not."""
        moment = Moment(tuple(runs), selected)
        if not self._paused and not (self._moments and self._moments[-1].runs == moment.runs):
            self._moments.append(moment)

    def pop(self) -> Moment | None:
        """The last moment, which is forgotten."""
        return self._moments.pop() if self._moments else None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Remember nothing meanwhile."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def clear(self) -> None:
        """Forget everything."""
        self._moments.clear()
