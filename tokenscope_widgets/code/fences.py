"""Markdown code fences, as bytes of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENER = re.compile(rb"^(?P<lead>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<info>[^\r\n]*)$")
_CLOSER = re.compile(rb"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*$")
_LINE = re.compile(rb"[^\n]*(?:\n|\Z)")


@dataclass(frozen=True)
class Fence:
    """One fenced block.

    Attributes
    ----------
    start, end : int
        Bytes of what stands between the fence lines.
    tag : str
        The language named on the opening line, in small letters; empty where none is.
    closed : bool
        False for the last one of a text that is still being written.
    """

    start: int
    end: int
    tag: str
    closed: bool


def fences(text: bytes) -> list[Fence]:
    """The fenced blocks of a Markdown text (CommonMark 4.5), also inside list items.

    An unclosed fence reaches to the end of the text: while a model writes, that is the normal state.
    """
    out: list[Fence] = []
    opened: tuple[bytes, int, str] | None = None
    if b"```" not in text and b"~~~" not in text:
        return out
    for line in _LINE.finditer(text):
        if line.start() == line.end():
            continue
        row = line[0].rstrip(b"\r\n")
        if opened is None:
            if line[0].endswith(b"\n") and (found := _opening(row)) is not None:
                opened = (found[0], line.end(), found[1])
        elif (closing := _CLOSER.match(row)) is not None and closing["fence"].startswith(opened[0]):
            out.append(Fence(opened[1], line.start(), opened[2], closed=True))
            opened = None
    if opened is not None:
        out.append(Fence(opened[1], len(text), opened[2], closed=False))
    return out


def _opening(row: bytes) -> tuple[bytes, str] | None:
    found = _OPENER.match(row)
    if found is None or (found["fence"].startswith(b"`") and b"`" in found["info"]):
        return None
    words = found["info"].decode("utf-8", "replace").strip().lstrip("{").split()
    tag = words[0].strip("{}.").split(":")[0].split(",")[0].lower() if words else ""
    return found["fence"], tag
