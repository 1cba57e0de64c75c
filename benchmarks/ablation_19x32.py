"""Ablating 19 tokens for 32 targets, against one re-decoding for every source and target."""

from __future__ import annotations

from dataclasses import replace

from _paired import Row, demo_session, paired, report

PROMPT = 'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n    if'
SOURCES, TARGETS, TIMED = 19, 32, 24


def measure_ablation(repeats: int = 5) -> Row:
    """The row of ``ablation_19x32``. Of the 608 re-decodings, 24 are timed and stand for all."""
    import numpy as np
    import torch

    from tokenscope_widgets.analysis.ablation import ablate
    from tokenscope_widgets.analysis.explained import Explained
    from tokenscope_widgets.analysis.partition import Partition
    from tokenscope_widgets.analysis.variants import Variants

    session = demo_session()
    model, forward = session.model.model, session.model.forward
    ids = session.generate(PROMPT, max_new_tokens=TARGETS, eos_token_ids=()).token_ids
    positions = np.arange(SOURCES, SOURCES + TARGETS)
    assert len(ids) == SOURCES + TARGETS
    explained = Explained(positions, ids[positions])
    sources = Partition("token", np.arange(SOURCES), np.arange(SOURCES) + 1)
    # every source and every target as often as any other, as nearly as 24 allow
    pairs = [(i * SOURCES // TIMED, int(positions[(i * 13) % TARGETS])) for i in range(TIMED)]
    scores: dict[str, np.ndarray] = {}

    def ours() -> None:
        scores["ours"] = ablate(Variants(forward, ids, explained, removal="replace"), sources)

    @torch.inference_mode()
    def logprob(source: int | None, target: int) -> float:
        context = ids[:target].copy()
        if source is not None:
            context[source] = 0
        logits = model(torch.tensor(context[None]), use_cache=False, logits_to_keep=1).logits[0, -1]
        return float(logits.log_softmax(-1)[ids[target]])

    def other() -> None:
        scores["other"] = np.array([logprob(source, target) for source, target in pairs])

    share = len(pairs) / (SOURCES * TARGETS)
    found = paired("ablation_19x32", 0.05 / share, ours, other, repeats)
    for (source, target), without in zip(pairs, scores["other"], strict=True):
        expected = logprob(None, target) - without
        assert abs(scores["ours"][target - SOURCES, source] - expected) < 1e-3
    scaled = round(found.value * share, 4) if found.value is not None else None
    note = f"{TIMED} of the {SOURCES * TARGETS} re-decodings timed, spread over both, and scaled (what follows is not)"
    return replace(
        found, value=scaled, bar=0.05, ok=scaled is not None and scaled <= 0.05, note=f"{note}; {found.note}"
    )


if __name__ == "__main__":
    report(measure_ablation())
