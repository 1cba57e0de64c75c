"""Checks for the exercises of the lessons: what is wrong with an answer, and a hint, but not the solution."""

from __future__ import annotations

from tokenscope_widgets.lessons.checking import check
from tokenscope_widgets.lessons.result import Result

__all__ = ["Result", "check"]
