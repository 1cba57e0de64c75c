"""Attention weights as figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.analysis.selection import ranges
from tokenscope_widgets.charts._pooling import Blocks, blocks_of, largest_of, pooled_text
from tokenscope_widgets.charts._style import (
    CODE_FONT,
    colour_bar,
    hover_text,
    palette,
    panel_titles,
    position_labels,
    sequential,
    shade_prompt,
    template,
    thinned,
    token_ticks,
)
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokenscope_widgets.analysis.attention import Attention

_SIDE, _LEAST_SIDE = 700, 360
_LABEL_ROOM = 15
_BRIGHT = 0.995
_FEW_READERS = 8
"""A token that few could read is read by itself above all."""


def attention_heatmap(
    attention: Attention,
    layer: int | Iterable[int] | None = None,
    head: int | Iterable[int] | None = None,
    *,
    sink: bool = False,
    dark: bool = False,
    size: int | None = None,
) -> go.Figure:
    """Who reads whom: queries down, keys across, in the mean over layers and heads.

    What a query cannot see is left empty. Of texts longer than 320 tokens a cell shows the largest weight in a square
    of tokens, and says which.

    Parameters
    ----------
    layer, head : int or sequence of int, optional
        By their numbers in the model; None for the mean over all that were kept.
    sink : bool
        Draw the first token too. Without it rows are scaled to the sum they had, and its share is in the title.
    dark : bool
        Colours for a dark page.
    size : int, optional
        Of the square, in pixels; by default it follows the number of tokens.

    Raises
    ------
    InputError
        A layer or head that was not kept; no query at all.
    """
    import plotly.graph_objects as go

    some = _some(attention.select(layer, head))
    # of one token there is nothing but the first
    sink = sink or some.weights.shape[-1] < 2
    shown = some if sink else some.without_sink()
    mean = np.where(shown.queries[:, None] >= np.arange(shown.weights.shape[-1]), shown.mean(), np.nan)
    first = 0 if sink else 1
    rows, columns = blocks_of(shown.queries), blocks_of(np.arange(first, mean.shape[1]))
    cells = largest_of(mean[:, first:], len(rows[0]), len(columns[0]))
    side = size or max(_LEAST_SIDE, min(_SIDE, 24 * max(cells.shape)))
    known = cells[cells > 0]
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            x=_names(columns, attention),
            y=_names(rows, attention),
            colorscale=sequential(dark, rooted=True),
            zmin=0,
            # a few bright cells must not leave all others pale
            zmax=float(np.quantile(known, _BRIGHT)) if len(known) else 1,
            colorbar=colour_bar("weight", dark),
            hoverongaps=False,
            hovertemplate="<b>%{y}</b><br>reads <b>%{x}</b><br>weight %{z:.4~f}<extra></extra>",
        )
    )
    figure.update_xaxes(**_ticks(columns, attention, side), title_text="key: what is read", tickangle=-90)
    figure.update_yaxes(**_ticks(rows, attention, side), title_text="query: what reads", autorange="reversed")
    margins = {"l": 110, "r": 80, "t": 40, "b": 110}
    figure.update_layout(
        template=template(dark),
        title_text=f"Attention, {_which(some)}{_without(some, sink)}{pooled_text(rows, columns)}",
        width=side + margins["l"] + margins["r"],
        height=round(side * min(1, max(0.2, len(cells) / cells.shape[1]))) + margins["t"] + margins["b"],
        margin=margins,
    )
    return figure


def head_weights(
    attention: Attention, token: int, keys: int | Iterable[int] | None = None, *, dark: bool = False
) -> go.Figure:
    """Which heads read the sources of a token: heads down, layers across, and the first token apart.

    Parameters
    ----------
    token : int
        The token; the row is that of the query before it.
    keys : int or sequence of int, optional
        Add up the weight of these; by default all but the first token.
    dark : bool
        Colours for a dark page.

    Raises
    ------
    InputError
        The token's row was not kept, or a key is outside the text.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    attention.row_for_token(token)
    wanted = range(1, token) if keys is None else keys
    read = attention.weight_per_head(token - 1, wanted)
    sink = attention.weight_per_head(token - 1, 0)
    names = [_keys_in_words(attention, keys), "the first token (sink)"]
    figure = make_subplots(rows=1, cols=2, subplot_titles=names, shared_yaxes=True, horizontal_spacing=0.05)
    for column, (values, name) in enumerate(zip((read, sink), names, strict=True), 1):
        figure.add_trace(
            go.Heatmap(
                z=values.T,
                x=[str(layer) for layer in attention.layers],
                y=[str(head) for head in attention.heads],
                coloraxis="coloraxis",
                xgap=1,
                ygap=1,
                hovertemplate="layer %{x}, head %{y}<br>%{z:.1%} to " + name + "<extra></extra>",
            ),
            row=1,
            col=column,
        )
    axis: dict[str, Any] = {"type": "category", "showgrid": False}
    shown = [str(attention.layers[i]) for i in thinned(len(attention.layers), 16)]
    figure.update_xaxes(**axis, title_text="layer", tickangle=0, tickmode="array", tickvals=shown)
    panel_titles(figure)
    figure.update_yaxes(**axis, autorange="reversed")
    figure.update_yaxes(title_text="head", col=1)
    run = attention.run
    # the last row is that of a token which was not written
    whose = f" ‘{hover_text(run.tokens.texts[token])}’" if run is not None and token < len(run) else ""
    figure.update_layout(
        template=template(dark),
        title_text=f"What was read when token {token}{whose} was chosen",
        coloraxis={
            "colorscale": sequential(dark),
            "cmin": 0,
            "cmax": 1,
            "colorbar": colour_bar("share", dark, tickformat=".0%"),
        },
        height=150 + 22 * max(4, min(len(attention.heads), 32)),
        margin={"l": 56, "r": 80, "t": 64, "b": 48},
    )
    return figure


