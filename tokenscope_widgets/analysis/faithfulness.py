"""How far to trust an attribution: delete its top sources and watch the output fall, beside random deletions.

Deletion is comprehensiveness, insertion is sufficiency (DeYoung et al. 2020, ERASER), here in nats and with the
spread of random orders, because a text falls apart whatever is taken out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.variants import Lead, Variants
from tokenscope_widgets.analysis.watch import Watch
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float32]

FRACTIONS = (0.1, 0.2, 0.3, 0.5)
_BAND = 0.9
_MOST_TRIES = 50


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """What deleting and keeping the top sources costs, beside random orders.

    All costs are in the unit of the explained output, summed over the targets: the number with the full context
    minus that without what was deleted.

    Attributes
    ----------
    counts : int64 [cut]
        How many sources were deleted (or kept).
    sources : int
        How many there are.
    deletion : float32 [cut]
        Cost of deleting the top ones; more is better.
    insertion : float32 [cut]
        Cost of keeping only the top ones; less is better.
    random_deletion, random_insertion : float32 [order, cut]
        The same for random orders.
    unit, quantity : str
        Of sources, and of costs.
    """

    counts: NDArray[np.int64]
    sources: int
    deletion: Floats
    insertion: Floats
    random_deletion: Floats
    random_insertion: Floats
    unit: str
    quantity: str

    def __repr__(self) -> str:
        low, high = self.band("deletion")
        return (
            f"<Faithfulness: deleting the top {self.counts[0]} of {self.sources} {self.unit}s costs "
            f"{self.deletion[0]:.2f} {self.quantity}, at random {self.random_deletion[:, 0].mean():.2f} "
            f"({low[0]:.2f} … {high[0]:.2f})>"
        )

    @property
    def finished(self) -> bool:
        """False where the work was cancelled: what was not measured is NaN."""
        return bool(np.isfinite(self.deletion).all() and np.isfinite(self.random_deletion).all())

    @property
    def fractions(self) -> Floats:
        """``counts`` as shares of all sources."""
        return (self.counts / self.sources).astype(np.float32)

    @property
    def comprehensiveness(self) -> float:
        """Mean cost of deletion over the cuts: more is better."""
        return float(self.deletion.mean())

    @property
    def sufficiency(self) -> float:
        """Mean cost of keeping only the top, over the cuts: less is better."""
        return float(self.insertion.mean())

    @property
    def ratio(self) -> float:
        """Cost of deletion over that of random deletion, at the first cut; NaN where random costs nothing."""
        random = float(self.random_deletion[:, 0].mean())
        return float(self.deletion[0]) / random if random > 0 else float("nan")

    @property
    def area(self) -> float:
        """Area between the deletion curve and the mean random one, over the share deleted (from 0)."""
        x = np.concatenate([[0], self.fractions])
        gap = np.concatenate([[0], self.deletion - self.random_deletion.mean(axis=0)])
        return float(np.trapezoid(gap, x))

    def band(self, kind: str = "deletion") -> tuple[Floats, Floats]:
        """Where the central 90 % of random orders lie: (low, high), float32 [cut]."""
        values = self.random_deletion if kind == "deletion" else self.random_insertion
        low, high = np.quantile(values, [(1 - _BAND) / 2, (1 + _BAND) / 2], axis=0)
        return low.astype(np.float32), high.astype(np.float32)

    def to_frame(self) -> pd.DataFrame:
        """One row per cut."""
        import pandas as pd

        columns: dict[str, object] = {"count": self.counts, "fraction": self.fractions}
        for kind in ("deletion", "insertion"):
            low, high = self.band(kind)
            random = self.random_deletion if kind == "deletion" else self.random_insertion
            columns[f"{kind}_{self.quantity}"] = getattr(self, kind)
            columns[f"random_{kind}_{self.quantity}"] = random.mean(axis=0)
            columns[f"random_{kind}_low"], columns[f"random_{kind}_high"] = low, high
        return pd.DataFrame(columns)


def order_of(scores: Floats, signed: bool) -> NDArray[np.int64]:
    """Sources from the most to the least important: by value where the sign means something, else by size."""
    key = scores if signed else np.abs(scores)
    return np.argsort(-np.nan_to_num(key, nan=-np.inf), kind="stable")


def measure_faithfulness(
    variants: Variants | Lead,
    sources: Partition,
    order: NDArray[np.int64],
    *,
    counts: Sequence[int] | None = None,
    random_orders: int = 10,
    insertion: bool = True,
    seed: int = 0,
    quantity: str = "nats",
    watch: Watch | None = None,
) -> Faithfulness:
    """Delete, and keep only, the first ``counts`` sources of an order and of random orders.

    Parameters
    ----------
    order : int64 [source]
        Most important first.
    counts : sequence of int, optional
        Where to cut; by default at 10, 20, 30 and 50 % of the sources.
    random_orders : int
        At least 2.
    insertion : bool
        False leaves the insertion curves NaN, and takes half the time.

    Raises
    ------
    InputError
        A count outside 1 … number of sources; fewer than two random orders.
    """
    cuts = cuts_of(counts, len(sources))
    if random_orders < 2:
        raise bad_value("random_orders", random_orders, "shows no spread", "Use at least 2")
    orders = [order, *rival_orders(order, cuts, random_orders, seed)]
    costs = deletion_costs(variants, sources, orders, cuts, insertion=insertion, watch=watch)
    return Faithfulness(
        np.array(cuts, np.int64),
        len(sources),
        costs[0, 0],
        costs[1, 0],
        costs[0, 1:],
        costs[1, 1:],
        sources.unit,
        quantity,
    )


def random_orders_of(sources: int, many: int, seed: int) -> list[NDArray[np.int64]]:
    """Random orders of the sources."""
    generator = np.random.default_rng(seed)
    return [generator.permutation(sources) for _ in range(many)]


def rival_orders(order: NDArray[np.int64], cuts: Sequence[int], many: int, seed: int) -> list[NDArray[np.int64]]:
    """Random orders that delete other sources than ``order`` does, at every cut that leaves a choice.

    With one cut no two of them delete the same; where there are no more choices than ``many``, all of them are made.
    """
    count = len(order)
    if len(cuts) == 1 and 0 < comb(count, cuts[0]) - 1 <= many:
        own = set(order[: cuts[0]].tolist())
        others = [chosen for chosen in combinations(range(count), cuts[0]) if set(chosen) != own]
        return [np.array([*chosen, *sorted(set(range(count)) - set(chosen))], np.int64) for chosen in others]
    generator = np.random.default_rng(seed)
    taken = {_heads(order, cuts)[0]} if len(cuts) == 1 else set()
    found: list[NDArray[np.int64]] = []
    for _ in range(_MOST_TRIES * many):
        one = generator.permutation(count)
        heads = _heads(one, cuts)
        same = any(a == b for a, b, cut in zip(heads, _heads(order, cuts), cuts, strict=True) if cut < count)
        if same or (len(cuts) == 1 and heads[0] in taken):
            continue
        taken.add(heads[0])
        found.append(one)
        if len(found) == many:
            break
    # two sources leave no order that differs at every cut
    return found if len(found) >= 2 else random_orders_of(count, many, seed)


def _heads(order: NDArray[np.int64], cuts: Sequence[int]) -> list[frozenset[int]]:
    """The sources that each cut deletes."""
    return [frozenset(order[:cut].tolist()) for cut in cuts]


def deletion_costs(
    variants: Variants | Lead,
    sources: Partition,
    orders: Sequence[NDArray[np.int64]],
    cuts: Sequence[int],
    *,
    insertion: bool = True,
    watch: Watch | None = None,
) -> Floats:
    """What deleting the first ``cut`` sources of each order costs, and what keeping only those does.

    Returns
    -------
    float32 [2, order, cut]
        Deletion, insertion (NaN where it was not wanted), summed over the targets.
    """
    member = sources.members(variants.length)
    masks = []
    for one in orders:
        for count in cuts:
            masks.append(member[one[:count]].any(axis=0))
            if insertion:
                masks.append(member[one[count:]].any(axis=0))
    values = variants.score(np.array(masks), watch)
    costs = (variants.full - values).sum(axis=1, dtype=np.float64).astype(np.float32)
    costs = costs.reshape(len(orders), len(cuts), 2 if insertion else 1)
    kept = costs[..., 1] if insertion else np.full(costs.shape[:2], np.nan, np.float32)
    return np.stack([costs[..., 0], kept])


def cuts_of(counts: Sequence[int] | None, sources: int) -> list[int]:
    """How many sources are deleted, rising.

    Raises
    ------
    InputError
        A count outside 1 … number of sources.
    """
    if counts is None:
        return sorted({max(1, round(fraction * sources)) for fraction in FRACTIONS})
    if not len(counts):
        raise bad_value("counts", counts, "is empty", "Give at least one number of sources to delete")
    for count in counts:
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= sources:
            raise bad_value("counts", count, "is not a number of sources to delete", f"Use 1 … {sources}")
    return sorted({int(c) for c in counts})


def mean_interval(values: Sequence[float], seed: int = 0, resamples: int = 2000) -> tuple[float, float, float]:
    """Mean of one value per prompt, and its 95 % interval by bootstrap over prompts: (mean, low, high)."""
    known = np.asarray([v for v in values if np.isfinite(v)], np.float64)
    if len(known) == 0:
        return (float("nan"),) * 3
    picks = np.random.default_rng(seed).integers(0, len(known), (resamples, len(known)))
    low, high = np.quantile(known[picks].mean(axis=1), [0.025, 0.975])
    return float(known.mean()), float(low), float(high)


def summary_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over prompts with 95 % intervals, best first; takes what `Session.compare_methods` returned."""
    import pandas as pd

    out = []
    for method, group in rows.groupby("method", sort=False):
        row: dict[str, object] = {"method": method, "prompts": len(group)}
        for name in ("comprehensiveness_nats", "sufficiency_nats"):
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(group[name].tolist())
        row["seconds"] = float(group["seconds"].mean())
        out.append(row)
    return pd.DataFrame(out).sort_values("comprehensiveness_nats", ascending=False, ignore_index=True)
