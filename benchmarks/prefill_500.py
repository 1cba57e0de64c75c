"""Prefill 500 tokens with every metric of each, against a bare prefill that keeps one row of logits."""

from __future__ import annotations

from _paired import Row, code_ids, demo_session, paired, report

LENGTH = 500


def measure_prefill(repeats: int = 15) -> Row:
    """The row of ``prefill_500``."""
    import torch

    from tokenscope_widgets.analysis.decoding import prefill

    session = demo_session()
    forward = session.model.forward
    ids = code_ids(session, LENGTH)
    prompt = torch.tensor([ids])
    settings = session._settings({})

    def ours() -> None:
        run = session._row(ids, settings)
        for _ in prefill(forward, [run], forward.new_cache(), lambda: False):
            pass
        assert len(run.builder) == LENGTH

    def other() -> None:
        with torch.inference_mode():
            session.model.model(prompt, past_key_values=forward.new_cache(), use_cache=True, logits_to_keep=1)

    return paired("prefill_500", 1.5, ours, other, repeats)


if __name__ == "__main__":
    report(measure_prefill())
