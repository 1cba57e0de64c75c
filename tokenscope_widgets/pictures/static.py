"""A run, the alternatives of its selected token, and the runs beside it, as one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.charts._style import _FONT, CODE_FONT, DARK, LIGHT
from tokenscope_widgets.pictures.drawing import Drawing, visible, width_of

if TYPE_CHECKING:
    import os

    from tokenscope_widgets.analysis.records import Generation

_COLUMNS = 100
_ALTERNATIVES = 6
_BAR = 28
_HESITATION_NATS = 1.25
_HOTTEST = {"surprisal": 3.0, "entropy": 3.0}
_HOTTEST_RANK = 64
_STRONGEST = 0.62
# nobody reads white space
_BLANK = 0.45


class Picture:
    """An SVG picture; at the end of a notebook cell it shows itself, without any script.

    Attributes
    ----------
    svg : str
    text : str
        The same in plain words.
    """

    def __init__(self, svg: str, text: str) -> None:
        self.svg = svg
        self.text = text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the SVG to a file."""
        target = Path(path)
        target.write_text(self.svg, encoding="utf-8")
        return target


def picture_of(
    run: Generation,
    beside: Sequence[Generation] = (),
    *,
    metric: str = "surprisal",
    selected: int | None = None,
    notes: Mapping[str, str] | None = None,
    dark: bool = False,
) -> Picture:
    """Draw a run as coloured text, with what else could stand at a token and the runs beside it.

    Parameters
    ----------
    run : Generation
    beside : sequence of Generation
        Each is shown from the line on where it parts from the run.
    metric : str
        ``probability``, ``surprisal``, ``entropy``, ``margin`` or ``rank``, on the scale of the views.
    selected : int, optional
        The token whose alternatives are listed.
    notes : mapping of str to str, optional
        What is said of a run, by ``run_id``: "✓ all 5 tests passed".
    dark : bool
    """
    colours = {name: str(value) for name, value in (DARK if dark else LIGHT).items() if isinstance(value, str)}
    drawing = Drawing({**colours, "surface": "#14171c" if dark else "#ffffff"}, (_FONT, CODE_FONT))
    notes = notes or {}
    _head(drawing, run, metric, notes.get(run.run_id, ""))
    _code(drawing, run, metric, 0, selected)
    if selected is not None:
        _alternatives(drawing, run, run.position(selected))
    for other in beside:
        _beside(drawing, run, other, metric, notes.get(other.run_id, ""))
    title = f"{run.provenance.model}: {len(run) - run.prompt_length} tokens, coloured by {metric}"
    return Picture(drawing.svg(title, run.text), f"{title}\n\n{visible_lines(run.text)}")


def visible_lines(text: str) -> str:
    """Text with its line breaks, and nothing else that cannot be seen."""
    return "\n".join(visible(line) for line in text.split("\n"))


def heat(metric: str, values: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """0 (the model was sure) … 1, as the views colour; NaN where nothing is known."""
    found = np.asarray(values, np.float64)
    if metric == "rank":
        found = np.log2(found) / np.log2(_HOTTEST_RANK)
    else:
        found = found / _HOTTEST[metric] if metric in _HOTTEST else 1 - found
    return np.clip(found, 0, 1)


def _values(run: Generation, metric: str) -> np.ndarray[Any, np.dtype[Any]]:
    model = run.tokens.model
    known: dict[str, Any] = {
        "probability": np.exp(-model.surprisal_nats),
        "surprisal": model.surprisal_nats,
        "entropy": model.entropy_nats,
        "margin": model.margin,
        "rank": model.rank,
    }
    return np.asarray(known[metric])


def _head(drawing: Drawing, run: Generation, metric: str, note: str) -> None:
    facts = [run.provenance.model, f"{len(run) - run.prompt_length} tokens", f"coloured by {metric}"]
    drawing.words(" · ".join(facts), size=11, ink="secondary")
    drawing.down()
    if note:
        drawing.words(note, bold=True)
        drawing.down()


def _code(drawing: Drawing, run: Generation, metric: str, first: int, selected: int | None) -> None:
    """The tokens from ``first`` on; the line begins where that one's does."""
    warm, entropy = heat(metric, _values(run, metric)), run.entropy_nats
    indent = run.tokens.texts[first - 1].rsplit("\n", 1)[-1] if first else ""
    column = width_of(visible(indent))
    for i in range(first, len(run)):
        written = i >= run.prompt_length
        for number, piece in enumerate(run.tokens.texts[i].split("\n")):
            if number:
                drawing.down()
                column = 0
            width = width_of(visible(piece))
            if column and column + width > _COLUMNS:
                drawing.down()
                column = 4
            if width and written and np.isfinite(warm[i]):
                share = _STRONGEST * float(warm[i]) * (1 if piece.strip() else _BLANK)
                drawing.box(column, width, fill="heat", opacity=share)
                if entropy[i] >= _HESITATION_NATS and piece.strip():
                    drawing.underline(column, width)
            if width and i == selected:
                drawing.box(column, width, stroke="accent")
            drawing.code(piece, column, ink="ink" if written else "secondary")
            column += width
    drawing.down()


def _alternatives(drawing: Drawing, run: Generation, at: int) -> None:
    drawing.rule()
    drawing.words(f"What else could stand at position {at}?", bold=True)
    drawing.down()
    rows = run.alternatives(at)[:_ALTERNATIVES]
    most = max((share for _, _, share in rows), default=1.0)
    for token, text, share in rows:
        drawing.code(text.replace(" ", "␣"), 0, ink="accent" if token == int(run.token_ids[at]) else "ink")
        drawing.box(16, max(0.25, _BAR * share / most), fill="accent", opacity=0.75)
        drawing.words(f"{share:.1%}".replace("%", " %"), 16 + _BAR + 2)
        drawing.down()
    rest = max(0.0, 1 - sum(share for _, _, share in rows))
    drawing.words(f"all others {rest:.1%}".replace("%", " %"), size=11, ink="secondary")
    drawing.down()


def _beside(drawing: Drawing, run: Generation, other: Generation, metric: str, note: str) -> None:
    ours, theirs = run.token_ids.tolist(), other.token_ids.tolist()
    shorter = min(len(ours), len(theirs))
    apart = next((i for i in range(shorter) if ours[i] != theirs[i]), shorter)
    drawing.rule()
    named = visible(other.tokens.texts[apart]).strip() if apart < len(other) else "(ends)"
    drawing.words(f"with “{named}” at position {apart}" + (f": {note}" if note else ""), bold=True)
    drawing.down()
    first = apart
    while first > 0 and "\n" not in other.tokens.texts[first - 1]:
        first -= 1
    _code(drawing, other, metric, first, apart if apart < len(other) else None)
