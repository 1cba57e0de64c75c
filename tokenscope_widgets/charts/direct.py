"""What the parts of a model add to a logit, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.charts._style import hover_text, palette, template, thinned

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.direct import DirectAttribution
    from tokenscope_widgets.analysis.records import Generation


def direct_logit_bars(
    direct: DirectAttribution, run: Generation | None = None, *, dark: bool = False, height: int = 420
) -> go.Figure:
    """What each layer's attention and MLP added to a logit or a lead; below, how the sum grows to the total.

    Parameters
    ----------
    run : Generation, optional
        The text, to name the tokens.
    dark : bool
        Colours for a dark page.
    height : int
        In pixels.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    colours = palette(dark)
    layers = np.arange(len(direct.attention))
    names = ["embedding", *(str(layer) for layer in layers), "bias", "remainder"]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.62, 0.38])
    parts = (
        ("attention", colours["accent"], names[1:-2], direct.attention, _strongest_heads(direct)),
        ("MLP", colours["heat"], names[1:-2], direct.mlp, [""] * len(layers)),
        (
            "other",
            colours["secondary"],
            [names[0], *names[-2:]],
            np.array([direct.embedding, direct.bias, direct.remainder]),
            [""] * 3,
        ),
    )
    for name, colour, x, values, more in parts:
        figure.add_trace(
            go.Bar(
                x=x,
                y=values,
                name=name,
                customdata=more,
                marker={"color": colour, "line_width": 0},
                hovertemplate=f"<b>%{{x}}</b> {name if name != 'other' else ''}<br>%{{y:+.4~f}}%{{customdata}}"
                "<extra></extra>",
            ),
            row=1,
            col=1,
        )
    steps = [direct.embedding, *(np.nan_to_num(direct.attention) + np.nan_to_num(direct.mlp)), direct.bias]
    running = np.cumsum([*steps, direct.remainder])
    figure.add_trace(
        go.Scatter(
            x=names,
            y=running,
            mode="lines",
            line={"color": colours["ink"], "width": 1.75, "shape": "hv"},
            showlegend=False,
            hovertemplate="<b>up to %{x}</b><br>%{y:+.4~f}<extra></extra>",
        ),
        row=2,
        col=1,
    )
    figure.add_annotation(
        x=names[-1], y=direct.total, row=2, col=1, text=f"<b>{_signed(direct.total)}</b>", xanchor="left", xshift=14
    )
    # every third layer of thirty: beside the words for the other parts, more would touch
    short = ["emb.", *(names[1 + i] if i in thinned(len(layers), 12) else "" for i in layers), "bias", "<br>rest"]
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        tickmode="array",
        tickvals=names,
        ticktext=short,
        tickangle=0,
    )
    figure.update_xaxes(title_text="layer", row=2, col=1)
    figure.update_yaxes(zeroline=True, zerolinecolor=colours["secondary"])
    figure.update_yaxes(title_text="added", row=1, col=1)
    figure.update_yaxes(title_text="sum so far", row=2, col=1)
    figure.update_layout(
        template=template(dark),
        title_text=f"{_whose(direct, run)}; remainder {_signed(direct.remainder, 1)}",
        height=height,
        barmode="group",
        bargap=0.2,
        bargroupgap=0,
        showlegend=True,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom", "font_size": 11.5},
        margin={"l": 72, "r": 64, "t": 64, "b": 48},
    )
    return figure


def _strongest_heads(direct: DirectAttribution) -> list[str]:
    out = []
    for heads in direct.heads:
        known = np.flatnonzero(np.isfinite(heads))
        order = known[np.argsort(-np.abs(heads[known]))][:3]
        out.append("".join(f"<br>head {head}: {heads[head]:+.3f}" for head in order))
    return out


def _signed(value: float, digits: int = 3) -> str:
    return f"{value:+.{digits}g}".replace("-", "−", 1) if value < 0 else f"{value:+.{digits}g}"


def _whose(direct: DirectAttribution, run: Generation | None) -> str:
    def name(token_id: int) -> str:
        if run is None or token_id not in run.vocabulary:
            return f"id {token_id}"
        return f"‘{hover_text(run.token_label(token_id), 24)}’"

    at = f" at position {direct.position + 1}"
    if direct.contrast_id is None:
        return f"Logit of {name(direct.token_id)}{at}"
    return f"Lead of {name(direct.token_id)} over {name(direct.contrast_id)}{at}, in logits"
