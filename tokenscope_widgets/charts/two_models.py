"""Two models on one text, line by line, as a figure."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.charts._groups import LONGEST
from tokenscope_widgets.charts._style import CODE_FONT, diverging, hover_text, palette, template
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.two_models import ModelComparison


def two_models(comparison: ModelComparison, *, dark: bool = False) -> go.Figure:
    """The text line by line, and how much more surprised the second model was by each than the first.

    Bars to the right, blue: the second model was more surprised; to the left, orange: the first.

    Parameters
    ----------
    comparison : ModelComparison
    dark : bool
        Colours for a dark page.
    """
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.two_models import ModelComparison

    if not isinstance(comparison, ModelComparison):
        raise bad_value("comparison", comparison, "is no ModelComparison", "Pass what session.compare_text returned")
    frame = comparison.to_frame("line")
    frame = frame[frame["text"].str.strip() != ""]
    values = frame["difference_nats"].to_numpy()
    if not np.isfinite(values).any():
        raise bad_value("comparison", comparison, "holds no text that both measured", "Score a longer text")
    most = float(np.nanmax(np.abs(values))) or 1.0
    names = [str(line) for line in frame.index]
    first, second = _names(comparison)
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            # the middle of the ramp is the page's own colour: no bar is as pale
            marker={
                "color": np.sign(values) * np.maximum(np.abs(values), most / 3),
                "colorscale": diverging(dark),
                "cmin": -1.5 * most,
                "cmax": 1.5 * most,
                "line_width": 0,
            },
            customdata=frame[["first_nats", "second_nats", "difference_bits_per_byte"]].to_numpy(),
            hovertemplate=f"line %{{y}}<br>{first}: %{{customdata[0]:.3~f}} nats<br>"
            f"{second}: %{{customdata[1]:.3~f}} nats<br>"
            "difference %{x:+.3~f} nats, %{customdata[2]:+.3~f} bits per byte<extra></extra>",
        )
    )
    labels = [hover_text(text.rstrip(), LONGEST, code=True) for text in frame["text"]]
    # plotly sets tick labels flush right: filled up, they begin below each other
    widths = [len(unescape(one)) for one in labels]
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickmode="array",
        tickvals=names,
        ticktext=[f"{one}{chr(160) * (max(widths) - own)}" for one, own in zip(labels, widths, strict=True)],
        tickfont={"family": CODE_FONT, "size": 11, "color": palette(dark)["ink"]},
        showgrid=False,
    )
    figure.update_xaxes(
        showgrid=True,
        zeroline=True,
        zerolinecolor=palette(dark)["secondary"],
        title_text=f"nats: {second} − {first}; to the right {second} was more surprised",
    )
    figure.update_layout(
        template=template(dark),
        title={"xref": "container", "x": 0.01},
        title_text=f"{second} and {first}, line by line: "
        f"{comparison.difference_bits_per_byte:+.3f} bits per byte in all",
        height=100 + 20 * max(len(names), 3),
        bargap=0.25,
        margin={"l": 64, "r": 24, "t": 40, "b": 48},
    )
    return figure


def _names(comparison: ModelComparison) -> tuple[str, str]:
    """What the models are called, told apart."""
    first, second = (hover_text(run.provenance.model, code=True) for run in (comparison.first, comparison.second))
    return (first, second) if first != second else (f"{first} (first)", f"{second} (second)")
