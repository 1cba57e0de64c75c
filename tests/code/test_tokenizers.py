"""One text, tokenizers of different kinds: the same leaves, and the same nodes in bytes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from tests.code.written import written
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.node_metrics import node_metrics
from tokenscope_widgets.code.parsing import parse
from tokenscope_widgets.code.token_bytes import TokenBytes
from tokenscope_widgets.session import Session

TEXT = (
    "def größe(items, factor=2):\n"
    '    """Sum é 中 of the items."""\n'
    "    total = 0  # 👨‍👩‍👧\n"
    "    for item in items:\n"
    "        total += item.value * factor\n"
    "    return {'total': total}\n"
)
KINDS = ("byte level", "sentencepiece", "characters")


def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        [TEXT], trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, show_progress=False)
    )
    return tokenizer


def sentencepiece() -> Tokenizer:
    """As Llama 2: ``▁`` for a space, and bytes for what the vocabulary lacks."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("▁*[^▁\n]+|\n"), "isolated")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    fallback = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    plain = TEXT.encode("ascii", "ignore").decode()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=fallback, show_progress=False)
    tokenizer.train_from_iterator([plain], trainer)
    # byte pieces must be no special tokens, or the encoder would look for them in the text
    vocabulary = tokenizer.get_vocab()
    fresh = Tokenizer(models.BPE(vocabulary, merges_of(tokenizer), byte_fallback=True, unk_token="<unk>"))
    fresh.normalizer, fresh.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    fresh.decoder = tokenizer.decoder
    return fresh


def merges_of(tokenizer: Tokenizer) -> list[tuple[str, str]]:
    import json

    return [(a, b) for a, b in json.loads(tokenizer.to_str())["model"]["merges"]]


def characters() -> Tokenizer:
    """A unigram vocabulary of single characters and whole words, pieces as they are written."""
    words = dict.fromkeys(("total", "item", "items", "return", "    ", "for ", "factor"), -2.0)
    pieces = [("<unk>", 0.0), *((c, -5.0) for c in sorted(set(TEXT))), *words.items()]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.decoder = decoders.Fuse()
    return tokenizer


@cache
def tokenizer_of(kind: str) -> Any:
    made = {"byte level": byte_level, "sentencepiece": sentencepiece, "characters": characters}[kind]()
    return PreTrainedTokenizerFast(tokenizer_object=made)


@cache
def mapped(kind: str) -> CodeMap:
    tokenizer = tokenizer_of(kind)
    bytes_of = TokenBytes(tokenizer)
    tokens = [bytes_of(i) for i in tokenizer(TEXT, add_special_tokens=False)["input_ids"]]
    return parse(written(tokens, surprisal=[float(len(b)) for b in tokens]), "python")


@pytest.mark.parametrize("kind", KINDS)
def test_the_pieces_of_a_tokenizer_spell_the_text(kind: str) -> None:
    assert mapped(kind).source.decode() == TEXT


def test_the_tokenizers_cut_the_text_differently() -> None:
    assert len({len(mapped(kind)) for kind in KINDS}) == 3
    assert b"\xe4" in mapped("sentencepiece").token_bytes()


@pytest.mark.parametrize("kind", KINDS[1:])
def test_tokenizers_of_other_kinds_give_the_same_leaves(kind: str) -> None:
    one, other = mapped("byte level"), mapped(kind)
    for name in ("start", "end", "node", "gap", "role"):
        np.testing.assert_array_equal(getattr(one.segments, name), getattr(other.segments, name))


@pytest.mark.parametrize("kind", KINDS)
def test_a_nodes_sum_of_bytes_is_its_length_whatever_the_tokenizer(kind: str) -> None:
    # every token was given its number of bytes as surprisal; the first has none, as it was not measured
    code = mapped(kind)
    sums = node_metrics(code).sum
    after = code.tree.start >= code.text.end[0]
    np.testing.assert_allclose(sums[after], (code.tree.end - code.tree.start)[after], atol=1e-3)
    assert after.sum() > 50


def test_the_default_models_tokenizer_gives_the_same_leaves(demo_session: Session) -> None:
    bytes_of = TokenBytes(demo_session.model.tokenizer)
    ids = demo_session.model.tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    code = parse(written([bytes_of(i) for i in ids]), "python")
    np.testing.assert_array_equal(code.segments.role, mapped("byte level").segments.role)
    np.testing.assert_array_equal(code.segments.end, mapped("byte level").segments.end)
