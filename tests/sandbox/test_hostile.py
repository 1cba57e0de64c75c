"""Programs that mean harm: each ends with the right outcome, in time, with nothing left running or written."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.running import processes_with, run
from tokenscope_widgets import sandbox
from tokenscope_widgets.sandbox import running

Hostile = Callable[..., sandbox.Outcome]


@pytest.fixture
def marker(monkeypatch: pytest.MonkeyPatch) -> str:
    """A word in the environment of all that a run starts, and in the name of all that it writes."""
    word = "marker" + secrets.token_hex(8)
    monkeypatch.setitem(running._ENVIRONMENT, "MARKER", word)
    return word


@pytest.fixture
def hostile(marker: str) -> Iterator[Hostile]:
    """Runs a program with a limit of five seconds; in the end nothing of it may be left."""

    def started(program: str, tests: str = "assert True", **limits: Any) -> sandbox.Outcome:
        begun = time.monotonic()
        outcome = run(program.replace("MARKER", marker), tests, **{"seconds": 5, **limits})
        assert time.monotonic() - begun < 2 * limits.get("seconds", 5) + 5
        return outcome

    yield started
    assert processes_with(marker) == []
    folders = [
        "/",
        "/scratch",
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        tempfile.gettempdir(),
        os.path.expanduser("~"),
        os.getcwd(),
    ]
    assert [folder for folder in folders if (Path(folder) / marker).exists()] == []


def test_the_marker_is_seen_while_a_program_runs(marker: str):
    seen: list[list[str]] = []

    def look() -> bool:
        seen.append(processes_with(marker))
        return False

    sandbox.run_many(["import time\ntime.sleep(0.5)"], sandbox.tests_from("assert True"), cancelled=look)
    assert max(len(processes) for processes in seen) >= 2


# Time


def test_an_endless_loop(hostile: Hostile):
    outcome = hostile("while True: pass", seconds=0.5)
    assert (outcome.status, outcome.limit, outcome.message) == (
        "timeout",
        "time",
        "stopped after 0.5 s, while it was loaded",
    )


def test_a_program_that_ignores_every_signal(hostile: Hostile):
    outcome = hostile(
        """
import signal
for number in signal.valid_signals():
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    try: signal.pause()
    except BaseException: pass
""",
        seconds=0.5,
    )
    assert (outcome.status, outcome.limit) == ("timeout", "time")


def test_a_program_that_catches_everything_in_a_loop(hostile: Hostile):
    program = "def f():\n    while True:\n        try: f()\n        except BaseException: pass"
    assert hostile(program, "assert f()", seconds=0.5).status == "timeout"


def test_a_value_that_takes_forever_to_show(hostile: Hostile):
    program = "class A:\n    def __repr__(self):\n        while True: pass\ndef f(): return A()"
    assert hostile(program, "assert f() == 1", seconds=0.5).status == "timeout"


def test_a_program_that_closes_everything_and_goes_on(hostile: Hostile):
    outcome = hostile("import os\nos.closerange(0, 64)\nwhile True: pass", seconds=0.5)
    assert (outcome.status, outcome.limit) == ("timeout", "time")


# Processes


def test_a_fork_bomb(hostile: Hostile):
    outcome = hostile("import os\nwhile True: os.fork()")
    assert (outcome.status, outcome.limit, outcome.line) == ("error", "processes", 2)


def test_a_fork_bomb_that_does_not_take_no_for_an_answer(hostile: Hostile):
    outcome = hostile("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", seconds=1)
    assert (outcome.status, outcome.limit) == ("timeout", "time")


def test_no_more_processes_than_the_limit(hostile: Hostile):
    program = """
import os, time
count = 1
try:
    while True:
        if os.fork() == 0: time.sleep(100)
        count += 1
except BlockingIOError: pass
"""
    assert hostile(program, "assert 4 <= count <= 8", processes=8).status == "passed"


def test_no_more_threads_than_the_limit(hostile: Hostile):
    outcome = hostile("import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(100,)).start()")
    assert (outcome.status, outcome.limit) == ("error", "processes")


def test_a_child_left_behind(hostile: Hostile):
    program = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir('/')
        for descriptor in range(3): os.close(descriptor)
        time.sleep(1000)
    os._exit(0)
os.wait()
"""
    outcome = hostile(program)
    assert (outcome.status, outcome.seconds < 1) == ("passed", True)


def test_killing_its_parent(hostile: Hostile):
    program = f"""
import os, signal
for process in (os.getppid(), 1, {os.getpid()}, -1, 0 - 1):
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        try: os.kill(process, number)
        except OSError: pass
"""
    assert hostile(program).status == "passed"


