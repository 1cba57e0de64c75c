"""The source text of a run: its tokens' bytes in the order in which the program reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tokenscope_widgets.code.tree import Ints

# StarCoder, Qwen-Coder, CodeLlama, DeepSeek-Coder; the last calls the place to fill the hole
_FILL = (
    (re.compile(r"<[|｜]?fim[_▁](?:prefix|begin)[|｜]?>|[▁ ]?<PRE>"), "prefix"),
    (re.compile(r"<[|｜]?fim[_▁](?:suffix|hole)[|｜]?>|[▁ ]?<SUF>"), "suffix"),
    (re.compile(r"<[|｜]?fim[_▁](?:middle|end)[|｜]?>|[▁ ]?<MID>"), "middle"),
)
_READING_ORDER = {"": 0, "prefix": 1, "middle": 2, "suffix": 3}
_OPENS_MESSAGE = re.compile(r"im_start|start_header_id|start_of_turn|<\|(?:user|assistant|system)\|>|\[INST\]")
_ENDS_HEADER = re.compile(r"end_header_id")
_ENDS_MESSAGE = re.compile(r"im_end|eot_id|end_of_turn|<\|end\|>|\[/INST\]")
_NAMES_ROLE_IN_TEXT = re.compile(r"im_start|start_of_turn|start_header_id")


@dataclass(frozen=True, eq=False)
class TokenSource:
    """A text and where its tokens stand in it.

    Attributes
    ----------
    source : bytes
        The bytes of all tokens in reading order; special tokens have none.
    start, end : int64 [token]
        The bytes of each token, ``start … end − 1``.
    order : int64 [token]
        The tokens in reading order: the middle of a fill-in-the-middle prompt was written last and is read second.
    messages : tuple of (start, end)
        The bytes of each message of a chat, without the line that names its role; the whole text where it is none.
    """

    source: bytes
    start: Ints
    end: Ints
    order: Ints
    messages: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.start)


def token_source(token_bytes: Sequence[bytes], marks: Mapping[int, str] | None = None) -> TokenSource:
    """Put the tokens' bytes together.

    Parameters
    ----------
    token_bytes : sequence of bytes
        One a token; none for special tokens.
    marks : mapping of int to str, optional
        The written form of special tokens by their position: they tell messages and the parts of a
        fill-in-the-middle prompt apart.
    """
    marks = marks or {}
    order = _reading_order(len(token_bytes), marks)
    sizes = np.array([len(b) for b in token_bytes], np.int64)
    end = np.zeros(len(sizes), np.int64)
    end[order] = np.cumsum(sizes[order])
    source = b"".join(token_bytes[i] for i in order.tolist())
    return TokenSource(source, end - sizes, end, order, _messages(source, end - sizes, marks))


def whole_characters(source: bytes) -> int:
    """Where the source ends without the half character at its end: the rest is still to come."""
    for back in range(1, min(4, len(source) + 1)):
        byte = source[-back]
        if byte >= 0xC0:
            size = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(source) - back if size > back else len(source)
        if byte < 0x80:
            break
    return len(source)


def _reading_order(count: int, marks: Mapping[int, str]) -> Ints:
    rank = np.zeros(count, np.int64)
    for at in sorted(marks):
        for pattern, part in _FILL:
            if pattern.fullmatch(marks[at]):
                rank[at:] = _READING_ORDER[part]
    return np.argsort(rank, kind="stable").astype(np.int64)


def _messages(source: bytes, start: Ints, marks: Mapping[int, str]) -> tuple[tuple[int, int], ...]:
    """Between the marks of a chat template; a message that is not closed reaches to the end."""
    out: list[tuple[int, int]] = []
    opened: int | None = None
    for at in sorted(marks):
        mark, here = marks[at], int(start[at])
        if _OPENS_MESSAGE.search(mark):
            _close(out, opened, here)
            line = source.find(b"\n", here) if _NAMES_ROLE_IN_TEXT.search(mark) else here - 1
            opened = len(source) if line < 0 else line + 1
        elif _ENDS_HEADER.search(mark):
            opened = here
        elif _ENDS_MESSAGE.search(mark):
            _close(out, opened, here)
            opened = None
    _close(out, opened, len(source))
    return tuple(out) or ((0, len(source)),)


def _close(out: list[tuple[int, int]], opened: int | None, end: int) -> None:
    if opened is not None and end > opened:
        out.append((opened, end))
