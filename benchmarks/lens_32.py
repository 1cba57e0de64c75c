"""The logit lens over 32 positions of 128 tokens, every layer, against one plain forward with all logits."""

from __future__ import annotations

from _paired import Row, code_ids, demo_session, paired, report

LENGTH, POSITIONS = 128, 32


def measure_lens(repeats: int = 9) -> Row:
    """The row of ``lens_32``."""
    import torch

    from tokenscope_widgets.analysis.lens import lens

    session = demo_session()
    model, ids = session.model.model, code_ids(session, LENGTH)

    def ours() -> None:
        found = lens(model, ids, positions=range(LENGTH - POSITIONS, LENGTH))
        assert found.rank.shape == (30, POSITIONS)

    def other() -> None:
        with torch.inference_mode():
            model(torch.tensor([ids]), use_cache=False)

    return paired("lens_32", 4, ours, other, repeats)


if __name__ == "__main__":
    report(measure_lens())
