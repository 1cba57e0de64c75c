"""Recording attention of the new tokens while decoding 24 of them after 500, against decoding alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

from _paired import Row, code_ids, demo_session, paired

PROMPT = 500
NEW_TOKENS = 24


def measure_attention(name: str, bar: float, layers: Sequence[int] | None, repeats: int = 9) -> Row:
    """The row of ``name``: the prompt's pass and the new tokens, with attention of some layers and without.

    The prompt's metrics are given, so that they do not hide the difference.
    """
    from tokenscope_widgets.analysis import decoding
    from tokenscope_widgets.analysis.attention_capture import recording
    from tokenscope_widgets.analysis.builder import GenerationBuilder

    session = demo_session()
    model = session.model
    ids = code_ids(session, PROMPT)
    known = session.generate(ids, max_new_tokens=1, eos_token_ids=())
    settings = replace(known.settings, max_new_tokens=NEW_TOKENS)
    count = model.model.config.num_hidden_layers if layers is None else len(layers)

    def decode(record: bool) -> None:
        builder = GenerationBuilder(
            bytes_of=model.token_bytes,
            special_ids=model.token_bytes.special_ids,
            prompt_length=PROMPT,
            settings=settings,
            provenance=known.provenance,
            measured=known.tokens[:PROMPT],
        )
        row = decoding.Row(token_ids=list(ids), builder=builder, forced_roles=())
        kept: list[int] = []
        with recording(model.model, layers) if record else nullcontext() as recorder:
            for _ in decoding.decode(model.forward, [row], settings, model.forward.new_cache()):
                if recorder is not None:
                    kept.append(len(recorder.take()))
        assert len(row.token_ids) == PROMPT + NEW_TOKENS
        assert not record or kept.count(count) >= NEW_TOKENS

    return paired(name, bar, lambda: decode(True), lambda: decode(False), repeats)
