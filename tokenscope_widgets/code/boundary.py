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
_CONTINUING_PYTHON = _CONTINUING[:4]
_BLANK = re.compile(rb"[ \t\r\n;]*")
_DECIDED = re.compile(rb"[\n{;]")
_IN_HEADS = ("initializer", "init", "update", "increment", "condition")
_IN_EXPRESSIONS = (
    *("arrow_function", "function_expression", "generator_function", "func_literal", "anonymous_function"),
    "anonymous_method_expression",
)
_OBJECTS = ("object", "pair")


@dataclass(frozen=True)
class Boundary:
    """The end of the line, statement or function in which a token stands.

    A token counts by its first character that is not white space. Tokens that were given are never cut off: where
    the unit ends among them, nothing is left but what was given.

    Attributes
    ----------
    until : str
        ``"line"``, ``"statement"`` or ``"function"``: the smallest that holds the token. Where none does, the
        boundary is never reached. A function written inside an expression ends with the statement that holds it.
    at : int
        Position of the token.
    first : int
        Position of the first token that is written anew; those before it were given.
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
        """Whether the last token is worth a parse: it is the first, closes something, or begins a line."""
        last = tokens[-1]
        if len(tokens) == self.first + 1 or any(mark in last for mark in (b"\n", b"}", b";")):
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
        if len(tokens) <= max(self.at, self.first):
            return None
        end = self._end_of_line(tokens) if self.until == "line" else self._end_of_node(tokens)
        return None if end is None else max(end, self.first)

    def _end_of_line(self, tokens: Sequence[bytes]) -> int | None:
        dark = False
        for i in range(self.at, len(tokens)):
            text = tokens[i] if dark else tokens[i].lstrip()
            if b"\n" in text:
                return i + 1
            dark = dark or bool(text)
        return None

    def _end_of_node(self, tokens: Sequence[bytes]) -> int | None:
        from tokenscope_widgets.code.parsing import parse_tokens

        code = parse_tokens(tuple(tokens), language=self.language, complete=False)
        node = _node_around(code, self.at, self.until)
        if node < 0:
            return None
        end, next_byte = _after(code, int(code.tree.end[node]))
        if _may_continue(code, next_byte):
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


def _after(code: CodeMap, end: int) -> tuple[int, int]:
    """Where the comment on the line that ends here ends, and the first byte behind all comments and white space."""
    tree = code.tree
    comment = tree.kinds_in(*(kind for kind in tree.kinds if "comment" in kind))
    ends = dict(zip(tree.start[comment].tolist(), tree.end[comment].tolist(), strict=True))
    at = kept = end
    while True:
        blank = _BLANK.match(code.source, at)
        at = blank.end() if blank else at
        if ends.get(at, at) <= at:
            return kept, at
        if b"\n" not in code.source[end:at]:
            kept = ends[at]
        at = ends[at]


def _may_continue(code: CodeMap, start: int) -> bool:
    """Whether what follows a statement, as far as it is written, may still turn out to belong to it."""
    following = code.source[start:]
    if not following or following == b"/" or (following.startswith(b"/*") and b"*/" not in following):
        return True
    words = _CONTINUING_PYTHON if code.language == "python" else _CONTINUING
    word = re.match(rb"\w*", following)
    assert word is not None
    if word.end() == len(following):
        return any(one.startswith(word[0]) for one in words)
    if word[0] not in words:
        return False
    # a branch that is half written may not be in the tree's statement yet
    return not _DECIDED.search(following) or _in_error(code, start)


def _in_error(code: CodeMap, byte: int) -> bool:
    around = code.tree.ancestors(code.tree.smallest(byte, byte + 1))
    return bool(code.tree.error[around].any())


def _node_around(code: CodeMap, at: int, unit: str) -> int:
    """The innermost statement or function that holds the first character of a token that is not white space."""
    if not len(code.tree):
        return -1
    start = int(code.text.start[at])
    text = code.source[start:]
    byte = start + len(text) - len(text.lstrip())
    if byte >= len(code.source):
        return -1
    around = code.tree.ancestors(code.tree.smallest(byte, byte + 1))
    return _function_in(code, around) if unit == "function" else _statement_in(code, around)


def _statement_in(code: CodeMap, around: Sequence[int]) -> int:
    """The innermost statement of these nodes, from the inside out; the head of a loop is no statement of its own."""
    tree = code.tree
    for node in around:
        if code.structure_of(node).startswith("statement") and tree.field_of(node) not in _IN_HEADS:
            return node
    return -1


def _function_in(code: CodeMap, around: Sequence[int]) -> int:
    """The innermost function, its decorators included; one inside an expression is the statement that holds it."""
    tree = code.tree
    for i, node in enumerate(around):
        kind = tree.kind_of(node)
        if code.structure_of(node) == "function":
            above = tree.kind_of(around[i + 1]) if i + 1 < len(around) else ""
            if kind not in _IN_EXPRESSIONS and above not in _OBJECTS:
                return node
            whole = [n for n in around[i + 1 :] if not tree.kind_of(n).endswith("expression")]
            holder = _statement_in(code, whole)
            return holder if holder >= 0 or code.tree.error[around].any() else node
        if kind == "decorated_definition":
            held = [child for child in tree.children(node) if code.structure_of(child) == "function"]
            if held:
                return node
    return -1
