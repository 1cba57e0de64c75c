"""The metrics over position as a figure."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from tokenscope_widgets import charts
from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Generation, Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.errors import InputError

PIECES = [b"def", b" f", b"<b>x</b>", b"\n", b"$a$", b"&lt;", b"%{y}", "\u202e".encode()]
PROMPT = 3


def a_run(finish: str = "length", tokens: int = len(PIECES), sampled: bool = False) -> Generation:
    builder = GenerationBuilder(
        bytes_of=lambda i: PIECES[i % len(PIECES)],
        special_ids=frozenset(),
        prompt_length=PROMPT,
        settings=DecodingSettings(do_sample=sampled, temperature=0.5 if sampled else 1.0),
        provenance=Provenance("tiny", None, "float32", 64, {}),
    )
    for position in range(tokens):
        numbers = {f.name: np.full(1, position + 1, np.float32) for f in fields(TokenDistribution)}
        numbers["logprob_nats"] = -numbers["logprob_nats"]
        numbers["top_ids"], numbers["top_logprobs_nats"] = np.zeros((1, 1), np.int32), np.zeros((1, 1), np.float32)
        found = TokenDistribution(**numbers) if position else TokenDistribution.unknown(1, 1)
        builder.extend([position], Role.PROMPT if position < PROMPT else Role.GENERATED, found)
    return builder.build(finish)


def shades(figure: go.Figure) -> list[go.layout.Shape]:
    return [shape for shape in figure.layout.shapes if shape.type == "rect"]


def test_each_metric_has_a_panel_with_its_unit_over_shared_positions() -> None:
    figure = charts.metric_trend(a_run())
    surprisal, entropy = figure.data
    assert (surprisal.yaxis, entropy.yaxis) == ("y", "y2")
    assert figure.layout.xaxis.matches == "x2"
    assert figure.layout.xaxis2.title.text == "token position"
    assert "surprisal" in figure.layout.yaxis.title.text
    assert "(nats)" in figure.layout.yaxis2.title.text
    np.testing.assert_array_equal(surprisal.x, np.arange(8))
    np.testing.assert_allclose(surprisal.y[1:], np.arange(2, 9))


def test_what_was_not_computed_is_a_gap() -> None:
    trace = charts.metric_trend(a_run(), "surprisal_nats").data[0]
    assert np.isnan(trace.y[0])
    assert trace.connectgaps is False
    assert "markers" in trace.mode


def test_the_prompt_is_shaded_in_every_panel_and_named_once() -> None:
    figure = charts.metric_trend(a_run(), ["rank", "margin", "probability"])
    assert [(s.x0, s.x1) for s in shades(figure)] == [(-0.5, PROMPT - 0.5)] * 3
    assert [note.text for note in figure.layout.annotations] == ["prompt"]


def test_a_scored_text_is_no_prompt() -> None:
    assert not shades(charts.metric_trend(a_run("scored")))


def test_token_texts_are_shown_as_they_are() -> None:
    figure = charts.metric_trend(a_run(), "rank")
    shown = [text for text, _ in figure.data[0].customdata]
    assert shown == [
        "def",
        "·f",
        "&lt;b&gt;x&lt;/b&gt;",
        "↵",
        "&#36;a&#36;",
        "&amp;lt;",
        "%{y}",
        "\\u202e",
    ]
    assert "<script" not in json.dumps(shown)


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u200f", "\u2066", "\u2028", "\ud83d", "\ufeff", "\U000e0041"])
def test_what_cannot_be_seen_is_written_as_its_number(hidden: str) -> None:
    assert charts.hover_text(hidden) == f"\\u{ord(hidden):04x}"


def test_a_long_token_is_cut_before_it_is_escaped() -> None:
    assert charts.hover_text("<" * 500) == "&lt;" * 60 + "…"


def test_an_unknown_metric_names_those_there_are() -> None:
    with pytest.raises(InputError, match=r"surprise.*Known: .*surprisal_nats.*time_ms"):
        charts.metric_trend(a_run(), ["rank", "surprise"])


def test_a_column_of_texts_is_no_metric() -> None:
    with pytest.raises(InputError, match="role"):
        charts.metric_trend(a_run(), "role")


def test_no_metric_is_an_error() -> None:
    with pytest.raises(InputError, match="names no metric"):
        charts.metric_trend(a_run(), ())


def test_every_numeric_column_can_be_drawn() -> None:
    run = a_run(sampled=True)
    for name in run.to_frame().select_dtypes("number").columns:
        assert charts.metric_trend(run, name).to_json()


def test_columns_that_only_some_runs_have_are_known_there() -> None:
    assert charts.metric_trend(a_run(sampled=True), "sampling_margin").data[0].name == "sampling_margin"
    with pytest.raises(InputError, match="sampling_margin"):
        charts.metric_trend(a_run(), "sampling_margin")


@pytest.mark.parametrize("tokens", [0, 1])
def test_a_run_with_hardly_a_token(tokens: int) -> None:
    assert len(charts.metric_trend(a_run("running", tokens)).data[0].x) == tokens


def test_counts_over_orders_of_magnitude_have_logarithmic_axes() -> None:
    figure = charts.metric_trend(a_run(), ["rank", "surprisal_nats"])
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.yaxis2.type != "log"


@pytest.mark.parametrize(("dark", "ink"), [(False, "#1b1f24"), (True, "#e6e9ee")])
def test_the_look_is_transparent_on_light_and_on_dark_pages(dark: bool, ink: str) -> None:
    look = charts.metric_trend(a_run(), dark=dark).layout.template.layout
    assert look.font.color == ink
    assert look.paper_bgcolor == look.plot_bgcolor == "rgba(0,0,0,0)"


def test_a_figure_is_a_figure_and_no_widget() -> None:
    assert type(charts.metric_trend(a_run())) is go.Figure


def test_plotly_is_loaded_by_the_first_figure_and_left_as_it_was() -> None:
    before = plotly.io.templates.default, list(plotly.io.templates)
    charts.metric_trend(a_run())
    assert (plotly.io.templates.default, list(plotly.io.templates)) == before
    code = "import sys, tokenscope_widgets.charts; print({'plotly', 'pandas', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
