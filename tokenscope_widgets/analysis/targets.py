"""Which tokens of a run are explained, and against what: what a user may write, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value

Target = int | slice | tuple[int, int] | Sequence[int]
Contrast = bool | str | int | None


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be computed.

    Attributes
    ----------
    explained : Explained
        The targets in the run's own text.
    against : tuple of int
        The tokens of a whole other continuation, from the first target on; empty for none.
    contrast_text : str or None
        The contrast in words.
    notes : tuple of str
        How a contrast was read.
    """

    explained: Explained
    against: tuple[int, ...] = ()
    contrast_text: str | None = None
    notes: tuple[str, ...] = ()


def positions_of(run: Generation, target: Target) -> NDArray[np.int64]:
    """Positions of one token (int), a span (slice or (start, stop)), or a list of tokens, rising.

    Raises
    ------
    InputError
        Outside the run; the first token, which nothing stands before; no token at all.
    """
    if isinstance(target, slice):
        places = list(range(*target.indices(len(run))))
    elif isinstance(target, tuple) and len(target) == 2:
        last = run.position(target[1] - 1, "target") if target[1] != 0 else -1
        places = list(range(run.position(target[0], "target"), last + 1))
    elif isinstance(target, Sequence | np.ndarray):
        places = [run.position(one, "target") for one in target]
    else:
        places = [run.position(target, "target")]
    found = np.unique(np.array(places, np.int64))
    if len(found) == 0:
        raise bad_value("target", target, "names no token", f"Use positions 1 … {len(run) - 1}")
    if found[0] == 0:
        raise bad_value("target", target, "has nothing before it that could explain it", "Use position 1 or later")
    return found


def plan_targets(
    run: Generation,
    target: Target,
    *,
    output: str,
    contrast: Contrast,
    whole_contrast: bool,
    token: str | int | None,
    together: bool = False,
    tokenize: Callable[[str | int, str], list[int]],
) -> Plan:
    """Read what is to be explained.

    Parameters
    ----------
    contrast : bool, str, int or None
        None for none; True for the runner-up, the likeliest other token; else a text or token id.
    whole_contrast : bool
        Compare a text of several tokens as a whole, not by its first token.
    token : str, int or None
        Explain this token at the target's position instead of the one that stands there.
    together : bool
        One row of scores for the sum over the targets.
    tokenize : callable
        (text or id, argument's name) to token ids.
    """
    positions = positions_of(run, target)
    ids = run.token_ids[positions].astype(np.int64)
    notes: list[str] = []
    if token is not None:
        if len(positions) > 1:
            raise bad_value("token", token, "replaces one target, and there are several", "Name one position")
        ids, note = _one(tokenize(token, "token"), "token", token)
        notes += note
    if contrast is None or contrast is False:
        return Plan(Explained(positions, ids, None, output, together), notes=tuple(notes))
    if contrast is True:
        others = np.array([_runner_up(run, int(p), int(i)) for p, i in zip(positions, ids, strict=True)], np.int64)
        text = "".join(run.token_label(int(i)) for i in others)
        return Plan(Explained(positions, ids, others, output, together), (), text, (*notes, "against the runner-up"))
    found = tokenize(contrast, "contrast")
    if found[: len(ids)] == ids.tolist() and (len(found) == len(ids) or not (whole_contrast or len(ids) > 1)):
        raise bad_value("contrast", contrast, "is what is explained, so there is no lead", "Give another token or text")
    if whole_contrast or len(positions) > 1:
        if not np.array_equal(positions, np.arange(positions[0], positions[-1] + 1)):
            raise bad_value("target", target, "has gaps, so no text can stand in its place", "Name one span")
        notes.append(f"the whole contrast of {len(found)} tokens is compared")
        return Plan(Explained(positions, ids, None, output, together), tuple(found), str(contrast), tuple(notes))
    others, note = _one(found, "contrast", contrast)
    return Plan(Explained(positions, ids, others, output, together), (), str(contrast), (*notes, *note))


def _one(found: list[int], argument: str, given: str | int) -> tuple[NDArray[np.int64], list[str]]:
    """The first of the tokens that a text became, and what to say where it is not the only one."""
    first = np.array(found[:1], np.int64)
    if len(found) == 1:
        return first, []
    why = "the first is compared, as the model chooses one token"
    return first, [f"{argument} {given!r} is {len(found)} tokens: {why}"]


def _runner_up(run: Generation, at: int, token_id: int) -> int:
    stored = run.tokens.model.top_ids[at]
    for other in stored.tolist():
        if other >= 0 and other != token_id:
            return int(other)
    raise bad_value(
        "contrast", True, f"the run holds no other token at position {at}", "Generate with alternatives=2 or more"
    )
