"""Tests as a user writes them."""

from __future__ import annotations

import pytest

from tokenscope_widgets import sandbox
from tokenscope_widgets.errors import InputError


def needs_an_argument(x):
    assert x


async def comes_later():
    assert True


def test_each_assert_is_a_test_named_by_its_source():
    tests = sandbox.tests_from("assert f(1) == 1\nx = 2\nassert f(x) == g(\n    x)\n")
    assert tests.names == ("f(1) == 1", "f(x) == g(x)")
    assert tests.count == 2


def test_a_loop_with_asserts_is_one_test():
    assert sandbox.tests_from("for n in range(3):\n    assert f(n) == n").names == ("for n in range(3):",)


def test_a_call_of_check_in_the_text_is_a_test():
    assert sandbox.tests_from("def check(candidate): assert candidate(1)\ncheck(f)").names == ("check(f)",)


def test_functions_come_after_asserts():
    text = "def test_b(): pass\nassert a\ndef helper(): pass\ndef test_c(x=1): pass"
    assert sandbox.tests_from(text).names == ("a", "test_b()", "test_c()")


def test_a_function_is_sent_as_its_dedented_source():
    def inner():
        assert fib(1) == 1  # noqa: F821

    tests = sandbox.tests_from(inner)
    assert tests.source == "def inner():\n    assert fib(1) == 1  # noqa: F821\n"
    assert tests.names == ("inner()",)


def test_tests_are_tests_already():
    tests = sandbox.tests_from("assert True")
    assert sandbox.tests_from(tests) is tests


def test_nothing_of_the_text_is_executed(tmp_path):
    sandbox.tests_from(f"open({str(tmp_path / 'a')!r}, 'w')\nassert True")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("assert f(1) ==", r"tests do not parse: line 1: invalid syntax"),
        ("x = 1\n  assert x", r"tests do not parse: line 2: unexpected indent"),
        ("assert 1\0", r"tests do not parse: line 1: source code string cannot contain null bytes"),
        ("def test_a(x): pass", r"line 1: test_a needs arguments"),
        ("async def test_a(): pass", r"line 1: test_a is async"),
        ("def test_a():\n    assert f(1) == 5\n    yield", r"line 1: test_a yields, so calling it runs nothing"),
        ("assert f(1)\nassert (f(1) == 5, 'five')", r"line 2: a tuple is always true; remove the parentheses"),
        ("x = 1", r"tests='x = 1': holds no test"),
        ("def check(candidate): pass", r"holds no test.*entry_point"),
    ],
)
def test_a_text_that_cannot_be_tests_is_refused(text: str, message: str):
    with pytest.raises(InputError, match=message):
        sandbox.tests_from(text)


@pytest.mark.parametrize("entry_point", ["f(1)", "", 3])
def test_an_entry_point_is_a_name(entry_point: object):
    with pytest.raises(InputError, match="is not the name of a function"):
        sandbox.tests_from("def check(candidate): pass", entry_point=entry_point)


def test_an_entry_point_needs_a_check():
    with pytest.raises(InputError, match=r"the tests define no check\(candidate\)"):
        sandbox.tests_from("assert True", entry_point="f")


def test_a_function_that_uses_its_surroundings_is_refused():
    expected = 3

    def closure():
        assert expected

    with pytest.raises(InputError, match="uses expected of an enclosing function"):
        sandbox.tests_from(closure)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (needs_an_argument, "has parameters"),
        (comes_later, "is async"),
        (lambda: True, "a lambda has no source"),
        (len, "is neither a text nor a Python function"),
        (None, "is neither a text nor a Python function"),
    ],
)
def test_a_function_that_cannot_be_sent_is_refused(function: object, message: str):
    with pytest.raises(InputError, match=message):
        sandbox.tests_from(function)


def test_a_function_without_source_is_refused():
    names: dict[str, object] = {}
    exec("def made(): pass", names)
    with pytest.raises(InputError, match="its source cannot be found"):
        sandbox.tests_from(names["made"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seconds", 0),
        ("seconds", float("nan")),
        ("seconds", "5"),
        ("seconds", True),
        ("memory_mb", 1),
        ("memory_mb", 100.5),
        ("processes", 0),
        ("files_mb", -1),
        ("open_files", 2),
        ("output_kb", None),
    ],
)
def test_a_limit_out_of_range_is_refused_by_name(name: str, value: object):
    with pytest.raises(InputError, match=f"{name}="):
        sandbox.Limits(**{name: value})


def test_a_test_may_hold_a_generator_of_its_own():
    assert sandbox.tests_from("def test_a():\n    def g():\n        yield 1\n    assert list(g())").names == (
        "test_a()",
    )
