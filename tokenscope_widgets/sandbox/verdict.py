"""From what a child said to an outcome. What does not add up is never a pass."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, field
from typing import Any

from tokenscope_widgets.sandbox.limits import Limits
from tokenscope_widgets.sandbox.outcome import Failure, Outcome, Status
from tokenscope_widgets.sandbox.supervise import Ended
from tokenscope_widgets.sandbox.testing import Tests

_SHAPES: dict[str, tuple[type, ...]] = {
    "ready": (),
    "loaded": (),
    "unparsed": (str, int),
    "raised": (str, str, int, str),
    "missing": (str,),
    "refused": (str,),
    "passed": (int,),
    "failed": (int, str, str, int, str),
    "done": (),
}
_NO_MEMORY = 71  # the launcher's exit code where not even that could be told
_REMEDY = (
    "It takes a kernel from 5.14 on that lets this user make namespaces. On Ubuntu, "
    "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows it; a container must be started with the "
    "right to (Docker: --privileged); a hosted notebook without it cannot run generated programs"
)


@dataclass
class _Story:
    """The lines of a child in order, as far as they add up."""

    kinds: list[str] = field(default_factory=list)
    last: list[Any] = field(default_factory=list)
    judged: int = 0
    passed: int = 0
    failures: list[Failure] = field(default_factory=list)
    limit: str = ""
    forged: bool = False

    def has(self, kind: str) -> bool:
        return kind in self.kinds


def verdict(ended: Ended, tests: Tests, limits: Limits, nonce: str) -> Outcome:
    """The outcome of a run, from what its child said, how it ended and why it was stopped."""
    story = _story(ended.said, tests, nonce)
    status, message, line, limit = _judged(story, ended, tests, limits)
    output = ended.printed.decode("utf-8", "replace")
    if ended.cut:
        output += f"\n… (output cut at {limits.output_kb} kB)"
    judged = status != "not_runnable" or story.has("unparsed")
    return Outcome(
        status, story.passed, tests.count, tuple(story.failures), message, line, output, ended.seconds, limit, judged
    )


def _judged(story: _Story, ended: Ended, tests: Tests, limits: Limits) -> tuple[Status, str, int | None, str]:
    told = dict(zip(("first", "second", "third", "fourth"), story.last, strict=False))
    if story.has("refused"):
        return "not_runnable", f"generated programs cannot be isolated here: {told['first']}. {_REMEDY}", None, ""
    if not story.has("ready"):
        return "not_runnable", _unstarted(ended), None, ""
    if story.forged or ended.stopped == "channel":
        return "error", "the program wrote to the channel of the verdict; its results do not count", None, ""
    if story.has("unparsed"):
        line = told["second"] or None
        where = f"line {line}: " if line else ""
        return "not_runnable", f"does not parse: {where}{told['first']}", line, ""
    if story.has("raised"):
        line = told["third"] or None
        where = f" on line {line}" if line else ""
        return "error", f"{told['first']}{where}: {told['second']}".removesuffix(": "), line, told["fourth"]
    if story.has("missing"):
        return "not_runnable", f"the tests import {told['first']}, which is not installed here", None, ""
    if not story.has("done"):
        return _cut_short(story, ended, tests, limits)
    line = story.failures[0].program_line if story.failures else None
    if story.failures:
        return "failed", _summary(story, tests), line, story.limit
    return "passed", f"{_count(story.passed, tests)} passed", None, ""


def _cut_short(story: _Story, ended: Ended, tests: Tests, limits: Limits) -> tuple[Status, str, int | None, str]:
    """A child that ended, or was stopped, before its last test."""
    when = "while it was loaded" if not story.has("loaded") else f"in test {story.judged + 1}"
    when = "after its last test" if story.judged == tests.count else when
    line = story.failures[0].program_line if story.failures else None
    by_signal = -ended.code if ended.code < 0 else ended.code - 128
    if ended.stopped == "time" or by_signal == signal.SIGXCPU:
        return "timeout", f"stopped after {limits.seconds:g} s, {when}", line, "time"
    if not ended.stopped and ended.code == _NO_MEMORY:
        return "error", f"MemoryError {when}", line, "memory"
    if ended.stopped == "memory":
        return "error", f"stopped at {limits.memory_mb} MB of memory, {when}", line, "memory"
    if ended.stopped == "output":
        return "error", f"stopped for printing more than {limits.output_kb * 100:,} kB, {when}", line, "output"
    if ended.stopped:
        return "not_runnable", f"{ended.stopped} {when}", line, ""
    if by_signal > 0:
        return "error", f"ended by {_signal_name(by_signal)} {when}", line, ""
    return "error", f"ended itself {when}, with exit code {ended.code}", line, ""


def _unstarted(ended: Ended) -> str:
    if ended.stopped == "cancelled":
        return "cancelled before it ran"
    lines = ended.printed.decode("utf-8", "replace").strip().splitlines()
    return f"the process of the program did not start: {lines[-1] if lines else f'exit code {ended.code}'}. {_REMEDY}"


def _summary(story: _Story, tests: Tests) -> str:
    first = story.failures[0]
    told = first.message.removeprefix("AssertionError: ")
    _, gave, rest = told.partition(" gave ")
    if first.error == "AssertionError" and gave and first.name.startswith(told.split(" gave ")[0]):
        return f"{_count(story.passed, tests)} passed; first to fail: {first.name} gave {rest.split(', ')[0]}"
    return f"{_count(story.passed, tests)} passed; first to fail: {first.name}: {first.message}"


def _count(passed: int, tests: Tests) -> str:
    return f"{passed} of {tests.count}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _story(said: bytes, tests: Tests, nonce: str) -> _Story:
    story = _Story()
    for text in said.split(b"\n")[:-1]:
        record = _record(text, nonce)
        if record is None or not _follows(story, record, tests):
            story.forged = True
            break
        kind, values = record[0], record[1:]
        story.kinds.append(kind)
        story.last = values
        if kind in ("passed", "failed"):
            story.judged += 1
        if kind == "passed":
            story.passed += 1
        elif kind == "failed":
            index, message, error, line, limit = values
            story.failures.append(Failure(tests.names[index], message, error, line or None))
            story.limit = story.limit or limit
    return story


def _record(text: bytes, nonce: str) -> list[Any] | None:
    """A line without its nonce, or None where the harness cannot have written it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) < 2 or found[0] != nonce or not isinstance(found[1], str):
        return None
    shape = _SHAPES.get(found[1])
    if shape is None or tuple(type(value) for value in found[2:]) != shape:
        return None
    return found[1:]


def _follows(story: _Story, record: list[Any], tests: Tests) -> bool:
    """Whether a line can come after those before it."""
    kind = record[0]
    before = story.kinds[-1] if story.kinds else ""
    if kind in ("passed", "failed"):
        return before in ("loaded", "passed", "failed") and record[1] == story.judged < tests.count
    if kind == "done":
        return before in ("passed", "failed") and story.judged == tests.count
    if kind == "refused":
        return not before
    if kind == "missing":
        return before in ("loaded", "passed", "failed")
    return before == {"ready": "", "loaded": "ready", "unparsed": "ready", "raised": "ready"}[kind]
