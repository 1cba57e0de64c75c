"""Short ways to run a program in the sandbox, and to see what it left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenscope_widgets import sandbox


def run(program: str, tests: str = "assert True", **limits: Any) -> sandbox.Outcome:
    """The outcome of a program against a text of tests."""
    return sandbox.run_tests(program, sandbox.tests_from(tests), sandbox.Limits(**limits))


def processes_with(marker: str) -> list[str]:
    """Processes on this machine that were started with ``marker`` in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found
