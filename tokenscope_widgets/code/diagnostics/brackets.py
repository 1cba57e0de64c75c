"""Brackets that have no partner, read from the leaves of the tree: never from strings or comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenscope_widgets.code._names_damaged import unclosed_strings
from tokenscope_widgets.code._names_scopes import Rows
from tokenscope_widgets.code._names_tables import words
from tokenscope_widgets.code.diagnostics.finding import Finding
from tokenscope_widgets.code.diagnostics.places import Places
from tokenscope_widgets.code.tree import SyntaxTree

_CLOSER = {
    "(": ")",
    "[": "]",
    "{": "}",
    "${": "}",
    "#{": "}",
    "#[": "]",
    "$(": ")",
    "$((": "))",
    "((": "))",
    "[[": "]]",
}
_CLOSERS = frozenset(_CLOSER.values())
_MOST = 50
_LONG = {"))": ")", "]]": "]"}
# no expression holds these, so brackets open before them should have been closed
_STATEMENTS = words("""return def class import while with try raise pass break continue global nonlocal del assert""")
_GOES_ON = words("( [ { , : = + - * / // % ** @ & | ^ ~ < > <= >= == != . \\ and or not in is if else for lambda")


@dataclass
class _Open:
    """An opener that waits for its closer."""

    sign: str
    start: int
    end: int
    indent: int


def bracket_findings(
    source: bytes, tree: SyntaxTree, places: Places, python: bool, stops: Sequence[int] = ()
) -> list[Finding]:
    """Unclosed openers, closers without an opener, and pairs that do not match.

    Parameters
    ----------
    source : bytes
    tree : SyntaxTree
        A damaged one: sources without an error are not worth a scan.
    python : bool
        Whether lines and their indentation tell where brackets must end.
    stops : sequence of int
        Bytes before which every bracket must have been closed, in order.
    """
    return _Scan(source, tree, places, python, stops).run()


class _Scan:
    def __init__(self, source: bytes, tree: SyntaxTree, places: Places, python: bool, stops: Sequence[int]) -> None:
        self.rows = Rows(source, tree)
        self.places = places
        self.python = python
        self.stops = list(stops)[::-1]
        self.open: list[_Open] = []
        self.found: list[Finding] = []

    def run(self) -> list[Finding]:
        rows = self.rows
        before, line = -1, 0
        for node in self._leaves():
            text = rows.text(node) if rows.end[node] - rows.start[node] < 12 else ""
            here = self.places.line_of(rows.start[node])
            if self.open and self._must_be_closed(node, text, before, here > line):
                self._give_up(before)
            if rows.kind[node] in _CLOSER and text == rows.kind[node]:
                self.open.append(_Open(text, rows.start[node], rows.end[node], self._indent(here)))
            elif rows.kind[node] in _CLOSERS and text == rows.kind[node]:
                self._close(node, text, before, here)
            before, line = node, self.places.line_of(max(rows.end[node] - 1, 0))
        self._give_up(before)
        return self.found[:_MOST]

    def _leaves(self) -> list[int]:
        rows = self.rows
        dead = sorted(unclosed_strings(rows)) if self.python else []
        out, end = [], -1
        for node in range(len(rows)):
            if not rows.leaf[node] or rows.end[node] == rows.start[node]:
                continue
            while dead and dead[0][0] <= rows.start[node]:
                end = max(end, dead.pop(0)[1])
            if rows.start[node] >= end and rows.kind[node] != "comment":
                out.append(node)
        return out

    def _indent(self, line: int) -> int:
        return self.places.first_token(line)[0] - self.places.line(line)[0]

    def _must_be_closed(self, node: int, text: str, before: int, first_on_line: bool) -> bool:
        start = self.rows.start[node]
        stopped = False
        while self.stops and self.stops[-1] <= start:
            stopped = self.stops.pop() > self.open[0].start or stopped
        if stopped:
            return True
        if not self.python or not first_on_line or text in _CLOSERS:
            return False
        if text in _STATEMENTS:
            return True
        outdented = start - self.places.line(self.places.line_of(start))[0] <= self.open[0].indent
        return outdented and before >= 0 and self.rows.text(before) not in _GOES_ON

    def _give_up(self, before: int) -> None:
        for opener in self.open:
            self._unclosed(opener, before)
        self.open = []

    def _close(self, node: int, text: str, before: int, line: int) -> None:
        depth = self._partner(node, text, line)
        if depth is not None:
            for opener in self.open[depth + 1 :]:
                self._unclosed(opener, before)
            del self.open[depth:]
        elif self.open:
            opener = self.open.pop()
            message = f"“{text}” does not match “{opener.sign}”."
            self._report(message, self.rows.start[node], self.rows.end[node], (opener.start, opener.end))
        else:
            self._report(f"“{text}” closes nothing.", self.rows.start[node], self.rows.end[node], None)

    def _partner(self, node: int, text: str, line: int) -> int | None:
        """Which open bracket a closer closes. A closer at the head of a line looks for one of its own indentation."""
        depths = [i for i, o in enumerate(self.open) if text in (_CLOSER[o.sign], _LONG.get(_CLOSER[o.sign]))]
        if not depths:
            return None
        start = self.rows.start[node]
        at_head = self.places.first_token(line)[0] == start
        column = start - self.places.line(line)[0]
        if at_head and text == "}" and self.open[depths[-1]].indent > column:
            same = [i for i in depths if self.open[i].indent == column]
            return same[-1] if same else depths[-1]
        return depths[-1]

    def _unclosed(self, opener: _Open, before: int) -> None:
        rows = self.rows
        related = (rows.start[before], rows.end[before]) if before >= 0 and rows.start[before] > opener.start else None
        self._report(f"“{opener.sign}” is never closed.", opener.start, opener.end, related)

    def _report(self, message: str, start: int, end: int, related: tuple[int, int] | None) -> None:
        self.found.append(Finding("unbalanced", message, start, end, "error", "brackets", related))
