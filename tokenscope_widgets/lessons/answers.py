"""Reading a student's answer, and telling from its value which slip led to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

Slips = Iterable[tuple[float, str]]
Exercises = dict[str, Callable[..., str]]
"""By id: what returns what a right answer shows, or raises `NotYet` with a hint."""

_TOLERANCE = 0.01
_PERCENT = "That looks like percent. A share lies between 0 and 1."
_BASE_10 = "That uses the logarithm to base 10."
_SIGN = "The size is right, the sign is not."


class NotYet(Exception):
    """An answer is not right; the text is the hint."""


def number(answer: object, right: float, unit: str, slips: Slips = (), hint: str = "") -> float:
    """Require a number within one percent of the right one.

    Parameters
    ----------
    answer : object
    right : float
    unit : str
        ``"nats"``, ``"bits"``, ``"share"`` or ``""``: which slips are usual.
    slips : iterable of (float, str)
        What a typical mistake gives, and what to say then; before those of the unit.
    hint : str
        What to say of all other numbers.

    Raises
    ------
    NotYet
        It is no number, or another one.
    """
    value = as_number(answer)
    if _close(value, right):
        return value
    for wrong, told in (*slips, *_unit_slips(right, unit)):
        if _close(value, wrong):
            raise NotYet(told)
    if any(value == round(right, digits) for digits in range(4)):
        raise NotYet("That is rounded too far. Give three digits, or the expression itself.")
    if unit == "share" and not 0 <= value <= 1:
        raise NotYet(f"{value:g} is no share: a share lies between 0 and 1.")
    raise NotYet(f"{value:.4g} is too {'large' if value > right else 'small'}. {hint}".strip())


def count(answer: object, right: int, slips: Slips = (), hint: str = "") -> int:
    """Require a whole number; a typical mistake has its hint."""
    value = _whole(as_number(answer), "A count")
    return _exactly(value, right, slips, f"{value} is too {'many' if value > right else 'few'}. {hint}".strip())


def position(answer: object, right: int, length: int, slips: Slips = (), hint: str = "", prompt_length: int = 0) -> int:
    """Require the position of a token; one off, and counted from the end of the prompt, have their hints."""
    if isinstance(answer, str):
        raise NotYet(f"{answer!r} is text. Its position is asked for: a number, counted from 0, the prompt included.")
    value = _whole(as_number(answer), "A position")
    off = [(right + 1, "One too far: positions count from 0."), (right - 1, "One too early: positions count from 0.")]
    if prompt_length and right >= prompt_length:
        counted = "That counts from the first written token. Positions count from 0 at the start of the prompt."
        off.insert(0, (right - prompt_length, counted))
    outside = f"{value} is outside the text: its positions are 0 … {length - 1}."
    otherwise = f"It is not at {value}. {hint}".strip() if 0 <= value < length else outside
    return _exactly(value, right, (*slips, *off), otherwise)


def text(answer: object, most: int) -> str:
    """Require a text of one line, of so many characters at most."""
    if not isinstance(answer, str):
        raise NotYet(f"A text is asked for, in quotes; this is {_kind(answer)}.")
    if not answer.strip():
        raise NotYet("The text is empty.")
    if "\n" in answer.strip("\n"):
        raise NotYet("Keep it on one line.")
    if len(answer) > most:
        raise NotYet(f"{len(answer)} characters are too long: use {most} at most.")
    return answer


def choice(answer: object, options: Mapping[str, str], right: str) -> str:
    """Require one of several letters; each wrong one has its hint."""
    if not isinstance(answer, str):
        raise NotYet(f"Answer with a letter in quotes, as {next(iter(options))!r}; this is {_kind(answer)}.")
    letter = answer.strip(" .()").lower()
    if letter not in options:
        raise NotYet(f"{answer!r} is none of {', '.join(options)}.")
    if letter != right:
        raise NotYet(options[letter])
    return options[letter]


def as_number(answer: object) -> float:
    """One real number.

    Raises
    ------
    NotYet
        Text, truth values, functions, several numbers, not a number.
    """
    if isinstance(answer, str):
        example = "43 % is 0.43, " if "%" in answer else ""
        raise NotYet(f"{answer!r} is text. Write {example}a number without quotes.")
    if isinstance(answer, bool | np.bool_) or callable(answer):
        called = " Call it, with ()." if callable(answer) else ""
        raise NotYet(f"A number is asked for; this is {_kind(answer)}.{called}")
    try:
        values = np.asarray(answer, np.float64)
    except (TypeError, ValueError):
        raise NotYet(f"A number is asked for; this is {_kind(answer)}.") from None
    if values.ndim:
        raise NotYet(f"One number is asked for; this is {_kind(answer)} of {values.size}.")
    value = float(values)
    if math.isnan(value):
        raise NotYet("That is nan, no number. The first token of a text has no probability: nothing stands before it.")
    if math.isinf(value):
        raise NotYet("That is infinite. Was a logarithm taken of 0, or something divided by 0?")
    return value


def _unit_slips(right: float, unit: str) -> list[tuple[float, str]]:
    ln2 = math.log(2)
    if unit == "nats":
        told = "That is in bits. One bit is ln 2 = 0.693 nats."
        return [(right / ln2, told), (right / math.log(10), _BASE_10 + " Nats need the natural one."), (-right, _SIGN)]
    if unit == "bits":
        told = "That is in nats. One bit is ln 2 = 0.693 nats."
        return [(right * ln2, told), (right * math.log10(2), _BASE_10 + " Bits need base 2."), (-right, _SIGN)]
    if unit == "share":
        return [(100 * right, _PERCENT), (1 - right, "That is the rest: 1 minus what is asked for."), (-right, _SIGN)]
    return [(-right, _SIGN)]


def _exactly(value: int, right: int, slips: Slips, otherwise: str) -> int:
    if value == right:
        return value
    raise NotYet(next((told for wrong, told in slips if value == wrong), otherwise))


def _whole(value: float, what: str) -> int:
    if value != int(value):
        raise NotYet(f"{what} is a whole number; this is {value:g}.")
    return int(value)


def _close(value: float, to: float) -> bool:
    return math.isclose(value, to, rel_tol=_TOLERANCE, abs_tol=1e-9)


def _kind(answer: object) -> str:
    name = type(answer).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
