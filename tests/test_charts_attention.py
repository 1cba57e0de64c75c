"""Attention as figures, on weights small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.pages import run_of
from tokenscope_widgets import charts
from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.errors import InputError

NAN = np.nan
FIRST = [[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.2, 0.6]]
SECOND = [[1, 0, 0], [1, 0, 0], [0.6, 0.3, 0.1]]
RUN = run_of([b"def", b" <b>f", b"\n"])


def attention(known: bool = True) -> Attention:
    """Two layers (3 and 5 of six), two heads (0 and 4), three tokens."""
    layer = np.array([FIRST, SECOND])
    weights = np.array([layer, layer[::-1]], dtype=np.float32)
    run = RUN if known else None
    return Attention(weights, np.array([3, 5]), np.array([0, 4]), np.arange(3), layer_count=6, head_count=8, run=run)


def uniform(tokens: int) -> Attention:
    """One head that reads everything alike."""
    weights = np.tri(tokens, dtype=np.float32)
    weights /= weights.sum(1, keepdims=True)
    return Attention(weights[None, None], np.array([0]), np.array([0]), np.arange(tokens), 1, 1)


def cells(figure: go.Figure, trace: int = 0) -> np.ndarray:
    return np.array(figure.data[trace].z, dtype=np.float64)


def test_the_map_has_queries_down_and_keys_across() -> None:
    figure = charts.attention_heatmap(attention(), layer=3, head=0, sink=True)
    np.testing.assert_allclose(cells(figure), [[1, NAN, NAN], [0.5, 0.5, NAN], [0.2, 0.2, 0.6]], atol=1e-6)
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.title.text.startswith("Attention, layer 3, head 0; ")


def test_the_mean_is_drawn_where_nothing_is_chosen() -> None:
    figure = charts.attention_heatmap(attention(), sink=True)
    np.testing.assert_allclose(cells(figure)[2], [0.4, 0.25, 0.35], atol=1e-6)
    assert "mean over layers 3, 5, heads 0, 4" in figure.layout.title.text


def test_the_sink_is_left_out_and_its_share_stated() -> None:
    figure = charts.attention_heatmap(attention(), layer=3, head=0)
    np.testing.assert_allclose(cells(figure), [[NAN, NAN], [1, NAN], [0.25, 0.75]], atol=1e-6)
    assert figure.layout.title.text.endswith("35% goes to the first token, which is left out")


def test_tokens_can_be_read_and_are_escaped() -> None:
    figure = charts.attention_heatmap(attention(), sink=True)
    assert figure.data[0].x == ("0 def", "1 ·&lt;b&gt;f", "2 ↵")
    assert figure.layout.xaxis.ticktext == ("def", "·&lt;b&gt;f", "↵")
    assert "%{y}" in figure.data[0].hovertemplate
    assert "%{x}" in figure.data[0].hovertemplate
    assert "%{z" in figure.data[0].hovertemplate


def test_without_a_text_positions_are_shown() -> None:
    figure = charts.attention_heatmap(attention(known=False), sink=True)
    assert figure.data[0].x == ("0", "1", "2")


def test_chosen_queries_are_the_rows() -> None:
    figure = charts.attention_heatmap(attention().select(query=2), sink=True)
    assert figure.data[0].y == ("2 ↵",)
    assert figure.data[0].x == ("0 def", "1 ·&lt;b&gt;f", "2 ↵")


@pytest.mark.parametrize(("tokens", "side"), [(4, 360), (20, 480), (100, 700), (300, 700)])
def test_the_square_follows_the_tokens_within_bounds(tokens: int, side: int) -> None:
    layout = charts.attention_heatmap(uniform(tokens), sink=True).layout
    assert layout.width - layout.margin.l - layout.margin.r == side
    assert layout.height - layout.margin.t - layout.margin.b == side
    assert len(layout.xaxis.tickvals) <= 50


def test_of_a_long_text_a_cell_is_the_largest_weight_of_a_square() -> None:
    long = uniform(1000)
    long.weights[0, 0, 998, 5] = 0.9
    figure = charts.attention_heatmap(long, sink=True)
    found = cells(figure)
    assert found.shape == (250, 250)
    assert found[249, 1] == pytest.approx(0.9)
    assert found[0, 0] == 1
    assert np.isnan(found[0, 1:]).all()
    assert figure.layout.title.text.endswith("a cell is the largest of 4 × 4")
    assert figure.data[0].x[1] == "4–7"


def test_a_text_of_one_token_is_drawn_with_it() -> None:
    np.testing.assert_allclose(cells(charts.attention_heatmap(uniform(1))), [[1]])


def test_a_layer_that_was_not_kept_is_refused() -> None:
    with pytest.raises(InputError, match=r"layer=0: was not kept\. Use one of 3, 5\."):
        charts.attention_heatmap(attention(), layer=0)
    with pytest.raises(InputError, match=r"head=1: was not kept"):
        charts.received_attention(attention(), head=1)


def test_weights_of_nothing_are_refused() -> None:
    nothing = attention().select(query=[])
    for draw in (charts.attention_heatmap, charts.received_attention):
        with pytest.raises(InputError, match=r"attention=.*: holds no weights\. Compute it with queries, layers"):
            draw(nothing)


def test_each_head_shows_what_it_read_of_all_others_and_of_the_first() -> None:
    figure = charts.head_weights(attention(), 3)
    # heads down, layers across
    np.testing.assert_allclose(cells(figure, 0), [[0.8, 0.4], [0.4, 0.8]], atol=1e-6)
    np.testing.assert_allclose(cells(figure, 1), [[0.2, 0.6], [0.6, 0.2]], atol=1e-6)
    assert (figure.data[0].x, figure.data[0].y) == (("3", "5"), ("0", "4"))
    assert [note.text for note in figure.layout.annotations] == ["all other tokens", "the first token (sink)"]
    assert figure.data[0].coloraxis == figure.data[1].coloraxis == "coloraxis"


@pytest.mark.parametrize(
    ("keys", "values", "title"),
    [(2, [[0.6, 0.1], [0.1, 0.6]], "token 2 ‘↵’"), ([1, 2], [[0.8, 0.4], [0.4, 0.8]], "tokens 1–2 ‘·&lt;b&gt;f↵’")],
)
def test_each_head_shows_what_it_read_of_some_tokens(
    keys: int | list[int], values: list[list[float]], title: str
) -> None:
    figure = charts.head_weights(attention(), 3, keys)
    np.testing.assert_allclose(cells(figure), values, atol=1e-6)
    assert figure.layout.annotations[0].text == title


def test_a_token_whose_row_was_not_kept_is_refused() -> None:
    with pytest.raises(InputError, match=r"token=0: has no row.*Use one of 1–3\."):
        charts.head_weights(attention(), 0)
    with pytest.raises(InputError, match=r"key=7: was not kept\. Use one of 0–2\."):
        charts.head_weights(attention(), 2, 7)


def test_the_token_after_the_last_has_a_row_and_no_text() -> None:
    assert charts.head_weights(attention(), 3).layout.title.text == "What was read when token 3 was chosen"
    assert charts.head_weights(attention(), 2).layout.title.text == "What was read when token 2 ‘↵’ was chosen"


def heights(figure: go.Figure) -> Sequence[float]:
    return np.array(figure.data[0].y, dtype=np.float64)


def test_received_attention_leaves_out_the_first_token_and_states_its_weight() -> None:
    figure = charts.received_attention(attention(), layer=3, head=0)
    np.testing.assert_allclose(heights(figure), [NAN, 0.35, 0.6], atol=1e-6)
    assert "the first token gets 0.57 and is not drawn" in figure.layout.title.text


def test_received_attention_with_the_first_token() -> None:
    figure = charts.received_attention(attention(), layer=3, head=0, sink=True)
    np.testing.assert_allclose(heights(figure), [1.7 / 3, 0.35, 0.6], atol=1e-6)
    assert "is not drawn" not in figure.layout.title.text


def test_tokens_that_few_could_read_are_pale() -> None:
    figure = charts.received_attention(uniform(20))
    assert figure.data[0].marker.opacity.tolist() == [1] * 13 + [0.35] * 7
    assert figure.layout.title.text.endswith("pale: fewer than 8 tokens could read it")


def test_received_attention_shades_the_prompt() -> None:
    assert [(s.x0, s.x1) for s in charts.received_attention(attention()).layout.shapes] == [(-0.5, 0.5)]
    scored = replace(attention(), run=replace(RUN, finish="scored"))
    assert not charts.received_attention(scored).layout.shapes


@pytest.mark.parametrize("draw", [charts.attention_heatmap, charts.received_attention])
def test_figures_of_attention_have_the_look_of_the_others(draw: object) -> None:
    look = draw(attention(), dark=True).layout.template.layout  # type: ignore[operator]
    assert (look.font.color, look.paper_bgcolor) == ("#e6e9ee", "rgba(0,0,0,0)")
