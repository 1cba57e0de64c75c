"""Ways to group a source: by role, statement, function, line … Each is an exact partition of the bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.code.roles import ROLES
from tokenscope_widgets.code.segments import Overlaps, overlaps_of
from tokenscope_widgets.code.states import STATES
from tokenscope_widgets.code.structure import STRUCTURES
from tokenscope_widgets.code.tree import Ints
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.code.code_map import CodeMap

OUTSIDE, SPECIAL = "outside", "special"
BY = (
    "role", "role_class", "state", "structure", "kind", "statement", "function", "class", "line", "identifier", "name",
    "region",
)  # fmt: skip
PARTITIONS = ("statement", "function", "line")


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of pieces of source.

    Attributes
    ----------
    by : str
        One of `BY`.
    labels : tuple of str
        One a group. The last one but one is what lies outside of all others, the last one special tokens.
    start, end : int64 [piece]
        An exact partition of the source.
    group : int64 [piece]
        The group of each piece.
    places : bool
        Whether a group is one place in the text (a statement) and not many (a role).
    """

    by: str
    labels: tuple[str, ...]
    start: Ints
    end: Ints
    group: Ints
    places: bool

    def __len__(self) -> int:
        return len(self.labels)


def groups(code: CodeMap, by: str, argument: str = "by") -> Groups:
    """Group the source of a map.

    Raises
    ------
    InputError
        An unknown grouping, or one that needs a syntax tree where there is none.
    """
    if by not in BY:
        more = ", or node, whose groups overlap, in aggregate" if argument == "by" else ""
        raise bad_value(argument, by, "is no way to group tokens", f"Use one of {', '.join(BY)}{more}")
    if by == "line":
        return _lines(code)
    if by in ("structure", "kind", "statement", "function", "class"):
        code.require_tree(f"{argument}={by!r}")
    keys, labels, places = _KEYS[by](code)
    return _numbered(by, code.segments.start, code.segments.end, keys, labels, places)


def token_overlaps(code: CodeMap, found: Groups) -> Overlaps:
    """Which pieces each token touches."""
    return overlaps_of(code.text, found.start, found.end)


def token_groups(code: CodeMap, found: Groups) -> Ints:
    """The group of each token: that of its first byte that is not white space; int64 [token]."""
    primary = token_overlaps(code, found).primary
    return np.where(primary >= 0, found.group[primary] if len(found.group) else 0, len(found) - 1)


def partition(code: CodeMap, unit: str) -> Partition:
    """The tokens cut into runs of one statement, function or line: sources for `Session.attribute`.

    A compound statement is its own heads (``if …:``, ``else:``), each a piece; what stands in its body has pieces of
    its own. A function is all its tokens, those of functions inside it apart.

    Raises
    ------
    InputError
        Another unit, or no syntax tree.
    """
    if unit not in PARTITIONS:
        raise bad_value("unit", unit, "is no piece of code", f"Use one of {', '.join(PARTITIONS)}")
    own = _with_blanks(code, token_groups(code, groups(code, unit)))
    starts = np.flatnonzero(np.diff(own, prepend=-1)) if len(own) else np.zeros(0, np.int64)
    return Partition(unit, starts.astype(np.int64), np.append(starts[1:], len(own)).astype(np.int64)[: len(starts)])


def _with_blanks(code: CodeMap, own: Ints) -> Ints:
    """White space and special tokens go with what stands before them; at the very start, with what follows."""
    blank = np.array([not b.strip() for b in code.token_bytes()], bool)
    solid = np.where(blank, -1, np.arange(len(own)))
    before = np.maximum.accumulate(solid) if len(solid) else solid
    first = int(np.argmax(~blank)) if (~blank).any() else 0
    return own[np.where(before >= 0, before, first)] if len(own) else own


def _lines(code: CodeMap) -> Groups:
    starts = code.line_starts
    starts = starts[starts < len(code.source)]
    ends = np.append(starts[1:], len(code.source))[: len(starts)].astype(np.int64)
    texts = [code.source[a:b].decode("utf-8", "replace").strip() for a, b in zip(starts, ends, strict=True)]
    return Groups("line", (*texts, OUTSIDE, SPECIAL), starts, ends, np.arange(len(starts)), True)


