"""What a check says of an answer."""

from __future__ import annotations

from dataclasses import dataclass

_SAID = {"right": "✓ {}: right.", "wrong": "✗ {}: not yet.", "unanswered": "… {}: not answered yet."}


@dataclass(frozen=True)
class Result:
    """What a check says of an answer; true where it is right.

    Attributes
    ----------
    exercise : str
        Its id, as ``"02.1"``.
    status : str
        ``"right"``, ``"wrong"`` or ``"unanswered"``.
    message : str
        Of a right answer what it shows, of a wrong one what is wrong with it.
    """

    exercise: str
    status: str
    message: str

    def __bool__(self) -> bool:
        return self.status == "right"

    def __repr__(self) -> str:
        return f"{_SAID[self.status].format(self.exercise)} {self.message}"
