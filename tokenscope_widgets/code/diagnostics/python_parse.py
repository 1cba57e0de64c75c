"""Python's own parser as a witness: what it objects to, and whether more text could still put it right."""

from __future__ import annotations

import ast
import codeop
import re
import warnings
from dataclasses import dataclass

from tokenscope_widgets.code.diagnostics.finding import Kind
from tokenscope_widgets.code.diagnostics.places import Places

_ALLOW_INCOMPLETE: int = codeop.PyCF_ALLOW_INCOMPLETE_INPUT  # type: ignore[attr-defined]
_BRACKETS = re.compile(r"was never closed|^unmatched |^closing parenthesis")
_NEVER_CLOSED = re.compile(r"was never closed|^unterminated ")
_LINES = re.compile(r" \(detected at line \d+\)| on line \d+")
_LAST_WORD = re.compile(r"[\w.@]+[ \t]*$")
# what could come next in code cut anywhere: with one of these, code that is only cut off parses
_CONTINUED = (
    *(
        "_",
        " _",
        ":",
        " _:",
        '"',
        "'",
        '""',
        "''",
        '}"',
        "}'",
        " in _",
        " in _:",
        " _ in _",
        " _ in _:",
        ": _",
        "= _",
        "= _:",
    ),
    *(" else _", " _ else _", " import _", " _ import _", "0", " def _():", "(): _", ") _", "\\", "_\n"),
)


@dataclass(frozen=True)
class Problem:
    """What Python objects to, in bytes of the source that was asked about."""

    kind: Kind
    message: str
    start: int
    end: int
    parses: bool


def problem_of(code: bytes) -> Problem | None:
    """What ``compile`` says of some code, or nothing. It is compiled, never run."""
    try:
        _compiled(code)
    except SyntaxError as error:
        return _placed(error, code)
    except (MemoryError, RecursionError, SystemError):
        return Problem("syntax", "This is nested too deeply for Python.", 0, 0, False)
    except (ValueError, OverflowError) as error:
        return Problem("syntax", f"Python cannot read this: {error}.", 0, 0, False)
    return None


def module_of(code: bytes) -> ast.Module | None:
    """The syntax tree of code that parses; nothing for code that does not."""
    try:
        return _parsed(code)
    except (SyntaxError, MemoryError, RecursionError, SystemError, ValueError, OverflowError):
        return None


def is_cut_off(code: bytes) -> bool:
    """Whether code that does not parse could still be the beginning of code that does."""
    error = error_that_stays(code)
    if error is None:
        return True
    if isinstance(error, IndentationError):
        return False
    lines = Places(code.rstrip()).starts
    at_end = (error.lineno or 0) >= len(lines) or bool(_NEVER_CLOSED.search(error.msg or ""))
    if not at_end:
        return False
    text = code.decode("utf-8", "replace")
    shortened = _LAST_WORD.sub("", text)
    candidates = [text.rstrip(" \t") + more for more in _CONTINUED]
    if shortened != text:
        candidates += [shortened + more for more in ("", "_", "= _", *(m for m in _CONTINUED if "_" in m))]
    return any(error_that_stays(candidate.encode()) is None for candidate in candidates)


def error_that_stays(code: bytes) -> SyntaxError | None:
    """The error that no further text can mend, if there is one."""
    try:
        _parsed(code, _ALLOW_INCOMPLETE)
    except SyntaxError as error:
        return None if error.msg == "incomplete input" else error
    except (MemoryError, RecursionError, SystemError, ValueError, OverflowError) as error:
        return SyntaxError(str(error))
    return None


def _compiled(code: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(code.decode(), "<generated>", "exec", dont_inherit=True)


def _parsed(code: bytes, flags: int = 0) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = compile(code.decode(), "<generated>", "exec", flags=ast.PyCF_ONLY_AST | flags, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def _placed(error: SyntaxError, code: bytes) -> Problem:
    places = Places(code)
    message = error.msg or "invalid syntax"
    kind: Kind = "unbalanced" if _BRACKETS.search(message) else "syntax"
    parses = kind == "syntax" and module_of(code) is not None
    # the lines Python names are those of a piece, not of the source
    sentence = f"Python: {_LINES.sub('', message)}."
    if error.lineno is None:
        return Problem(kind, sentence, 0, 0, parses)
    if isinstance(error, IndentationError) and not message.startswith("expected"):
        return Problem(kind, sentence, *places.first_token(error.lineno), parses)
    start = places.of_characters(error.lineno, (error.offset or 1) - 1)
    end = start
    if error.end_lineno is not None and (error.end_offset or 0) > 0:
        end = places.of_characters(error.end_lineno, (error.end_offset or 1) - 1)
    if message.startswith("unterminated"):
        end = max(places.line(error.lineno)[1], start)
    if kind == "unbalanced":
        end = start + 1
    return Problem(kind, sentence, start, max(start, end), parses)
