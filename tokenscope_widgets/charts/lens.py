"""What the layers of a model say, as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.charts._style import (
    CODE_FONT,
    colour_bar,
    hover_text,
    position_labels,
    sequential,
    template,
    token_ticks,
)
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.lens import Lens
    from tokenscope_widgets.analysis.records import Generation

_WIDTH, _CHARACTER = 860, 7.2
# hover texts are most of a figure: they are shorter where cells are many
_MANY_CELLS = 4000


@dataclass(frozen=True)
class _Value:
    """What colours a cell: which column of the lens, how it is called, and how much is full strength."""

    column: str
    title: str
    words: str
    reversed: bool = False


_VALUES: Mapping[str, _Value] = {
    "probability": _Value("probability", "p", "the probability of the token that comes next"),
    "rank": _Value("rank", "rank", "the rank of the token that comes next, 1 is the first choice", reversed=True),
    "kl": _Value("kl_to_final_nats", "KL (nats)", "the divergence from the final layer", reversed=True),
}


def lens_heatmap(
    lens: Lens,
    run: Generation | None = None,
    value: str = "probability",
    *,
    dark: bool = False,
    height: int | None = None,
) -> go.Figure:
    """What the model would say if it stopped after each layer: layers upwards, positions across.

    Where there is room, a cell says the layer's first choice. Hovering tells the likeliest tokens, and the rank of the
    one that does come next.

    Parameters
    ----------
    run : Generation, optional
        The text, where the lens does not know it.
    value : str
        What the colour means: ``"probability"`` of the token that comes next, its ``"rank"``, or ``"kl"``, the
        divergence from the final layer.
    dark : bool
        Colours for a dark page.
    height : int, optional
        In pixels; by default it follows the number of layers.

    Raises
    ------
    InputError
        An unknown value; a lens without a layer or position.
    """
    import plotly.graph_objects as go

    if value not in _VALUES:
        raise bad_value("value", value, "is not known", f"Use one of {', '.join(_VALUES)}")
    if not lens.rank.size:
        raise bad_value("lens", lens, "holds no layer or no position", "Read at least one of each")
    run = run if run is not None else lens.run
    chosen = _VALUES[value]
    numbers = np.asarray(getattr(lens, chosen.column), np.float64)
    colours, scale = _colours(value, numbers, dark)
    room = int(_WIDTH / len(lens.positions) / _CHARACTER)
    words = room >= 3 and bool(lens.vocabulary or run is not None)
    figure = go.Figure(
        go.Heatmap(
            z=colours,
            x=position_labels(lens.positions, run),
            y=[str(layer) for layer in lens.layers],
            hovertext=_hovers(lens, run),
            text=_first_choices(lens, run, room, np.isfinite(numbers)) if words else None,
            texttemplate="%{text}" if words else None,
            textfont={"family": CODE_FONT, "size": 11},
            xgap=1 if len(lens.positions) <= 120 else 0,
            ygap=1,
            colorbar=colour_bar(chosen.title, dark, **scale.pop("colorbar", {})),
            hovertemplate="%{hovertext}<extra></extra>",
            hoverongaps=False,
            **scale,
        )
    )
    figure.update_xaxes(**token_ticks(lens.positions, run, _WIDTH // 15), title_text="after which token", tickangle=-90)
    figure.update_yaxes(type="category", title_text="layer", showgrid=False)
    figure.update_layout(
        template=template(dark),
        title_text=f"Logit lens: {chosen.words}{'; in the cells, each layer’s first choice' if words else ''}",
        height=height or max(280, min(820, 170 + 18 * len(lens.layers))),
        margin={"l": 56, "r": 72, "t": 48, "b": 96},
    )
    return figure


def _colours(value: str, numbers: NDArray[np.float64], dark: bool) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Numbers to draw, and the colour scale: strong is likely, first, or close to the final layer."""
    if value == "probability":
        return numbers, {"colorscale": sequential(dark), "zmin": 0, "zmax": 1}
    ramp = [(1 - place, colour) for place, colour in reversed(sequential(dark))]
    if value == "rank":
        # ranks go from 1 to the size of the vocabulary
        most = max(1.0, float(np.ceil(np.log10(np.nanmax(numbers))))) if np.isfinite(numbers).any() else 1.0
        powers = np.arange(int(most) + 1)
        ticks = {"tickvals": powers.tolist(), "ticktext": [f"{10 ** int(p):,}" for p in powers]}
        return np.log10(numbers), {"colorscale": ramp, "zmin": 0, "zmax": most, "colorbar": ticks}
    known = numbers[np.isfinite(numbers)]
    most = float(np.quantile(known, 0.98)) if known.size else 1.0
    return numbers, {"colorscale": ramp, "zmin": 0, "zmax": max(most, 1e-6)}


def _word(lens: Lens, run: Generation | None, token_id: int, longest: int = 24) -> str:
    if token_id in lens.vocabulary:
        return hover_text(lens.label(token_id), longest)
    if run is not None and token_id in run.vocabulary:
        return hover_text(run.token_label(token_id), longest)
    return f"id {token_id}"


def _first_choices(lens: Lens, run: Generation | None, room: int, coloured: NDArray[np.bool_]) -> list[list[str]]:
    """In cells without a colour plotly cannot tell what colour a text must have."""
    top = lens.top_ids[..., 0]
    words = {int(i): _word(lens, run, int(i), max(1, room - 1)) for i in np.unique(top)}
    pairs = (zip(row.tolist(), known.tolist(), strict=True) for row, known in zip(top, coloured, strict=True))
    return [[words[token] if known else "" for token, known in row] for row in pairs]


def _hovers(lens: Lens, run: Generation | None) -> list[list[str]]:
    """One text per cell: the likeliest tokens, and how the one that comes next stands."""
    most = 5 if lens.rank.size <= _MANY_CELLS else 3
    tops = lens.top_ids[..., :most]
    shares = np.exp(lens.top_logprobs_nats[..., :most])
    words = {int(i): _word(lens, run, int(i)) for i in np.unique(tops)}
    after = [_place(run, int(p)) for p in lens.positions]
    following = [_following(run, int(p)) for p in lens.positions]
    probability = lens.probability
    out = []
    for i, layer in enumerate(lens.layers.tolist()):
        row = []
        for j in range(len(lens.positions)):
            pairs = zip(tops[i, j].tolist(), shares[i, j].tolist(), strict=True)
            likely = "<br>".join(f"{share:6.1%}  {words[token]}" for token, share in pairs)
            end = ""
            if np.isfinite(lens.rank[i, j]):
                end = f"<br>next{following[j]}: rank {lens.rank[i, j]:,.0f}, p {probability[i, j]:.3g}"
            divergence = f"<br>KL to the final layer {lens.kl_to_final_nats[i, j]:.3g} nats"
            row.append(f"<b>layer {layer}</b>, after {after[j]}<br>{likely}{end}{divergence}")
        out.append(row)
    return out


def _place(run: Generation | None, position: int) -> str:
    return f"position {position}" + ("" if run is None else f" ‘{hover_text(run.tokens.texts[position], 24)}’")


def _following(run: Generation | None, position: int) -> str:
    known = run is not None and position + 1 < len(run)
    return f" ‘{hover_text(run.tokens.texts[position + 1], 24)}’" if known and run is not None else ""
