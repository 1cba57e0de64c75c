"""The record of an attribution: which context pushed a token, by how much, and how it was found out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.faithfulness import Faithfulness


@dataclass(frozen=True)
class Method:
    """A way to attribute: its name for readers, whether its scores have a sign, and whether they are in the
    explained output's own unit."""

    label: str
    help: str
    signed: bool = True
    in_output_unit: bool = True


METHODS: Mapping[str, Method] = {
    "ablation": Method("ablation", "what the output loses when a source is left out, one forward pass for each"),
    "surrogate": Method(
        "sampled ablation", "a sparse linear model fitted to contexts with random sources left out (ContextCite)"
    ),
    "input_x_gradient": Method("input × gradient", "embedding times gradient, summed: a first-order estimate"),
    "saliency": Method("saliency", "length of the gradient: sensitivity, no sign", signed=False, in_output_unit=False),
    "integrated_gradients": Method(
        "integrated gradients", "gradients along the way from a baseline; the scores add up to the change"
    ),
    "attention": Method("attention", "where the model looked; not what mattered", signed=False, in_output_unit=False),
    "attention_rollout": Method(
        "attention rollout", "attention followed through the layers", signed=False, in_output_unit=False
    ),
}


@dataclass(frozen=True, eq=False)
class Attribution:
    """Scores of sources for one or several target tokens.

    Attributes
    ----------
    run : Generation
        The text.
    method : str
        One of `METHODS`.
    explained : Explained
        The numbers that the scores explain, one per target.
    sources : Partition
        The pieces of context.
    scores : float32 [target, source]
        One row in all where targets were explained together. Positive: the source pushed the explained number up.
        In its unit for ablation, sampled ablation and gradients times inputs; shares for attention; without unit for
        saliency. NaN: not before the target, or not computed.
    full : float32 [target]
        The explained numbers after the full context.
    options : mapping
        How the method was run.
    completeness_error : float32 [target] or None
        Integrated gradients: sum of the scores minus the change they should add up to.
    fit_r2 : float32 [target] or None
        Sampled ablation: R² of the linear model on held-out samples.
    finished : bool
        False where the work was cancelled and scores are missing.
    notes : tuple of str
        What a reader must know: how a contrast was read, what was recomputed.
    """

    run: Generation
    method: str
    explained: Explained
    sources: Partition
    scores: NDArray[np.float32]
    full: NDArray[np.float32]
    options: Mapping[str, Any] = field(default_factory=dict)
    completeness_error: NDArray[np.float32] | None = None
    fit_r2: NDArray[np.float32] | None = None
    finished: bool = True
    notes: tuple[str, ...] = ()
    _measure: Callable[..., Faithfulness] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return (
            f"<Attribution by {METHODS[self.method].label} of {self.target_text!r}: {len(self.sources)} "
            f"{self.sources.unit}s, {self.unit}{'' if self.finished else ', not finished'}>"
        )

    @property
    def total(self) -> NDArray[np.float32]:
        """Scores added up over the targets, float32 [source]; NaN where none is known."""
        known = np.isfinite(self.scores).any(axis=0)
        return np.where(known, np.nansum(self.scores, axis=0), np.nan).astype(np.float32)

    @property
    def signed(self) -> bool:
        """Whether a negative score can occur and means something."""
        return METHODS[self.method].signed and self.options.get("reduction", "sum") == "sum"

    @property
    def unit(self) -> str:
        """The unit of the scores: ``nats``, ``logit``, ``probability``, ``share`` or ``score``."""
        if self.method.startswith("attention"):
            return "share"
        return self.explained.quantity if METHODS[self.method].in_output_unit else "score"

    @property
    def target_text(self) -> str:
        """The explained text, with what it is compared to."""
        text = "".join(self.run.token_label(int(i)) for i in self.explained.token_ids)
        if "contrast_text" in self.options:
            return f"{text}, not {self.options['contrast_text']}"
        return text

    def top(self, k: int = 5) -> list[tuple[str, float]]:
        """The ``k`` sources with the largest total by absolute value: (text, score), largest first."""
        total, texts = self.total, self.sources.texts(self.run)
        order = np.argsort(-np.abs(np.nan_to_num(total)), kind="stable")[:k]
        return [(texts[i], float(total[i])) for i in order]

    def faithfulness(self, **options: Any) -> Faithfulness:
        """How far to trust it: delete its top sources, and random ones; see `Session.faithfulness`.

        Raises
        ------
        InputError
            No model is behind it any more.
        """
        if self._measure is None:
            raise bad_value(
                "attribution", self, "has no model behind it", "Call session.faithfulness(attribution) with one"
            )
        return self._measure(self, **options)

    def to_frame(self) -> pd.DataFrame:
        """One row per source: unit, text, token range, line, score (total over targets) and share of the mass."""
        import pandas as pd

        total = self.total
        mass = np.nansum(np.abs(total))
        lines = self.run.line_index
        return pd.DataFrame(
            {
                "text": self.sources.texts(self.run),
                "start": self.sources.starts,
                "stop": self.sources.stops,
                "line": lines[self.sources.starts] if len(self.sources) else [],
                f"score_{self.unit}": total,
                "share": np.abs(total) / mass if mass > 0 else total * np.nan,
            },
            index=pd.RangeIndex(len(self.sources), name="source"),
        )
