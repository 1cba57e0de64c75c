"""Attributions and their faithfulness as figures, on scores written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.pages import run_of
from tokenscope_widgets import charts
from tokenscope_widgets.analysis.attribution import Attribution
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.faithfulness import Faithfulness
from tokenscope_widgets.analysis.partition import Partition, partition_of
from tokenscope_widgets.errors import InputError

NAN = np.nan
RUN = run_of([b"a", b"<b>", b"\n", b"  x", b"y", b"z"])


def attribution(scores: list[list[float]], unit: str = "token", method: str = "ablation", **more: Any) -> Attribution:
    """Of the last tokens, as many as there are rows."""
    rows = np.array(scores, np.float32)
    positions = np.arange(6 - len(rows), 6)
    explained = Explained(positions, positions)
    return Attribution(
        RUN, method, explained, partition_of(RUN, unit, 6 - len(rows)), rows, np.zeros(len(rows), np.float32), **more
    )


SIGNED = [[0.5, -2, 0.25, 1], [1, 0, 0, NAN]]
ONE = [[0.5, -2, 0.25, 1, 0]]


def test_the_map_has_targets_down_and_sources_across() -> None:
    trace = charts.attribution_heatmap(attribution(SIGNED)).data[0]
    np.testing.assert_array_equal(trace.z, np.array(SIGNED, np.float32))
    assert trace.x == ("0 a", "1 &lt;b&gt;", "2 ↵", "3 ··x")
    assert trace.y == ("4 y", "5 z")
    assert trace.hoverongaps is False


def test_signed_scores_are_centred_at_nothing_and_blue_pushes_up() -> None:
    trace = charts.attribution_heatmap(attribution(SIGNED)).data[0]
    assert (trace.zmin, trace.zmax) == (-2, 2)
    low, middle, high = trace.colorscale[0][1], trace.colorscale[5], trace.colorscale[-1][1]
    assert middle == (0.5, "#ffffff")
    assert (low, high) == ("#853900", "#073a78")
    assert trace.colorbar.title.text == "nats"


@pytest.mark.parametrize("method", ["saliency", "attention"])
def test_scores_without_a_sign_start_at_nothing(method: str) -> None:
    trace = charts.attribution_heatmap(attribution([[1, 2, 3, 4, 5]], method=method)).data[0]
    assert (trace.zmin, trace.zmax) == (0, 5)
    assert trace.colorscale[0][1] == "#ffffff"


def test_a_few_large_scores_do_not_leave_the_others_pale() -> None:
    run = run_of([b"a"] * 1001)
    scores = np.ones((1, 1000), np.float32)
    scores[0, 3] = 1000
    explained = Explained(np.array([1000]), np.array([0]))
    large = Attribution(run, "ablation", explained, partition_of(run, "token", 1000), scores, scores[:, 0])
    assert charts.attribution_heatmap(large).data[0].zmax == 1
    assert len(charts.attribution_heatmap(large).layout.xaxis.tickvals) <= 55


def test_a_map_of_nothing_can_be_drawn() -> None:
    trace = charts.attribution_heatmap(attribution([[NAN] * 5])).data[0]
    assert trace.zmax == 1


def test_a_whole_text_against_another_is_one_row() -> None:
    both = attribution(SIGNED, options={"contrast_text": "q"})
    whole = Attribution(RUN, "ablation", both.explained, both.sources, both.scores[:1], both.full, both.options)
    assert charts.attribution_heatmap(whole).data[0].y == ("yz,·not·q",)


def test_lines_are_numbered_and_keep_their_indent() -> None:
    figure = charts.attribution_bars(attribution([[1, -1]], "line"))
    first, second = figure.layout.yaxis.ticktext
    assert ">1</span>\u00a0\u00a0a&lt;b&gt;" in first
    assert ">2</span>\u00a0\u00a0\u00a0\u00a0xy" in second
    assert figure.data[0].y == ("line 1: a&lt;b&gt;", "line 2: ··xy")


def test_bars_stand_in_the_order_of_the_text_with_their_values() -> None:
    trace = charts.attribution_bars(attribution(ONE)).data[0]
    np.testing.assert_allclose(trace.x, ONE[0])
    assert trace.y[:2] == ("0 a", "1 &lt;b&gt;")
    assert trace.text == ("+0.50", "−2.00", "+0.25", "+1.00", "+0.00")


def test_the_direction_of_a_bar_has_a_colour_and_words() -> None:
    figure = charts.attribution_bars(attribution(ONE))
    assert list(figure.data[0].marker.color)[:2] == [charts.LIGHT["accent"], charts.LIGHT["heat"]]
    assert "right</b> pushes it up" in figure.layout.xaxis.title.text


def test_bars_of_several_targets_are_their_totals() -> None:
    np.testing.assert_allclose(charts.attribution_bars(attribution(SIGNED)).data[0].x, [1.5, -2, 0.25, 1])


def test_the_largest_bars_are_kept_and_their_share_is_told() -> None:
    figure = charts.attribution_bars(attribution(ONE), most=2)
    assert figure.data[0].y == ("1 &lt;b&gt;", "3 ··x")
    # 3 of 3.75
    assert figure.layout.title.text == "Ablation of ‘z’; the largest 2 of 5, 80% of the mass"


def test_sources_without_a_score_have_no_bar() -> None:
    assert len(charts.attribution_bars(attribution([[1, NAN, 2, NAN, 3]], finished=False)).data[0].x) == 3


def test_unsigned_bars_tell_no_sign() -> None:
    figure = charts.attribution_bars(attribution([[0.5, 2, 0.25, 1, 0.001]], method="saliency"))
    assert figure.data[0].text == ("0.50", "2.00", "0.25", "1.00", "1e-03")
    assert figure.layout.xaxis.title.text == "score"


@pytest.mark.parametrize("most", [0, -1, True])
def test_a_number_of_bars_that_is_none_is_refused(most: int) -> None:
    with pytest.raises(InputError, match=f"most={most}: is no number of sources to draw. Use 1 or more."):
        charts.attribution_bars(attribution(ONE), most=most)


def test_an_attribution_without_any_score_has_no_bars() -> None:
    with pytest.raises(InputError, match=r"attribution=.*: has no score\. Compute it without cancelling\."):
        charts.attribution_bars(attribution([[NAN] * 5]))


def test_an_unfinished_attribution_says_so() -> None:
    assert charts.attribution_bars(attribution(ONE, finished=False)).layout.title.text.endswith(", not finished")


def test_ranges_of_ones_own_are_drawn() -> None:
    own = Attribution(
        RUN,
        "ablation",
        Explained(np.array([5]), np.array([5])),
        Partition("part", np.array([0, 3]), np.array([2, 5])),
        np.array([[1, -1]], np.float32),
        np.zeros(1, np.float32),
    )
    assert charts.attribution_bars(own).data[0].y == ("0 a&lt;b&gt;", "3 ··xy")
    assert charts.attribution_heatmap(own).data[0].x == ("0 a&lt;b&gt;", "3 ··xy")


def measured(insertion: bool = True) -> Faithfulness:
    kept = ([3, 1], [[5, 4], [6, 4]]) if insertion else ([NAN, NAN], [[NAN, NAN]] * 2)
    columns = [np.array(values, np.float32) for values in ([4, 6], kept[0], [[1, 2], [3, 6]], kept[1])]
    return Faithfulness(np.array([1, 2]), 4, *columns, "line", "nats")


def panel(figure: go.Figure, axis: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.xaxis == axis]


def test_deletion_starts_with_nothing_deleted() -> None:
    high, low, random, own = panel(charts.deletion_curve(measured()), "x")
    np.testing.assert_allclose(own.x, [0, 0.25, 0.5])
    np.testing.assert_allclose(own.y, [0, 4, 6])
    np.testing.assert_allclose(random.y, [0, 2, 4])
    np.testing.assert_allclose([low.y, high.y], [[0, 1.1, 2.2], [0, 2.9, 5.8]], atol=1e-6)
    assert low.fill == "tonexty"


def test_insertion_has_a_panel_of_its_own() -> None:
    figure = charts.deletion_curve(measured())
    own = panel(figure, "x2")[-1]
    np.testing.assert_allclose(own.x, [0.25, 0.5])
    np.testing.assert_allclose(own.y, [3, 1])
    assert [note.text.split(":")[0] for note in figure.layout.annotations] == [
        "The top sources deleted",
        "Only the top sources kept",
    ]


def test_without_insertion_there_is_one_panel() -> None:
    assert len(charts.deletion_curve(measured(insertion=False)).data) == 4


def test_curves_state_their_units_and_are_named_once() -> None:
    figure = charts.deletion_curve(measured())
    assert figure.layout.yaxis.title.text == "cost (nats)"
    assert figure.layout.xaxis.title.text == "share of the 4 lines deleted"
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert named == ["90 % of random orders", "random order, mean", "this attribution"]


def test_curves_without_a_known_cost_are_refused() -> None:
    empty = np.full(2, NAN, np.float32)
    nothing = Faithfulness(np.array([1, 2]), 4, empty, empty, empty[None], empty[None], "line", "nats")
    with pytest.raises(InputError, match=r"faithfulness=.*: has no known cost\. Measure it without cancelling\."):
        charts.deletion_curve(nothing)


@pytest.mark.parametrize("dark", [False, True])
def test_figures_of_attributions_have_the_look_of_the_others(dark: bool) -> None:
    figures = [
        charts.attribution_heatmap(attribution(SIGNED), dark=dark),
        charts.attribution_bars(attribution(ONE), dark=dark),
        charts.deletion_curve(measured(), dark=dark),
    ]
    for figure in figures:
        look = figure.layout.template.layout
        assert (look.font.color == "#e6e9ee", look.paper_bgcolor) == (dark, "rgba(0,0,0,0)")
