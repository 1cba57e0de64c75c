"""Sends something large at most a few times a second, and never misses the last state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_SECONDS_BETWEEN = 0.1
# the larger it gets the rarer it is sent: a tenth of the time goes into it at most
_REST = 10


class Sending:
    """Calls ``send`` for every `request`, or soon after it.

    Parameters
    ----------
    send : callable
        Sends what is there at the time of the call.
    """

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._next = 0.0
        self._stopped = False

    def request(self, soon: bool = False) -> None:
        """Send now; with ``soon``, after a rest where something was sent just before."""
        with self._lock:
            if self._stopped or self._timer is not None:
                return
            wait = self._next - time.monotonic()
            if not soon or wait <= 0:
                self._go()
                return
            self._timer = threading.Timer(wait, self._late)
            self._timer.daemon = True
            self._timer.start()

    def stop(self) -> None:
        """Send nothing any more."""
        with self._lock:
            self._stopped = True
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _late(self) -> None:
        with self._lock:
            self._timer = None
            if not self._stopped:
                self._go()

    def _go(self) -> None:
        began = time.monotonic()
        self._send()
        self._next = time.monotonic() + max(_SECONDS_BETWEEN, _REST * (time.monotonic() - began))
