"""Attribution by ablation: what the output loses with each source; exactly, or estimated from random samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.sparse_linear import fit_sparse
from tokenscope_widgets.analysis.variants import Lead, Variants
from tokenscope_widgets.analysis.watch import Watch


def ablate(variants: Variants | Lead, sources: Partition, watch: Watch | None = None) -> NDArray[np.float32]:
    """The explained number with everything minus that without each source, float32 [target, source].

    Positive: the source pushed the output up. One context per source; all targets share it. NaN for sources that
    do not stand wholly before the target, and for those a cancel left out.
    """
    lost = variants.full[:, None] - variants.score(sources.members(variants.length), watch).T
    return np.where(sources.before(variants.positions), lost, np.float32(np.nan))


@dataclass(frozen=True, eq=False)
class SampledAblation:
    """A sparse linear model of the output, fitted to contexts with random sources left out.

    Attributes
    ----------
    scores : float32 [target, source]
        The fitted weight of each source: by how much the output rises with it.
    fit_r2 : float32 [target]
        R² on contexts that were not fitted (cross-validation): how far to trust the linear model; at most 1.
    samples : int
        How many contexts were computed.
    """

    scores: NDArray[np.float32]
    fit_r2: NDArray[np.float32]
    samples: int


def sample_masks(sources: int, samples: int, seed: int) -> NDArray[np.bool_]:
    """Which sources each sample leaves out, each with probability one half, bool [sample, source]."""
    return np.random.default_rng(seed).random((samples, sources)) < 0.5


def ablate_sampled(
    variants: Variants | Lead, sources: Partition, *, samples: int = 64, seed: int = 0, watch: Watch | None = None
) -> SampledAblation:
    """Sampled ablation with a sparse linear surrogate (ContextCite, Cohen-Wang et al. 2024, arXiv 2409.00729)."""
    masks = sample_masks(len(sources), samples, seed)
    dropped = (masks.astype(np.float32) @ sources.members(variants.length)) > 0
    values = variants.score(dropped, watch)
    known = np.isfinite(values).all(axis=1)
    fits = [fit_sparse(~masks[known], values[known, i]) for i in range(values.shape[1])]
    scores = np.array([fit.weights for fit in fits], np.float32)
    scores[~sources.before(variants.positions)] = np.nan
    return SampledAblation(scores, np.array([fit.r2 for fit in fits], np.float32), int(known.sum()))
