"""The positions of a run where another token might have made another program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation

_SILENT = ("space", "comment", "docstring", "special", "markup")


def fork_positions(
    run: Generation, roles: Sequence[str], count: int, least_probability: float, first: int
) -> list[int]:
    """The positions worth asking about, in order.

    The ``count`` tokens of the highest entropy from ``first`` on, of those where another token has at least
    ``least_probability``, and whose role says something about the program: comments and white space do not.
    """
    others = np.exp(np.where(np.isfinite(top := run.tokens.model.top_logprobs_nats), top, -np.inf))
    others[run.tokens.model.top_ids == run.token_ids[:, None]] = 0
    entropy = run.entropy_nats
    worth = [
        at
        for at in range(first, len(run))
        if np.isfinite(entropy[at])
        and others[at].max(initial=0) >= least_probability
        and roles[at].split(".")[0] not in _SILENT
    ]
    strongest = sorted(worth, key=lambda at: -float(entropy[at]))[:count]
    return sorted(strongest)


def roles_of(run: Generation) -> list[str]:
    """The role of each token; empty texts where no grammar is installed or no code was found."""
    from tokenscope_widgets.code.grammars import available
    from tokenscope_widgets.code.parsing import parse

    code = parse(run) if available() else None
    return code.roles if code is not None and len(code.tree) else [""] * len(run)
