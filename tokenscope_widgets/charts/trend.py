"""Metrics over token position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.charts._style import hover_text, palette, shade_prompt, template
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.records import Generation

_UNITS = {
    "rank": "1 = first choice",
    "margin": "p₁ − p₂",
    "nucleus_size": "tokens for 0.9",
    "token_id": "id",
    "byte_start": "bytes",
    "byte_end": "bytes",
    "line": "number",
}
_SUFFIXES = {"_nats": "nats", "_ms": "ms"}
# from 1 to the size of the vocabulary: on a linear axis one outlier hides everything else
_LOGARITHMIC = ("rank", "nucleus_size", "perplexity")
_SHARES = ("probability", "margin", "tail_mass")
_PANEL_HEIGHT, _MARGINS_HEIGHT = 150, 90


def metric_trend(
    run: Generation,
    metrics: str | Sequence[str] = ("surprisal_nats", "entropy_nats"),
    *,
    dark: bool = False,
    height: int | None = None,
) -> go.Figure:
    """Metrics over token position, one panel below the other.

    The prompt is shaded. What was not computed (NaN; always the first token) is a gap. Ranks, nucleus sizes and
    perplexities have logarithmic axes. Hovering shows the token and its value.

    Parameters
    ----------
    run : Generation
    metrics : str or sequence of str
        Numeric columns of ``run.to_frame()``, in their units.
    dark : bool
        Colours for a dark page.
    height : int, optional
        In pixels; by default 150 for each panel, and the margins.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InputError
        No metric, or one that the run does not have; the message names those it has.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    frame = run.to_frame()
    names = _checked(metrics, frame)
    colours = palette(dark)
    figure = make_subplots(rows=len(names), cols=1, shared_xaxes=True, vertical_spacing=0.12 / len(names))
    labels = [[hover_text(text), role] for text, role in zip(frame["text"], frame["role"], strict=True)]
    for i, name in enumerate(names):
        figure.add_trace(
            go.Scatter(
                x=frame.index.to_numpy(),
                y=frame[name].to_numpy(np.float64),
                name=name,
                customdata=labels,
                # a value between two gaps has no line: the markers show it
                mode="lines+markers",
                line={"width": 1.25, "color": colours["heat"]},
                marker={"size": 3.5},
                connectgaps=False,
                cliponaxis=False,
                hovertemplate=f"<b>%{{customdata[0]}}</b><br>{axis_title(name)} %{{y:.4~g}}"
                "<br>position %{x}, %{customdata[1]}<extra></extra>",
            ),
            row=i + 1,
            col=1,
        )
        figure.update_yaxes(title_text=_broken(axis_title(name)), **_range(name), row=i + 1, col=1)
    figure.update_xaxes(range=[-1, max(len(run), 1)], dtick=1 if len(run) < 12 else None)
    figure.update_xaxes(title_text="token position", row=len(names), col=1)
    shade_prompt(figure, run, colours["prompt"])
    figure.update_layout(template=template(dark), height=height or _PANEL_HEIGHT * len(names) + _MARGINS_HEIGHT)
    return figure


def _checked(metrics: str | Sequence[str], frame: pd.DataFrame) -> list[str]:
    known = [str(name) for name in frame.select_dtypes("number").columns]
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    if not names:
        raise bad_value("metrics", metrics, "names no metric", f"Known: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise bad_value("metrics", name, "is no metric of this run", f"Known: {', '.join(known)}")
    return names


def axis_title(metric: str) -> str:
    """A metric in words, with its unit: ``surprisal_nats`` is "surprisal (nats)"."""
    for ending, unit in _SUFFIXES.items():
        if metric.endswith(ending):
            return f"{metric.removesuffix(ending).replace('_', ' ')} ({unit})"
    unit = _UNITS.get(metric.removeprefix("sampling_"), "")
    return metric.replace("_", " ") + (f" ({unit})" if unit else "")


def _broken(title: str) -> str:
    """The unit on a line of its own, where the panel is too low for the whole."""
    return title.replace(" (", "<br>(")


def _range(metric: str) -> dict[str, Any]:
    plain = metric.removeprefix("sampling_")
    if plain in _LOGARITHMIC:
        return {"type": "log", "rangemode": "normal"}
    if plain in _SHARES:
        return {"range": [-0.03, 1.03], "tickformat": ".1~f"}
    return {"rangemode": "normal" if plain == "logprob_nats" else "tozero"}
