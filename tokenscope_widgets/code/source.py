"""The source text of a run: its tokens' bytes in the order in which the program reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tokenscope_widgets.code.tree import Ints

# StarCoder, Qwen-Coder, CodeLlama, DeepSeek-Coder, Codestral; DeepSeek calls the place to fill the hole
_FILL = (
    (re.compile(r"<[|｜]?fim[_▁](?:prefix|begin)[|｜]?>|[▁ ]?<PRE>|\[PREFIX\]"), "prefix"),
    (re.compile(r"<[|｜]?fim[_▁](?:suffix|hole)[|｜]?>|[▁ ]?<SUF>|\[SUFFIX\]"), "suffix"),
    (re.compile(r"<[|｜]?fim[_▁](?:middle|end)[|｜]?>|[▁ ]?<MID>|\[MIDDLE\]"), "middle"),
)
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_READING_ORDER = {"": 0, "prefix": 1, "middle": 2, "suffix": 3}
# an answer follows Mistral's [/INST] at once
_OPENS_MESSAGE = re.compile(
    r"im_start|start_header_id|header_start|start_of_turn|<\|(?:user|assistant|system)\|>|<｜(?:User|Assistant)｜>|\[/?INST\]"
)
_ENDS_HEADER = re.compile(r"end_header_id|header_end|im_sep|<\|message\|>")
_ENDS_MESSAGE = re.compile(r"im_end|eot_id|<\|eot\|>|end_of_turn|<\|(?:end|return|call)\|>")
_NAMES_ROLE_IN_TEXT = re.compile(r"im_start|start_of_turn|start_header_id|header_start")


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

    @cached_property
    def solid(self) -> Ints:
        """The tokens that have bytes, in reading order, int64."""
        return self.order[(self.end > self.start)[self.order]]

    @cached_property
    def counts_at(self) -> Ints:
        """The byte by which a token counts: its first that is not white space, else its first; int64 [token]."""
        text = np.frombuffer(self.source, np.uint8)
        dark = np.append(np.flatnonzero(~((text == 32) | ((text >= 9) & (text <= 13)))), len(text))
        seen = dark[np.searchsorted(dark, self.start, side="left")]
        return np.where(seen < self.end, seen, self.start)

    @property
    def cut(self) -> int:
        """The byte at which the writer stopped: the end, but where a middle is filled in, that of the middle."""
        return int(self.end[-1]) if len(self) else 0

    def ranges(self, start: int | Ints, end: int | Ints) -> tuple[Ints, Ints]:
        """The tokens that touch ``start … end − 1`` are ``solid[low … high − 1]``; ``low = high`` where none does."""
        low = np.searchsorted(self._solid_ends, start, side="right")
        high = np.searchsorted(self._solid_starts, end, side="left")
        return low, np.where(np.asarray(end) > start, np.maximum(low, high), low)

    @cached_property
    def _solid_starts(self) -> Ints:
        return self.start[self.solid]

    @cached_property
    def _solid_ends(self) -> Ints:
        return self.end[self.solid]


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
            if not 0xC2 <= byte <= 0xF4:  # begins no character, whatever follows
                break
            size = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(source) - back if size > back else len(source)
        if byte < 0x80:
            break
    return len(source)


def with_line_feeds(source: bytes) -> bytes:
    """Line feeds in place of lone carriage returns, byte for byte: grammars do not end lines at those."""
    return _LONE_RETURN.sub(b"\n", source) if b"\r" in source else source


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
            opened = here
            if _NAMES_ROLE_IN_TEXT.search(mark):
                opened = source.find(b"\n", here) + 1 or len(source)
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
