"""Who reads whom by syntax, and a program line by line, as figures."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.charts._groups import LONGEST, bare, distinct, shown, with_unit
from tokenscope_widgets.charts._style import CODE_FONT, colour_bar, hover_text, palette, sequential, template, thinned
from tokenscope_widgets.code.parsing import as_map
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.code_map import CodeMap

_MOST_LABELS = 40


def pairs_heatmap(
    code: CodeMap | Generation,
    weights: Attention | Attribution | NDArray[Any],
    by: str = "structure",
    sources: str | None = None,
    *,
    share: bool = True,
    sink: bool = False,
    dark: bool = False,
) -> go.Figure:
    """Attention or attribution from groups of tokens to groups of tokens, targets down and sources across.

    Parameters
    ----------
    code : CodeMap
    weights, by, sources
        As for `CodeMap.aggregate_pairs`; magnitudes are drawn.
    share : bool
        Each row as shares of what its targets read in all; else sums.
    sink : bool
        Whether what goes to the first token counts: it takes much of any attention.
    dark : bool
        Colours for a dark page.
    """
    import plotly.graph_objects as go

    from tokenscope_widgets.code.pairs import aggregate_pairs, token_matrix

    code = as_map(code)
    frame = aggregate_pairs(code, np.abs(token_matrix(code, weights)), by, sources, sink)
    frame = frame.loc[frame.sum(axis=1) > 0, frame.sum(axis=0) > 0]
    if not frame.size:
        raise bad_value("weights", weights, "hold nothing between these groups", "Use another grouping")
    values = frame.to_numpy()
    drawn = values / values.sum(axis=1, keepdims=True) if share else values
    rows, columns = distinct(list(frame.index)), distinct(list(frame.columns))
    what = "share of the row" if share else "sum"
    figure = go.Figure(
        go.Heatmap(
            z=drawn,
            x=columns,
            y=rows,
            customdata=values,
            colorscale=sequential(dark, rooted=True),
            zmin=0,
            zmax=float(drawn.max()) or 1.0,
            xgap=1,
            ygap=1,
            colorbar=colour_bar("share" if share else "sum", dark, len=1, lenmode="fraction"),
            hovertemplate=f"<b>%{{y}}</b><br>from <b>%{{x}}</b><br>{what} %{{z:.3~f}}, sum %{{customdata:.4~f}}"
            "<extra></extra>",
        )
    )
    some = [columns[i] for i in thinned(len(columns), _MOST_LABELS)]
    font = {"family": CODE_FONT, "size": 11}
    figure.update_xaxes(
        type="category",
        tickmode="array",
        tickvals=some,
        ticktext=[shown(name) for name in some],
        tickangle=-60,
        tickfont=font,
        title_text=f"read: {(sources or by).replace('_', ' ')}",
    )
    few = [rows[i] for i in thinned(len(rows), _MOST_LABELS)]
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickmode="array",
        tickvals=few,
        ticktext=[shown(name) for name in few],
        tickfont=font,
        showgrid=False,
        title_text=f"reading: {by.replace('_', ' ')}",
    )
    longest = max(len(shown(name)) for name in some)
    figure.update_layout(
        template=template(dark),
        title={"xref": "container", "x": 0.01},
        title_text=f"Who reads whom{'' if sink else ', without the first token'}, by {by.replace('_', ' ')}",
        height=max(140, min(720, 22 * len(rows))) + 110 + 6 * min(longest, LONGEST),
        margin={"l": 64, "r": 72, "t": 40, "b": 64},
    )
    return figure


def line_strip(
    code: CodeMap | Generation, metric: str = "surprisal", *, written: bool = True, dark: bool = False
) -> go.Figure:
    """The program line by line: its text, and beside it the metric's mean (bar) and greatest value (mark).

    Parameters
    ----------
    code : CodeMap or Generation
    metric : str
    written : bool
        The prompt's lines have no bars.
    dark : bool
        Colours for a dark page.
    """
    import plotly.graph_objects as go

    code = as_map(code)
    frame = code.aggregate(metric, "line", written)
    frame = frame[(frame["line"] > 0) & (frame["tokens"] > 0)]
    if not (frame["measured"] > 0).any():
        raise bad_value("metric", metric, "was not measured", "Use a run of a model")
    texts = code.source.split(b"\n")
    lines = frame["line"].to_numpy()
    names = [str(n) for n in lines]
    colours = palette(dark)
    worst = "min" if bare(metric) in ("probability", "margin") else "max"
    figure = go.Figure(
        [
            go.Bar(
                x=frame["mean"],
                y=names,
                orientation="h",
                marker={"color": colours["heat"], "line_width": 0},
                hovertemplate="line %{y}<br>mean %{x:.4~f}<extra></extra>",
            ),
            go.Scatter(
                x=frame[worst],
                y=names,
                mode="markers",
                marker={"symbol": "line-ns-open", "size": 10, "color": colours["ink"]},
                hovertemplate=f"line %{{y}}<br>{worst} %{{x:.4~f}}<extra></extra>",
            ),
        ]
    )
    labels = [hover_text(texts[n - 1].decode("utf-8", "replace").rstrip(), LONGEST, code=True) for n in lines.tolist()]
    # plotly sets tick labels flush right: filled up, they begin below each other
    widths = [len(unescape(label)) for label in labels]
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickmode="array",
        tickvals=names,
        ticktext=[f"{label}{chr(160) * (max(widths) - own)}" for label, own in zip(labels, widths, strict=True)],
        tickfont={"family": CODE_FONT, "size": 11, "color": colours["ink"]},
        showgrid=False,
    )
    figure.update_xaxes(
        showgrid=True,
        title_text=f"{with_unit(metric)}: bar mean, mark {worst}",
    )
    figure.update_layout(
        template=template(dark),
        title={"xref": "container", "x": 0.01},
        title_text=f"{bare(metric).capitalize()} line by line",
        height=100 + 20 * max(len(lines), 3),
        bargap=0.25,
        margin={"l": 64, "r": 24, "t": 40, "b": 48},
    )
    return figure