def test_killing_its_own_group(hostile: Hostile):
    outcome = hostile("import os, signal\nos.killpg(0, signal.SIGKILL)")
    assert (outcome.status, outcome.message) == ("error", "ended by SIGKILL while it was loaded")


def test_a_program_ends_with_the_kernel_that_started_it(marker: str):
    kernel = subprocess.Popen([sys.executable, "-c", KERNEL], env={**os.environ, "MARKER": marker})
    assert _within(10, lambda: len(processes_with(marker)) >= 4)
    kernel.kill()
    kernel.wait()
    assert _within(5, lambda: processes_with(marker) == [])


KERNEL = """
import os
from tokenscope_widgets import sandbox
from tokenscope_widgets.sandbox import running
running._ENVIRONMENT['MARKER'] = os.environ['MARKER']
sandbox.run_tests('while True: pass', sandbox.tests_from('assert True'), sandbox.Limits(seconds=60))
"""


def _within(seconds: float, happens: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happens():
            return True
        time.sleep(0.05)
    return False


# Memory


def test_ten_gigabytes_at_once(hostile: Hostile):
    outcome = hostile("x = 1\nx = bytearray(10 ** 10)")
    assert (outcome.status, outcome.limit, outcome.message) == ("error", "memory", "MemoryError on line 2")


def test_memory_piece_by_piece(hostile: Hostile):
    outcome = hostile("kept = []\nwhile True: kept.append(bytearray(10 ** 6))", memory_mb=128)
    assert (outcome.status, outcome.limit, outcome.line) == ("error", "memory", 2)


def test_small_objects_until_nothing_is_left(hostile: Hostile):
    outcome = hostile("kept = []\nwhile True: kept = [kept, 'x' * 100]", memory_mb=128)
    assert (outcome.status, outcome.limit) == ("error", "memory")


def test_running_out_of_memory_in_one_test_does_not_end_the_next(hostile: Hostile):
    program = "def f(n):\n    kept = []\n    while n: kept.append(bytearray(10 ** 6))\n    return kept"
    outcome = hostile(program, "assert f(1) == []\nassert f(0) == []\nassert f(1) == []", memory_mb=128)
    assert [failure.error for failure in outcome.failures] == ["MemoryError", "MemoryError"]
    assert (outcome.status, outcome.passed, outcome.limit, outcome.line) == ("failed", 1, "memory", 3)


def test_memory_shared_among_many_processes(hostile: Hostile):
    program = """
import os, time
for _ in range(10):
    if os.fork() == 0:
        kept = bytearray(60 << 20)
        for place in range(0, len(kept), 4096): kept[place] = 1
        time.sleep(100)
time.sleep(100)
"""
    outcome = hostile(program, memory_mb=200, seconds=10)
    assert (outcome.status, outcome.limit) == ("error", "memory")
    assert outcome.message == "stopped at 200 MB of memory, while it was loaded"


def test_memory_that_belongs_to_no_process(hostile: Hostile):
    with_calls = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    assert hostile(with_calls + "os.memfd_create('x')").message.startswith("PermissionError on line 3")
    assert hostile(with_calls + "assert libc.shmget(0, 10 ** 9, 0o1600) == -1").status == "passed"


def test_endless_recursion(hostile: Hostile):
    outcome = hostile("def f(n): return f(n + 1)", "assert f(0)\nassert True")
    assert (outcome.status, outcome.passed, outcome.failures[0].error) == ("failed", 1, "RecursionError")


def test_endless_recursion_without_a_limit_of_depth(hostile: Hostile):
    program = "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n): return f(n + 1)\n"
    outcome = hostile(program, "assert f(0)", memory_mb=96, seconds=10)
    assert outcome.status in {"failed", "error"}
    assert outcome.passed == 0


def test_nesting_that_breaks_the_parser(hostile: Hostile):
    assert hostile("x = " + "(" * 100_000).status == "not_runnable"


# Output and files


def test_ten_gigabytes_of_output(hostile: Hostile):
    outcome = hostile("line = 'x' * 9_999\nfor _ in range(10 ** 6): print(line)")
    assert (outcome.status, outcome.limit) == ("error", "output")
    assert len(outcome.output) < 70_000
    assert outcome.output.endswith("(output cut at 64 kB)")


def test_output_past_python(hostile: Hostile):
    assert hostile("import os\nwhile True: os.write(2, b'x' * 9999)").limit == "output"


def test_writing_outside_its_folder(hostile: Hostile):
    # where packages are installed below /tmp, that folder is as it is, and cannot be written to
    temporary = "MARKER" if any(path.startswith("/tmp/") for path in sys.path if "-packages" in path) else "/tmp/MARKER"
    program = f"""
import os
refused = 0
for folder in ('/', '/usr', '/usr/lib', '/etc', '/var/tmp', '/dev', '/root', '/home',
        {os.getcwd()!r}, {str(Path.home())!r}):
    try: open(os.path.join(folder, 'MARKER'), 'w')
    except OSError: refused += 1
open({temporary!r}, 'w').write('in the scratch folder')
open('/dev/shm/MARKER2', 'w').write('in the scratch folder')
"""
    tests = "assert refused == 10\nassert set(os.listdir()) == {X, X + '2'}".replace("X", "os.environ['MARKER']")
    assert hostile(program, tests).status == "passed"


def test_one_file_that_is_too_large(hostile: Hostile):
    outcome = hostile("f = open('a', 'wb', buffering=0)\nwhile True: f.write(b'x' * 10 ** 6)", files_mb=4)
    assert (outcome.status, outcome.limit, outcome.line) == ("error", "files", 2)


def test_many_files_that_are_too_large_together(hostile: Hostile):
    outcome = hostile("for n in range(10 ** 6):\n    with open(str(n), 'wb') as f: f.write(b'x' * 10 ** 5)")
    assert (outcome.status, outcome.limit, outcome.line) == ("error", "files", 2)


def test_many_small_files(hostile: Hostile):
    outcome = hostile("for n in range(10 ** 6): open(str(n), 'w').close()", seconds=5)
    assert (outcome.status, outcome.limit) == ("error", "files")


def test_many_open_files(hostile: Hostile):
    outcome = hostile("kept = [open('/dev/null') for _ in range(1000)]")
    assert (outcome.status, outcome.limit) == ("error", "files")


def test_symbolic_links_out_of_the_scratch_folder(hostile: Hostile):
    program = f"""
import os
refused = 0
for target in ('/etc/passwd', '/proc/1/root/etc/passwd', {os.path.abspath(__file__)!r}, '/root/MARKER',
        '../../../root/MARKER'):
    os.symlink(target, 'link')
    for mode in ('r', 'w'):
        try: open('link', mode)
        except OSError: refused += 1
    os.unlink('link')
try: os.link('/usr/bin/env', 'env')
except OSError: refused += 1
"""
    assert hostile(program, "assert refused == 11").status == "passed"


# What it can see


def test_reading_the_home_folder_and_the_rest_of_the_disk(hostile: Hostile, tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    program = f"""
import glob, os
seen = [path for path in ({str(secret)!r}, {os.path.abspath(__file__)!r}, '/etc/passwd', '/etc/hostname', '/proc',
        '/sys', '/run', '/var', '/home', '/boot', '/dev/vda', '/dev/kmsg', '/dev/tty') if os.path.exists(path)]
seen += glob.glob(os.path.join({str(Path.home())!r}, '*'))
"""
    assert hostile(program, "assert seen == []").status == "passed"


def test_reading_the_environment(hostile: Hostile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOME_API_TOKEN", "secret")
    known = {"PATH", "LANG", "HOME", "TMPDIR", "OPENBLAS_NUM_THREADS", "MARKER"}
    outcome = hostile(
        "import os, subprocess\nnames = set(os.environ)\nprint(subprocess.run('env').returncode)",
        f"assert names == {known!r}",
    )
    assert outcome.status == "passed"
    assert "SOME_API_TOKEN" not in outcome.output


def test_reading_the_descriptors_of_its_parent(hostile: Hostile):
    program = """
import os
kinds = []
for number in range(64):
    try: kinds.append((number, os.fstat(number).st_mode & 0o170000 == 0o010000))
    except OSError: pass
"""
    # Input is empty; output, errors and the channel of the verdict are pipes; there is nothing else.
    assert hostile(program, "assert [pipe for _, pipe in kinds] == [False, True, True, True]").status == "passed"


def test_opening_a_socket(hostile: Hostile):
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        assert hostile(program).message == "PermissionError on line 2: [Errno 1] Operation not permitted"


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"])
def test_no_kind_of_socket_but_local_ones(hostile: Hostile, family: str):
    outcome = hostile(f"import socket\nsocket.socketpair()\nsocket.socket(socket.{family}, socket.SOCK_RAW)")
    assert (outcome.status, outcome.line) == ("error", 3)
    assert outcome.message.startswith("PermissionError")


def test_no_way_back_through_namespaces(hostile: Hostile):
    program = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
refused = []
for call in (lambda: libc.unshare(0x10000000), lambda: libc.mount(b'x', b'/scratch', b'tmpfs', 0, None),
             lambda: libc.chroot(b'/scratch'), lambda: libc.ptrace(16, 1, 0, 0), lambda: libc.umount2(b'/usr', 2),
             lambda: libc.syscall(425, 1, 0), lambda: libc.setuid(0)):
    refused.append(call())
"""
    assert hostile(program, "assert refused == [-1] * 7").status == "passed"


# The verdict


@pytest.mark.parametrize(
    "program",
    [
        "import os\nos._exit(0)",
        "import sys\nsys.exit(0)",
        "raise SystemExit",
        "exit = quit = None\nraise KeyboardInterrupt",
        "import os\nos.execv('/usr/bin/env', ['true'])",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes\nctypes.string_at(0)",
        "raise type('Odd', (BaseException,), {'__str__': lambda self: 1 / 0})",
    ],
)
def test_ending_before_the_tests_is_an_error(hostile: Hostile, program: str):
    outcome = hostile(program)
    assert (outcome.status, outcome.passed) == ("error", 0)


@pytest.mark.parametrize(
    "program",
    [
        "import os\ndef f(): os._exit(0)",
        "import sys\ndef f(): sys.exit(0)",
        "import os\ndef f():\n    if os.fork() == 0: return 1\n    os.wait()\n    return 2",
        "class A:\n    def __eq__(self, other): raise SystemExit\ndef f(): return A()",
        "class A(int):\n    def __eq__(self, other): return True\ndef f(): return A(2)",
        "import builtins\nbuiltins.AssertionError = None\nbuiltins.BaseException = ZeroDivisionError\n"
        "def f(): return 2",
        "import builtins\nfor n in list(vars(builtins)):\n"
        "    if n[0] != '_': setattr(builtins, n, lambda *a, **k: True)\n"
        "def f(): return 2",
        "import json\njson.dumps = lambda *_: '[]'\ndef f(): return 2",
        "import os\nos.write = lambda *_: 0\nos._exit = lambda *_: 0\nos.getpid = lambda: 0\ndef f(): return 2",
        "import sys\ndef hook(frame, event, value):\n    if 'code' in frame.f_locals: raise SystemExit\n"
        "    return hook\n"
        "sys.settrace(hook)\nsys.setprofile(hook)\ndef f(): return 2",
        "import sys, types\nsys.modules['program'] = types.ModuleType('x')\nsys.modules.clear()\ndef f(): return 2",
        "import atexit, os\natexit.register(os._exit, 0)\ndef f(): return 2",
        "def f(): raise AssertionError((0, None))",
        "def f(): raise AssertionError((10 ** 9, None))",
    ],
)
def test_a_wrong_program_does_not_pass(hostile: Hostile, program: str):
    outcome = hostile(program, "assert f() == 1\nassert isinstance(f(), str)")
    assert outcome.status in {"failed", "error"}
    assert outcome.passed == 0


def test_printing_a_verdict(hostile: Hostile):
    lines = ["ready", "loaded", "passed", "done"]
    program = f"for kind in {lines!r}: print('[\"0\", \"' + kind + '\"]', flush=True)\ndef f(): return 2"
    assert hostile(program, "assert f() == 1").status == "failed"


def test_writing_a_verdict_to_every_descriptor(hostile: Hostile):
    program = """
import os
for number in range(64):
    for kind in ('"loaded"', '"passed", 0', '"done"'):
        try: os.write(number, ('["' + '0' * 32 + '", ' + kind + ']\\n').encode())
        except OSError: pass
os._exit(0)
"""
    outcome = hostile(program)
    assert (outcome.status, outcome.passed) == ("error", 0)
    assert outcome.message == "the program wrote to the channel of the verdict; its results do not count"


def test_flooding_the_channel_of_the_verdict(hostile: Hostile):
    program = "import os\nwhile True:\n    for number in range(3, 64):\n        try: os.write(number, b'x' * 9999)\n"
    outcome = hostile(program + "        except OSError: pass")
    assert (outcome.status, outcome.passed) == ("error", 0)


def test_sending_something_to_unpickle(hostile: Hostile, tmp_path: Path):
    touched = tmp_path / "touched"
    program = f"""
import os, pickle
class Harm:
    def __reduce__(self): return (open, ({str(touched)!r}, 'w'))
for number in range(64):
    try: os.write(number, pickle.dumps(Harm()) + b'\\n')
    except OSError: pass
def f(): return Harm()
"""
    assert hostile(program, "assert f() == 1").status == "error"
    assert not touched.exists()


def test_a_module_in_the_scratch_folder_does_not_reach_the_harness(hostile: Hostile):
    program = "import sys\nopen('io.py', 'w').write('1/0')\nsys.path[:] = ['/scratch']\ndef f(): return 2"
    assert hostile(program, "assert f() == 1").failures[0].error == "AssertionError"
