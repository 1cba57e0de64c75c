"""Programs against tests: start, watch, judge."""

from __future__ import annotations

import functools
import json
import math
import os
import secrets
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict

from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.sandbox.limits import Limits
from tokenscope_widgets.sandbox.outcome import Outcome, not_run
from tokenscope_widgets.sandbox.supervise import Ended, supervise
from tokenscope_widgets.sandbox.testing import Tests, tests_from
from tokenscope_widgets.sandbox.verdict import verdict

_AT_ONCE = 2
_DEFAULT = Limits()
_LAUNCHER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launcher.py")
# The order of sets must not differ between two runs of one program; a numeric library must not start a thread per core.
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/scratch",
    "TMPDIR": "/scratch",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
}
_probing = threading.Lock()


def unavailable() -> str:
    """Empty where programs can be isolated here, else why not and what to do. Tried once, by running a program."""
    with _probing:
        return _probed()


def run_tests(program: str, tests: Tests, limits: Limits = _DEFAULT) -> Outcome:
    """Run a program's tests in a process that can reach nothing, and wait for the outcome.

    Safe to call from any thread; nothing of the program runs in this process.

    Parameters
    ----------
    program : str
        Python source.
    tests : Tests
        Made by `tests_from`.
    limits : Limits, optional
        What it may use.

    Raises
    ------
    InputError
        An argument of the wrong kind.
    """
    return run_many([program], tests, limits)[0]


def run_many(
    programs: Sequence[str],
    tests: Tests,
    limits: Limits = _DEFAULT,
    cancelled: Callable[[], bool] = lambda: False,
    on_done: Callable[[int, Outcome], None] = lambda index, outcome: None,
) -> list[Outcome]:
    """Run several programs against the same tests, each in a process of its own, two at a time.

    Parameters
    ----------
    programs : sequence of str
        Python sources.
    tests : Tests
        Made by `tests_from`.
    limits : Limits, optional
        What each may use.
    cancelled : callable
        Asked some twenty times a second, from other threads; once true, what runs is killed and nothing more started.
    on_done : callable
        Told each index and outcome, in this thread, in the order in which they end.

    Returns
    -------
    list of Outcome
        In the order of ``programs``.

    Raises
    ------
    InputError
        An argument of the wrong kind.
    """
    _check(programs, tests, limits)
    reason = unavailable() if programs else ""
    outcomes = [not_run(reason, tests.count)] * len(programs)
    if reason:
        for index, outcome in enumerate(outcomes):
            on_done(index, outcome)
        return outcomes
    gone = threading.Event()

    def stop() -> bool:
        return gone.is_set() or cancelled()

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tokenscope-sandbox") as pool:
        running = {pool.submit(_outcome, text, tests, limits, stop): index for index, text in enumerate(programs)}
        try:
            for future in as_completed(running):
                outcomes[running[future]] = future.result()
                on_done(running[future], future.result())
        finally:
            gone.set()
    return outcomes


def _check(programs: Sequence[str], tests: Tests, limits: Limits) -> None:
    if isinstance(programs, str):
        raise bad_value("programs", programs, "is one text", "Give a list of programs")
    for program in programs:
        if not isinstance(program, str):
            raise bad_value("program", program, "is not a text", "Give Python source")
    if not isinstance(tests, Tests):
        raise bad_value("tests", tests, "are not tests", "Make them with tests_from(...)")
    if not isinstance(limits, Limits):
        raise bad_value("limits", limits, "are not limits", "Use Limits(seconds=..., ...)")


def _outcome(program: str, tests: Tests, limits: Limits, cancelled: Callable[[], bool]) -> Outcome:
    if cancelled():
        return not_run("cancelled before it ran", tests.count)
    nonce = secrets.token_hex(16)
    return verdict(_ended(program, tests, limits, cancelled, nonce), tests, limits, nonce)


def _ended(program: str, tests: Tests, limits: Limits, cancelled: Callable[[], bool], nonce: str) -> Ended:
    path, folders = _python()
    job = {
        "program": program,
        "tests": tests.source,
        "calls": tests.calls,
        "limits": {**asdict(limits), "seconds": math.ceil(limits.seconds)},
        "nonce": nonce,
        "parent": os.getpid(),
        "path": path,
        "folders": folders,
    }
    interpreter = os.path.realpath(sys.executable)
    command = [interpreter, "-S", "-s", "-P", "-B", _LAUNCHER]
    return supervise(command, _ENVIRONMENT, json.dumps(job).encode(), limits, cancelled)


def _python() -> tuple[list[str], list[str]]:
    """What the child imports from, and the folders it sees: this Python and its installed packages, nothing else."""
    home = {os.path.realpath(os.path.expanduser("~")), "/"}
    installed = [p for p in sys.path if os.path.basename(p) in ("site-packages", "dist-packages") and os.path.isdir(p)]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = os.path.join(sys.base_prefix, sys.platlibdir, version)
    library = library if os.path.isdir(library) else os.path.dirname(os.__file__)
    standard = [library, os.path.join(library, "lib-dynload")]
    prefixes = {os.path.realpath(p) for p in (sys.base_prefix, sys.base_exec_prefix)} - home
    folders = {*prefixes, *(os.path.realpath(p) for p in [*standard, *installed])}
    return [*standard, *installed], sorted(folders)


@functools.cache
def _probed() -> str:
    if not sys.platform.startswith("linux"):
        return (
            f"generated programs cannot be isolated on {sys.platform}: it takes Linux namespaces. "
            "Run the notebook on Linux, for example in WSL 2 or a virtual machine"
        )
    tests = tests_from("assert answer == 42")
    try:
        outcome = _outcome("answer = 42", tests, Limits(), lambda: False)
    except OSError as error:
        return f"generated programs cannot be isolated here: starting Python failed ({error}). Check sys.executable"
    return "" if outcome.status == "passed" else outcome.message
