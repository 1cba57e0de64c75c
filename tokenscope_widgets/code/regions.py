"""Where in a text there is code, and in which language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokenscope_widgets.code.closing import parse_open
from tokenscope_widgets.code.fences import Fence, fences
from tokenscope_widgets.code.grammars import canonical, has_grammar, parser_of
from tokenscope_widgets.code.guess import guess_language

# their strings go over lines, so that two apostrophes of prose hold what is between them
_PERMISSIVE = ("bash", "html", "php", "ruby", "css")
_NO_LANGUAGE = ("text", "txt", "plain", "plaintext", "none", "output", "markdown", "md")


@dataclass(frozen=True)
class Region:
    """A stretch of source, all in one language.

    Attributes
    ----------
    start, end : int
        Bytes of the source.
    language : str or None
        The grammar's or Pygments' name of the language; None for prose, and for what marks messages and fences.
    chosen : str
        Who says so: ``"caller"``, ``"fence"``, ``"guess"``, or ``"prose"``.
    """

    start: int
    end: int
    language: str | None
    chosen: str


def find_regions(
    source: bytes,
    messages: Sequence[tuple[int, int]],
    language: str | None = None,
    guess: Callable[[bytes], str | None] = guess_language,
) -> tuple[Region, ...]:
    """Cut a text into prose and code: an exact partition of its bytes, without empty pieces.

    Parameters
    ----------
    source : bytes
        The whole text.
    messages : sequence of (start, end)
        The bytes of each message of a chat, or the whole text as one; what lies between them is no one's message.
    language : str, optional
        The caller's word for code that names no language itself.
    guess : callable
        Takes code, returns its language or None.
    """
    known = None if language is None else canonical(language) or language.lower()
    if known in _NO_LANGUAGE:
        known, guess = None, _no_language
    out: list[Region] = []
    for start, end in messages:
        _prose(out, start)
        out += _in_message(source[start:end], start, known, guess, chat=len(messages) > 1)
    _prose(out, len(source))
    return tuple(_merged(out))


def _in_message(
    text: bytes, offset: int, known: str | None, guess: Callable[[bytes], str | None], chat: bool
) -> list[Region]:
    blocks = fences(text)
    found = guess(text) if known is None or chat else known
    if found is not None and blocks and _quoted(text, blocks, known or found):
        blocks = []
    if blocks and (code_end := _ends_code(text, blocks[0], known, guess)):
        # the text began inside a fence that only its prompt knows of
        rest = _in_message(text[code_end:], offset + code_end, None, guess, chat=True)
        return [
            Region(offset, offset + code_end, known or guess(text[:code_end]), "caller" if known else "guess"),
            *rest,
        ]
    if not blocks:
        found = known if chat and found is not None and known is not None else found
        chosen = "prose" if found is None else "guess" if known is None else "caller"
        return [Region(offset, offset + len(text), found, chosen)] if text else []
    out: list[Region] = []
    for block in blocks:
        _prose(out, offset + block.start, offset)
        if block.end > block.start:
            body = text[block.start : block.end]
            out.append(Region(offset + block.start, offset + block.end, *_in_fence(body, block.tag, known, guess)))
    _prose(out, offset + len(text), offset)
    return out


def _ends_code(text: bytes, first: Fence, known: str | None, guess: Callable[[bytes], str | None]) -> int:
    """Where code ends, if what looks like the first opening fence closes what stands before it; 0 if not."""
    before = text[: first.start].rstrip(b"\r\n").rfind(b"\n") + 1
    if first.tag or first.closed or not text[:before].strip() or guess(text[first.start : first.end]) is not None:
        return 0
    return before if known is not None or guess(text[:before]) is not None else 0


def _in_fence(body: bytes, tag: str, known: str | None, guess: Callable[[bytes], str | None]) -> tuple[str | None, str]:
    if tag:
        return None if tag in _NO_LANGUAGE else canonical(tag) or tag, "fence"
    if known is not None:
        return known, "caller"
    found = guess(body)
    return found, "prose" if found is None else "guess"


def _no_language(_: bytes) -> None:
    return None


def _quoted(text: bytes, blocks: Sequence[Fence], language: str) -> bool:
    """Whether fences in the text are part of its code: of a docstring or a comment that began before them."""
    if language in _PERMISSIVE or not has_grammar(language):
        return False
    tree = parse_open(text, parser_of(language))
    quoting = tree.kinds_in(*(kind for kind in tree.kinds if "string" in kind or "comment" in kind))
    starts, ends = tree.start[quoting], tree.end[quoting]
    openers = [max(text.rfind(sign, 0, block.start - 2) for sign in (b"\r", b"\n")) + 1 for block in blocks]
    return all(bool(((starts < opener) & (ends > opener)).any()) for opener in openers)


def _prose(out: list[Region], end: int, first: int = 0) -> None:
    """Fill up to ``end`` with prose."""
    start = out[-1].end if out else first
    if end > start:
        out.append(Region(start, end, None, "prose"))


def _merged(regions: list[Region]) -> list[Region]:
    out: list[Region] = []
    for region in regions:
        if out and region.language is None and out[-1].language is None:
            out[-1] = Region(out[-1].start, region.end, None, "prose")
        else:
            out.append(region)
    return out
