"""Decoding 64 tokens with all metrics and ten alternatives each, against ``model.generate``.

Both sides run the prompt. Its metrics are what `prefill_500` measures, so they are left out of the value here (the rows
of the prompt are given, as in a branch); the note says what ``session.generate`` costs with them.
"""

from __future__ import annotations

from dataclasses import replace

from _paired import Row, code_ids, demo_session, paired

NEW_TOKENS = 64
BAR = 1.05


def measure_decode(prompt_length: int, repeats: int) -> Row:
    """The row of ``decode_<prompt_length>``."""
    import torch

    from tokenscope_widgets.analysis import decoding
    from tokenscope_widgets.analysis.builder import GenerationBuilder

    session = demo_session()
    model = session.model
    ids = code_ids(session, prompt_length)
    prompt = torch.tensor([ids])
    mask = torch.ones_like(prompt)
    known = session.generate(ids, max_new_tokens=1, eos_token_ids=())
    settings = replace(known.settings, max_new_tokens=NEW_TOKENS, alternatives=10)

    def ours() -> list[int]:
        builder = GenerationBuilder(
            bytes_of=model.token_bytes,
            special_ids=model.token_bytes.special_ids,
            prompt_length=prompt_length,
            settings=settings,
            provenance=known.provenance,
            measured=known.tokens[:prompt_length],
        )
        row = decoding.Row(token_ids=list(ids), builder=builder, forced_roles=())
        for _ in decoding.decode(model.forward, [row], settings, model.forward.new_cache()):
            pass
        return list(builder.build(row.finish).token_ids)

    def whole() -> list[int]:
        return list(session.generate(ids, max_new_tokens=NEW_TOKENS, eos_token_ids=(), alternatives=10).token_ids)

    def other() -> list[int]:
        with torch.inference_mode():
            made = model.model.generate(
                prompt, attention_mask=mask, min_new_tokens=NEW_TOKENS, max_new_tokens=NEW_TOKENS, do_sample=False
            )
        return list(made[0].tolist())

    assert len(ours()) == len(whole()) == len(other()) == prompt_length + NEW_TOKENS
    result = paired(f"decode_{prompt_length}", BAR, ours, other, repeats)
    with_prompt = paired("", BAR, whole, other, 3).value
    return replace(result, note=f"{result.note}; session.generate, with the prompt's metrics: {with_prompt:.3g}")
