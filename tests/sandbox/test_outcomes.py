"""What comes of programs that mean no harm."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.sandbox.running import run
from tokenscope_widgets import sandbox

RIGHT = """
def fibonacci(n):
    if n <= 1:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)
"""
WRONG = RIGHT.replace("return n\n", "return 1\n")
THREE = "assert fibonacci(1) == 1\nassert fibonacci(2) == 1\nassert fibonacci(5) == 5\n"


def test_a_right_program_passes_every_test():
    outcome = run(RIGHT, THREE)
    assert (outcome.status, outcome.passed, outcome.total, outcome.failures) == ("passed", 3, 3, ())
    assert (outcome.message, outcome.line, outcome.limit) == ("3 of 3 passed", None, "")


def test_a_wrong_program_fails_with_both_sides_of_each_comparison():
    outcome = run(WRONG, THREE)
    assert (outcome.status, outcome.passed, outcome.total) == ("failed", 1, 3)
    assert outcome.failures == (
        sandbox.Failure("fibonacci(2) == 1", "AssertionError: fibonacci(2) gave 2, not 1", "AssertionError", None),
        sandbox.Failure("fibonacci(5) == 5", "AssertionError: fibonacci(5) gave 8, not 5", "AssertionError", None),
    )
    assert outcome.message == "1 of 3 passed; first to fail: fibonacci(2) == 1 gave 2"


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("assert f() < 3", "f() gave 3, which is not < 3"),
        ("assert f() != 3", "f() gave 3, which equals 3"),
        ("assert f() in [1, 2]", "f() gave 3, which is not in [1, 2]"),
        ("assert f() is None", "f() gave 3, which is not None"),
        ("assert not f()", "f() gave 3"),
        ("assert f() == f() + 1", "f() gave 3, not 4"),
        ("assert f() > f() + 1", "f() gave 3, which is not > f() + 1, which gave 4"),
        ("assert 1 < f() < 3", "1 < f() < 3 gave False"),
        ("assert f() == 4, 'for four'", "f() gave 3, not 4 (for four)"),
        ("def test_f():\n    for n in (3, 4):\n        assert f() == n", "f() gave 3, not 4"),
    ],
)
def test_a_failed_assertion_is_told_in_the_terms_of_its_source(test: str, message: str):
    assert run("def f():\n    return 3", test).failures[0].message == f"AssertionError: {message}"


def test_a_test_that_raises_tells_the_line_of_the_program():
    outcome = run("def f(x):\n    y = x\n    return y / 0", "assert f(1) == 1\nassert True")
    assert outcome.failures == (
        sandbox.Failure("f(1) == 1", "ZeroDivisionError: division by zero", "ZeroDivisionError", 3),
    )
    assert (outcome.status, outcome.line, outcome.passed) == ("failed", 3, 1)


def test_set_up_lines_run_between_the_asserts():
    assert run("def f(x): return x + 1", "x = 1\nassert f(x) == 2\nx = 5\nassert f(x) == 6").passed == 2


def test_a_set_up_line_that_raises_fails_the_tests_after_it():
    outcome = run("def f(x): return 1", "assert f(1) == 1\nx = g()\nassert f(x) == 1")
    assert (outcome.status, outcome.passed) == ("failed", 1)
    assert outcome.failures[0].message == "set-up line 2 raised NameError: name 'g' is not defined"


def test_each_test_function_is_one_test():
    outcome = run(WRONG, "def test_one():\n    assert fibonacci(1) == 1\ndef test_two():\n    assert fibonacci(2) == 1")
    assert [failure.name for failure in outcome.failures] == ["test_two()"]
    assert outcome.message == "1 of 2 passed; first to fail: test_two(): AssertionError: fibonacci(2) gave 2, not 1"


def test_a_check_function_is_called_with_the_entry_point():
    tests = sandbox.tests_from("def check(candidate):\n    assert candidate(2) == 1", entry_point="fibonacci")
    assert sandbox.run_tests(RIGHT, tests).status == "passed"
    assert sandbox.run_tests(WRONG, tests).failures[0].name == "check(fibonacci)"


def test_a_python_function_is_run_with_the_names_of_the_program():
    def small_numbers():
        assert fibonacci(2) == 1  # noqa: F821

    tests = sandbox.tests_from(small_numbers)
    assert sandbox.run_tests(RIGHT, tests).message == "1 of 1 passed"
    assert sandbox.run_tests(WRONG, tests).failures[0].name == "small_numbers()"


def test_a_program_that_raises_is_an_error_on_its_line():
    outcome = run("\n\ny = 3\nprint(x)\n")
    assert (outcome.status, outcome.line, outcome.passed) == ("error", 4, 0)
    assert outcome.message == "NameError on line 4: name 'x' is not defined"


def test_objects_compare_as_their_class_says():
    program = """
