"""How well a score tells flagged things from others, with an interval that knows what belongs together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.errors import bad_value

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Auroc:
    """Area under the receiver operating characteristic.

    Attributes
    ----------
    value : float
        The chance that a flagged thing has a higher score than another, ties counting half; 0.5 is a coin. NaN where
        nothing, or everything, is flagged.
    low, high : float
        95 % interval over clusters drawn with replacement; NaN where too few clusters hold any flagged thing.
    positives, negatives : int
        How many are flagged, and how many are not.
    clusters : int
        How many clusters hold a flagged one.
    """

    value: float
    low: float
    high: float
    positives: int
    negatives: int
    clusters: int


def auroc(
    scores: NDArray[np.floating],
    flagged: NDArray[np.bool_],
    cluster: NDArray[np.integer],
    resamples: int = 2000,
    seed: int = 0,
) -> Auroc:
    """AUROC with a cluster bootstrap.

    Parameters
    ----------
    scores : float [thing]
        Higher means more suspicious; things with NaN are left out.
    flagged : bool [thing]
    cluster : int [thing]
        The sample each belongs to: tokens of one text are not independent, so whole samples are drawn.
    resamples : int
    seed : int

    Notes
    -----
    The pairs (flagged in cluster i, other in cluster j) that are in order are counted once, as a matrix *U*. Drawing
    cluster *i* *wᵢ* times gives ``wᵀUw / (wᵀp · wᵀn)``, with *p* and *n* the clusters' counts: no sort again.
    """
    if not len(scores) == len(flagged) == len(cluster):
        sizes = (len(scores), len(flagged), len(cluster))
        raise bad_value("scores, flagged, cluster", sizes, "are of different lengths", "Give one of each a thing")
    flagged = np.asarray(flagged, bool)
    known = ~np.isnan(scores)
    names, at = np.unique(np.asarray(cluster)[known], return_inverse=True)
    ordered = _ordered_pairs(np.asarray(scores, np.float64)[known], flagged[known], at, len(names))
    p = np.bincount(at[flagged[known]], minlength=len(names)).astype(np.float64)
    n = np.bincount(at[~flagged[known]], minlength=len(names)).astype(np.float64)
    value = _ratio(ordered.sum(), p.sum() * n.sum())
    low = high = float("nan")
    held = int((p > 0).sum())
    if held >= 2 and n.sum() > 0:
        draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
        weights = draws.astype(np.float64)
        pairs = (weights @ p) * (weights @ n)
        found = np.einsum("ri,ij,rj->r", weights, ordered, weights, optimize=True)[pairs > 0] / pairs[pairs > 0]
        low, high = (float(x) for x in np.percentile(found, [2.5, 97.5]))
    return Auroc(value, low, high, int(p.sum()), int(n.sum()), held)


def _ordered_pairs(scores: Values, flagged: NDArray[np.bool_], at: NDArray[np.int64], count: int) -> Values:
    """U[i, j]: pairs of a flagged one in cluster i and another in cluster j with the smaller score, ties half."""
    out = np.zeros((count, count))
    others, home = scores[~flagged], at[~flagged]
    # sorted once, so that the searches walk memory in order
    order = np.argsort(others)
    others, home = others[order], home[order]
    for i in np.unique(at[flagged]).tolist():
        own = np.sort(scores[flagged & (at == i)])
        above = 2 * len(own) - np.searchsorted(own, others, "left") - np.searchsorted(own, others, "right")
        out[i] = np.bincount(home, above, count) / 2
    return out


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
