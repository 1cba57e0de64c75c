"""What a child says counts only as a whole, in order, and with the word that it was given."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tokenscope_widgets import sandbox
from tokenscope_widgets.sandbox.supervise import Ended
from tokenscope_widgets.sandbox.verdict import verdict

TESTS = sandbox.tests_from("assert a\nassert b")
START = [["n", "ready"], ["n", "loaded"]]
PASSED = [["n", "passed", 0], ["n", "passed", 1]]
DONE = [["n", "done"]]


def judged(records: list, code: int = 0, stopped: str = "") -> sandbox.Outcome:
    said = "".join(json.dumps(record) + "\n" for record in records).encode()
    return verdict(Ended(said, b"", False, 0.1, code, stopped), TESTS, sandbox.Limits(), "n")


def test_every_test_passed_and_done_is_a_pass():
    assert judged([*START, *PASSED, *DONE]).status == "passed"


@pytest.mark.parametrize(
    "records",
    [
        [*START, *DONE],
        [*START, PASSED[0], *DONE],
        [*START, PASSED[0], PASSED[0], *DONE],
        [*START, PASSED[1], PASSED[0], *DONE],
        [*START, *PASSED, *PASSED, *DONE],
        [*START, *PASSED, *DONE, *DONE],
        [*START, ["n", "passed", True], PASSED[1], *DONE],
        [*START, ["m", "passed", 0], PASSED[1], *DONE],
        [START[0], *PASSED, *DONE],
        [*START, *PASSED, ["n", "won"], *DONE],
        [*START, *PASSED, "done", *DONE],
        [*START, *PASSED, ["n", ["done"]]],
        [*START, *START, *PASSED, *DONE],
        [START[0], ["n", "refused", "no"], *PASSED, *DONE],
    ],
)
def test_lines_that_do_not_add_up_are_an_error(records: list):
    assert judged(records).status in {"error", "not_runnable"}


def test_an_end_without_done_is_an_error_whatever_the_exit_code():
    assert judged([*START, *PASSED]).message == "ended itself after its last test, with exit code 0"
    assert judged([*START], code=139).message == "ended by SIGSEGV in test 1"
    assert judged([*START], code=71).limit == "memory"


def test_processor_time_that_is_used_up_is_a_timeout():
    outcome = judged([*START], code=128 + 24)
    assert (outcome.status, outcome.limit) == ("timeout", "time")


def test_importing_the_sandbox_loads_no_heavy_module():
    code = (
        "import sys; from tokenscope_widgets.sandbox import run_tests; "
        "print({'torch', 'pandas', 'plotly', 'tree_sitter', 'numpy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
