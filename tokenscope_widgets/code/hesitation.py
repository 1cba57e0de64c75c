"""Where the model hesitated more than usual for the kind of token, and whether the program's shape hung on it."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.grammars import has_grammar, parser_of
from tokenscope_widgets.code.percentiles import percentiles_within, written
from tokenscope_widgets.code.regions import Region
from tokenscope_widgets.code.roles import ROLES
from tokenscope_widgets.code.tree import SyntaxTree, parse_tree
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.code.code_map import CodeMap

ENOUGH = 20
"""Tokens of a role that make a distribution of its own; with fewer, the wider class of roles is used, then all."""
LEAST_ENTROPY_NATS = 0.5
LIKELY = 0.05
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


def hesitations(code: CodeMap, percentile: float = 95.0) -> tuple[Hesitation, ...]:
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
    # what stands in the prompt was no choice of the model's, and is no measure for its choices
    own = np.where(written(code) & (code.overlaps.primary >= 0), entropy, np.nan)
    within, names = _percentiles(own, code.role_codes)
    chosen = (within > percentile) & (own >= LEAST_ENTROPY_NATS)
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


def _percentiles(entropy: NDArray[np.float64], roles: NDArray[np.uint8]) -> tuple[NDArray[np.float32], list[str]]:
    """The percentile of each token within the narrowest group that has enough tokens, and that group's name."""
    known = ~np.isnan(entropy)
    classes = list(dict.fromkeys(role.split(".")[0] for role in ROLES))
    wide = np.array([classes.index(role.split(".")[0]) for role in ROLES], np.int64)[roles]
    narrow_count = np.bincount(roles[known], minlength=len(ROLES))[roles]
    wide_count = np.bincount(wide[known], minlength=len(classes))[wide]
    by_role, by_class = percentiles_within(entropy, roles), percentiles_within(entropy, wide)
    overall = percentiles_within(entropy, np.zeros(len(entropy), np.int64))
    use_role, use_class = narrow_count >= ENOUGH, wide_count >= ENOUGH
    names = [
        ROLES[role] if own else classes[group] if shared else "all"
        for role, group, own, shared in zip(
            roles.tolist(), wide.tolist(), use_role.tolist(), use_class.tolist(), strict=True
        )
    ]
    return np.where(use_role, by_role, np.where(use_class, by_class, overall)), names


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

    ``shapes`` remembers the regions as they are, by where they start.
    """
    region = _region_at(code, int(code.text.start[token]))
    if region is None or region.language is None or not has_grammar(region.language):
        return "none"
    start, end = int(code.text.start[token]), int(code.text.end[token])
    parser = parser_of(region.language)
    # a token that reaches out of the region is replaced by what of it lies inside
    start, end = max(start, region.start), min(end, region.end)
    shapes = {} if shapes is None else shapes
    if region.start not in shapes:
        shapes[region.start] = shape(parse_tree(code.source[region.start : region.end], parser))
    after = code.source[region.start : start] + replacement + code.source[end : region.end]
    if shapes[region.start] != shape(parse_tree(after, parser)):
        return "structural"
    return "naming" if ROLES[code.role_codes[token]].startswith("identifier") else "wording"


def shape(tree: SyntaxTree) -> _Shape:
    """A tree without its texts: equal for programs that differ in names, literals and comments only."""
    comments = tree.kinds_in(*(kind for kind in tree.kinds if "comment" in kind))
    kept = np.flatnonzero(~comments)
    steps = np.stack([tree.depth[kept], tree.missing[kept].astype(np.int64)], axis=1)
    return steps.tobytes(), tuple(tree.kinds[kind] for kind in tree.kind[kept].tolist())


def _region_at(code: CodeMap, byte: int) -> Region | None:
    return next((region for region in code.regions if region.start <= byte < region.end), None)
