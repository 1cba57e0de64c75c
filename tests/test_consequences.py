"""A session judges what runs wrote: does it parse, and do its tests pass."""

from __future__ import annotations

import numpy as np
import pytest

from tests.code.written import written
from tests.tiny import tiny_session
from tokenscope_widgets import sandbox
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.consequences import to_frame
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session

RIGHT = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return x + x + y\n"
BROKEN = "def double(x:\n    return 2 * x\n"
TESTS = "assert double(1) == 2\nassert double(3) == 6"


def run_of(text: str, finish: str = "end_token") -> Generation:
    return written(text, prompt_length=3, finish=finish)


@pytest.fixture
def session() -> Session:
    found = tiny_session()
    found.allow_running()
    return found


def test_each_run_is_judged_by_the_same_tests(session: Session) -> None:
    found = session.consequences([run_of(RIGHT), run_of(WRONG), run_of(BROKEN)], TESTS)
    assert [one.passed for one in found] == [True, False, False]
    assert [one.parses for one in found] == [True, True, False]
    assert [one.outcome.status for one in found if one.outcome] == ["passed", "failed", "not_runnable"]


def test_the_line_at_fault_leads_to_its_tokens(session: Session) -> None:
    run = run_of(WRONG)
    first, last = session.consequence(run, TESTS).tokens
    assert "".join(run.tokens.texts[first : last + 1]).strip() == "return x + x + y"


def test_a_function_without_parameters_is_run_after_the_program(session: Session) -> None:
    def works() -> None:
        assert double(4) == 8  # type: ignore[name-defined]  # noqa: F821

    assert session.consequence(run_of(RIGHT), works).passed is True
    assert session.consequence(run_of(WRONG), works).passed is False


def test_a_check_is_given_the_text_and_needs_no_permission() -> None:
    def has_no_recursion(text: str) -> bool:
        return text.count("double") == 1

    def is_short(text: str) -> None:
        assert len(text) < 10, f"{len(text)} characters"

    session = tiny_session()
    assert session.consequence(run_of(RIGHT), has_no_recursion).passed is True
    assert session.consequence(run_of(RIGHT), is_short).message == f"is_short failed: {len(RIGHT)} characters"


def test_without_tests_only_the_syntax_is_judged() -> None:
    found = tiny_session().consequences([run_of(RIGHT), run_of(BROKEN)])
    assert [(one.parses, one.passed) for one in found] == [(True, None), (False, None)]
    assert found[1].message.startswith("broken: line 1: ")


def test_nothing_generated_is_run_until_it_is_allowed_and_after_it_is_forbidden(session: Session) -> None:
    with pytest.raises(InputError, match=r"running generated code is off. session.allow_running\(\) switches it on"):
        tiny_session().consequence(run_of(RIGHT), TESTS)
    session.forbid_running()
    with pytest.raises(InputError, match=r"running generated code is off"):
        session.consequence(run_of(RIGHT), TESTS)


def test_where_programs_cannot_be_isolated_running_cannot_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "unavailable", lambda: "This is not Linux.", raising=False)
    with pytest.raises(InputError, match=r"programs cannot be isolated here. This is not Linux."):
        tiny_session().allow_running()


def test_limits_can_be_set(session: Session) -> None:
    session.allow_running(seconds=1.0)
    found = session.consequence(run_of("def double(x):\n    while True:\n        pass\n"), TESTS)
    assert found.outcome is not None
    assert (found.outcome.status, found.outcome.limit) == ("timeout", "time")
    with pytest.raises(InputError, match=r"seconds=-1"):
        session.allow_running(seconds=-1)


def test_tests_that_do_not_parse_are_refused(session: Session) -> None:
    with pytest.raises(InputError, match=r"line 2"):
        session.consequence(run_of(RIGHT), "assert double(1) == 2\nassert double(")


def test_tests_that_import_what_is_missing_say_so(session: Session) -> None:
    found = session.consequence(run_of(RIGHT), "import no_such_module\nassert double(1) == 2")
    assert found.outcome is not None
    assert found.outcome.status == "not_runnable"
    assert "no_such_module" in found.message


def test_what_was_cut_off_at_the_end_does_not_fail_the_tests(session: Session) -> None:
    assert session.consequence(run_of(RIGHT + "\nprint(double(", finish="length"), TESTS).passed is True


def test_a_run_that_was_cut_in_its_function_is_not_whole(session: Session) -> None:
    found = session.consequence(run_of("def double(x):\n    return 2 *", finish="length"), TESTS)
    assert found.program.syntax == "unfinished"
    assert found.passed is False


@pytest.mark.parametrize("tests", [7, ["assert 1"], lambda a, b: True])
def test_what_is_no_test_is_refused(session: Session, tests: object) -> None:
    with pytest.raises(InputError, match=r"tests="):
        session.consequence(run_of(RIGHT), tests)  # type: ignore[arg-type]


def test_a_table_of_what_became_of_each(session: Session) -> None:
    frame = to_frame(session.consequences([run_of(RIGHT), run_of(BROKEN)], TESTS))
    assert frame[["syntax", "tests", "passed", "total"]].values.tolist() == [
        ["parses", "passed", 2, 2],
        ["broken", "not_runnable", 0, 2],
    ]


def test_where_tests_were_ended_early_nothing_is_said_of_them(session: Session) -> None:
    endless = run_of("def double(x):\n    while True:\n        pass\n")
    job = session.start_consequences([endless, run_of(RIGHT)], TESTS)
    job.cancel()
    assert [(one.parses, one.passed) for one in job.wait()] == [(True, None), (True, None)]


def test_one_run_is_not_several(session: Session) -> None:
    with pytest.raises(InputError, match=r"is one run. Pass \[run\], or use session.consequence\(run, tests\)"):
        session.consequences(run_of(RIGHT), TESTS)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"runs='abc': is no Generation"):
        session.consequences(["abc"], TESTS)  # type: ignore[list-item]


def test_a_check_fails_by_whatever_is_false_but_none() -> None:
    session = tiny_session()

    def leaves(text: str) -> None:
        raise SystemExit(2)

    def compares(text: str) -> np.bool_:
        return np.bool_(len(text) < 3)

    assert session.consequence(run_of(RIGHT), lambda text: None).passed is True
    assert session.consequence(run_of(RIGHT), compares).passed is False
    assert session.consequence(run_of(RIGHT), lambda text: 0).passed is False
    assert session.consequence(run_of(RIGHT), leaves).passed is False


def test_a_check_that_does_not_say_what_it_takes_is_refused(session: Session) -> None:
    with pytest.raises(InputError, match=r"does not say what it takes. Use def check\(text\)"):
        session.consequence(run_of(RIGHT), max)


def test_who_listens_is_told_when_running_is_allowed_or_forbidden() -> None:
    session = tiny_session()
    heard: list[bool] = []
    stop = session.on_permission(lambda: heard.append(session.sandbox is not None))
    session.allow_running()
    session.forbid_running()
    stop()
    session.allow_running()
    assert heard == [True, False]


def test_limits_are_limits() -> None:
    with pytest.raises(InputError, match=r"limits='yes': are not limits"):
        tiny_session().allow_running("yes")  # type: ignore[arg-type]
