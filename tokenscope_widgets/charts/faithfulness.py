"""How far to trust an attribution, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.charts._style import palette, panel_titles, template
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.faithfulness import Faithfulness


def deletion_curve(faithfulness: Faithfulness, *, dark: bool = False, height: int = 320) -> go.Figure:
    """What deleting the top sources costs, and what keeping only them does, beside random orders and their band.

    Parameters
    ----------
    faithfulness : Faithfulness
    dark : bool
        Colours for a dark page.
    height : int
        In pixels.
    """
    from plotly.subplots import make_subplots

    kinds = {
        "deletion": "The top sources deleted: a higher cost is better",
        "insertion": "Only the top sources kept: a lower cost is better",
    }
    drawn = [kind for kind in kinds if np.isfinite(getattr(faithfulness, kind)).any()]
    if not drawn:
        raise bad_value("faithfulness", faithfulness, "has no known cost", "Measure it without cancelling")
    figure = make_subplots(rows=1, cols=len(drawn), subplot_titles=[kinds[k] for k in drawn], horizontal_spacing=0.1)
    panel_titles(figure)
    for column, kind in enumerate(drawn, 1):
        for trace in _curves(faithfulness, kind, dark):
            figure.add_trace(trace, row=1, col=column)
        words = "deleted" if kind == "deletion" else "kept"
        figure.update_xaxes(
            title_text=f"share of the {faithfulness.sources} {faithfulness.unit}s {words}",
            tickformat=".0%",
            rangemode="tozero",
            row=1,
            col=column,
        )
    figure.update_yaxes(title_text=f"cost ({faithfulness.quantity})", rangemode="tozero", zeroline=True, col=1)
    figure.update_yaxes(rangemode="tozero", zeroline=True, zerolinecolor=palette(dark)["hairline"])
    figure.update_layout(
        template=template(dark),
        height=height,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": -0.24, "yanchor": "top", "font": {"size": 11.5}},
        margin={"l": 64, "r": 24, "t": 40, "b": 84},
        hovermode="x unified",
    )
    return figure


def _curves(faithfulness: Faithfulness, kind: str, dark: bool) -> list[Any]:
    """Band, random mean and the attribution's own line. A deletion of nothing costs nothing."""
    import plotly.graph_objects as go

    colours = palette(dark)
    own = np.asarray(getattr(faithfulness, kind), np.float64)
    random = np.asarray(getattr(faithfulness, f"random_{kind}"), np.float64).mean(axis=0)
    low, high = (np.asarray(side, np.float64) for side in faithfulness.band(kind))
    x = np.asarray(faithfulness.fractions, np.float64)
    if kind == "deletion":
        x, own, random, low, high = (np.concatenate([[0.0], values]) for values in (x, own, random, low, high))
    first = kind == "deletion" or not np.isfinite(faithfulness.deletion).any()
    unseen = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    value = f"%{{y:.3~f}} {faithfulness.quantity}<extra>%{{fullData.name}}</extra>"
    return [
        go.Scatter(x=x, y=high, **unseen),
        go.Scatter(
            x=x,
            y=low,
            **{**unseen, "showlegend": first},
            fill="tonexty",
            fillcolor=colours["band"],
            name="90 % of random orders",
        ),
        go.Scatter(
            x=x,
            y=random,
            mode="lines",
            name="random order, mean",
            showlegend=first,
            line={"color": colours["secondary"], "width": 1.5, "dash": "dash"},
            hovertemplate=value,
        ),
        go.Scatter(
            x=x,
            y=own,
            mode="lines+markers",
            name="this attribution",
            showlegend=first,
            line={"color": colours["accent"], "width": 2.25},
            marker={"size": 7},
            hovertemplate=value,
        ),
    ]
