"""Two models on one text as a figure."""

from __future__ import annotations

import math
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from tests.analysis.test_two_models import measured, two
from tokenscope_widgets import charts
from tokenscope_widgets.analysis.two_models import compare_models
from tokenscope_widgets.charts._style import diverging
from tokenscope_widgets.errors import InputError


def test_a_bar_for_each_line_is_the_second_minus_the_first() -> None:
    figure = charts.two_models(two())
    (bars,) = figure.data
    assert (list(bars.y), list(bars.x)) == (["1", "2"], [pytest.approx(5), pytest.approx(0)])
    assert [unescape(label).replace("\u00a0", " ") for label in figure.layout.yaxis.ticktext] == ["def x", "y    "]
    assert "+1.030 bits per byte in all" in figure.layout.title.text


def test_colours_diverge_about_nothing_and_the_words_say_which_way() -> None:
    (bars,) = charts.two_models(two(), dark=True).data
    assert bars.marker.cmin == -bars.marker.cmax
    assert [tuple(stop) for stop in bars.marker.colorscale] == diverging(True)
    assert np.sign(bars.marker.color).tolist() == [1, 0]
    assert charts.two_models(two()).layout.xaxis.title.text.endswith("was more surprised")


def test_models_of_one_name_are_told_apart() -> None:
    comparison = two()
    name = comparison.first.provenance.model
    assert f"{name} (second) − {name} (first)" in charts.two_models(comparison).layout.xaxis.title.text
    other = replace(comparison.second, provenance=replace(comparison.second.provenance, model="<b>other</b>"))
    title = charts.two_models(replace(comparison, second=other)).layout.xaxis.title.text
    assert f"&lt;b&gt;other&lt;/b&gt; − {name};" in title


def test_blank_lines_have_no_bar() -> None:
    run = measured([b"a\n", b"\n", b"b\n"], [1, 1, 1])
    assert list(charts.two_models(compare_models(run, run)).data[0].y) == ["1", "3"]


def test_what_holds_nothing_to_compare_is_refused() -> None:
    run = measured([b"a"], [math.nan])
    with pytest.raises(InputError, match="holds no text that both measured"):
        charts.two_models(compare_models(run, run))
    with pytest.raises(InputError, match="comparison=5: is no ModelComparison"):
        charts.two_models(5)  # type: ignore[arg-type]
