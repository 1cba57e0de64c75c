"""Where a run was decided, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenscope_widgets.charts._style import hover_text, palette, position_labels, template, token_ticks
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.forks import ForkAnalysis


_ROOM = 48


def fork_bars(found: ForkAnalysis, outcome: str | None = None, *, dark: bool = False) -> go.Figure:
    """How much each token that was asked about changed the outcome, with intervals.

    Parameters
    ----------
    found : ForkAnalysis
    outcome : str, optional
        ``"tests"``: the chance of passing after the token minus that before it; ``"tree"`` or ``"text"``: how far the
        token moved the distribution of programs. By default the tests, where they were run.
    dark : bool
        Colours for a dark page.

    Raises
    ------
    InputError
        Nothing was finished, or the outcome was not looked at.
    """
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.forks import ForkAnalysis

    if not isinstance(found, ForkAnalysis):
        raise bad_value("found", found, "is no fork analysis", "Pass what session.forks returned, or lab.analysis")
    outcome = outcome or ("tests" if found.tests else "tree")
    points = found.known(outcome)
    if not points:
        raise bad_value("found", found, "holds no finished position", "Resume it: session.forks(run, resume=found)")
    figures = [point.pivot if outcome == "tests" else point.moved(outcome) for point in points]
    labels = position_labels([point.at for point in points], found.run)
    colours = palette(dark)
    tried = [", ".join(hover_text(arm.text) for arm in point.arms[1:] if arm.outcomes) for point in points]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=[figure.value for figure in figures],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [figure.high - figure.value for figure in figures],
                "arrayminus": [figure.value - figure.low for figure in figures],
                "color": colours["secondary"],
                "thickness": 1,
            },
            marker={"color": colours["accent"], "opacity": [0.9 if f.excludes_zero else 0.35 for f in figures]},
            customdata=[[str(figure), other] for figure, other in zip(figures, tried, strict=True)],
            hovertemplate="<b>%{x}</b><br>%{customdata[0]}<br>against %{customdata[1]}<extra></extra>",
        )
    )
    axis = "change in the chance of passing" if outcome == "tests" else f"outcome moved ({outcome})"
    figure.update_layout(template=template(dark), showlegend=False, bargap=0.4)
    figure.update_yaxes(title_text=axis, range=[-1.05 if outcome == "tests" else 0, 1.05], tickformat=".0%")
    figure.update_xaxes(
        title_text="position and token; pale: not certain",
        **token_ticks([point.at for point in points], found.run, _ROOM),
    )
    return figure
