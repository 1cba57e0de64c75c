"""Fill-in-the-middle prompts, token for token as the models' makers document them."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import CodeLlamaTokenizer

from tests.models.marked import PLAIN, byte_level, sentencepiece
from tests.tiny import tiny_model, tiny_tokenizer
from tokenscope_widgets.analysis.records import Role
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.models.fill import FimFormat, end_ids, fill_prompt, fim_format, mark_ids
from tokenscope_widgets.models.prompts import PromptTokens
from tokenscope_widgets.session import Session

STARCODER = ["<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<|endoftext|>"]
SANTACODER = ["<fim-prefix>", "<fim-middle>", "<fim-suffix>", "<|endoftext|>"]
QWEN = [
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
]
CODEGEMMA = ["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_separator|>", "<eos>"]
CODELLAMA = ["▁<PRE>", "▁<MID>", "▁<SUF>", "▁<EOT>", "</s>"]
DEEPSEEK = ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>", "<|EOT|>"]
CODESTRAL = ["[SUFFIX]", "[PREFIX]", "[MIDDLE]", "</s>"]

TOKENIZERS: dict[str, Any] = {
    "starcoder": byte_level(STARCODER),
    "santacoder": byte_level(SANTACODER),
    "qwen": byte_level(QWEN, special=False),
    "codegemma": byte_level(CODEGEMMA, begin="<bos>"),
    "codellama": sentencepiece(CODELLAMA, begin="<s>"),
    "deepseek": byte_level(DEEPSEEK, begin="<｜begin▁of▁sentence｜>", special=False),
    "codestral": sentencepiece(CODESTRAL, begin="<s>"),
}
# what stands before "a b" and after " c", as each documents it
DOCUMENTED = {
    "starcoder": ["<fim_prefix>", "a", "Ġ", "b", "<fim_suffix>", "Ġ", "c", "<fim_middle>"],
    "santacoder": ["<fim-prefix>", "a", "Ġ", "b", "<fim-suffix>", "Ġ", "c", "<fim-middle>"],
    "qwen": ["<|fim_prefix|>", "a", "Ġ", "b", "<|fim_suffix|>", "Ġ", "c", "<|fim_middle|>"],
    "codegemma": ["<bos>", "<|fim_prefix|>", "a", "Ġ", "b", "<|fim_suffix|>", "Ġ", "c", "<|fim_middle|>"],
    # the prefix with the space that Llama puts before a text, the suffix without
    "codellama": ["<s>", "▁<PRE>", "▁", "a", "▁", "b", "▁<SUF>", "▁", "c", "▁<MID>"],
    "deepseek": [
        "<｜begin▁of▁sentence｜>",
        "<｜fim▁begin｜>",
        "a",
        "Ġ",
        "b",
        "<｜fim▁hole｜>",
        "Ġ",
        "c",
        "<｜fim▁end｜>",
    ],
    "codestral": ["<s>", "[SUFFIX]", "▁", "c", "[PREFIX]", "▁", "a", "▁", "b"],
}
NAMES = list(TOKENIZERS)


def filled(name: str, prefix: str = "a b", suffix: str = " c", fim: str | FimFormat | None = None) -> PromptTokens:
    return prompt_of(TOKENIZERS[name], prefix, suffix, fim)


def prompt_of(tokenizer: Any, prefix: str, suffix: str, fim: str | FimFormat | None = None) -> PromptTokens:
    model = Session(tiny_model(), tokenizer).model
    chosen, space = fim_format(tokenizer, fim), model.token_bytes.strips_first_space
    return fill_prompt(tokenizer, model.encode_continuation, prefix, suffix, chosen, space_first=space)


def code_llama() -> CodeLlamaTokenizer:
    """Transformers' own, with a small vocabulary."""
    pieces = ["<unk>", "<s>", "</s>", "<0x0A>", "▁", "▁▁", *PLAIN]
    return CodeLlamaTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[("▁", "▁")])


@pytest.mark.parametrize("name", NAMES)
def test_the_convention_is_known_by_the_tokenizers_tokens(name: str) -> None:
    assert fim_format(TOKENIZERS[name]).name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_ids_are_those_of_the_documented_format(name: str) -> None:
    assert TOKENIZERS[name].convert_ids_to_tokens(filled(name).ids) == DOCUMENTED[name]


