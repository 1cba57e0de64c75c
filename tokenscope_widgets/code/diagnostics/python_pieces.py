"""Damaged Python in pieces: the top-level statements that parse, and those that do not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tokenscope_widgets.code.diagnostics.places import blanked
from tokenscope_widgets.code.diagnostics.python_parse import (
    Problem,
    error_that_stays,
    is_cut_off,
    module_of,
    problem_of,
)

# a line at the margin that begins a statement: no comment, no closer, no further branch of the one before
_MARGIN = re.compile(rb"(?:\A|(?<=[\r\n]))(?![ \t\f\r\n#)\]}]|(?:else|elif|except|finally)\b)")
_BRANCHES = (b"else", b"elif", b"except", b"finally")
_MOST_JOINS = 40
_MOST_PIECES = 200


@dataclass(frozen=True)
class Pieces:
    """What of a source parses.

    Attributes
    ----------
    sound : bytes
        The source with spaces in place of what does not parse.
    broken : list of tuple of int
        The bytes that do not parse, in order.
    problems : list of Problem
        What Python objects to in each of ``broken``, in bytes of the source.
    starts : list of int
        Where statements begin at the margin.
    cut_off : bool
        Whether the last piece is only the beginning of something that could still parse.
    """

    sound: bytes
    broken: list[tuple[int, int]]
    problems: list[Problem]
    starts: list[int]
    cut_off: bool


def pieces_of(code: bytes, complete: bool) -> Pieces:
    """Take apart code that does not parse as a whole."""
    spans = _spans(code, complete)
    broken: list[tuple[int, int]] = []
    problems: list[Problem] = []
    cut_off = False
    for start, end in _broken(code, spans):
        if not complete and end == len(code) and is_cut_off(code[start:end]):
            cut_off = True
        else:
            problem = problem_of(code[start:end])
            if problem is not None:
                problems.append(_moved(problem, start))
        broken.append((start, end))
    return Pieces(blanked(code, broken), broken, problems, [start for start, _ in spans[1:]], cut_off)


def _spans(code: bytes, complete: bool) -> list[tuple[int, int]]:
    starts = [0]
    decorated = False
    for match in _MARGIN.finditer(code):
        place = match.start()
        if place and not decorated and place < len(code):
            starts.append(place)
        decorated = code[place : place + 1] == b"@"
    last = code[starts[-1] :]
    if not complete and len(starts) > 1 and last and any(word.startswith(last) for word in _BRANCHES):
        # "exc" at the end is not yet `except`
        starts.pop()
    if len(starts) > _MOST_PIECES:
        # far too many statements to try one by one: neighbours share a piece
        starts = starts[:: len(starts) // _MOST_PIECES + 1]
    return list(zip(starts, [*starts[1:], len(code)], strict=True))


def _broken(code: bytes, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = []
    place, joins = 0, 0
    while place < len(spans):
        start, end = spans[place]
        if module_of(code[start:end]) is not None:
            place += 1
            continue
        reach, tried = _joined(code, spans, place, _MOST_JOINS - joins)
        joins += tried
        if reach > place:
            place = reach
            continue
        problem = problem_of(code[start:end])
        if problem is not None and "triple-quoted" in problem.message:
            # whatever follows is inside the string
            out.append((start, len(code)))
            break
        out.append((start, end))
        place += 1
    return out


def _joined(code: bytes, spans: list[tuple[int, int]], place: int, budget: int) -> tuple[int, int]:
    """Whether statements that follow complete this one, as the lines of a string at the margin do."""
    start, end = spans[place]
    tried = 0
    for following in range(place + 1, len(spans)):
        if tried >= budget or error_that_stays(code[start:end]) is not None:
            break
        end = spans[following][1]
        tried += 1
        if module_of(code[start:end]) is not None:
            return following + 1, tried
    return place, tried


def _moved(problem: Problem, offset: int) -> Problem:
    return Problem(problem.kind, problem.message, problem.start + offset, problem.end + offset, problem.parses)
