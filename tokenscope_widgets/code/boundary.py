"""Where a continuation has said enough: at the end of the line, the statement, or the function."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokenscope_widgets.code.grammars import available
from tokenscope_widgets.errors import InputError, bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.builder import GenerationBuilder
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.code_map import CodeMap

UNTIL = ("line", "statement", "function", "run")

# what may still belong to the statement before it: "el" may become "else"
_CONTINUING = (b"else", b"elif", b"except", b"finally", b"catch", b"while", b"elsif", b"elseif", b"rescue", b"ensure")
_COMMENT = re.compile(rb"[ \t]*(?:#|//|--)[^\n]*")


@dataclass(frozen=True)
class Boundary:
    """The end of the line, statement or function in which a token stands.

    Attributes
    ----------
    until : str
        ``"line"``, ``"statement"`` or ``"function"``: the smallest that holds the token. Where none does, the
        boundary is never reached.
    at : int
        Position of the token.
    first : int
        Position of the first token that is written anew.
    language : str or None
        Of the code; None to guess.
    """

    until: str
    at: int
    first: int
    language: str | None = None

    def ended(self, builder: GenerationBuilder) -> bool:
        """Whether a growing run has gone past the boundary."""
        tokens = builder.token_bytes
        return self._may_have_ended(tokens) and self._end(tokens) is not None

    def cut(self, run: Generation) -> Generation:
        """The run up to the boundary; as it is where it does not reach one."""
        end = self._end(run.tokens.token_bytes)
        if end is None or end >= len(run):
            return run if end is None else replace(run, finish="boundary")
        return replace(run, tokens=run.tokens[:end], finish="boundary")

    def _may_have_ended(self, tokens: Sequence[bytes]) -> bool:
        """Whether the last token is worth a parse: it closes something, or begins a line."""
        last = tokens[-1]
        if any(mark in last for mark in (b"\n", b"}", b";")):
            return True
        begun = [last]
        for token in reversed(tokens[self.first : -1]):
            begun.append(token)
            if b"\n" in token:
                break
        line = b"".join(reversed(begun)).rpartition(b"\n")[2]
        return len(line.split()) < 2

    def _end(self, tokens: Sequence[bytes]) -> int | None:
        """How many tokens stand before the boundary; None where it is not reached."""
        if self.until == "line":
            return next((i + 1 for i in range(self.first, len(tokens)) if b"\n" in tokens[i]), None)
        return self._end_of_node(tokens)

    def _end_of_node(self, tokens: Sequence[bytes]) -> int | None:
        from tokenscope_widgets.code.parsing import parse_tokens

        code = parse_tokens(tuple(tokens), language=self.language, complete=False)
        node = _node_around(code, self.at, self.until)
        if node < 0:
            return None
        end = int(code.tree.end[node])
        if comment := _COMMENT.match(code.source, end):
            end = comment.end()
        following = code.source[end:].lstrip(b" \t\r\n;")
        word = re.match(rb"\w*", following)
        may_continue = word is not None and any(w.startswith(word[0]) for w in _CONTINUING)
        if not following or (may_continue and word is not None and word.end() == len(following)):
            return None
        return code.tokens_in(int(code.tree.start[node]), end)[1] + 1


def boundary_of(run: Generation, at: int, first: int, until: str, language: str | None = None) -> Boundary | None:
    """The boundary of what is written in place of a token; None for the end of the run.

    Raises
    ------
    InputError
        An unknown unit; statements or functions where no grammar is installed.
    """
    if until not in UNTIL:
        raise bad_value("until", until, "is no unit", f"Use one of {', '.join(UNTIL)}")
    if until == "run":
        return None
    if until != "line" and not available():
        raise InputError(
            f"until={until!r}: no grammar is installed, so statements are not found. "
            'pip install "tokenscope-widgets[code]", or use until="line".'
        )
    if until != "line" and language is None:
        from tokenscope_widgets.code.parsing import parse

        language = parse(run).language
    return Boundary(until, at, first, language)


def _node_around(code: CodeMap, at: int, unit: str) -> int:
    """The innermost statement or function that holds the first character of a token that is not white space."""
    if not len(code.tree):
        return -1
    start = int(code.text.start[at])
    text = code.source[start:]
    byte = start + len(text) - len(text.lstrip())
    if byte >= len(code.source):
        return -1
    wanted = ("function",) if unit == "function" else ("statement",)
    return int(code.enclosing(*wanted)[code.tree.smallest(byte, byte + 1)])
