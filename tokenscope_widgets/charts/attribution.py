"""Attributions as figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.charts._style import (
    CODE_FONT,
    colour_bar,
    diverging,
    hover_text,
    palette,
    sequential,
    template,
    thinned,
)
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.attribution import Attribution

Floats = NDArray[np.float32]

_MOST_ROWS, _ROW_HEIGHT = 40, 26
_MOST_LABELS, _MANY = 55, 200
_LONGEST_ACROSS = 20
# legible on light and on dark pages
_QUIET = "#8b95a1"
_LONGEST_LABEL = {"token": 14, "word": 18}
_PIECES = ("line", "statement", "function")


def attribution_heatmap(attribution: Attribution, *, dark: bool = False, height: int | None = None) -> go.Figure:
    """Every score: targets down, sources across; blue pushes the target up, orange pushes it down.

    The colours are centred at 0. What does not stand before a target, or was not computed, is left empty. For one
    target, `attribution_bars` says more.

    Parameters
    ----------
    attribution : Attribution
    dark : bool
        Colours for a dark page.
    height : int, optional
        In pixels; by default it follows the number of targets.
    """
    import plotly.graph_objects as go

    scores = attribution.scores
    sources, targets = _source_names(attribution), _target_names(attribution)
    signed = attribution.signed
    most = _largest(scores)
    figure = go.Figure(
        go.Heatmap(
            z=scores,
            x=sources,
            y=targets,
            colorscale=diverging(dark) if signed else sequential(dark),
            zmin=-most if signed else 0,
            zmax=most,
            xgap=1 if len(sources) <= 120 else 0,
            ygap=1,
            colorbar=colour_bar(attribution.unit, dark, len=1, lenmode="fraction"),
            hoverongaps=False,
            hovertemplate=f"<b>%{{x}}</b><br>for <b>%{{y}}</b><br>%{{z:+.4~f}} {attribution.unit}<extra></extra>",
        )
    )
    shown = thinned(len(sources), _MOST_LABELS)
    upright = len(sources) > 12 or attribution.sources.unit != "token"
    labels = _labels(attribution, shown, _LONGEST_ACROSS, shown.step > 1 or attribution.sources.unit in _PIECES)
    figure.update_xaxes(
        type="category",
        tickmode="array",
        tickvals=[sources[i] for i in shown],
        ticktext=labels,
        tickangle=-90 if upright else 0,
        tickfont_family=CODE_FONT,
        title_text=f"source ({attribution.sources.unit})",
    )
    # plotly makes room for labels at the cost of the cells
    room = 60 + (round(6.8 * min(_LONGEST_ACROSS + 6, max(map(len, labels)))) if upright else 0)
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickmode="array",
        tickvals=[targets[i] for i in thinned(len(targets), _MOST_LABELS)],
        tickfont_family=CODE_FONT,
        showgrid=False,
        title_text="target",
    )
    figure.update_layout(
        template=template(dark),
        title_text=_title(attribution),
        height=height or max(120, min(560, 20 * len(targets))) + 56 + room,
        margin={"l": 64, "r": 72, "t": 56, "b": room},
    )
    return figure


def attribution_bars(attribution: Attribution, most: int = 25, *, dark: bool = False) -> go.Figure:
    """The sources of a target (of several: their totals) in the order of the text, as bars with their values.

    Parameters
    ----------
    attribution : Attribution
    most : int
        Draw no more than the largest so many; the title says what share of the mass they hold.
    dark : bool
        Colours for a dark page.

    Raises
    ------
    InputError
        ``most`` is no positive number, or no source has a score.
    """
    import plotly.graph_objects as go

    if isinstance(most, bool) or most < 1:
        raise bad_value("most", most, "is no number of sources to draw", "Use 1 or more")
    total = attribution.total
    known = np.flatnonzero(np.isfinite(total))
    if not len(known):
        raise bad_value("attribution", attribution, "has no score", "Compute it without cancelling")
    largest = np.argsort(-np.abs(total[known]), kind="stable")[:most]
    kept = np.sort(known[largest])
    values = total[kept].astype(np.float64)
    colours = palette(dark)
    names = _source_names(attribution)
    longest = _LONGEST_LABEL.get(attribution.sources.unit, 40)
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[names[i] for i in kept],
            orientation="h",
            text=[_number(value, attribution.signed) for value in values],
            textposition="outside",
            textfont={"size": 11, "color": colours["secondary"]},
            cliponaxis=False,
            marker={"color": np.where(values < 0, colours["heat"], colours["accent"]), "line_width": 0},
            hovertemplate=f"<b>%{{y}}</b><br>%{{x:+.4~f}} {attribution.unit}<extra></extra>",
        )
    )
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickmode="array",
        tickvals=[names[i] for i in kept],
        ticktext=_labels(attribution, kept, longest, True),
        tickfont={"family": CODE_FONT, "size": 12, "color": colours["ink"]},
        showgrid=False,
    )
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = 0.12 * max(high - low, 1e-9)
    figure.update_xaxes(
        showgrid=True,
        zeroline=True,
        zerolinecolor=colours["secondary"],
        range=[low - room * (low < 0), high + room * (high > 0)],
        title_text=_meaning(attribution),
    )
    share = np.abs(values).sum() / max(float(np.nansum(np.abs(total))), 1e-30)
    some = f"; the largest {len(kept)} of {len(known)}, {share:.0%} of the mass" if len(kept) < len(known) else ""
    figure.update_layout(
        template=template(dark),
        title_text=_title(attribution) + some,
        height=110 + _ROW_HEIGHT * min(max(len(kept), 3), _MOST_ROWS),
        bargap=0.3,
        margin={"l": 64, "r": 24, "t": 48, "b": 56},
    )
    return figure


def _largest(scores: Floats) -> float:
    """What is drawn at full strength. A few large scores must not leave all others pale."""
    known = np.abs(scores[np.isfinite(scores)])
    most = float(np.quantile(known, 0.99)) if known.size > _MANY else float(known.max(initial=0))
    return most or 1.0


def _source_names(attribution: Attribution) -> list[str]:
    """Categories of the sources; positions keep equal texts apart."""
    texts, starts = attribution.sources.texts(attribution.run), attribution.sources.starts.tolist()
    lines = attribution.run.line_index
    if attribution.sources.unit == "line":
        return [f"line {lines[a] + 1}: {hover_text(text.rstrip())}" for a, text in zip(starts, texts, strict=True)]
    if attribution.sources.unit in _PIECES:
        return [f"{a}, line {lines[a] + 1}: {hover_text(_first_line(t))}" for a, t in zip(starts, texts, strict=True)]
    return [f"{a} {hover_text(text)}" for a, text in zip(starts, texts, strict=True)]


def _labels(attribution: Attribution, sources: Iterable[int], longest: int, numbered: bool) -> list[str]:
    """Sources on an axis, with their position; lines keep their indent and are filled up, to begin below each other."""
    lined = attribution.sources.unit in _PIECES
    texts = attribution.sources.texts(attribution.run)
    numbers = attribution.run.line_index + 1
    out = []
    for i in sources:
        start = int(attribution.sources.starts[i])
        text = _first_line(texts[i]) if lined else texts[i]
        shown = hover_text(text, longest, code=lined)
        grey = f"<span style='color:{_QUIET}'>{numbers[start] if lined else start}</span>"
        blank = "\u00a0" * (longest + 1 - min(len(text), longest + 1))
        labelled = f"{grey}\u00a0\u00a0{shown}{blank}" if lined else f"{shown}\u00a0\u00a0{grey}"
        out.append(labelled if numbered else shown)
    return out


def _first_line(text: str) -> str:
    return text.strip("\n").split("\n", 1)[0].rstrip()


def _target_names(attribution: Attribution) -> list[str]:
    if attribution.scores.shape[0] != len(attribution.explained):
        return [hover_text(attribution.target_text)]
    positions, ids = attribution.explained.positions.tolist(), attribution.explained.token_ids.tolist()
    label = attribution.run.token_label
    return [f"{p} {hover_text(label(int(i)), 24)}" for p, i in zip(positions, ids, strict=True)]


def _title(attribution: Attribution) -> str:
    from tokenscope_widgets.analysis.attribution import METHODS

    name = METHODS[attribution.method].label
    text = f"{name[0].upper()}{name[1:]} of ‘{hover_text(attribution.target_text, 48)}’"
    return text + ("" if attribution.finished else ", not finished")


def _meaning(attribution: Attribution) -> str:
    unit = attribution.unit
    if not attribution.signed:
        return unit
    return f"{unit}: <b>right</b> pushes it up, <b>left</b> pushes it down"


def _number(value: float, signed: bool) -> str:
    text = f"{abs(value):.2f}" if abs(value) >= 0.005 or value == 0 else f"{abs(value):.0e}"
    if not signed:
        return text
    return ("−" if value < 0 else "+") + text
