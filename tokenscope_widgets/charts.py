"""Figures that stand in a cell of their own: functions that return ``plotly.graph_objects.Figure``.

plotly is loaded by the first figure. Nothing is registered with it; for figures of your own in the same look, pass
``template=charts.template()``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.records import Generation

LIGHT = {
    "ink": "#1b1f24",
    "secondary": "#57606a",
    "hairline": "#dfe3e8",
    "accent": "#0b62c4",
    "heat": "rgb(214,94,0)",
    "prompt": "rgba(87,96,106,0.08)",
    "surface": "#ffffff",
}
DARK = {
    "ink": "#e6e9ee",
    "secondary": "#a3adb9",
    "hairline": "#2d333d",
    "accent": "#6db3ff",
    "heat": "rgb(240,136,44)",
    "prompt": "rgba(163,173,185,0.10)",
    "surface": "#1b1f26",
}
"""The palettes of the views, for figures. Surfaces are those of hover labels; figures themselves are transparent."""

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
_CODE_FONT = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'
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
_LONGEST_TEXT = 60
_PANEL_HEIGHT, _MARGINS_HEIGHT = 150, 90


def template(dark: bool = False) -> go.layout.Template:
    """The look of this package's figures, on a transparent background.

    Parameters
    ----------
    dark : bool
        For a dark page.
    """
    import plotly.graph_objects as go

    colours = DARK if dark else LIGHT
    axis = {
        "gridcolor": colours["hairline"],
        "linecolor": colours["hairline"],
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": colours["secondary"], "size": 11},
        "title": {"font": {"color": colours["secondary"], "size": 12}, "standoff": 8},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": _FONT, "size": 12, "color": colours["ink"]},
            "title": {"font": {"size": 12.5}, "x": 0, "xref": "paper", "xanchor": "left"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [colours["heat"], colours["accent"], colours["secondary"]],
            "hoverlabel": {
                "bgcolor": colours["surface"],
                "bordercolor": colours["hairline"],
                "font": {"family": _CODE_FONT, "size": 12, "color": colours["ink"]},
                "align": "left",
            },
            "xaxis": {**axis, "showgrid": False},
            "yaxis": axis,
            "margin": {"l": 64, "r": 16, "t": 32, "b": 48},
            "annotationdefaults": {"font": {"color": colours["secondary"], "size": 11}, "showarrow": False},
            "hovermode": "closest",
            "showlegend": False,
        }
    )


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
    colours = DARK if dark else LIGHT
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
    _shade_prompt(figure, run, colours["prompt"])
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


def _shade_prompt(figure: go.Figure, run: Generation, colour: str) -> None:
    """A band behind the prompt, named once. A text that was scored is no prompt."""
    if run.prompt_length == 0 or run.finish == "scored":
        return
    figure.add_vrect(x0=-0.5, x1=run.prompt_length - 0.5, fillcolor=colour, line_width=0, layer="below")
    figure.add_annotation(
        text="prompt", x=-0.5, xref="x", xanchor="left", y=1, yref="paper", yanchor="bottom", showarrow=False
    )


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


def hover_text(token: str) -> str:
    """A token as plotly shows it unchanged: markup and formulas escaped, what cannot be seen made visible.

    Plotly reads a little HTML in hover texts (``<b>``, ``<br>``, ``<a>``), character entities, and ``$…$`` as a
    formula where MathJax is on the page. Cut after 60 characters.
    """
    shown = token if len(token) <= _LONGEST_TEXT else token[:_LONGEST_TEXT] + "…"
    return "".join(map(_visible, shown))


_NAMED = {" ": "·", "\n": "↵", "\t": "⇥", "&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}
# controls, format characters (bidirectional marks among them), halves of surrogate pairs, separators, private use
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _visible(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if unicodedata.category(character) in _UNSEEN:
        return f"\\u{ord(character):04x}"
    return character