@pytest.mark.parametrize("name", ["starcoder", "santacoder", "qwen", "codegemma", "deepseek"])
def test_the_ids_are_those_of_the_written_prompt(name: str) -> None:
    before, hole, end = fim_format(TOKENIZERS[name]).marks
    prefix, suffix = "def f(n):\n    ", "\n    return é"
    written = f"{before}{prefix}{hole}{suffix}{end}"
    assert list(filled(name, prefix, suffix).ids) == TOKENIZERS[name](written)["input_ids"]


@pytest.mark.parametrize(
    ("prefix", "suffix"), [("a b", " c"), ("  a", " c"), ("def f(n):\n    ", "  return n\n"), ("\n", "    x")]
)
def test_the_ids_are_those_of_code_llamas_own_tokenizer(prefix: str, suffix: str) -> None:
    own = code_llama()(f"{prefix}<FILL_ME>{suffix}")["input_ids"]
    assert list(prompt_of(code_llama(), prefix, suffix).ids) == own


@pytest.mark.parametrize("name", NAMES)
def test_marks_are_of_the_template_and_the_texts_of_the_prompt(name: str) -> None:
    prompt = filled(name)
    tokens = TOKENIZERS[name].convert_ids_to_tokens(prompt.ids)
    marks = [token for token, role in zip(tokens, prompt.roles, strict=True) if role == Role.TEMPLATE]
    assert marks == [token for token in DOCUMENTED[name] if len(token) > 1]


@pytest.mark.parametrize("name", NAMES)
def test_marks_stand_for_no_source_text_even_where_the_tokenizer_calls_them_ordinary(name: str) -> None:
    model = Session(tiny_model(), TOKENIZERS[name]).model
    fim = fim_format(TOKENIZERS[name])
    assert {*map(TOKENIZERS[name].convert_tokens_to_ids, fim.marks)} <= model.token_bytes.special_ids
    assert set(end_ids(TOKENIZERS[name], fim)) <= mark_ids(TOKENIZERS[name])


def test_one_of_the_texts_may_be_empty() -> None:
    assert TOKENIZERS["starcoder"].convert_ids_to_tokens(filled("starcoder", "", "b").ids) == [
        "<fim_prefix>",
        "<fim_suffix>",
        "b",
        "<fim_middle>",
    ]
    with pytest.raises(InputError, match="prefix='': is empty, and so is the suffix"):
        filled("starcoder", "", "")


def test_a_text_that_holds_a_mark_is_refused() -> None:
    with pytest.raises(InputError, match="suffix='<fim_middle>': is one of the marks between the parts"):
        filled("starcoder", "a", "b<fim_middle>c")
    with pytest.raises(InputError, match="prefix=5: must be a text"):
        filled("starcoder", 5)  # type: ignore[arg-type]


def test_the_ends_are_those_that_the_tokenizer_has() -> None:
    tokenizer = TOKENIZERS["starcoder"]
    assert tokenizer.convert_ids_to_tokens(end_ids(tokenizer, fim_format(tokenizer))) == ["<|endoftext|>"]
    assert len(end_ids(TOKENIZERS["qwen"], fim_format(TOKENIZERS["qwen"]))) == 7


def test_a_convention_can_be_named_or_made() -> None:
    assert fim_format(TOKENIZERS["codegemma"], "qwen").name == "qwen"
    own = FimFormat("own", "<|fim_suffix|>", "<|fim_prefix|>", "<|fim_middle|>", (), "spm")
    assert TOKENIZERS["qwen"].convert_ids_to_tokens(filled("qwen", "a", "b", own).ids) == [
        "<|fim_prefix|>",
        "b",
        "<|fim_suffix|>",
        "a",
        "<|fim_middle|>",
    ]


@pytest.mark.parametrize("fim", ["star coder", 5, FimFormat("own", "<fim_prefix>", "<fim_suffix>", "", (), "pms")])
def test_what_is_no_convention_is_refused(fim: Any) -> None:
    with pytest.raises(InputError, match=r"fim=.*is no convention for filling in the middle. Use 'starcoder', "):
        fim_format(TOKENIZERS["starcoder"], fim)


def test_a_tokenizer_without_the_tokens_is_refused_with_what_was_looked_for() -> None:
    with pytest.raises(InputError, match=r"has no tokens for filling in the middle \(looked for starcoder: <fim_pref"):
        fim_format(tiny_tokenizer())
    with pytest.raises(InputError, match="fim='starcoder': the tokenizer lacks <fim_prefix> <fim_suffix> <fim_middle>"):
        fim_format(TOKENIZERS["qwen"], "starcoder")