_Keys = tuple[Ints, Callable[[int], str], bool]


def _by_role(code: CodeMap) -> _Keys:
    return code.segments.role.astype(np.int64), lambda key: ROLES[key], False


def _by_role_class(code: CodeMap) -> _Keys:
    classes = list(dict.fromkeys(role.split(".")[0] for role in ROLES))
    of = np.array([classes.index(role.split(".")[0]) for role in ROLES], np.int64)
    return of[code.segments.role], lambda key: classes[key], False


def _by_state(code: CodeMap) -> _Keys:
    return _at_nodes(code, code.state.astype(np.int64)), lambda key: STATES[key], False


def _by_structure(code: CodeMap) -> _Keys:
    inner = code.enclosing(*(s for s in STRUCTURES if s != "other"))
    keys = np.where(inner >= 0, code.structure.astype(np.int64)[inner], -1)
    return _at_nodes(code, keys), lambda key: STRUCTURES[key], False


def _by_kind(code: CodeMap) -> _Keys:
    named = np.where(code.tree.named, np.arange(len(code.tree)), code.tree.parent)
    return _at_nodes(code, code.tree.kind[named]), lambda key: code.tree.kinds[key], False


def _by_node(structure: str) -> Callable[[CodeMap], _Keys]:
    def keys(code: CodeMap) -> _Keys:
        from tokenscope_widgets.code.outline import node_label

        return _at_nodes(code, code.enclosing(structure)), lambda key: node_label(code, key), True

    return keys


def _is_identifier(code: CodeMap) -> Ints:
    wanted = np.array([role.startswith("identifier") for role in ROLES], bool)
    return wanted[code.segments.role]


def _by_identifier(code: CodeMap) -> _Keys:
    keys = np.where(_is_identifier(code), np.arange(len(code.segments)), -1)
    return keys, lambda key: _segment_text(code, key), True


def _by_name(code: CodeMap) -> _Keys:
    names: dict[str, int] = {}
    keys = [
        names.setdefault(_segment_text(code, i), len(names)) if hit else -1
        for i, hit in enumerate(_is_identifier(code).tolist())
    ]
    texts = list(names)
    return np.array(keys, np.int64), lambda key: texts[key], False


def _by_region(code: CodeMap) -> _Keys:
    starts = np.array([region.start for region in code.regions], np.int64)
    keys = np.searchsorted(starts, code.segments.start, side="right") - 1
    return keys, lambda key: f"{key + 1}: {code.regions[key].language or 'text'}", True


_KEYS: dict[str, Callable[[CodeMap], _Keys]] = {
    "role": _by_role,
    "role_class": _by_role_class,
    "state": _by_state,
    "structure": _by_structure,
    "kind": _by_kind,
    "statement": _by_node("statement"),
    "function": _by_node("function"),
    "class": _by_node("class"),
    "identifier": _by_identifier,
    "name": _by_name,
    "region": _by_region,
}


def _at_nodes(code: CodeMap, keys: Ints) -> Ints:
    nodes = code.segments.node
    if not len(code.tree):
        return nodes
    return np.where(nodes >= 0, keys[nodes], -1)


def _segment_text(code: CodeMap, segment: int) -> str:
    return code.source[code.segments.start[segment] : code.segments.end[segment]].decode("utf-8", "replace")


def _numbered(by: str, start: Ints, end: Ints, keys: Ints, label: Callable[[int], str], places: bool) -> Groups:
    """Groups in the order in which they first occur; −1 is outside."""
    inside = keys[keys >= 0]
    known, first = np.unique(inside, return_index=True)
    ordered = known[np.argsort(first, kind="stable")]
    number = {key: i for i, key in enumerate(ordered.tolist())}
    group = np.array([number.get(key, len(number)) for key in keys.tolist()], np.int64)
    return Groups(by, (*(label(key) for key in ordered.tolist()), OUTSIDE, SPECIAL), start, end, group, places)
