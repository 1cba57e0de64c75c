"""The start of the child: reads its job, leaves the machine, and runs the program in the namespaces' second process.

Started by path in a bare interpreter; descriptor 0 brings the job as JSON, 1 and 2 take what the program prints, and
the one named on the command line takes the verdict.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import types

TYPE_CHECKING = False  # typing costs the child more than all the rest of this file

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HOUSE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main() -> int:
    """Run the job; the exit code is the program's, 128 and more for a signal."""
    channel = int(sys.argv[1])
    os.set_inheritable(channel, False)
    with os.fdopen(0, "rb", closefd=False) as waiting:
        job = json.loads(waiting.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    # The modules of the child, without the package's own start and whatever that would import.
    for name, path in (("tokenscope_widgets", HOUSE), ("tokenscope_widgets.sandbox", os.path.join(HOUSE, "sandbox"))):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [path]
    from tokenscope_widgets.sandbox import harness, namespaces

    try:
        namespaces.die_with_parent()
        if os.getppid() != job["parent"]:
            return 1
        namespaces.enter(job["folders"], job["limits"]["files_mb"])
    except OSError as error:
        os.write(channel, json.dumps([job["nonce"], "refused", error.strerror or str(error)]).encode() + b"\n")
        return 1
    sys.path[:] = [os.path.realpath(path) for path in job["path"]]
    children: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: _stop(children))
    children.append(_forked(lambda: _first(job, channel, namespaces, harness)))
    os.close(channel)
    return _code(os.waitpid(children[0], 0)[1])


def _stop(children: list[int]) -> None:
    """Kill the namespace, and go on waiting for it: it has ended only when nothing in it runs any more."""
    if not children:
        os._exit(1)
    os.kill(children[0], signal.SIGKILL)


def _first(job: dict[str, Any], channel: int, namespaces: types.ModuleType, harness: types.ModuleType) -> int:
    """The first process of the namespace: when it ends, the kernel kills all the others."""
    namespaces.die_with_parent()
    worker = _forked(lambda: _work(job, channel, namespaces, harness))
    os.close(channel)
    namespaces.drop_capabilities()
    while True:
        process, status = os.wait()
        if process == worker:
            return _code(status)


def _work(job: dict[str, Any], channel: int, namespaces: types.ModuleType, harness: types.ModuleType) -> int:
    nonce = str(job["nonce"])
    os.setsid()  # a signal to its own group would reach the launcher, outside of the namespace
    try:
        namespaces.confine(job["limits"])
    except OSError as error:
        os.write(channel, json.dumps([nonce, "refused", error.strerror or str(error)]).encode() + b"\n")
        return 1
    for name in [name for name in sys.modules if name.startswith("tokenscope_widgets")]:
        del sys.modules[name]
    os.environ.pop("PYTHONHASHSEED", None)
    program, tests, calls = job["program"], job["tests"], job["calls"]
    job.clear()
    harness.judge(program, tests, calls, nonce, channel)
    return 0


def _forked(role: Callable[[], int]) -> int:
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        code = role()
    except MemoryError:
        code = 71
    finally:
        os._exit(code)


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(main())
