"""Metrics by role, pairs of groups, and lines as figures, on a made-up run."""

from __future__ import annotations

from html import unescape
from typing import Any

import numpy as np
import pytest

from tests.fixtures.make_syntax import mistakes
from tests.pages import fibonacci, run_of
from tokenscope_widgets import charts, code
from tokenscope_widgets.analysis.attribution import Attribution
from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.charts._style import palette
from tokenscope_widgets.code.sources import sources_of
from tokenscope_widgets.errors import InputError

RUN = mistakes()
CODE = code.parse(RUN, "python")
PROSE = code.parse(run_of([b"No", b" code", b" here", b"."]))
EVEN = np.tril(np.full((len(RUN), len(RUN)), 1.0), -1)


def plain(text: str) -> str:
    """A label as it is read."""
    return unescape(text).replace("\u00a0", " ").replace("\u2009", "")


def test_bars_are_the_aggregated_metric_the_greatest_first() -> None:
    (bars,) = charts.role_bars(CODE, "surprisal", "role_class", written=False).data
    frame = CODE.aggregate("surprisal", "role_class")
    expected = frame[frame["measured"] > 0]["mean"].sort_values(ascending=False)
    assert [plain(name) for name in bars.y] == list(expected.index)
    np.testing.assert_allclose(bars.x, expected, rtol=1e-6)
    assert list(bars.customdata) == frame.loc[expected.index, "measured"].tolist()


def test_the_prompt_is_left_out_unless_asked_for() -> None:
    own, whole = charts.role_bars(CODE).data[0], charts.role_bars(CODE, written=False).data[0]
    assert sum(own.customdata) == len(RUN) - RUN.prompt_length
    assert sum(whole.customdata) == len(RUN) - 1, "the first token is never measured"
    assert len(charts.role_boxes(CODE, "entropy", "role_class").data) <= len(
        charts.role_boxes(CODE, "entropy", "role_class", written=False).data
    )


def test_a_run_is_parsed_where_a_map_is_wanted() -> None:
    assert charts.role_bars(RUN).data[0].y == charts.role_bars(code.parse(RUN)).data[0].y
    with pytest.raises(InputError, match="is neither a map nor a run"):
        charts.line_strip("def f(): pass")  # type: ignore[arg-type]


def test_more_groups_than_fit_are_left_out_and_the_title_says_so() -> None:
    figure = charts.role_bars(CODE, by="line", most=4)
    assert len(figure.data[0].x) == 4
    assert "the first 4 of " in figure.layout.title.text


def test_lines_of_the_same_text_are_bars_of_their_own() -> None:
    bars = charts.role_bars(CODE, by="line", most=60).data[0]
    assert len(set(bars.y)) == len(bars.y)
    assert len({plain(name) for name in bars.y}) < len(bars.y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "mode"}, "statistic='mode': is no statistic of a group. Use one of mean, median"),
        ({"statistic": "sum", "metric": "entropy"}, "statistic='sum': is not there for entropy"),
        ({"metric": "luck"}, "metric='luck'"),
        ({"by": "mood"}, "by='mood': is no way to group tokens"),
    ],
)
def test_bars_of_what_is_not_there_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        charts.role_bars(CODE, **options)


def test_boxes_hold_the_tokens_of_their_group() -> None:
    figure = charts.role_boxes(CODE, "entropy", "role_class", written=False)
    keywords = next(box for box in figure.data if box.name.startswith("keyword"))
    roles = np.array([role.split(".")[0] for role in CODE.roles])
    entropy = RUN.tokens.model.entropy_nats
    expected = entropy[(roles == "keyword") & np.isfinite(entropy)]
    np.testing.assert_allclose(np.sort(keywords.x), np.sort(expected))
    assert keywords.name == f"keyword  {len(expected)}"
    assert [len(box.x) for box in figure.data] == sorted((len(box.x) for box in figure.data), reverse=True)


def test_a_few_tokens_are_drawn_one_by_one_without_a_box() -> None:
    figure = charts.role_boxes(CODE, written=False)
    drawn = {len(box.x) < 5: (box.boxpoints, box.line.color) for box in figure.data}
    assert drawn == {True: ("all", "rgba(0,0,0,0)"), False: ("outliers", palette(False)["accent"])}


def test_groups_of_the_same_name_have_a_box_each() -> None:
    run = run_of([b"x", b" =", b" 1", b"\n", b"y", b"\n", b"y", b"\n"])
    boxes = charts.role_boxes(code.parse(run, "python"), by="line").data
    assert [plain(box.name) for box in boxes] == ["x = 1  3", "y  2", "y  2"]
    assert len({box.name for box in boxes}) == 3


def test_ranks_have_a_logarithmic_axis() -> None:
    assert charts.role_boxes(CODE, "rank").layout.xaxis.type == "log"
    assert charts.role_boxes(CODE, "entropy").layout.xaxis.type == "linear"


def test_pairs_are_the_aggregated_matrix_and_its_rows_are_shares() -> None:
    (cells,) = charts.pairs_heatmap(CODE, EVEN, sink=True).data
    frame = CODE.aggregate_pairs(EVEN, "structure")
    frame = frame.loc[frame.sum(axis=1) > 0, frame.sum(axis=0) > 0]
    assert [plain(name) for name in cells.y] == list(frame.index)
    np.testing.assert_allclose(cells.customdata, frame)
    np.testing.assert_allclose(np.sum(cells.z, axis=1), 1)
    assert float(np.sum(cells.customdata)) == pytest.approx(EVEN.sum())


