"""Input × gradient of 32 targets after 100 tokens from one forward pass, against a forward and a backward pass each."""

from __future__ import annotations

from _paired import Row, code_ids, demo_session, paired, report

CONTEXT, TARGETS = 100, 32


def measure_gradient(repeats: int = 5) -> Row:
    """The row of ``gradient_32``."""
    import numpy as np
    import torch

    from tokenscope_widgets.analysis.explained import Explained
    from tokenscope_widgets.analysis.gradients import input_x_gradient

    session = demo_session()
    model, forward = session.model.model, session.model.forward
    ids = np.array(code_ids(session, CONTEXT + TARGETS))
    positions = np.arange(CONTEXT, CONTEXT + TARGETS)
    explained = Explained(positions, ids[positions])
    scores: dict[str, np.ndarray] = {}

    def ours() -> None:
        scores["ours"] = input_x_gradient(forward, ids, explained).scores

    def one(position: int) -> np.ndarray:
        """As one would write it: the text up to the target, its embedding, one backward pass."""
        embeddings = model.get_input_embeddings()(torch.tensor(ids[None, :position])).detach().requires_grad_(True)
        logits = model(inputs_embeds=embeddings, use_cache=False, logits_to_keep=1).logits[0, -1]
        (gradient,) = torch.autograd.grad(logits.log_softmax(-1)[ids[position]], embeddings)
        return (gradient * embeddings.detach())[0].sum(-1).numpy()

    def other() -> None:
        rows = [one(int(position)) for position in positions]
        scores["other"] = np.array([np.pad(row, (0, positions[-1] - len(row))) for row in rows])

    found = paired("gradient_32", 0.65, ours, other, repeats)
    assert np.abs(np.nan_to_num(scores["ours"]) - scores["other"]).max() < 2e-4
    return found


if __name__ == "__main__":
    report(measure_gradient())
