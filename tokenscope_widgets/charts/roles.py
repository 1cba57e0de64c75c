"""A metric by role, or by any other group of tokens, as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.charts._groups import UNITS, bare, distinct, shown, with_unit
from tokenscope_widgets.charts._style import CODE_FONT, hover_text, palette, template
from tokenscope_widgets.code.parsing import as_map
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.code_map import CodeMap

_STATISTICS = ("mean", "median", "max", "min", "sum")
_ROW_HEIGHT, _MOST_ROWS = 24, 40
_FEW = 5


def role_bars(
    code: CodeMap | Generation,
    metric: str = "surprisal",
    by: str = "role",
    statistic: str = "mean",
    most: int = 25,
    *,
    written: bool = True,
    dark: bool = False,
) -> go.Figure:
    """A metric by group, the greatest first; how many tokens each group has is beside its name.

    Parameters
    ----------
    code : CodeMap or Generation
    metric, by : str
        As for `CodeMap.aggregate`.
    statistic : str
        ``"mean"``, ``"median"``, ``"max"``, ``"min"`` or ``"sum"``.
    most : int
        Draw no more groups than this.
    written : bool
        Leave out the prompt, which the model did not choose.
    dark : bool
        Colours for a dark page.

    Raises
    ------
    InputError
        An unknown metric, grouping or statistic, or nothing to draw.
    """
    import plotly.graph_objects as go

    if statistic not in _STATISTICS:
        raise bad_value("statistic", statistic, "is no statistic of a group", f"Use one of {', '.join(_STATISTICS)}")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise bad_value("most", most, "is no number of groups to draw", "Use 1 or more")
    frame = as_map(code).aggregate(metric, by, written)
    frame = frame[frame["measured"] > 0]
    values = frame[statistic].to_numpy(np.float64)
    order = np.argsort(-values, kind="stable")[np.isfinite(values)[np.argsort(-values, kind="stable")]][:most]
    if not len(order):
        raise bad_value("statistic", statistic, f"is not there for {metric}", "Use 'mean' or another metric")
    names = distinct([str(frame.index[i]) for i in order])
    counts = frame["measured"].to_numpy()[order]
    colours = palette(dark)
    figure = go.Figure(
        go.Bar(
            x=values[order],
            y=names,
            orientation="h",
            customdata=counts,
            text=[f"{value:.2f}" for value in values[order]],
            textposition="outside",
            textfont={"size": 11, "color": colours["secondary"]},
            cliponaxis=False,
            marker={"color": colours["accent"], "line_width": 0},
            hovertemplate=f"<b>%{{y}}</b><br>{statistic} %{{x:.4~f}} {UNITS[bare(metric)]}"
            "<br>%{customdata} tokens<extra></extra>",
        )
    )
    grey = colours["secondary"]
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickmode="array",
        tickvals=names,
        ticktext=[
            f"{shown(name)}  <span style='color:{grey}'>{int(n)}</span>\u2002"
            for name, n in zip(names, counts, strict=True)
        ],
        tickfont={"family": CODE_FONT, "size": 12, "color": colours["ink"]},
        showgrid=False,
    )
    high = float(values[order].max())
    figure.update_xaxes(
        showgrid=True,
        range=[min(0.0, float(values[order].min())), high * 1.12 or 1],
        title_text=f"{statistic} {with_unit(metric)}",
    )
    more = f", the first {len(order)} of {len(frame)}" if len(order) < len(frame) else ""
    figure.update_layout(
        template=template(dark),
        title={"xref": "container", "x": 0.01},
        title_text=f"{bare(metric).capitalize()} by {by.replace('_', ' ')}{more}; grey: tokens",
        height=100 + _ROW_HEIGHT * min(max(len(order), 3), _MOST_ROWS),
        bargap=0.3,
        margin={"l": 64, "r": 32, "t": 40, "b": 48},
    )
    return figure


def role_boxes(
    code: CodeMap | Generation,
    metric: str = "surprisal",
    by: str = "role",
    *,
    written: bool = True,
    dark: bool = False,
) -> go.Figure:
    """How a metric spreads within each group: quartiles as boxes, or single tokens where there are fewer than five.

    Parameters
    ----------
    code : CodeMap or Generation
    metric : str
    by : str
        As for `CodeMap.aggregate`.
    written : bool
        Leave out the prompt.
    dark : bool
        Colours for a dark page.
    """
    import plotly.graph_objects as go

    from tokenscope_widgets.code.metrics import metric_values
    from tokenscope_widgets.code.percentiles import written as written_tokens
    from tokenscope_widgets.code.units import groups, token_groups

    code = as_map(code)
    found = groups(code, by)
    run = code.require_run("role_boxes")
    chosen = written_tokens(code) if written else np.ones(len(run), bool)
    own, values = token_groups(code, found), np.where(chosen, metric_values(run, metric), np.nan)
    known = np.isfinite(values)
    sizes = np.bincount(own[known], minlength=len(found))
    order = [g for g in np.argsort(-sizes, kind="stable").tolist() if sizes[g]][:_MOST_ROWS]
    if not order:
        raise bad_value("metric", metric, "was not measured", "Use a run of a model")
    colours = palette(dark)
    figure = go.Figure()
    names = distinct([f"{shown(found.labels[g])}  {sizes[g]}" for g in order])
    for g, name in zip(order, names, strict=True):
        at = np.flatnonzero(known & (own == g))
        few = len(at) < _FEW
        figure.add_trace(
            go.Box(
                x=values[at],
                name=name,
                orientation="h",
                boxpoints="all" if few else "outliers",
                jitter=0,
                pointpos=0,
                text=[f"{i} {hover_text(run.tokens.texts[i])}" for i in at.tolist()],
                hovertemplate="%{text}<br>%{x:.4~f}<extra></extra>",
                # a box of four would claim more than it knows
                line={"color": "rgba(0,0,0,0)" if few else colours["accent"], "width": 1},
                marker={"size": 4, "color": colours["heat"]},
                fillcolor="rgba(0,0,0,0)",
            )
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"family": CODE_FONT, "size": 12})
    figure.update_xaxes(
        showgrid=True,
        type="log" if bare(metric) == "rank" else "linear",
        title_text=with_unit(metric),
    )
    figure.update_layout(
        template=template(dark),
        title={"xref": "container", "x": 0.01},
        title_text=f"{bare(metric).capitalize()} of single tokens by {by.replace('_', ' ')}; with how many",
        height=100 + (_ROW_HEIGHT + 4) * max(len(order), 3),
        margin={"l": 64, "r": 24, "t": 40, "b": 48},
    )
    return figure
