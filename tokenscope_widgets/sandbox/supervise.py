"""One child from its start to its end: what it says and prints, how long it may take, how much it may use."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokenscope_widgets.sandbox.limits import Limits

_TICK = 0.05
_START_UP = 30.0
_FAREWELL = 10.0
_FAREWELL = 5.0
_MOST_SAID = 4 << 20
_CHUNK = 1 << 16
_PRINTED_TOO_MUCH = 100


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes
    ----------
    said : bytes
        What came through the channel of the verdict.
    printed : bytes
        What it printed, up to the limit.
    cut : bool
        Whether it printed more than that.
    seconds : float
        From its first word to its end.
    code : int
        Its exit code.
    stopped : str
        Why it was killed: ``time``, ``memory``, ``output``, ``channel``, ``start``, ``cancelled``; else empty.
    """

    said: bytes
    printed: bytes
    cut: bool
    seconds: float
    code: int
    stopped: str


def supervise(
    command: Sequence[str], environment: dict[str, str], job: bytes, limits: Limits, cancelled: Callable[[], bool]
) -> Ended:
    """Start a command, give it ``job`` and the number of the channel, and stay with it until nothing of it is left."""
    with contextlib.ExitStack() as closing:
        reading, writing = os.pipe()
        closing.callback(os.close, reading)
        try:
            child = subprocess.Popen(
                [*command, str(writing)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(writing,),
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(writing)
        closing.callback(_end, child)
        return _Watch(child, reading, limits).until_end(job, cancelled)


class _Watch:
    """The state of one child under watch."""

    def __init__(self, child: subprocess.Popen[bytes], channel: int, limits: Limits) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self.child, self.limits, self.channel = child, limits, channel
        self.stdin, self.output = child.stdin, child.stdout.fileno()
        self.said, self.printed, self.count = bytearray(), bytearray(), 0
        self.begun: float | None = None
        self.stopped = ""

    def until_end(self, job: bytes, cancelled: Callable[[], bool]) -> Ended:
        with contextlib.suppress(BrokenPipeError), self.stdin:
            self.stdin.write(job)
        launched = looked = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self.channel, selectors.EVENT_READ, self._hear)
            selector.register(self.output, selectors.EVENT_READ, self._collect)
            while not self.stopped:
                ready = selector.select(_TICK) if selector.get_map() else []
                # Another thread's fork may hold our pipes open: an ended child that is silent has said all.
                if not ready and self._has_ended(0 if selector.get_map() else _TICK):
                    break
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    key.data(chunk) if chunk else selector.unregister(key.fd)
                now = time.monotonic()
                self._check_time(now, launched)
                if now - looked >= _TICK:
                    looked = now
                    self._check_use(cancelled)
        seconds = 0.0 if self.begun is None else time.monotonic() - self.begun
        code = _end(self.child)
        kept = bytes(self.printed)
        return Ended(bytes(self.said), kept, self.count > len(kept), seconds, code, self.stopped)

    def _has_ended(self, seconds: float) -> bool:
        """Whether the child ends within that time; one that has closed its pipes may still be at work."""
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _hear(self, chunk: bytes) -> None:
        if self.begun is None:
            self.begun = time.monotonic()
        self.said += chunk
        if len(self.said) > _MOST_SAID:
            self.stopped = "channel"

    def _collect(self, chunk: bytes) -> None:
        most = self.limits.output_kb << 10
        self.count += len(chunk)
        self.printed += chunk[: max(0, most - len(self.printed))]
        if self.count > _PRINTED_TOO_MUCH * most:
            self.stopped = self.stopped or "output"

    def _check_time(self, now: float, launched: float) -> None:
        if self.begun is not None and now - self.begun >= self.limits.seconds:
            self.stopped = self.stopped or "time"
        elif self.begun is None and now - launched >= _START_UP:
            self.stopped = self.stopped or "start"

    def _check_use(self, cancelled: Callable[[], bool]) -> None:
        if cancelled():
            self.stopped = self.stopped or "cancelled"
        elif memory_kb(self.child.pid) > _all_together_kb(self.limits):
            self.stopped = self.stopped or "memory"


def _all_together_kb(limits: Limits) -> int:
    """Above the limit of one process, so that this one meets its own limit first and can be told its line."""
    return (limits.memory_mb * 5 // 4 + 32) << 10


def memory_kb(process: int) -> int:
    """Resident memory of a process and all below it that belongs to no file, in KiB.

    0 for what has ended, and on kernels that do not list children.
    """
    total, waiting = 0, [process]
    while waiting:
        folder = f"/proc/{waiting.pop()}"
        with contextlib.suppress(OSError, ValueError):
            with open(f"{folder}/status") as status:
                for line in status:
                    if line.startswith(("RssAnon:", "RssShmem:")):
                        total += int(line.split()[1])
            for thread in os.listdir(f"{folder}/task"):
                with open(f"{folder}/task/{thread}/children") as children:
                    waiting += map(int, children.read().split())
    return total


def _end(child: subprocess.Popen[bytes]) -> int:
    """End a child and all that it started, and wait until nothing of it runs; its exit code.

    The launcher kills the first process of its namespace; with that one the kernel kills every other, wherever it hid.
    """
    child.terminate()
    try:
        child.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    return child.wait()
