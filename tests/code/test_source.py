"""Tokens' bytes put together: reading order, messages of a chat, half characters."""

from __future__ import annotations

import pytest

from tokenscope_widgets.code.source import token_source, whole_characters, with_line_feeds


def messages(text: list[str | bytes]) -> list[bytes]:
    """The messages of a text; plain strings stand for special tokens."""
    marks = {i: token for i, token in enumerate(text) if isinstance(token, str)}
    found = token_source([b"" if isinstance(token, str) else token for token in text], marks)
    return [found.source[a:b] for a, b in found.messages]


CHATS = {
    "ChatML": [
        "<|im_start|>",
        b"user\nhi",
        "<|im_end|>",
        b"\n",
        "<|im_start|>",
        b"assistant\nx = 1",
        "<|im_end|>",
        b"\n",
    ],
    "Gemma": ["<bos>", "<start_of_turn>", b"user\nhi", "<end_of_turn>", b"\n", "<start_of_turn>", b"model\nx = 1"],
    "Phi 3": ["<|user|>", b"hi", "<|end|>", "<|assistant|>", b"x = 1", "<|end|>"],
    "Phi 4": [
        "<|im_start|>",
        b"user",
        "<|im_sep|>",
        b"hi",
        "<|im_end|>",
        "<|im_start|>",
        b"assistant",
        "<|im_sep|>",
        b"x = 1",
    ],
    "DeepSeek": ["<｜begin▁of▁sentence｜>", "<｜User｜>", b"hi", "<｜Assistant｜>", b"x = 1", "<｜end▁of▁sentence｜>"],
    "Mistral": ["<s>", "[INST]", b"hi", "[/INST]", b"x = 1", "</s>"],
    "gpt-oss": [
        "<|start|>",
        b"user",
        "<|message|>",
        b"hi",
        "<|end|>",
        "<|start|>",
        b"assistant",
        "<|message|>",
        b"x = 1",
    ],
}


@pytest.mark.parametrize("chat", CHATS.values(), ids=CHATS)
def test_a_chat_is_its_messages_without_the_names_of_their_roles(chat: list[str | bytes]) -> None:
    assert messages(chat) == [b"hi", b"x = 1"]


def test_llama_3_names_roles_between_marks() -> None:
    head: list[str | bytes] = [
        "<|begin_of_text|>",
        "<|start_header_id|>",
        b"user",
        "<|end_header_id|>",
        b"\n\nhi",
        "<|eot_id|>",
    ]
    assert messages([*head, "<|start_header_id|>", b"assistant", "<|end_header_id|>", b"\n\nx = 1"]) == [
        b"\n\nhi",
        b"\n\nx = 1",
    ]


def test_a_message_of_several_lines_keeps_its_first_line_after_a_separator() -> None:
    assert messages(["<|im_start|>", b"user", "<|im_sep|>", b"a\nb\n", "<|im_end|>"]) == [b"a\nb\n"]


def test_a_header_whose_line_has_not_ended_has_no_message_yet() -> None:
    assert messages(["<|im_start|>", b"user\nhi", "<|im_end|>", "<|im_start|>", b"assist"]) == [b"hi"]


def test_a_text_without_marks_is_one_message() -> None:
    assert messages([b"x = 1", "<|im_end|>"]) == [b"x = 1"]


def test_the_order_is_that_of_reading() -> None:
    found = token_source([b"", b"ab", b"", b"ef", b"", b"cd"], {0: "<PRE>", 2: " <SUF>", 4: "<MID>"})
    assert found.source == b"abcdef"
    assert found.order.tolist() == [0, 1, 4, 5, 2, 3]
    assert found.start.tolist() == [0, 0, 4, 4, 2, 2]
    assert found.solid.tolist() == [1, 5, 3]


def test_the_cut_is_where_the_last_token_ends() -> None:
    assert token_source([b"ab", b"c"]).cut == 3
    assert token_source([b"", b"ab", b"", b"ef", b"", b"cd"], {0: "<PRE>", 2: " <SUF>", 4: "<MID>"}).cut == 4
    assert token_source([]).cut == 0


def test_a_token_counts_by_its_first_byte_that_is_no_space() -> None:
    assert token_source([b" \n", b" x ", b"", b"y"]).counts_at.tolist() == [0, 3, 5, 5]


@pytest.mark.parametrize(
    ("source", "whole"),
    [
        (b"", 0),
        (b"ab", 2),
        ("é".encode(), 2),
        (b"a\xc3", 1),
        (b"a\xf0\x9f\x91", 1),
        ("👨".encode(), 4),
        (b"a\xff", 2),
        (b"a\xc0", 2),
        (b"a\xf5\x80", 3),
        (b"\x80\x80\x80\x80", 4),
    ],
)
def test_only_a_character_that_can_still_be_completed_is_held_back(source: bytes, whole: int) -> None:
    assert whole_characters(source) == whole


def test_lone_carriage_returns_become_line_feeds() -> None:
    assert with_line_feeds(b"a\rb\r\nc\r") == b"a\nb\r\nc\n"
