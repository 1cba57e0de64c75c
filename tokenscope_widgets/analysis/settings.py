"""How tokens are chosen: the settings of one generation, checked once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tokenscope_widgets.errors import bad_value

_SAMPLING_ONLY = ("temperature", "top_k", "top_p", "min_p")


@dataclass(frozen=True)
class DecodingSettings:
    """Settings of one generation, with the meanings they have in ``transformers.GenerationConfig``.

    Attributes
    ----------
    max_new_tokens : int
        The most tokens to write, at least 1.
    do_sample : bool
        Draw from the distribution instead of taking its first choice.
    temperature : float
        Logits are divided by it before drawing, > 0.
    top_k : int or None
        Draw among that many likeliest tokens, 1 … vocabulary size.
    top_p : float or None
        Draw from the smallest set of tokens that holds this much probability, in (0, 1].
    min_p : float or None
        Leave out tokens less likely than this share of the likeliest, in [0, 1].
    repetition_penalty : float
        > 1 makes tokens that already stand in the text less likely (also when not sampling), > 0.
    seed : int or None
        Of the random draws; chosen and recorded when sampling without one.
    stop_strings : tuple of str
        Writing ends once the written text holds one of them.
    eos_token_ids : tuple of int
        Writing ends with any of these tokens.
    alternatives : int
        How many of the likeliest tokens are kept per position.
    use_cache : bool
        Keep keys and values of earlier tokens instead of computing them again.
    """

    max_new_tokens: int = 128
    do_sample: bool = False
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    seed: int | None = None
    stop_strings: tuple[str, ...] = ()
    eos_token_ids: tuple[int, ...] = ()
    alternatives: int = 10
    use_cache: bool = True

    @property
    def reshapes(self) -> bool:
        """Whether any processor changes the model's distribution before a token is chosen."""
        warped = self.temperature != 1 or self.top_k or (self.top_p or 1) < 1 or self.min_p
        return self.repetition_penalty != 1 or (self.do_sample and bool(warped))

    def check(self, vocabulary_size: int) -> None:
        """Raise `InputError` for the first setting out of its range."""
        for name in ("do_sample", "use_cache"):
            if not isinstance(getattr(self, name), bool):
                raise bad_value(name, getattr(self, name), "must be True or False", "Use one of them")
        _check_count("max_new_tokens", self.max_new_tokens, None)
        _check_count("alternatives", self.alternatives, vocabulary_size)
        if self.top_k is not None:
            _check_count("top_k", self.top_k, vocabulary_size)
        if not _is_number(self.temperature) or self.temperature <= 0:
            raise bad_value(
                "temperature",
                self.temperature,
                "must be a number above 0",
                "For the first choice every time, use do_sample=False",
            )
        if not _is_number(self.repetition_penalty) or self.repetition_penalty <= 0:
            raise bad_value(
                "repetition_penalty", self.repetition_penalty, "must be a number above 0", "1 switches it off"
            )
        if self.top_p is not None and not (_is_number(self.top_p) and 0 < self.top_p <= 1):
            raise bad_value("top_p", self.top_p, "must lie in (0, 1]", "None or 1 keeps every token")
        if self.min_p is not None and not (_is_number(self.min_p) and 0 <= self.min_p <= 1):
            raise bad_value("min_p", self.min_p, "must lie in [0, 1]", "None or 0 keeps every token")
        if self.seed is not None and (
            isinstance(self.seed, bool) or not isinstance(self.seed, int) or not -(2**63) <= self.seed < 2**64
        ):
            raise bad_value("seed", self.seed, "must be a whole number of 64 bits or None", "None chooses one for you")
        if any(not isinstance(s, str) or not s or not _is_encodable(s) for s in self.stop_strings):
            raise bad_value(
                "stop_strings", self.stop_strings, "must be texts of one whole character or more", "Leave it out"
            )

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values that JSON can hold."""
        return {
            **asdict(self),
            "stop_strings": list(self.stop_strings),
            "eos_token_ids": list(self.eos_token_ids),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DecodingSettings:
        """The inverse of `to_dict`."""
        return cls(
            **{
                **values,
                "stop_strings": tuple(values.get("stop_strings", ())),
                "eos_token_ids": tuple(values.get("eos_token_ids", ())),
            }
        )


def settings_from(options: dict[str, Any], base: DecodingSettings | None = None) -> DecodingSettings:
    """Settings from keywords as a user types them, over ``base``.

    As in other tools, naming ``temperature``, ``top_k``, ``top_p`` or ``min_p`` means sampling unless
    ``do_sample`` says otherwise.

    Raises
    ------
    InputError
        A keyword that is not a setting.
    """
    base = base or DecodingSettings()
    known = set(base.to_dict())
    for name in options:
        if name not in known:
            raise bad_value(name, options[name], "is not a generation setting", f"Known: {', '.join(sorted(known))}")
    defaults = DecodingSettings().to_dict()
    given = {name: _plain(value) for name, value in options.items() if value is not None or defaults[name] is None}
    if "do_sample" not in given and any(given.get(name) is not None for name in _SAMPLING_ONLY):
        given["do_sample"] = True
    if isinstance(given.get("stop_strings"), str):
        given["stop_strings"] = [given["stop_strings"]]
    if isinstance(given.get("eos_token_ids"), int):
        given["eos_token_ids"] = [given["eos_token_ids"]]
    for name in ("stop_strings", "eos_token_ids"):
        if name in given and not isinstance(given[name], Iterable):
            raise bad_value(name, given[name], "is not a list", "Give a list, or leave it out")
    return DecodingSettings.from_dict({**base.to_dict(), **given})


def _plain(value: Any) -> Any:
    """A NumPy or torch number as Python's own."""
    return value.item() if callable(getattr(value, "item", None)) and getattr(value, "ndim", 1) == 0 else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_encodable(text: str) -> bool:
    """Whether it holds no half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _check_count(name: str, value: object, most: int | None) -> None:
    limit = f" and at most the vocabulary's {most:,}" if most else ""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1 or (most and value > most):
        raise bad_value(name, value, f"must be a whole number of at least 1{limit}", "Choose a number in that range")
