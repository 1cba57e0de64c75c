"""Statements and functions as sources of an explanation."""

from __future__ import annotations

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.code.sources import UNITS, sources_of
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session

RUN = written(b"import os\n\ndef f(a):\n    return a\n\nf(1)\n")


@pytest.mark.parametrize("unit", ["statement", "function"])
@pytest.mark.parametrize("stop", [1, 5, len(RUN)])
def test_sources_cover_what_stands_before_the_target(unit: str, stop: int) -> None:
    found = sources_of(RUN, unit, stop)
    assert found.covered(stop).all()
    assert int(found.stops[-1]) == stop
    assert found.members(stop).sum(axis=0).tolist() == [1] * stop


def test_statements_are_those_of_the_run() -> None:
    assert sources_of(RUN, "statement", len(RUN)).texts(RUN) == [
        "import os\n\n",
        "def f(a):\n    ",
        "return a\n\n",
        "f(1)\n",
    ]


def test_other_units_are_those_of_the_text() -> None:
    assert sources_of(RUN, "line", 3).unit == "line"
    assert UNITS == ("token", "word", "line", "statement", "function")


def test_a_text_without_syntax_has_no_statements() -> None:
    with pytest.raises(InputError, match="no code was found in this text"):
        sources_of(written("Just some words, no more."), "statement", 3)


def test_a_session_explains_by_statement(tiny_session: Session) -> None:
    run = tiny_session.score("import os\nx = os\ny = x\n")
    found = tiny_session.attribute(run, len(run) - 2, sources="statement")
    assert found.sources.unit == "statement"
    assert np.isfinite(found.scores).all()
    assert len(found.sources) == 3
