"""Records as pandas data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Generation, Role

if TYPE_CHECKING:
    import pandas as pd


def generation_frame(run: Generation) -> pd.DataFrame:
    """One row per token; see `Generation.to_frame`."""
    import pandas as pd

    ends = run.byte_ends
    columns = {
        "token_id": run.token_ids,
        "text": [text or run.token_label(int(i)) for text, i in zip(run.tokens.texts, run.token_ids, strict=True)],
        "role": [Role(r).name.lower() for r in run.tokens.roles],
        "byte_start": [e - len(b) for e, b in zip(ends, run.tokens.token_bytes, strict=True)],
        "byte_end": ends,
        "line": run.line_index + 1,
        **_distribution_columns(run.tokens.model),
        "perplexity": run.running_perplexity,
        "line_surprisal_nats": run.line_surprisal_nats,
        "time_ms": run.tokens.time_ms,
    }
    if run.tokens.sampling is not run.tokens.model:
        sampling = _distribution_columns(run.tokens.sampling)
        columns.update({f"sampling_{name}": values for name, values in sampling.items()})
    return pd.DataFrame(columns).rename_axis("position")


def _distribution_columns(d: TokenDistribution) -> dict[str, object]:
    return {
        "probability": d.probability,
        "logprob_nats": d.logprob_nats,
        "rank": d.rank,
        "surprisal_nats": d.surprisal_nats,
        "entropy_nats": d.entropy_nats,
        "margin": d.margin,
        "nucleus_size": d.nucleus_size,
        "tail_mass": d.tail_mass,
    }
