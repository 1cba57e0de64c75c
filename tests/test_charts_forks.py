"""Where a run was decided, as a figure."""

from __future__ import annotations

from html import unescape

import pytest

from tests.fixtures.make_what_if import analysis
from tests.pages import fibonacci
from tokenscope_widgets import charts
from tokenscope_widgets.errors import InputError

FOUND = analysis(fibonacci())


def test_a_bar_for_each_position_is_the_change_in_the_chance_of_passing() -> None:
    (bars,) = charts.fork_bars(FOUND).data
    assert list(bars.y) == [pytest.approx(point.pivot.value) for point in FOUND.points]
    assert charts.fork_bars(FOUND).layout.yaxis.title.text == "change in the chance of passing"


def test_the_interval_goes_from_its_low_to_its_high_end() -> None:
    (bars,) = charts.fork_bars(FOUND).data
    ends = [(y - down, y + up) for y, up, down in zip(bars.y, bars.error_y.array, bars.error_y.arrayminus, strict=True)]
    assert ends == [(pytest.approx(p.pivot.low), pytest.approx(p.pivot.high)) for p in FOUND.points]


def test_what_is_not_certain_is_pale_and_says_so() -> None:
    figure = charts.fork_bars(FOUND)
    certain = [point.pivot.excludes_zero for point in FOUND.points]
    assert [opacity > 0.5 for opacity in figure.data[0].marker.opacity] == certain
    assert figure.layout.xaxis.title.text == "position and token; pale: not certain"


def test_the_program_can_be_looked_at_instead_of_the_tests() -> None:
    figure = charts.fork_bars(FOUND, "tree")
    assert list(figure.data[0].y) == [pytest.approx(point.moved("tree").value) for point in FOUND.points]
    assert list(figure.layout.yaxis.range) == [0, 1.05]


def test_labels_hold_the_token_and_never_markup() -> None:
    figure = charts.fork_bars(FOUND, dark=True)
    first = unescape(figure.data[0].x[0]).replace("\u00a0", " ")
    assert FOUND.run.tokens.texts[FOUND.points[0].at].strip() in first


def test_what_is_no_analysis_and_an_outcome_that_is_none_are_refused() -> None:
    with pytest.raises(InputError, match=r"found=5: is no fork analysis. Pass what session.forks returned"):
        charts.fork_bars(5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"outcome='words': is no outcome"):
        charts.fork_bars(FOUND, "words")
