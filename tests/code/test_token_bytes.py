"""Token id to bytes: concatenated, they are the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from tests.tiny import EOS, PAD, tiny_tokenizer
from tokenscope_widgets.code.token_bytes import TokenBytes, byte_level_bytes, sentencepiece_bytes

TEXTS = [
    "def f(n):\n    return n",
    "\tif x:\r\n",
    "  two spaces",
    " ",
    "\n",
    "déjà vu, 中文, \u202eעברית\u202c",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f600",
    "a\x00b\u2028c",
]


def sentencepiece_tokenizer(style: str) -> PreTrainedTokenizerFast:
    """BPE with byte fallback: ``"llama2"`` prepends a space, ``"gemma"`` does not, ``"metaspace"`` by pre-tokenizer."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256))]
    pieces += ["▁", *"abcdefgnirtu():", "re", "de", "▁▁", "▁▁▁▁", "▁re"]
    merges = [("r", "e"), ("d", "e"), ("▁", "▁"), ("▁▁", "▁▁"), ("▁", "re")]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    back = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if style == "llama2":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        tokenizer.decoder = decoders.Sequence([*back, decoders.Strip(" ", 1, 0)])
    elif style == "gemma":
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.decoder = decoders.Sequence(back)
        tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in ("▁▁", "▁▁▁▁")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "first", split=False)
        tokenizer.decoder = decoders.Sequence(
            [decoders.ByteFallback(), decoders.Metaspace("▁", "first", split=False), decoders.Fuse()]
        )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def source(tokenizer: PreTrainedTokenizerFast, text: str) -> bytes:
    """The text as a record holds it."""
    token_bytes = TokenBytes(tokenizer)
    joined = b"".join(token_bytes(i) for i in tokenizer(text, add_special_tokens=False)["input_ids"])
    return joined.removeprefix(b" ") if token_bytes.strips_first_space else joined


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_byte_level_pieces_join_to_the_text(text: str) -> None:
    assert source(tiny_tokenizer(), text) == text.encode()


@pytest.mark.parametrize("style", ["llama2", "gemma"])
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_sentencepiece_pieces_join_to_the_text(text: str, style: str) -> None:
    assert source(sentencepiece_tokenizer(style), text) == text.encode()


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_metaspace_pieces_join_to_the_text_without_a_space_at_its_start(text: str) -> None:
    # this pre-tokenizer takes a space that stands there for its own; its decoder drops it as well
    assert source(sentencepiece_tokenizer("metaspace"), text) == text.removeprefix(" ").encode()


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_any_text_is_the_join_of_its_byte_level_pieces(text: str) -> None:
    assert source(tiny_tokenizer(), text) == text.encode()


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab \n\té中\U0001f600():re"), min_size=1, max_size=30))
def test_any_text_is_the_join_of_its_sentencepiece_pieces(text: str) -> None:
    for style in ("llama2", "gemma"):
        assert source(sentencepiece_tokenizer(style), text) == text.encode()


def test_an_emoji_split_over_four_tokens_is_its_four_bytes() -> None:
    ids = tiny_tokenizer()("\U0001f600")["input_ids"]
    token_bytes = TokenBytes(tiny_tokenizer())
    assert [token_bytes(i) for i in ids] == [b"\xf0", b"\x9f", b"\x98", b"\x80"]


def test_byte_fallback_pieces_are_one_byte_each() -> None:
    tokenizer = sentencepiece_tokenizer("gemma")
    token_bytes = TokenBytes(tokenizer)
    assert [token_bytes(i) for i in tokenizer("é\n")["input_ids"]] == [b"\xc3", b"\xa9", b"\n"]


def test_a_run_of_spaces_that_is_an_added_token_is_spaces() -> None:
    tokenizer = sentencepiece_tokenizer("gemma")
    token_bytes = TokenBytes(tokenizer)
    assert token_bytes(tokenizer.convert_tokens_to_ids("▁▁▁▁")) == b"    "


@pytest.mark.parametrize(("style", "strips"), [("llama2", True), ("gemma", False), ("metaspace", True)])
def test_it_is_known_which_tokenizers_put_a_space_before_a_text(style: str, strips: bool) -> None:
    assert TokenBytes(sentencepiece_tokenizer(style)).strips_first_space is strips


def test_byte_level_tokenizers_put_no_space_before_a_text() -> None:
    assert TokenBytes(tiny_tokenizer()).strips_first_space is False


def test_special_tokens_are_known_and_have_their_written_form() -> None:
    token_bytes = TokenBytes(tiny_tokenizer())
    assert token_bytes.special_ids == {EOS, PAD}
    assert token_bytes(EOS) == b"<|endoftext|>"


def test_an_added_token_that_is_not_special_is_plain_text() -> None:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(tiny_tokenizer().backend_tokenizer.to_str())
    )
    tokenizer.add_tokens(["Ġé<tool>"])
    token_bytes = TokenBytes(tokenizer)
    new = tokenizer.convert_tokens_to_ids("Ġé<tool>")
    assert token_bytes(new) == "Ġé<tool>".encode()
    assert new not in token_bytes.special_ids


def test_an_id_outside_the_vocabulary_has_no_bytes() -> None:
    assert TokenBytes(tiny_tokenizer())(5000) == b""


def test_a_tokenizer_of_whole_words_gives_its_own_text() -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "hello": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    assert TokenBytes(PreTrainedTokenizerFast(tokenizer_object=tokenizer))(1) == b"hello"


@pytest.mark.parametrize(
    ("piece", "expected"),
    [("Ġif", b" if"), ("Ċ", b"\n"), ("ĉ", b"\t"), ("Ã", b"\xc3"), ("!", b"!"), ("中", "中".encode())],
)
def test_byte_level_pieces_are_read_by_their_table(piece: str, expected: bytes) -> None:
    assert byte_level_bytes(piece) == expected


def test_every_byte_has_one_byte_level_character() -> None:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    assert sorted(byte_level_bytes(character) for character in alphabet) == [bytes([b]) for b in range(256)]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("▁if", b" if"),
        ("<0x0A>", b"\n"),
        ("<0xff>", b"\xff"),
        ("<0x0A>x", b"<0x0A>x"),
        ("é", "é".encode()),
        ("▁", b" "),
    ],
)
def test_sentencepiece_pieces_are_read_by_their_marks(piece: str, expected: bytes) -> None:
    assert sentencepiece_bytes(piece) == expected