import numpy
class P:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return self.x == other.x
"""
    outcome = run(program, "assert P(1) == P(1)\nassert P(1) == P(2)\nassert numpy.ones(2) == numpy.ones(2)")
    assert [failure.error for failure in outcome.failures] == ["AssertionError", "ValueError"]


def test_an_object_that_equals_everything_is_found_out_on_either_side():
    program = "class A(int):\n    def __eq__(self, other): return True\ndef f(): return A(2)"
    assert run(program, "assert f() == 1\nassert 1 == f()").passed == 0


def test_a_program_may_call_exit():
    outcome = run("def f(x):\n    exit(3)", "assert f(1)")
    assert outcome.message == "0 of 1 passed; first to fail: f(1): SystemExit: 3"
    assert (
        run("def f(x):\n    try:\n        quit()\n    except SystemExit:\n        return x", "assert f(1)").passed == 1
    )


def test_an_outcome_says_whether_the_program_was_put_to_its_tests():
    assert run("def f(", "assert f(1)").judged
    assert not run("x = 1", "import nosuchmodule\nassert x").judged


def test_annotations_of_a_program_are_evaluated():
    assert run("def f(x: List[int]): return x").message == "NameError on line 1: name 'List' is not defined"


def test_an_endless_program_is_stopped_and_what_was_judged_is_kept():
    outcome = run(
        "def f(n):\n    while n: pass\n    return n", "assert f(0) == 1\nassert f(0) == 0\nassert f(1)", seconds=0.5
    )
    assert (outcome.status, outcome.limit, outcome.passed, len(outcome.failures)) == ("timeout", "time", 1, 1)
    assert outcome.message == "stopped after 0.5 s, in test 3"
    assert 0.5 <= outcome.seconds < 2


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("x = 1\ny = (", "does not parse: line 2: '(' was never closed"),
        ("x = 1\0", "does not parse: source code string cannot contain null bytes"),
        (
            "x = '\ud800'",
            "does not parse: 'utf-8' codec can't encode character '\\ud800' in position 5: surrogates not allowed",
        ),
    ],
)
def test_a_program_that_does_not_parse_is_not_runnable(program: str, message: str):
    outcome = run(program)
    assert (outcome.status, outcome.message) == ("not_runnable", message)


@pytest.mark.parametrize("test", ["import nowhere_at_all\nassert 1", "def test_it():\n    import nowhere_at_all"])
def test_a_module_that_the_tests_miss_is_named(test: str):
    outcome = run("x = 1", test)
    assert outcome.status == "not_runnable"
    assert outcome.message == "the tests import nowhere_at_all, which is not installed here"


def test_a_module_that_the_program_misses_is_its_error():
    outcome = run("import nowhere_at_all")
    assert outcome.message == "ModuleNotFoundError on line 1: No module named 'nowhere_at_all'"


def test_installed_packages_can_be_used():
    assert run("import numpy\ndef f(n): return numpy.arange(n).sum()", "assert f(4) == 6").status == "passed"


def test_what_is_printed_is_kept_up_to_the_limit():
    assert run("print('hello')").output == "hello\n"
    assert run("print('half a line', end='')").output == "half a line"
    cut = run("print('x' * 5000)", output_kb=1)
    assert (cut.status, cut.output) == ("passed", "x" * 1024 + "\n… (output cut at 1 kB)")


def test_a_program_is_not_its_main_module():
    assert run("if __name__ == '__main__':\n    raise SystemExit").status == "passed"


def test_two_runs_of_a_program_order_their_sets_alike():
    program = "print(list({str(n) for n in range(20)}))"
    assert run(program).output == run(program).output


def test_files_in_the_scratch_folder_can_be_written_and_read():
    program = "import os, tempfile\nopen('a.txt', 'w').write('b')\nwith tempfile.TemporaryFile() as f: f.write(b'c')"
    assert run(program, "assert open(os.path.expanduser('~/a.txt')).read() == 'b'").status == "passed"


def test_packages_that_are_installed_below_tmp_can_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = Path("/tmp") / f"packages-{tmp_path.name}-{os.getpid()}" / "site-packages"
    folder.mkdir(parents=True)
    try:
        (folder / "below_tmp.py").write_text("ANSWER = 42\n", encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        assert run(
            "import below_tmp, tempfile\ntempfile.TemporaryFile()\nx = below_tmp.ANSWER", "assert x == 42"
        ).passed
    finally:
        shutil.rmtree(folder.parent)
