"""From a run to its `CodeMap`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.code.closing import parse_open
from tokenscope_widgets.code.code_map import CodeMap, Codes
from tokenscope_widgets.code.grammars import available, canonical, has_grammar, parser_of
from tokenscope_widgets.code.lexed import lexed
from tokenscope_widgets.code.regions import Region, find_regions
from tokenscope_widgets.code.roles import ROLES, gaps, leaf_roles
from tokenscope_widgets.code.segments import Segments, overlaps_of
from tokenscope_widgets.code.source import token_source, whole_characters, with_line_feeds
from tokenscope_widgets.code.states import STATES, states
from tokenscope_widgets.code.structure import STRUCTURES, structures
from tokenscope_widgets.code.tree import EMPTY, Ints, SyntaxTree, joined
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation

_MARKUP = ROLES.index("markup")
_MODULE = STRUCTURES.index("module")
_OK, _INCOMPLETE = STATES.index("ok"), STATES.index("incomplete")
COMPLETE = ("end_token", "scored")
"""How a run ends that was not cut off; behind a stop text, the beginning of what was stopped is still there."""


def parse(run: Generation, language: str | None = None) -> CodeMap:
    """Map the tokens of a run to the syntax of what they spell.

    Parameters
    ----------
    run : Generation
    language : str, optional
        Of code that names no language itself; by default the grammar that explains it best.

    Returns
    -------
    CodeMap
        Without a grammar for the language, roles come from Pygments, and ``notes`` says what to install.

    Raises
    ------
    InputError
        No run, or a language that is no name.
    """
    if not hasattr(run, "tokens") or not hasattr(run, "special_ids"):
        raise bad_value("run", run, "is no Generation", "Pass what session.generate or session.score returned")
    ids = run.token_ids.tolist()
    marks = {i: run.token_label(token) for i, token in enumerate(ids) if token in run.special_ids}
    return parse_tokens(run.tokens.token_bytes, marks, language, complete=run.finish in COMPLETE, run=run)


def as_map(code: CodeMap | Generation, argument: str = "code") -> CodeMap:
    """A map as it is; a run, parsed.

    Raises
    ------
    InputError
        Neither.
    """
    if isinstance(code, CodeMap):
        return code
    if not hasattr(code, "tokens") or not hasattr(code, "special_ids"):
        raise bad_value(argument, code, "is neither a map nor a run", "Pass code.parse(run), or the run")
    return parse(code)


def parse_tokens(
    token_bytes: Sequence[bytes],
    marks: Mapping[int, str] | None = None,
    language: str | None = None,
    complete: bool = True,
    run: Generation | None = None,
) -> CodeMap:
    """Map tokens given as bytes.

    Parameters
    ----------
    token_bytes : sequence of bytes
        One a token; none for special tokens.
    marks : mapping of int to str, optional
        The written form of special tokens by their position.
    language : str, optional
        As for `parse`.
    complete : bool
        Whether the text was ended by its writer.
    run : Generation, optional
        The run these tokens are of.
    """
    if language is not None and (not isinstance(language, str) or not language.strip()):
        raise bad_value("language", language, "is no language", "Use a name such as 'python', or leave it out")
    _check_tokens(token_bytes, marks or {})
    text = token_source(token_bytes, marks)
    regions = find_regions(text.source, text.messages, language)
    parts = [_region_parts(text.source, region, None if complete else text.cut) for region in regions]
    tree = joined([part.tree for part in parts])
    segments = _join([part.segments for part in parts], [part.tree for part in parts])
    return CodeMap(
        text=text,
        regions=regions,
        tree=tree,
        segments=segments,
        overlaps=overlaps_of(text, segments.start, segments.end),
        structure=_concat([part.structure for part in parts]),
        state=_concat([part.state for part in parts]),
        complete=complete,
        notes=_notes(regions),
        run=run,
    )


def _check_tokens(token_bytes: Sequence[bytes], marks: Mapping[int, str]) -> None:
    if not isinstance(token_bytes, list | tuple):
        raise bad_value("token_bytes", token_bytes, "is no list of tokens", "Give a list of bytes, one a token")
    wrong = next((token for token in token_bytes if not isinstance(token, bytes)), None)
    if wrong is not None:
        raise bad_value("token_bytes", wrong, "is no token", "Give a list of bytes, one a token")
    odd = next(((at, mark) for at, mark in marks.items() if not isinstance(at, int) or not isinstance(mark, str)), None)
    if odd is not None:
        raise bad_value("marks", odd, "is no position and text", "Give {position: written form}")
    outside = next((at for at in marks if not 0 <= at < len(token_bytes)), None)
    if outside is not None:
        raise bad_value("marks", outside, f"is not one of {len(token_bytes)} tokens", "Use their positions, from 0")


class _Parts:
    """What one region adds to the map."""

    def __init__(self, tree: SyntaxTree, segments: Segments, structure: Codes, state: Codes) -> None:
        self.tree, self.segments, self.structure, self.state = tree, segments, structure, state


_NONE = np.zeros(0, np.uint8)


def _region_parts(source: bytes, region: Region, cut: int | None) -> _Parts:
    start, end, language = region.start, region.end, region.language
    if language is None:
        return _Parts(EMPTY, _treeless([start], [end], [_MARKUP]), _NONE, _NONE)
    body = source[start:end]
    if not has_grammar(language):
        starts, ends, roles = lexed(body, language)
        return _Parts(EMPTY, _treeless(starts + start, ends + start, roles), _NONE, _NONE)
    stop = whole_characters(body) if end == len(source) else len(body)
    cut_off = cut == end == len(source)
    # also where the text is complete: what follows an open quote is no code
    tree = parse_open(with_line_feeds(body[:stop]), parser_of(language))
    segments = _segments(tree, body, language, start)
    state = states(tree, stop, not cut_off)
    if not cut_off and is_cut(region, cut):  # while a hole is being filled, all that is wrong may come right
        state[state != _OK] = _INCOMPLETE
    structure = structures(tree, language)
    structure[0] = _MODULE  # also where a text is so broken that its root is an error
    return _Parts(tree.moved(start), segments, structure, state)


def is_cut(region: Region, cut: int | None) -> bool:
    """Whether the writer was stopped at this byte, in this region."""
    return cut is not None and (region.start < cut <= region.end or cut == region.start == 0)


def _segments(tree: SyntaxTree, body: bytes, language: str, offset: int) -> Segments:
    """Leaves and gaps of a region in order; empty leaves (a missing bracket, a dedent) are no pieces of text."""
    start = np.maximum(tree.start[tree.leaves], np.maximum.accumulate(np.append(0, tree.end[tree.leaves]))[:-1])
    solid = tree.end[tree.leaves] > start
    leaves, start = tree.leaves[solid], start[solid]
    between = gaps(tree, body, language)
    starts = np.concatenate([start, between.start])
    order = np.argsort(starts, kind="stable")
    is_gap = np.arange(len(starts)) >= len(leaves)
    return Segments(
        starts[order] + offset,
        np.concatenate([tree.end[leaves], between.end])[order] + offset,
        np.concatenate([leaves, between.node])[order],
        is_gap[order],
        np.concatenate([leaf_roles(tree, body, language)[solid], between.role])[order],
    )


def _treeless(starts: Sequence[int] | Ints, ends: Sequence[int] | Ints, roles: Sequence[int] | Codes) -> Segments:
    count = len(starts)
    nowhere, gaps = np.full(count, -1, np.int64), np.zeros(count, bool)
    return Segments(
        np.asarray(starts, np.int64), np.asarray(ends, np.int64), nowhere, gaps, np.asarray(roles, np.uint8)
    )


def _join(parts: list[Segments], trees: list[SyntaxTree]) -> Segments:
    if not parts:
        return _treeless([], [], [])
    offsets = np.cumsum([0, *(len(tree) for tree in trees)])[:-1]
    nodes = [np.where(p.node >= 0, p.node + offset, -1) for p, offset in zip(parts, offsets, strict=True)]
    return Segments(
        np.concatenate([p.start for p in parts]),
        np.concatenate([p.end for p in parts]),
        np.concatenate(nodes),
        np.concatenate([p.gap for p in parts]),
        np.concatenate([p.role for p in parts]),
    )


def _concat(parts: list[Codes]) -> Codes:
    return np.concatenate(parts) if parts else _NONE


def _notes(regions: Sequence[Region]) -> tuple[str, ...]:
    if not available():
        return ('No grammar is installed, so code is not told from text: pip install "tokenscope-widgets[code]".',)
    missing = {r.language for r in regions if r.language is not None and not has_grammar(r.language)}
    return tuple(
        f"No grammar for {name} is installed, so roles come from a lexer and there is no tree: "
        'pip install "tokenscope-widgets[code]".'
        if canonical(name) is not None
        else f"There is no grammar for {name}: roles come from a lexer, and there is no tree."
        for name in sorted(missing)
    )
