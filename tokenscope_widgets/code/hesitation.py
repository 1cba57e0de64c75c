"""Where the model hesitated more than usual for the kind of token, and whether the program's shape hung on it."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.code.grammars import has_grammar, parser_of
from tokenscope_widgets.code.percentiles import fallback_percentiles
from tokenscope_widgets.code.regions import Region
from tokenscope_widgets.code.roles import ROLES
from tokenscope_widgets.code.tree import SyntaxTree, parse_tree
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.code.code_map import CodeMap

LEAST_ENTROPY_NATS = 0.5
LIKELY = 0.05
_LONG_BYTES = 4000
_Shape = tuple[bytes, tuple[str, ...]]


@dataclass(frozen=True)
class Alternative:
    """What could have been written instead, and what the program would be with it in place.

    Attributes
    ----------
    token_id : int
    text : str
    probability : float
        0 … 1, at temperature 1.
    fork : str
        ``"structural"``: the text parses to another tree; ``"naming"``: only a name differs; ``"wording"``: only a
        literal, a comment, a docstring or white space does; ``"none"``: no grammar.
    """

    token_id: int
    text: str
    probability: float
    fork: str


@dataclass(frozen=True)
class Hesitation:
    """A token chosen with unusually high entropy for its role.

    Attributes
    ----------
    token : int
    role : str
    entropy_nats : float
    percentile : float
        Within ``compared_with``, 0 … 100.
    compared_with : str
        The role, its wider class, or ``"all"``, whichever has `ENOUGH` written tokens.
    fork : str
        The gravest of the alternatives': structural before naming before wording.
    alternatives : tuple of Alternative
        The others with at least `LIKELY` probability, likeliest first.
    """

    token: int
    role: str
    entropy_nats: float
    percentile: float
    compared_with: str
    fork: str
    alternatives: tuple[Alternative, ...]


USUAL = 95.0


def hesitations(code: CodeMap, percentile: float = USUAL) -> tuple[Hesitation, ...]:
    """The written tokens with more entropy than ``percentile`` of their role, in order of position.

    Nothing below `LEAST_ENTROPY_NATS` counts: half of a choice's tokens are above the median even where the model was
    sure of all of them. Each likely alternative is put in the token's place, the rest of the text left as it is, and
    parsed.

    Parameters
    ----------
    code : CodeMap
        Of a run. Where the run has no written tokens (`Session.score`), all of them are looked at.
    percentile : float
        0 … 100.

    Raises
    ------
    InputError
        A percentile out of range; no run.
    """
    if not _is_percentile(percentile):
        raise bad_value("percentile", percentile, "is no percentile", "Use 0 … 100")
    run = code.require_run("hesitations")
    entropy = np.asarray(run.entropy_nats, np.float64)
    within, names = fallback_percentiles(code, "entropy")
    chosen = (within > percentile) & (entropy >= LEAST_ENTROPY_NATS)
    out = []
    shapes: dict[int, _Shape] = {}
    for token in np.flatnonzero(chosen).tolist():
        others = tuple(_alternatives(code, token, shapes))
        out.append(
            Hesitation(
                token,
                ROLES[code.role_codes[token]],
                float(entropy[token]),
                float(within[token]),
                names[token],
                _gravest(others),
                others,
            )
        )
    return tuple(out)


def _is_percentile(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and 0 <= float(value) <= 100


def _gravest(others: tuple[Alternative, ...]) -> str:
    kinds = {other.fork for other in others}
    return next((kind for kind in ("structural", "naming", "wording") if kind in kinds), "none")


def _alternatives(code: CodeMap, token: int, shapes: dict[int, _Shape]) -> list[Alternative]:
    run = code.require_run("alternatives")
    out = []
    for token_id, text, probability in run.alternatives(token):
        if token_id != int(run.token_ids[token]) and probability >= LIKELY:
            spelled = b"" if token_id in run.special_ids else run.vocabulary.get(token_id, b"")
            out.append(Alternative(token_id, text, probability, fork_kind(code, token, spelled, shapes)))
    return out


def fork_kind(code: CodeMap, token: int, replacement: bytes, shapes: dict[int, _Shape] | None = None) -> str:
    """What putting other bytes in a token's place does to the program; see `Alternative`.

    ``shapes`` remembers what was parsed as it is, by where it starts.
    """
    region = _region_at(code, int(code.text.start[token]))
    if region is None or region.language is None or not has_grammar(region.language):
        return "none"
    start, end = int(code.text.start[token]), int(code.text.end[token])
    parser = parser_of(region.language)
    low, high = _window(code, region, start, end)
    # a token that reaches out of the region is replaced by what of it lies inside
    start, end = max(start, low), min(end, high)
    shapes = {} if shapes is None else shapes
    if low not in shapes:
        shapes[low] = shape(parse_tree(code.source[low:high], parser))
    after = code.source[low:start] + replacement + code.source[end:high]
    if shapes[low] != shape(parse_tree(after, parser)):
        return "structural"
    return "naming" if ROLES[code.role_codes[token]].startswith("identifier") else "wording"


def shape(tree: SyntaxTree) -> _Shape:
    """A tree without its texts: equal for programs that differ in names, literals and comments only."""
    comments = tree.kinds_in(*(kind for kind in tree.kinds if "comment" in kind))
    kept = np.flatnonzero(~comments)
    steps = np.stack([tree.depth[kept], tree.missing[kept].astype(np.int64)], axis=1)
    return steps.tobytes(), tuple(tree.kinds[kind] for kind in tree.kind[kept].tolist())


def _window(code: CodeMap, region: Region, start: int, end: int) -> tuple[int, int]:
    """What is parsed again: the region, or in a long one the top-level statement around the token."""
    whole = region.start, region.end
    if region.end - region.start <= _LONG_BYTES:
        return whole
    tree = code.tree
    roots = np.flatnonzero((tree.parent < 0) & (tree.start >= region.start) & (tree.start < region.end))
    tops = np.flatnonzero((tree.parent == roots[0]) & (tree.end > tree.start)) if len(roots) else roots
    at = int(np.searchsorted(tree.start[tops], start, side="right")) - 1
    if at < 0 or tree.error[roots[0]]:
        return whole
    low = int(tree.start[tops[at]])
    high = int(tree.start[tops[at + 1]]) if at + 1 < len(tops) else region.end
    return (low, high) if end <= high else whole


def _region_at(code: CodeMap, byte: int) -> Region | None:
    return next((region for region in code.regions if region.start <= byte < region.end), None)
