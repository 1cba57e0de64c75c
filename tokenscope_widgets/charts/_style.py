"""The look that all figures share: palettes, template, colour ramps, and tokens as plotly shows them unchanged."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.records import Generation

LIGHT: Mapping[str, Any] = {
    "ink": "#1b1f24",
    "secondary": "#57606a",
    "hairline": "#dfe3e8",
    "accent": "#0b62c4",
    "heat": "rgb(214,94,0)",
    "prompt": "rgba(87,96,106,0.08)",
    "band": "rgba(87,96,106,0.16)",
    "surface": "#ffffff",
    "blues": ("#ffffff", "#dbe8f7", "#a9cbee", "#5c9ddd", "#0b62c4", "#073a78"),
    "oranges": ("#ffffff", "#fbe6d4", "#f5c49b", "#ea9248", "#d65e00", "#853900"),
}
DARK: Mapping[str, Any] = {
    "ink": "#e6e9ee",
    "secondary": "#a3adb9",
    "hairline": "#2d333d",
    "accent": "#6db3ff",
    "heat": "rgb(240,136,44)",
    "prompt": "rgba(163,173,185,0.10)",
    "band": "rgba(163,173,185,0.20)",
    "surface": "#1b1f26",
    "blues": ("#1b1f26", "#1c2e46", "#22497a", "#3673b8", "#6db3ff", "#d2e7ff"),
    "oranges": ("#1b1f26", "#3a2a1c", "#6e431b", "#b0661f", "#f0882c", "#ffd9b0"),
}
"""The palettes of the views, for figures. Surfaces are those of hover labels and of cells that hold nothing; figures
themselves are transparent. The two ramps are a diverging one when laid end to end; they stay apart for readers who
see no red or no green."""

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
CODE_FONT = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'
_LONGEST_TEXT = 60


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
                "font": {"family": CODE_FONT, "size": 12, "color": colours["ink"]},
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


def hover_text(token: str, longest: int = _LONGEST_TEXT, *, code: bool = False) -> str:
    """A token as plotly shows it unchanged: markup and formulas escaped, what cannot be seen made visible.

    Plotly reads a little HTML in hover texts (``<b>``, ``<br>``, ``<a>``), character entities, and ``$…$`` as a
    formula where MathJax is on the page. Cut after ``longest`` characters. In ``code`` spaces stay spaces.
    """
    shown = token if len(token) <= longest else token[:longest] + "…"
    return "".join("\u00a0" if code and character == " " else _visible(character) for character in shown)


_NAMED = {" ": "·", "\n": "↵", "\t": "⇥", "&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}
# controls, format characters (bidirectional marks among them), halves of surrogate pairs, separators, private use
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _visible(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if unicodedata.category(character) in _UNSEEN:
        return f"\\u{ord(character):04x}"
    return character


def palette(dark: bool) -> Mapping[str, Any]:
    """The colours for a light or a dark page."""
    return DARK if dark else LIGHT


def sequential(dark: bool, *, rooted: bool = False) -> list[tuple[float, str]]:
    """A colour scale from nothing to much.

    Parameters
    ----------
    rooted : bool
        Spread the small values: colours rise with the square root. The colour bar still tells the values.
    """
    ramp = palette(dark)["blues"]
    places = np.linspace(0, 1, len(ramp)) ** (2 if rooted else 1)
    return [(float(place), colour) for place, colour in zip(places, ramp, strict=True)]


def diverging(dark: bool) -> list[tuple[float, str]]:
    """A colour scale from orange (pushes down) over nothing to blue (pushes up)."""
    blues, oranges = palette(dark)["blues"], palette(dark)["oranges"]
    ramp = [*reversed(oranges), *blues[1:]]
    return [(float(place), colour) for place, colour in zip(np.linspace(0, 1, len(ramp)), ramp, strict=True)]


def colour_bar(title: str, dark: bool, **more: Any) -> dict[str, Any]:
    """A narrow colour bar beside the figure, with its unit on top."""
    quiet = palette(dark)["secondary"]
    return {
        "title": {"text": title, "font": {"size": 11, "color": quiet}, "side": "top"},
        "tickfont": {"size": 11, "color": quiet},
        "thickness": 10,
        "outlinewidth": 0,
        "len": 0.75,
        "x": 1.01,
        "xpad": 4,
        **more,
    }


def panel_titles(figure: go.Figure) -> None:
    """Make the titles of panels, which plotly centres in large type, as quiet as the rest."""
    figure.for_each_annotation(lambda note: note.update(font={"size": 12}, yshift=2))


def thinned(count: int, room: int) -> range:
    """Which of some labels are shown where only ``room`` fit, evenly spaced."""
    return range(0, count, max(1, -(-count // max(room, 1))))


def position_labels(positions: Sequence[int] | NDArray[np.int64], run: Generation | None) -> list[str]:
    """Categories of an axis: "12 ·return", or "12" where the text is not known. The number keeps them apart."""
    if run is None:
        return [str(int(p)) for p in positions]
    texts = run.tokens.texts
    return [f"{int(p)} {hover_text(texts[int(p)])}" for p in positions]


def token_ticks(
    positions: Sequence[int] | NDArray[np.int64], run: Generation | None, room: int, longest: int = 12
) -> dict[str, Any]:
    """Tick labels of an axis whose categories are `position_labels`: as many as have room, evenly spaced.

    Parameters
    ----------
    room : int
        How many labels fit. Where not all do, those that are shown carry their position.
    """
    labels = position_labels(positions, run)
    shown = thinned(len(labels), room)
    if run is None:
        texts = [labels[i] for i in shown]
    else:
        cut = [hover_text(run.tokens.texts[int(positions[i])], longest) for i in shown]
        texts = cut if shown.step == 1 else [f"{int(positions[i])} {text}" for i, text in zip(shown, cut, strict=True)]
    return {
        "type": "category",
        "tickmode": "array",
        "tickvals": [labels[i] for i in shown],
        "ticktext": texts,
        "tickfont": {"family": CODE_FONT, "size": 11},
        "showgrid": False,
    }


def shade_prompt(figure: go.Figure, run: Generation, colour: str) -> None:
    """A band behind the prompt, named once. A text that was scored is no prompt."""
    if run.prompt_length == 0 or run.finish == "scored":
        return
    figure.add_vrect(x0=-0.5, x1=run.prompt_length - 0.5, fillcolor=colour, line_width=0, layer="below")
    figure.add_annotation(
        text="prompt", x=-0.5, xref="x", xanchor="left", y=1, yref="paper", yanchor="bottom", showarrow=False
    )
