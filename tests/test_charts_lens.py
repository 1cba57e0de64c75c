"""The logit lens and direct logit attribution as figures, on numbers written by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.pages import run_of
from tokenscope_widgets import charts
from tokenscope_widgets.analysis.direct import DirectAttribution
from tokenscope_widgets.analysis.lens import Lens
from tokenscope_widgets.errors import InputError

NAN = np.nan
RUN = run_of([b"a", b"<b>", b"\n"])


def lens(known: bool = True) -> Lens:
    """Layers 0 and 2, three positions, two likeliest tokens."""
    return Lens(
        top_ids=np.array([[[1, 2], [0, 1], [2, 0]], [[2, 1], [1, 0], [0, 7]]]),
        top_logprobs_nats=np.log(np.array([[[0.5, 0.25]] * 3, [[0.75, 0.125]] * 3], np.float32)),
        logprob_nats=np.log(np.array([[0.5, 0.25, NAN], [0.125, 0.1, NAN]], np.float32)),
        rank=np.array([[1, 10, NAN], [100, 1, NAN]], np.float32),
        kl_to_final_nats=np.array([[2, 1, 3], [0, 0, 0]], np.float32),
        layers=np.array([0, 2]),
        positions=np.array([0, 1, 2]),
        run=RUN if known else None,
        vocabulary={0: b"a", 1: b"<b>", 2: b"\n", 7: b"xyz"} if known else {},
    )


def test_the_colour_is_the_probability_of_what_comes_next() -> None:
    figure = charts.lens_heatmap(lens())
    np.testing.assert_allclose(figure.data[0].z, [[0.5, 0.25, NAN], [0.125, 0.1, NAN]], atol=1e-6)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)
    assert figure.data[0].y == ("0", "2")
    assert figure.data[0].x == ("0 a", "1 &lt;b&gt;", "2 ↵")
    assert figure.layout.xaxis.title.text == "after which token"


def test_the_colour_may_be_the_rank_with_the_first_choice_strongest() -> None:
    trace = charts.lens_heatmap(lens(), value="rank").data[0]
    np.testing.assert_allclose(trace.z, [[0, 1, NAN], [2, 0, NAN]], atol=1e-6)
    assert trace.colorbar.ticktext == ("1", "10", "100")
    assert trace.colorscale[0][1] == charts.LIGHT["blues"][-1]


def test_the_colour_may_be_the_divergence_from_the_final_layer() -> None:
    trace = charts.lens_heatmap(lens(), value="kl").data[0]
    np.testing.assert_array_equal(trace.z, [[2, 1, 3], [0, 0, 0]])
    assert trace.colorbar.title.text == "KL (nats)"


def test_cells_say_the_first_choice_where_they_have_a_colour_and_room() -> None:
    trace = charts.lens_heatmap(lens()).data[0]
    assert [list(row) for row in trace.text] == [["&lt;b&gt;", "a", ""], ["↵", "&lt;b&gt;", ""]]
    assert trace.texttemplate == "%{text}"


def test_cells_of_a_long_run_say_nothing() -> None:
    one = lens()
    wide = replace(
        one,
        **{name: np.repeat(getattr(one, name), 40, axis=1) for name in ("rank", "logprob_nats", "kl_to_final_nats")},
        top_ids=np.repeat(one.top_ids, 40, axis=1),
        top_logprobs_nats=np.repeat(one.top_logprobs_nats, 40, axis=1),
        positions=np.arange(120),
        run=run_of([b"a"] * 121),
    )
    figure = charts.lens_heatmap(wide)
    assert figure.data[0].text is None
    assert len(figure.layout.xaxis.tickvals) <= 60


def test_hovering_tells_the_likeliest_tokens_and_how_the_next_one_stands() -> None:
    texts = charts.lens_heatmap(lens()).data[0].hovertext
    assert texts[1][0] == (
        "<b>layer 2</b>, after position 0 ‘a’<br> 75.0%  ↵<br> 12.5%  &lt;b&gt;"
        "<br>next ‘&lt;b&gt;’: rank 100, p 0.125<br>KL to the final layer 0 nats"
    )


def test_after_the_last_token_nothing_is_known_of_the_next() -> None:
    assert "next" not in charts.lens_heatmap(lens()).data[0].hovertext[0][2]


def test_without_a_text_ids_and_positions_are_shown() -> None:
    trace = charts.lens_heatmap(lens(known=False)).data[0]
    assert trace.x == ("0", "1", "2")
    assert trace.text is None
    assert "id 7" in trace.hovertext[1][2]


def test_a_text_can_be_given() -> None:
    trace = charts.lens_heatmap(lens(known=False), RUN).data[0]
    assert trace.x[1] == "1 &lt;b&gt;"
    assert "‘&lt;b&gt;’" in trace.hovertext[0][0]


def test_an_unknown_value_is_refused() -> None:
    with pytest.raises(InputError, match=r"value='entropy': is not known\. Use one of probability, rank, kl\."):
        charts.lens_heatmap(lens(), value="entropy")


def test_a_lens_without_positions_is_refused() -> None:
    one = lens()
    names = ("rank", "logprob_nats", "kl_to_final_nats", "top_ids", "top_logprobs_nats")
    empty = replace(one, **{name: getattr(one, name)[:, :0] for name in names}, positions=one.positions[:0])
    with pytest.raises(InputError, match="holds no layer or no position"):
        charts.lens_heatmap(empty)


def direct(contrast: int | None = 2) -> DirectAttribution:
    return DirectAttribution(
        heads=np.array([[0.5, -1.5], [NAN, NAN]]),
        attention=np.array([-1.0, 2]),
        mlp=np.array([0.25, NAN]),
        embedding=0.5,
        bias=0.125,
        remainder=-0.375,
        total=1.5,
        position=0,
        token_id=1,
        contrast_id=contrast,
    )


def test_the_parts_are_bars_by_layer() -> None:
    attention, mlp, other, _ = charts.direct_logit_bars(direct(), RUN).data
    assert attention.x == mlp.x == ("0", "1")
    np.testing.assert_array_equal(attention.y, [-1, 2])
    np.testing.assert_array_equal(mlp.y, [0.25, NAN])
    assert dict(zip(other.x, other.y, strict=True)) == {"embedding": 0.5, "bias": 0.125, "remainder": -0.375}


def test_the_running_sum_ends_at_the_total() -> None:
    running = charts.direct_logit_bars(direct()).data[-1]
    assert running.x == ("embedding", "0", "1", "bias", "remainder")
    np.testing.assert_allclose(running.y, [0.5, -0.25, 1.75, 1.875, 1.5])
    figure = charts.direct_logit_bars(direct())
    assert [note.text for note in figure.layout.annotations] == ["<b>+1.5</b>"]


def test_the_title_names_the_tokens_and_the_remainder() -> None:
    assert charts.direct_logit_bars(direct(), RUN).layout.title.text == (
        "Lead of ‘&lt;b&gt;’ over ‘↵’ at position 1, in logits; remainder −0.4"
    )
    assert charts.direct_logit_bars(direct(None)).layout.title.text.startswith("Logit of id 1 at position 1; ")


def test_hovering_attention_tells_its_strongest_heads() -> None:
    attention = charts.direct_logit_bars(direct()).data[0]
    assert list(attention.customdata) == ["<br>head 1: -1.500<br>head 0: +0.500", ""]


@pytest.mark.parametrize("dark", [False, True])
def test_figures_of_layers_have_the_look_of_the_others(dark: bool) -> None:
    for figure in (charts.lens_heatmap(lens(), dark=dark), charts.direct_logit_bars(direct(), dark=dark)):
        look = figure.layout.template.layout
        assert (look.font.color == "#e6e9ee", look.paper_bgcolor) == (dark, "rgba(0,0,0,0)")
