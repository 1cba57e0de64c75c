"""What a flow view asks for, and the key under which both sides know the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenscope_widgets.analysis.attribution import METHODS
from tokenscope_widgets.code.sources import CODE_UNITS
from tokenscope_widgets.errors import bad_value

ATTENTION_SOURCES = ("attention", "attention_rollout")
RUNNER_UP = "runner_up"
DIRECTIONS = ("read", "readers")
TEXT_UNITS = ("token", "line")
UNITS = (*TEXT_UNITS, *CODE_UNITS)


@dataclass(frozen=True)
class FlowQuestion:
    """One map of arcs.

    Attributes
    ----------
    source : str
        One of `METHODS`.
    layer, head : int or None
        Of attention; None for the mean.
    direction : str
        ``"read"`` or ``"readers"``.
    unit : str
        What the far ends of arcs are: ``"token"``, ``"line"``, ``"statement"`` or ``"function"``.
    sink : bool
        Whether the first token is shown.
    at : int or None
        The explained token; not for attention, which has arcs for all.
    contrast : None, "runner_up" or {"text": str}
    """

    source: str
    layer: int | None = None
    head: int | None = None
    direction: str = "read"
    unit: str = "token"
    sink: bool = False
    at: int | None = None
    contrast: Any = None

    def __post_init__(self) -> None:
        for name, value, known in (
            ("source", self.source, tuple(METHODS)),
            ("direction", self.direction, DIRECTIONS),
            ("unit", self.unit, UNITS),
        ):
            if value not in known:
                raise bad_value(name, value, "is not known", f"Use one of {', '.join(known)}")
        check_contrast(self.contrast)

    @property
    def of_attention(self) -> bool:
        """Whether it has arcs for every token."""
        return self.source in ATTENTION_SOURCES

    @property
    def key(self) -> str:
        """The same as ``keyOf`` in js/src/flow/question.ts; tests/fixtures/flow/keys.json is read by both."""
        end = [self.unit, "sink" if self.sink else "nosink"]
        if self.source == "attention":
            ends = ["mean" if which is None else str(which) for which in (self.layer, self.head)]
            return "|".join([self.source, *ends, self.direction, *end])
        if self.source == "attention_rollout":
            return "|".join([self.source, self.direction, *end])
        return "|".join([self.source, str(self.at), _contrast_key(self.contrast), *end])

    @property
    def attribution_key(self) -> tuple[str, int | None, str, str]:
        """What an attribution depends on: the sink is only attention's."""
        return self.source, self.at, _contrast_key(self.contrast), self.unit

    @property
    def contrast_argument(self) -> bool | str | None:
        """The contrast as `Session.attribute` takes it."""
        if self.contrast is None:
            return None
        return True if self.contrast == RUNNER_UP else str(self.contrast["text"])


def check_contrast(contrast: Any) -> Any:
    """A contrast as the views send it.

    Raises
    ------
    InputError
        It is something else.
    """
    text = contrast.get("text") if isinstance(contrast, dict) else None
    if contrast is None or contrast == RUNNER_UP or (isinstance(text, str) and text):
        return contrast
    raise bad_value("contrast", contrast, "is no contrast", "Use None, 'runner_up', or {'text': 'another token'}")


def _contrast_key(contrast: Any) -> str:
    if contrast is None or contrast == RUNNER_UP:
        return contrast or ""
    return f"text:{contrast['text']}"
