"""Names and their definitions, over all regions of a map; and what flows along them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.grammars import has_grammar, parser_of
from tokenscope_widgets.code.names import Links, links
from tokenscope_widgets.code.pairs import token_matrix
from tokenscope_widgets.code.parsing import as_map
from tokenscope_widgets.code.tree import parse_tree

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.code_map import CodeMap


def links_of(code: CodeMap) -> Links:
    """Uses and definitions in every region of code, at bytes of the whole source."""
    parts = []
    for region in code.regions:
        if region.language is not None and has_grammar(region.language):
            body = code.source[region.start : region.end]
            found = links(body, parse_tree(body, parser_of(region.language)), region.language)
            parts.append((found, region.start))

    def joined(name: str) -> NDArray[np.int64]:
        return np.concatenate([np.zeros(0, np.int64), *(getattr(found, name) + offset for found, offset in parts)])

    return Links(
        use_start=joined("use_start"),
        use_end=joined("use_end"),
        definition_start=joined("definition_start"),
        definition_end=joined("definition_end"),
        names=tuple(name for found, _ in parts for name in found.names),
        kind=tuple(kind for found, _ in parts for kind in found.kind),
    )


@dataclass(frozen=True, eq=False)
class LinkFlow:
    """How much of what a use of a name read lies on the name's definition.

    Attributes
    ----------
    names : tuple of str
    use, definition : int64 [link]
        The first token of each.
    weight : float64 [link]
        The share of the use's row that lies on the definition's tokens, 0 … 1 (magnitudes).
    chance : float64 [link]
        What a definition's tokens would get if the row were spread evenly over all identifiers before the use.
    """

    names: tuple[str, ...]
    use: NDArray[np.int64]
    definition: NDArray[np.int64]
    weight: NDArray[np.float64]
    chance: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def lift(self) -> float:
        """Mean share over mean chance; 1 is no better than chance, NaN without links."""
        total = float(self.chance.sum())
        return float(self.weight.sum()) / total if total > 0 else float("nan")

    def lift_interval(self, resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
        """95 % interval of the lift, names drawn with replacement; NaN with fewer than two names.

        Uses of one name are not independent, so all of them are drawn together.
        """
        names, at = np.unique(np.array(self.names, str), return_inverse=True)
        if len(names) < 2:
            return float("nan"), float("nan")
        weight, chance = (np.bincount(at, values, len(names)) for values in (self.weight, self.chance))
        drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
        total = drawn @ chance
        low, high = np.percentile((drawn @ weight)[total > 0] / total[total > 0], [2.5, 97.5])
        return float(low), float(high)

    def to_frame(self) -> pd.DataFrame:
        """One row a link."""
        import pandas as pd

        return pd.DataFrame(
            {
                "name": self.names,
                "use": self.use,
                "definition": self.definition,
                "weight": self.weight,
                "chance": self.chance,
            }
        )


def link_flow(
    code: CodeMap | Generation, weights: Attention | Attribution | NDArray[Any], sink: bool = False
) -> LinkFlow:
    """Follow attention or attribution along uses and definitions, against a chance baseline.

    Only uses whose row is known and whose definition stands before them count. The row is that of the use's first
    token: what was read to choose the name.

    Parameters
    ----------
    code : CodeMap or Generation
    weights : Attention, Attribution, or float [target token, source token]
    sink : bool
        Whether the first token counts: by default it is left out of the row, since it takes much of any attention.

    Notes
    -----
    Chance spreads what the row gives to identifiers evenly over the identifier tokens before the use, so that a lift of
    1 means that definitions are read no more than any name.
    """
    code = as_map(code)
    matrix = np.abs(token_matrix(code, weights))
    is_name = np.array([role.startswith("identifier") for role in code.roles], bool)
    if not sink and len(code):
        matrix[:, 0], is_name[0] = 0, False
    found = links_of(code)
    rows: list[tuple[str, int, int, float, float]] = []
    for i, name in enumerate(found.names):
        use = code.tokens_in(int(found.use_start[i]), int(found.use_end[i]))[0]
        definition = code.tokens_touching(int(found.definition_start[i]), int(found.definition_end[i]))
        definition = definition[definition > 0] if not sink else definition
        if not len(definition) or use <= definition.max() or not matrix[use].any():
            continue
        row = matrix[use] / matrix[use].sum()
        names = is_name[:use]
        spread = float(row[:use][names].sum()) / max(int(names.sum()), 1)
        rows.append((name, use, int(definition[0]), float(row[definition].sum()), spread * len(definition)))
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
    return LinkFlow(
        tuple(columns[0]),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int64),
        np.array(columns[3], np.float64),
        np.array(columns[4], np.float64),
    )
