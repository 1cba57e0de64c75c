"""Runs made by hand, to be saved and compared."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Generation, Lineage, Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings

PIECES = [b"def", b" f", b"(x):", b"\n", b"\xf0\x9f", b"\x98\x80", b"\xff", b"<script>", b"<|end|>", b"\x00"]
END = PIECES.index(b"<|end|>")


def distribution(rows: int, k: int = 3, seed: int = 0) -> TokenDistribution:
    draw = np.random.default_rng(seed)
    columns = {f.name: draw.random(rows, dtype=np.float32) for f in fields(TokenDistribution)}
    columns["top_ids"] = draw.integers(0, len(PIECES), (rows, k), dtype=np.int32)
    columns["top_logprobs_nats"] = -draw.random((rows, k), dtype=np.float32)
    return TokenDistribution(**columns)


def a_run(sampled: bool = False, lineage: Lineage | None = None) -> Generation:
    settings = DecodingSettings(
        do_sample=sampled,
        temperature=0.7 if sampled else 1.0,
        seed=5,
        stop_strings=("\n\n", "\ud83d"),
        eos_token_ids=(8,),
    )
    builder = GenerationBuilder(
        bytes_of=lambda i: PIECES[i],
        special_ids=frozenset({END}),
        prompt_length=3,
        settings=settings,
        provenance=Provenance("tiny", None, "float32", 64, {"torch": "2.13"}, "session"),
        lineage=lineage,
    )
    builder.extend([0], Role.PROMPT, TokenDistribution.unknown(1, 3))
    builder.extend([1, 2], Role.PROMPT, distribution(2))
    for n, token_id in enumerate([3, 4, 5, 6, 7, 8]):
        drawn = distribution(1, seed=n + 10) if sampled else None
        builder.extend([token_id], Role.GENERATED, distribution(1, seed=n), drawn, time_ms=n)
    return builder.build("end_token")


def assert_equal(a: Generation, b: Generation) -> None:
    for name in ("prompt_length", "settings", "provenance", "finish", "vocabulary", "special_ids", "lineage", "run_id"):
        assert getattr(a, name) == getattr(b, name), name
    for name in ("token_ids", "roles", "time_ms"):
        assert_same_array(getattr(a.tokens, name), getattr(b.tokens, name))
    assert a.tokens.token_bytes == b.tokens.token_bytes
    assert a.tokens.texts == b.tokens.texts
    assert (a.tokens.sampling is a.tokens.model) == (b.tokens.sampling is b.tokens.model)
    for kind in ("model", "sampling"):
        for column in fields(TokenDistribution):
            assert_same_array(
                getattr(getattr(a.tokens, kind), column.name), getattr(getattr(b.tokens, kind), column.name)
            )


def assert_same_array(a: np.ndarray, b: np.ndarray) -> None:
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)
