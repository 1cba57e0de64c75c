"""Runs spelled out token by token, with the metrics a test needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Generation, Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings

_TOKEN = re.compile(rb" ?\w+|\n *|[^\S\n]+|[^\w\s]+")


def pieces(text: str | bytes) -> list[bytes]:
    """Cut a text as byte-level BPE does: words with the space before them, signs in runs, lines with their indent."""
    source = text.encode() if isinstance(text, str) else text
    out, at = [], 0
    for match in _TOKEN.finditer(source):
        out += [source[i : i + 1] for i in range(at, match.start())] + [match[0]]
        at = match.end()
    return out + [source[i : i + 1] for i in range(at, len(source))]


def written(
    text: str | bytes | Sequence[bytes],
    *,
    prompt_length: int = 0,
    surprisal: Sequence[float] | None = None,
    entropy: Mapping[int, float] | None = None,
    others: Mapping[int, Sequence[tuple[bytes, float]]] | None = None,
    special: Mapping[int, str] | None = None,
    finish: str = "scored",
) -> Generation:
    """A run over these tokens.

    The surprisal is 0.5 nats and the entropy 0.1 nats where nothing else is said, the first token unmeasured;
    ``others`` are the alternatives of a position. Positions in ``special`` are special tokens of that name.
    """
    tokens = pieces(text) if isinstance(text, str | bytes) else list(text)
    special = special or {}
    names = [special.get(i, "").encode() or token for i, token in enumerate(tokens)]
    vocabulary = list(dict.fromkeys([*names, *(b for row in (others or {}).values() for b, _ in row)]))
    number = {name: i for i, name in enumerate(vocabulary)}
    builder = GenerationBuilder(
        bytes_of=lambda i: vocabulary[i],
        special_ids=frozenset(number[names[i]] for i in special),
        prompt_length=prompt_length,
        settings=DecodingSettings(),
        provenance=Provenance("made by hand", None, "float32", None, {}, ""),
    )
    for i, name in enumerate(names):
        nats = 0.5 if surprisal is None else surprisal[i]
        row = _row(
            number[name], nats, (entropy or {}).get(i, 0.1), [(number[b], p) for b, p in (others or {}).get(i, ())]
        )
        role = Role.SPECIAL if i in special else Role.PROMPT if i < prompt_length else Role.GENERATED
        builder.extend([number[name]], role, row if i else TokenDistribution.unknown(1, 4))
    return builder.build(finish)


def _row(own: int, nats: float, entropy: float, others: Sequence[tuple[int, float]]) -> TokenDistribution:
    ranked = sorted([(own, float(np.exp(-nats))), *others], key=lambda pair: -pair[1])[:4]
    ids = [i for i, _ in ranked] + [-1] * (4 - len(ranked))
    logprobs = [float(np.log(p)) if p > 0 else -np.inf for _, p in ranked] + [-np.inf] * (4 - len(ranked))
    one = lambda value: np.array([value], np.float32)  # noqa: E731
    return TokenDistribution(
        logprob_nats=one(-nats),
        rank=one(1 + [i for i, _ in ranked].index(own) if own in ids else 5),
        entropy_nats=one(entropy),
        margin=one(0.5),
        nucleus_size=one(1),
        tail_mass=one(0),
        top_ids=np.array([ids], np.int32),
        top_logprobs_nats=np.array([logprobs], np.float32),
    )