def received_attention(
    attention: Attention,
    layer: int | Iterable[int] | None = None,
    head: int | Iterable[int] | None = None,
    *,
    sink: bool = False,
    dark: bool = False,
    height: int = 260,
) -> go.Figure:
    """Who is read: the mean weight that each token gets from those that could see it, over position.

    Parameters
    ----------
    layer, head : int or sequence of int, optional
        None for the mean over all that were kept.
    sink : bool
        Draw the first token too: it usually dwarfs all others. Its weight is in the title either way.
    dark : bool
        Colours for a dark page.
    height : int
        In pixels.

    Raises
    ------
    InputError
        A layer or head that was not kept; no query at all.
    """
    import plotly.graph_objects as go

    some = _some(attention.select(layer, head))
    values = np.asarray(some.received(), np.float64).mean(axis=(0, 1))
    at = np.arange(len(values))
    run = attention.run
    texts = ["" if run is None else hover_text(run.tokens.texts[i]) for i in at]
    few_readers = (some.queries[:, None] >= at).sum(axis=0) < _FEW_READERS
    drawn = np.where(at >= (0 if sink else 1), values, np.nan)
    figure = go.Figure(
        go.Bar(
            x=at,
            y=drawn,
            customdata=texts,
            marker={"color": palette(dark)["accent"], "line_width": 0, "opacity": np.where(few_readers, 0.35, 1)},
            hovertemplate="<b>%{customdata}</b><br>mean weight %{y:.4~f}<br>position %{x}<extra></extra>",
        )
    )
    few = len(at) <= 60 and run is not None
    figure.update_xaxes(range=[-0.8, len(at) - 0.2], title_text="" if few else "token position")
    if few and run is not None:
        ticks = [hover_text(text, 12) for text in run.tokens.texts]
        figure.update_xaxes(tickvals=at, ticktext=ticks, tickangle=-90, tickfont_family=CODE_FONT)
    figure.update_yaxes(title_text="mean weight<br>received", rangemode="tozero")
    if run is not None:
        shade_prompt(figure, run, palette(dark)["prompt"])
    note = f"<br>the first token gets {values[0]:.2f}{'' if sink else ' and is not drawn'}"
    note += f"; pale: fewer than {_FEW_READERS} tokens could read it" if few_readers.any() else ""
    figure.update_layout(
        template=template(dark),
        title_text=f"Attention received, {_which(some)}{note}",
        height=height + (60 if few else 0),
        bargap=0.15 if len(at) <= 120 else 0,
        margin_t=64,
    )
    return figure


def _some(attention: Attention) -> Attention:
    if not attention.weights.size:
        raise bad_value("attention", attention, "holds no weights", "Compute it with queries, layers and heads")
    return attention


def _which(attention: Attention) -> str:
    """Layers and heads in words."""

    def words(name: str, kept: Sequence[int], count: int) -> str:
        if len(kept) == 1:
            return f"{name} {kept[0]}"
        return f"{len(kept)} {name}s" if len(kept) == count else f"{name}s {ranges(kept)}"

    layers = words("layer", attention.layers.tolist(), attention.layer_count)
    heads = words("head", attention.heads.tolist(), attention.head_count)
    return f"{'mean over ' if attention.weights.shape[0] * attention.weights.shape[1] > 1 else ''}{layers}, {heads}"


def _without(attention: Attention, sink: bool) -> str:
    share = float(np.nanmean(attention.sink_share())) if attention.weights.shape[-1] > 1 else np.nan
    if not np.isfinite(share):
        return ""
    return f"; {share:.0%} goes to the first token" + ("" if sink else ", which is left out")


def _keys_in_words(attention: Attention, keys: int | Iterable[int] | None) -> str:
    if keys is None:
        return "all other tokens"
    given = [keys] if isinstance(keys, int | np.integer) else list(keys)
    texts = "" if attention.run is None else "".join(attention.run.tokens.texts[i] for i in given)
    return f"token{'s' if len(given) > 1 else ''} {ranges(given)}" + (f" ‘{hover_text(texts, 24)}’" if texts else "")


def _names(blocks: Blocks, attention: Attention) -> list[str]:
    first, last = blocks
    names = position_labels(first, attention.run)
    return [n if a == b else f"{a}–{b}" for n, a, b in zip(names, first, last, strict=True)]


def _ticks(blocks: Blocks, attention: Attention, side: int) -> dict[str, Any]:
    first, last = blocks
    if (first == last).all():
        return token_ticks(first, attention.run, side // _LABEL_ROOM)
    names = _names(blocks, attention)
    step = max(1, len(names) // 20)
    return {"type": "category", "tickmode": "array", "tickvals": names[::step], "ticktext": names[::step]}
