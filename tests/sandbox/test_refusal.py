"""Where programs cannot be isolated, none is run."""

from __future__ import annotations

import subprocess

import pytest

from tokenscope_widgets import sandbox
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.sandbox import running, verdict
from tokenscope_widgets.sandbox.supervise import Ended

TESTS = sandbox.tests_from("assert True")


@pytest.fixture
def fresh_probe():
    running._probed.cache_clear()
    yield
    running._probed.cache_clear()


def test_without_isolation_nothing_is_started_and_the_reason_is_told(monkeypatch):
    started = []
    monkeypatch.setattr(running, "unavailable", lambda: "no namespaces here. Use another machine")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: started.append(1))
    outcome = sandbox.run_tests("x = 1", TESTS)
    assert (outcome.status, outcome.passed, outcome.total) == ("not_runnable", 0, 1)
    assert outcome.message == "no namespaces here. Use another machine"
    assert started == []


@pytest.mark.usefixtures("fresh_probe")
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_refused_by_name(monkeypatch, platform: str):
    monkeypatch.setattr(running.sys, "platform", platform)
    assert sandbox.unavailable().startswith(f"generated programs cannot be isolated on {platform}")


@pytest.mark.usefixtures("fresh_probe")
def test_a_launcher_that_does_not_start_is_a_reason(monkeypatch):
    monkeypatch.setattr(running, "_LAUNCHER", "/nowhere/launcher.py")
    assert "the process of the program did not start" in sandbox.unavailable()


@pytest.mark.usefixtures("fresh_probe")
def test_the_probe_runs_once(monkeypatch):
    assert sandbox.unavailable() == ""
    monkeypatch.setattr(running, "_LAUNCHER", "/nowhere/launcher.py")
    assert sandbox.unavailable() == ""


def test_a_step_that_the_kernel_refuses_is_named_with_the_remedy():
    said = b'["n", "refused", "unshare: operation not permitted"]\n'
    outcome = verdict.verdict(Ended(said, b"", False, 0.0, 1, ""), TESTS, sandbox.Limits(), "n")
    assert outcome.status == "not_runnable"
    assert "cannot be isolated here: unshare: operation not permitted. It takes" in outcome.message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((3, TESTS), "program=3"), (("x", "assert 1"), "tests_from"), (("x", TESTS, 5), "limits=5")],
)
def test_arguments_of_the_wrong_kind_are_refused(arguments: tuple, message: str):
    with pytest.raises(InputError, match=message):
        sandbox.run_tests(*arguments)