def test_pairs_can_be_sums_and_of_two_groupings() -> None:
    (cells,) = charts.pairs_heatmap(CODE, EVEN, "role_class", "line", share=False, sink=True).data
    assert float(np.sum(cells.z)) == pytest.approx(EVEN.sum())
    assert "keyword" in cells.y
    assert any("for value in valeus" in plain(name) for name in cells.x)


def test_the_first_token_is_left_out_and_the_title_says_so() -> None:
    figure = charts.pairs_heatmap(CODE, EVEN)
    assert float(np.sum(figure.data[0].customdata)) == pytest.approx(EVEN[:, 1:].sum())
    assert "without the first token" in figure.layout.title.text


def test_of_signed_weights_the_sizes_are_drawn() -> None:
    (cells,) = charts.pairs_heatmap(CODE, -EVEN).data
    assert (np.array(cells.z) >= 0).all()


def test_weights_without_anything_in_them_are_refused() -> None:
    with pytest.raises(InputError, match="hold nothing between these groups"):
        charts.pairs_heatmap(CODE, np.zeros_like(EVEN))


def test_the_strip_has_a_row_for_each_line_with_its_mean_and_its_greatest() -> None:
    bars, marks = charts.line_strip(CODE, written=False).data
    frame = CODE.aggregate("surprisal", "line")
    frame = frame[(frame["line"] > 0) & (frame["tokens"] > 0)]
    assert [int(name) for name in bars.y] == frame["line"].tolist()
    np.testing.assert_allclose(bars.x, frame["mean"])
    np.testing.assert_allclose(marks.x, frame["max"])


def test_lines_of_the_prompt_have_no_bars() -> None:
    bars = charts.line_strip(CODE).data[0]
    assert len(bars.y) == len(charts.line_strip(CODE, written=False).data[0].y)
    assert np.isnan(bars.x[0])


def test_of_probability_the_mark_is_the_lowest() -> None:
    figure = charts.line_strip(CODE, "probability", written=False)
    frame = CODE.aggregate("probability", "line")
    np.testing.assert_allclose(figure.data[1].x, frame[(frame["line"] > 0) & (frame["tokens"] > 0)]["min"])
    assert figure.layout.xaxis.title.text == "probability: bar mean, mark min"


def test_the_lines_of_a_strip_begin_below_each_other_whatever_they_hold() -> None:
    run = run_of([b"if", b" x", b" <", b" y", b":", b"\n   ", b" total", b" =", b" y", b"\n"])
    labels = charts.line_strip(code.parse(run, "python")).layout.yaxis.ticktext
    assert [plain(label) for label in labels] == ["if x < y:    ", "    total = y"]


def test_text_is_never_markup() -> None:
    run = run_of([b"x", b" =", b' "<b>"', b"\n", b"y", b" <", b" x", b"\n"])
    label = charts.line_strip(code.parse(run, "python")).layout.yaxis.ticktext[0]
    assert "&lt;b&gt;" in label
    assert "<b>" not in label


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_lines_may_end_otherwise(line_end: str) -> None:
    run = run_of([b"x", b" =", b" 1", line_end.encode(), b"y", b" =", b" 2", line_end.encode()])
    figure = charts.line_strip(code.parse(run, "python"))
    assert [plain(label).strip() for label in figure.layout.yaxis.ticktext][-1].endswith("y = 2")


@pytest.mark.parametrize("dark", [False, True])
def test_figures_follow_the_page(dark: bool) -> None:
    accent, ink = palette(dark)["accent"], palette(dark)["ink"]
    assert charts.role_bars(CODE, dark=dark).data[0].marker.color == accent
    assert charts.role_boxes(CODE, dark=dark).data[0].line.color == accent
    assert charts.line_strip(CODE, dark=dark).data[1].marker.color == ink
    assert charts.pairs_heatmap(CODE, EVEN, dark=dark).data[0].colorscale[0][1] == palette(dark)["blues"][0]


def test_prose_has_roles_and_lines_but_no_structure() -> None:
    assert [plain(name) for name in charts.role_bars(PROSE).data[0].y] == ["markup"]
    assert len(charts.line_strip(PROSE).data[0].x) == 1
    with pytest.raises(InputError, match="no syntax tree"):
        charts.pairs_heatmap(PROSE, np.ones((4, 4)))


@pytest.mark.parametrize("unit", ["statement", "function"])
def test_attributions_by_piece_name_each_by_its_first_line(unit: str) -> None:
    run, at = fibonacci(), 60
    pieces = sources_of(run, unit, at)
    scores = np.linspace(1, 2, len(pieces), dtype=np.float32)[None]
    explained = Explained(np.array([at]), run.token_ids[[at]].astype(np.int64))
    found = Attribution(run, "ablation", explained, pieces, scores, np.zeros(1, np.float32))
    across = charts.attribution_heatmap(found).data[0].x
    assert len(across) == len(set(across)) == len(pieces)
    assert across[0].startswith("0, line 1: def·fibonacci(n):")
    bars = charts.attribution_bars(found)
    labels = [plain(text) for text in bars.layout.yaxis.ticktext]
    assert any("def fibonacci(n):" in label for label in labels)
    assert not any("\n" in label or "↵" in label for label in labels)
