"""Lines and columns, as Python's tools count them, to bytes."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

_BREAK = re.compile(rb"\r\n|\r|\n")
_TOKEN = re.compile(rb"[A-Za-z0-9_\x80-\xff]+|[^\s]")
_ALONE = re.compile("[\udc80-\udcff]")


class Places:
    """Places in one source. Lines end at ``\\n``, ``\\r\\n`` and a lone ``\\r``, not at a form feed."""

    def __init__(self, source: bytes) -> None:
        self.source = source

    @cached_property
    def starts(self) -> list[int]:
        """The first byte of each line."""
        return [0, *(match.end() for match in _BREAK.finditer(self.source))]

    def line_of(self, place: int) -> int:
        """The line of a byte; the first is 1."""
        return bisect_right(self.starts, place)

    def line(self, line: int) -> tuple[int, int]:
        """The bytes of a line, without its end. Lines beyond the source are the last."""
        line = min(max(line, 1), len(self.starts))
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.source)
        return start, start + len(self.source[start:end].rstrip(b"\r\n"))

    def of_bytes(self, line: int, column: int) -> int:
        """The place of a 0-based column of bytes (`ast`, pyflakes)."""
        start, end = self.line(line)
        return min(start + max(column, 0), end)

    def of_characters(self, line: int, column: int) -> int:
        """The place of a 0-based column of characters (`SyntaxError`, jedi)."""
        start, end = self.line(line)
        text = self.source[start:end].decode("utf-8", "surrogateescape")
        return start + len(text[: max(column, 0)].encode("utf-8", "surrogateescape"))

    def first_token(self, line: int) -> tuple[int, int]:
        """The first token of a line, or the empty place at its end."""
        start, end = self.line(line)
        match = _TOKEN.search(self.source, start, end)
        return match.span() if match else (end, end)

    def last_token(self, end: int) -> tuple[int, int]:
        """The last token before a byte, on any line."""
        end = len(self.source[:end].rstrip())
        start = max(end - 200, self.line(self.line_of(max(end - 1, 0)))[0])
        spans = [match.span() for match in _TOKEN.finditer(self.source, start, end)]
        return spans[-1] if spans else (end, end)

    def widened(self, start: int, end: int) -> tuple[int, int]:
        """A place within the source; an empty one becomes the nearest token of its line, else its line's end."""
        size = len(self.source)
        start = min(max(start, 0), size)
        end = min(max(end, start), size)
        if end > start:
            return start, end
        low, high = self.line(self.line_of(start))
        before = [m.span() for m in _TOKEN.finditer(self.source, max(low, start - 200), min(start, high))]
        if before:
            return before[-1][0], max(before[-1][1], start) if before[-1][1] == start else before[-1][1]
        after = _TOKEN.search(self.source, start, max(high, start))
        if after:
            return after.span()
        return (start, min(start + 1, size)) if start < size else (max(size - 1, 0), size)


def cleaned(source: bytes) -> bytes:
    """The same number of bytes, in valid UTF-8 that Python's tools can read.

    A byte-order mark becomes form feeds, which Python allows before code; NUL becomes a space; bytes that are no UTF-8
    become a control character, which is an error outside strings and comments.
    """
    if source.startswith(b"\xef\xbb\xbf"):
        source = b"\f\f\f" + source[3:]
    text = source.decode("utf-8", "surrogateescape").replace("\0", " ")
    return _ALONE.sub("\x1a", text).encode()


def blanked(source: bytes, regions: list[tuple[int, int]]) -> bytes:
    """The source with spaces for the bytes of some regions; line ends stay, so every place stays."""
    out = bytearray(source)
    for start, end in regions:
        out[start:end] = re.sub(rb"[^\r\n]", b" ", source[start:end])
    return bytes(out)
