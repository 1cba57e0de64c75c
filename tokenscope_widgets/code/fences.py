"""Markdown code fences, as bytes of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENER = re.compile(rb"^(?P<lead>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<info>[^\r\n]*)$")
_CLOSER = re.compile(rb"^(?P<lead>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*$")
_CLOSER_INDENT = 3
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_TAG = re.compile(r"[\w+#.-]*")


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
    opened: tuple[bytes, int, str, int] | None = None
    if b"```" not in text and b"~~~" not in text:
        return out
    for line in _LINE.finditer(text):
        if line.start() == line.end():
            continue
        row = line[0].rstrip(b"\r\n")
        if opened is None:
            # the info string of a last line may still be coming, unless it is a bare fence
            told = line[0] != row or row.strip(b" \t`~") == b""
            if told and (found := _OPENER.match(row)) is not None and _is_fence(found):
                opened = (found["fence"], line.end(), _tag(found["info"]), _width(found["lead"]))
        elif _closes(row, opened[0], opened[3]):
            out.append(Fence(opened[1], line.start(), opened[2], closed=True))
            opened = None
    if opened is not None:
        out.append(Fence(opened[1], len(text), opened[2], closed=False))
    return out


def _is_fence(found: re.Match[bytes]) -> bool:
    return not (found["fence"].startswith(b"`") and b"`" in found["info"])


def _tag(info: bytes) -> str:
    found = _TAG.match(info.decode("utf-8", "replace").strip().lstrip("{. "))
    return found[0].rstrip(".").lower() if found else ""


def _closes(row: bytes, fence: bytes, indent: int) -> bool:
    """A fence deeper than its opener is part of the code: of a docstring with an example, say."""
    found = _CLOSER.match(row)
    return found is not None and found["fence"].startswith(fence) and _width(found["lead"]) <= indent + _CLOSER_INDENT


def _width(lead: bytes) -> int:
    return len(lead.expandtabs(4))
