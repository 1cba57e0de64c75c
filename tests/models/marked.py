"""Small tokenizers with the marks of chats and of fill-in-the-middle, for models of `tests.tiny`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

PLAIN = [chr(code) for code in range(33, 127)]


def byte_level(marks: Sequence[str], *, begin: str | None = None, special: bool = True) -> PreTrainedTokenizerFast:
    """One token for each byte, with ids 0 … 255, then the marks; `begin` is put before every text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return finished(tokenizer, marks, begin, special)


def sentencepiece(marks: Sequence[str], *, begin: str | None = None) -> PreTrainedTokenizerFast:
    """As Llama 2: characters, `▁` for a space, and one space put before every text."""
    pieces = ["<unk>", "<0x0A>", "▁", *PLAIN]
    tokenizer = Tokenizer(
        models.BPE({piece: i for i, piece in enumerate(pieces)}, [], byte_fallback=True, unk_token="<unk>")
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return finished(tokenizer, marks, begin, True)


def finished(tokenizer: Tokenizer, marks: Sequence[str], begin: str | None, special: bool) -> PreTrainedTokenizerFast:
    """With the marks, and with what is put before every text."""
    for mark in (begin, *marks):
        if mark is not None:
            tokenizer.add_tokens([AddedToken(mark, special=special, normalized=False)])
    options: dict[str, Any] = {}
    if begin is not None:
        pair = (begin, tokenizer.token_to_id(begin))
        tokenizer.post_processor = processors.TemplateProcessing(f"{begin} $A", f"{begin} $A $B", [pair])
        options["bos_token"] = begin
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **options)
