"""The whole syntax map of 1,000 tokens, against one decoding step of the default model behind as many."""

from __future__ import annotations

from _paired import Row, code_ids, demo_session, paired, report
from _syntax import code_tokens

from tokenscope_widgets.code.parsing import parse_tokens

TOKENS = 1000


def measure_step() -> Row:
    """The row of ``syntax_step``; ten of each, because one map is too short for the process clock."""
    import torch

    session = demo_session()
    tokens = code_tokens(session, TOKENS)
    model, cache = session.model.model, session.model.forward.new_cache()
    ids = (code_ids(session, TOKENS) * 2)[:TOKENS]
    with torch.inference_mode():
        model(torch.tensor([ids]), past_key_values=cache, use_cache=True)

    def step() -> None:
        with torch.inference_mode():
            for _ in range(10):
                model(torch.tensor([ids[:1]]), past_key_values=cache, use_cache=True, logits_to_keep=1)
                cache.crop(-1)

    def maps() -> None:
        for _ in range(10):
            parse_tokens(tokens)

    return paired("syntax_step", 0.2, maps, step, 9)


if __name__ == "__main__":
    report(measure_step())
