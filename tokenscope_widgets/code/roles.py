"""The role of every leaf of a syntax tree, and of the gaps between leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code import role_rules as rules
from tokenscope_widgets.code import role_rules_names as names
from tokenscope_widgets.code.grammars import canonical, highlight_kinds
from tokenscope_widgets.code.role_keywords import mark_keywords
from tokenscope_widgets.code.role_repairs import repaired
from tokenscope_widgets.code.role_rules_parents import IN_PARENT
from tokenscope_widgets.code.role_table import CODES, ROLES
from tokenscope_widgets.code.tree import Ints, SyntaxTree

__all__ = ["CODES", "ROLES", "Gaps", "gap_role", "gaps", "leaf_roles"]

Codes = NDArray[np.uint8]

_BY_TEXT = len(ROLES)  # no role yet: the leaf's own text decides
_SHOUTED = re.compile(rb"[A-Z][A-Z0-9_]*[A-Z0-9]")
_MAY_BE_CONSTANT = frozenset(CODES[f"identifier.{n}"] for n in ("reference", "binding", "attribute"))
_VARIANTS = frozenset(CODES[f"identifier.{n}"] for n in ("reference", "binding"))
_CAPITALISED = {"rust": CODES["identifier.constant"], "ruby": CODES["identifier.type"]}  # ``None``; ``Comparable``
_TYPES_ARE_CAPITALISED = frozenset({"rust", "cpp"})  # so ``Shape`` in ``Shape::new`` is no module
_HOLDS_TEXT = frozenset(
    c for role, c in CODES.items() if role.startswith(("literal", "docstring", "comment", "markup"))
)
_INHERITED = frozenset({"call", "type", "module", "import", "markup"})


@dataclass(frozen=True)
class Gaps:
    """What lies between the leaves; together with them, every byte exactly once.

    Attributes
    ----------
    start, end : int64 [gap]
        Bytes of the source. White space is cut where a line ends, so that an indent is a gap of its own.
    node : int64 [gap]
        The smallest node that holds the gap; −1 outside the tree.
    role : uint8 [gap]
        Index into `ROLES`.
    """

    start: Ints
    end: Ints
    node: Ints
    role: Codes


@dataclass(frozen=True)
class _Situation:
    """What is known of a node from the way to it; ``role`` is `_BY_TEXT` where that is not enough."""

    kind: str
    mode: str
    role: int


_ROOT = _Situation("", "", CODES["unknown"])


class _Memo:
    """The situations met in one language: as many as there are kinds in modes, however deep the trees are."""

    def __init__(self) -> None:
        self.known = [_ROOT]
        self.next: dict[tuple[int, str, str], int] = {}  # from a parent's situation, by kind and field
        self._numbers = {_ROOT: 0}
        self._lock = Lock()

    def add(self, key: tuple[int, str, str], language: str) -> int:
        """The number of the situation a key leads to."""
        situation = _situation(self.known[key[0]], key[1], key[2], language)
        with self._lock:
            if situation not in self._numbers:
                self.known.append(situation)
                self._numbers[situation] = len(self.known) - 1
            self.next[key] = self._numbers[situation]
        return self.next[key]


_memos: dict[str, _Memo] = {}


def leaf_roles(tree: SyntaxTree, source: bytes, language: str) -> Codes:
    """The role of each leaf.

    Parameters
    ----------
    tree : SyntaxTree
        One region in one language; its bytes index ``source``.
    source : bytes
    language : str
        Any name `grammars.canonical` knows.

    Returns
    -------
    uint8 [leaf]
        Index into `ROLES`, in the order of ``tree.leaves``. A method's name in ``a.f()`` is a call, in ``a.f`` an
        attribute; words among the operators (``not``, ``in``) are keywords; a name written in capitals is a constant
        wherever it would be a reference, a binding or an attribute.
    """
    language = canonical(language) or language
    roles = _node_roles(tree, language)
    roles = repaired(tree, source, roles)[tree.leaves]
    proper = language in _TYPES_ARE_CAPITALISED
    by_text = np.isin(roles, [*_MAY_BE_CONSTANT, _BY_TEXT, *([CODES["identifier.module"]] if proper else [])])
    shown = np.flatnonzero(by_text)
    at = tree.leaves[shown]
    for leaf, start, end in zip(shown.tolist(), tree.start[at].tolist(), tree.end[at].tolist(), strict=True):
        roles[leaf] = _by_text(int(roles[leaf]), source[start:end], language)
    mark_keywords(tree, source, roles, language)
    return roles


def gap_role(text: bytes, line_start: bool = False) -> int:
    """The code of a gap: white space by where it is, anything else *unknown*.

    Parameters
    ----------
    text : bytes
    line_start : bool
        Whether the gap begins a line, so that blanks in it are an indent.
    """
    if text.strip(b" \t\f\v\r\n\xef\xbb\xbf"):
        return CODES["unknown"]
    if b"\n" in text or b"\r" in text:
        return CODES["space.newline"]
    return CODES["space.indent" if line_start else "space.inline"]


def gaps(tree: SyntaxTree, source: bytes, language: str, start: int = 0, end: int | None = None) -> Gaps:
    """All that is between the leaves from ``start`` to ``end``, such as white space and text around escapes.

    Parameters
    ----------
    tree, source, language
        As for `leaf_roles`.
    start, end : int
        The region in bytes; the whole source unless told.
    """
    end = len(source) if end is None else end
    node_roles = repaired(tree, source, _node_roles(tree, language)).tolist()
    rows: list[tuple[int, int, int, int]] = []
    for a, b, node in _uncovered(tree, start, end):
        held = node_roles[node] if node >= 0 else CODES["unknown"]
        if held in _HOLDS_TEXT:
            rows.append((a, b, node, held))
        else:
            rows.extend((s, e, node, role) for s, e, role in _cut(source, a, b))
    table = np.array(rows, np.int64).reshape(-1, 4)
    return Gaps(table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.uint8))


def _uncovered(tree: SyntaxTree, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """What no leaf covers: start, end and the smallest node that holds it; cut where such nodes begin and end."""
    parents, starts, ends = tree.parent.tolist(), tree.start.tolist(), tree.end.tolist()
    reached = np.maximum.accumulate(np.concatenate([[start], tree.end[tree.leaves]]))
    follows = np.concatenate([tree.start[tree.leaves], [end]])
    leaves = np.concatenate([[-1], tree.leaves, [-1]])
    at = np.flatnonzero(follows > reached)
    columns = (reached[at], follows[at], leaves[at], leaves[at + 1])
    for a, b, before, after in zip(*(c.tolist() for c in columns), strict=True):
        while before >= 0 and ends[before] < b:
            if ends[before] > a:
                yield a, ends[before], before
                a = ends[before]
            before = parents[before]
        later = []
        while after >= 0 and starts[after] > a:
            if starts[after] < b:
                later.append((starts[after], b, after))
                b = starts[after]
            after = parents[after]
        if b > a:
            yield a, b, max(before, after)
        yield from reversed(later)


_INDENT, _INLINE = CODES["space.indent"], CODES["space.inline"]
_SPACE = re.compile(rb"([ \t\f\v]*)((?:[\r\n]\s*[\r\n]|[\r\n])?)([ \t\f\v]*)")


def _cut(source: bytes, start: int, end: int) -> list[tuple[int, int, int]]:
    """Blanks, line ends and indent apart; text that is none of them in one piece."""
    text = source[start:end]
    line_start = start == 0 or source[start - 1] in b"\r\n"
    if not text.strip(b" \t"):  # most of them
        return [(start, end, _INDENT if line_start else _INLINE)]
    match = _SPACE.fullmatch(text)
    if match is None:
        return [(start, end, gap_role(text))]
    out = []
    for group in (1, 2, 3):
        a, b = match.span(group)
        if b > a:
            out.append((start + a, start + b, gap_role(text[a:b], line_start or group == 3)))
    return out


def _node_roles(tree: SyntaxTree, language: str) -> Codes:
    """One role a node, from the kinds and fields on the way to it; most are only of use for leaves."""
    language = canonical(language) or language
    memo = _memos.setdefault(language, _Memo())
    numbers, kinds, fields = memo.next, tree.kinds, (*tree.fields, "")
    at: list[int] = []
    columns = (tree.kind, tree.parent, tree.field, tree.named)
    for kind, parent, field, named in zip(*(c.tolist() for c in columns), strict=True):
        key = (at[parent] if parent >= 0 else 0, kinds[kind] if named else f'"{kinds[kind]}"', fields[field])
        number = numbers.get(key)
        at.append(memo.add(key, language) if number is None else number)
    table = np.array([situation.role for situation in memo.known], np.uint8)
    return table[np.array(at, np.int64)] if at else np.zeros(0, np.uint8)


def _situation(parent: _Situation, kind: str, field: str, language: str) -> _Situation:
    mode = _mode(parent, kind, field, language)
    return _Situation(kind, mode, _role(parent.kind, kind, mode, language))


def _mode(parent: _Situation, kind: str, field: str, language: str) -> str:
    for place in (f"{parent.kind}>{kind}", f"{parent.kind}.{field}"):
        for table in (names.LOCAL.get(language, {}), names.SHARED):
            if place in table:
                return _resolved(table[place], parent.mode)
    if kind in names.KIND_MODES and parent.mode != "definition":
        return names.KIND_MODES[kind]
    return parent.mode if names.hands_on(parent.kind, parent.mode, field) else ""


def _resolved(value: str, inherited: str) -> str:
    if value == "function":  # a declarator with parameters declares a function, unless it is a parameter itself
        return inherited if inherited == "parameter" else "definition"
    if value == "member":
        return inherited if inherited in _INHERITED else "attribute"
    return (inherited or value[1:]) if value.startswith("=") else value


def _role(parent: str, kind: str, mode: str, language: str) -> int:
    for place in (f"{parent}>{kind}", f"{parent}>*"):
        if place in IN_PARENT:
            return CODES[IN_PARENT[place]]
    if kind in rules.BY_TEXT:
        return _BY_TEXT
    if kind in names.NAME_KINDS:
        return CODES[f"identifier.{mode or names.NAME_KINDS[kind]}"] if mode != "markup" else CODES["markup"]
    role = rules.KINDS.get(kind) or rules.WORDS.get(kind) or rules.WORDS.get(f"{language} {kind}")
    if role is None and kind.startswith('"'):
        text = kind[1:-1]
        role = rules.SIGNS.get(text) or ("keyword" if re.match(r"[#@%]?[A-Za-z_]", text) else None)
    if role is None:
        role = _highlighted(kind, language)
    return CODES[role] if role else _BY_TEXT


def _highlighted(kind: str, language: str) -> str | None:
    """The coarse class the grammar's own highlight query gives a kind."""
    if canonical(language) is None:
        return None
    capture = highlight_kinds(language).get(kind, "")
    role = rules.OF_CAPTURE.get(capture.split(".")[0])
    if kind.startswith("keyword_"):  # SQL; its query also calls keywords attributes, functions or constants
        return role if role == "identifier.type" else "keyword"
    return role


_SHAPES = (
    (re.compile(r"\s*[\r\n]\s*"), "space.newline"),
    (re.compile(r"\s*"), "space.inline"),
    (re.compile(r"\d[\w.]*"), "literal.number"),
    (re.compile(r"[\"'`].*", re.DOTALL), "literal.string"),
    (re.compile(r".*\w.*", re.DOTALL), "identifier.reference"),
)


def _by_text(role: int, text: bytes, language: str) -> int:
    if role == CODES["identifier.module"]:
        return CODES["identifier.type"] if text[:1].isupper() else role
    if role in _VARIANTS and language in _CAPITALISED and text[:1].isupper() and not _SHOUTED.fullmatch(text):
        return _CAPITALISED[language]
    if role in _MAY_BE_CONSTANT:
        return CODES["identifier.constant"] if _SHOUTED.fullmatch(text) else role
    shown = text.decode("utf-8", "ignore")
    if len(shown.encode()) < len(text):  # half a character
        return CODES["unknown"]
    if shown in rules.SIGNS:
        return CODES[rules.SIGNS[shown]]
    return CODES[next((name for shape, name in _SHAPES if shape.fullmatch(shown)), "unknown")]
