"""What the words inside error nodes of Python do, read from their neighbours on the line."""

from __future__ import annotations

import keyword
import re
from bisect import bisect_right
from itertools import accumulate

from tokenscope_widgets.code._names_scopes import Rows
from tokenscope_widgets.code._names_tables import words

_KEYWORDS = frozenset(keyword.kwlist)
_BINDING_WORDS = frozenset({"def", "class", "as", "global", "nonlocal", "import", "lambda", "for"})
_LISTS = frozenset({"dotted_name", "pattern_list", "tuple_pattern", "aliased_import"})
_VALUES = frozenset({"None", "True", "False", "lambda", "not", "and", "or", "is", "in", "if", "else", "await", "as"})
_BINDING_SIGNS = frozenset({"=", ":="})
_READING_WORDS = frozenset({"return", "in", "and", "or", "not", "is", "if", "elif", "while", "yield", "await", "raise"})
_OPEN_SIGNS = words("( [ { , = := + - * / // % ** @ & | ^ ~ < > <= >= == != += -= *= /= -> ** :")
_CLOSE_SIGNS = words(". ( ) [ ] } , + - * / // % ** & | ^ < > <= >= == !=")
# all names of the head of a statement or of a lambda count as bound: which ones are defaults cannot be told
_HEADS = re.compile(r"\s*(?:async\s+)?(?:def|class|import|from|global|nonlocal)\b")
_LOOP = re.compile(r"\bfor\b((?:(?!\bin\b|[:=]).)*)$")
_LAMBDA = re.compile(r"\blambda\b[^:]*$")


class Damaged:
    """Reads identifiers that error nodes hold directly, and those after a string that is never closed."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._leaves = [n for n in range(len(rows)) if rows.leaf[n] and rows.end[n] > rows.start[n]]
        self._place = {node: i for i, node in enumerate(self._leaves)}
        self._heads = self._in_brackets_of_heads()
        dead = sorted(unclosed_strings(rows))
        self._dead_start = [start for start, _ in dead]
        self._dead_end = list(accumulate((end for _, end in dead), max))

    def holds(self, node: int) -> bool:
        """Whether an error holds a node, directly or in a list of names, or an unclosed string does."""
        rows = self._rows
        parent = rows.parent[node]
        if rows.kind[parent] in _LISTS and rows.parent[parent] >= 0:
            parent = rows.parent[parent]
        return rows.error[parent] or self._in_string(node)

    def is_assigned(self, node: int) -> bool:
        """Whether an assignment's sign follows a word."""
        return node in self._place and self._neighbour(node, 1) in _BINDING_SIGNS

    def begins_line(self, node: int) -> bool:
        """Whether only white space stands before a node on its line."""
        return not _line_before(self._rows.source, self._rows.start[node]).strip()

    def reads(self, node: int) -> str:
        """What a word does: "binds", "plain" for what is plainly a use, "unsure", or nothing."""
        before, after = self._neighbour(node, -1), self._neighbour(node, 1)
        if self._in_string(node) or before == ".":
            return ""
        if before in _BINDING_WORDS or after in _BINDING_SIGNS or self._in_head(node):
            return "binds"
        if _is_name(before) or _is_name(after):
            return "unsure"
        plain = before in _READING_WORDS or before in _OPEN_SIGNS or after in _CLOSE_SIGNS
        return "plain" if plain else "unsure"

    def _in_string(self, node: int) -> bool:
        start = self._rows.start[node]
        place = bisect_right(self._dead_start, start) - 1
        return place >= 0 and start < self._dead_end[place]

    def _in_head(self, node: int) -> bool:
        rows = self._rows
        if self._place[node] in self._heads:
            return True
        line = _line_before(rows.source, rows.start[node])
        before = line.decode("utf-8", "replace")
        return bool(_HEADS.match(before) or _LOOP.search(before) or _LAMBDA.search(before))

    def _in_brackets_of_heads(self) -> set[int]:
        """The leaves in brackets that ``def f(``, ``class A(`` or ``import (`` opens, as far as it may go on."""
        out: set[int] = set()
        depth, before = 0, ["", ""]
        for place, node in enumerate(self._leaves):
            text = self._rows.text(node) if self._rows.end[node] - self._rows.start[node] < 10 else "…"
            if depth:
                ends = text in _KEYWORDS and text not in _VALUES
                depth = 0 if ends else depth + (text in "([{") - (text in ")]}")
                out.add(place)
            elif text == "(" and ("import" in before[1:] or before[0] in ("def", "class")):
                depth = 1
            before = [before[1], text]
        return out

    def _neighbour(self, node: int, step: int) -> str:
        """The leaf before or after a node on its line; nothing at the line's ends."""
        rows, place = self._rows, self._place[node] + step
        if not 0 <= place < len(self._leaves):
            return ""
        other = self._leaves[place]
        first, second = (other, node) if step < 0 else (node, other)
        between = rows.source[rows.end[first] : rows.start[second]]
        return "" if b"\n" in between or b"\r" in between else rows.text(other)


def unclosed_strings(rows: Rows) -> list[tuple[int, int]]:
    """The bytes of strings that are never closed: to the end of the line, or of the source for triple quotes."""
    out = []
    for node, kind in enumerate(rows.kind):
        parent = rows.parent[node]
        if kind != "string_start" or parent < 0 or _is_closed(rows, parent):
            continue
        start = rows.start[node]
        triple = rows.text(node).endswith(('"""', "'''"))
        out.append((start, len(rows.source) if triple else _line_end(rows.source, start)))
    return out


def _is_closed(rows: Rows, string: int) -> bool:
    last = rows.last[string]
    while rows.parent[last] > string:
        last = rows.parent[last]
    return rows.kind[string] == "string" and rows.kind[last] == "string_end" and rows.end[last] > rows.start[last]


def _line_end(source: bytes, start: int) -> int:
    found = re.compile(rb"[\r\n]").search(source, start)
    return found.start() if found else len(source)


def _line_before(source: bytes, end: int) -> bytes:
    # no more than a usual line: on one line of 100 kB, each word would read all the words before it
    low = max(end - 400, 0)
    start = max(source.rfind(b"\n", low, end) + 1, source.rfind(b"\r", low, end) + 1, low)
    return source[start:end]


def _is_name(text: str) -> bool:
    return text.isidentifier() and text not in _KEYWORDS
