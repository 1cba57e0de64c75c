"""The program that a run wrote: what can be run of it, and whether it parses."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.grammars import canonical
from tokenscope_widgets.code.parsing import as_map, parse
from tokenscope_widgets.code.states import STATES

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.regions import Region

_ERROR, _OK = STATES.index("error"), STATES.index("ok")
# what stands around a program in an answer: how to install it, what it prints, what it reads
_BESIDE = (
    *("bash", "shell", "sh", "zsh", "console", "shellsession", "powershell", "batch", "cmd", "diff"),
    *("json", "yaml", "toml", "ini", "xml", "csv", "html", "css", "sql"),
)
_SESSION = re.compile(rb"\s*>>> ")


@dataclass(frozen=True, eq=False)
class Program:
    """The code of a run.

    Attributes
    ----------
    text : str
        What would be run: all code of one language, prompt included, in order and without the indent of its fences;
        without what was cut off at its end.
    language : str or None
        None where there is no code.
    start : int
        The byte of the run's source at which ``text`` begins.
    left_out : str
        Unfinished code at the end that is not part of ``text``.
    syntax : str
        ``"parses"``, ``"unfinished"`` (nothing is wrong in what is there), ``"broken"``, or ``"unknown"`` where no
        grammar and no Python can tell.
    problem : str
        What is wrong, with its line; empty where nothing is.
    code : CodeMap
    line_starts : tuple of int
        The byte of the run's source at which each line of ``text`` begins.
    """

    text: str
    language: str | None
    start: int
    left_out: str
    syntax: str
    problem: str
    code: CodeMap
    line_starts: tuple[int, ...] = ()

    def tokens_of_line(self, line: int) -> tuple[int, int]:
        """The first and the last token of a line of ``text`` (from 1); (−1, −1) for a line that is not there."""
        lines = self.text.encode().split(b"\n")
        if not 1 <= line <= min(len(lines), len(self.line_starts)):
            return -1, -1
        first, text = self.line_starts[line - 1], lines[line - 1]
        indent = len(text) - len(text.lstrip())
        return self.code.tokens_in(first + indent, first + max(len(text), indent + 1))


def program_of(run: CodeMap | Generation, language: str | None = None) -> Program:
    """The program of a run, or of its map.

    All code in one language is joined, in order: the one asked for, else that of the largest piece that is no shell
    command and no data, if there is one. A run that was cut off (by a limit, a stop text, a cancel) loses its last
    top-level statement if that was still being written, or if the program does not parse with it, as long as a whole
    definition remains.
    """
    code = as_map(run, "run") if language is None or isinstance(run, CodeMap) else parse(run, language)
    regions = _regions_of(code, language)
    if not regions:
        wanted = f"{language} code" if language is not None else "code"
        return Program("", None, 0, "", "unknown", f"There is no {wanted} in this text.", code)
    chosen, last = regions[0].language, regions[-1]
    spans = [(region.start, region.end) for region in regions]
    if chosen == "python":
        spans[-1] = (last.start, _sound_end(code, spans))
        text, starts = joined(code.source, spans)
        syntax, problem = _python_syntax(text)
        if syntax == "unfinished" and code.complete:
            syntax = "broken"
    else:
        text, starts = joined(code.source, spans)
        syntax, problem = _tree_syntax(code, spans), ""
    rest = code.source[spans[-1][1] : last.end].decode("utf-8", "replace").strip("\n")
    kept = text.decode("utf-8", "replace")
    return Program(kept, chosen, spans[0][0], rest, syntax, problem, code, starts)


def joined(source: bytes, spans: Sequence[tuple[int, int]]) -> tuple[bytes, tuple[int, ...]]:
    """Pieces of a source below each other, each without the indent all its lines share; and where its lines begin.

    Returns
    -------
    bytes, tuple of int
        The text, and for each of its lines the byte of ``source`` at which it begins.
    """
    lines: list[bytes] = []
    starts: list[int] = []
    for start, end in spans:
        if lines and not lines[-1]:  # the piece before ended its last line
            lines.pop(), starts.pop()
        piece = source[start:end].split(b"\n")
        indent = len(_shared_indent(piece))
        for line in piece:
            taken = min(indent, len(line) - len(line.lstrip(b" \t")))
            lines.append(line[taken:])
            starts.append(start + taken)
            start += len(line) + 1
    return b"\n".join(lines), tuple(starts)


def _shared_indent(lines: Sequence[bytes]) -> bytes:
    indents = [line[: len(line) - len(line.lstrip(b" \t"))] for line in lines if line.strip()]
    shared = min(indents, key=len, default=b"")
    while not all(indent.startswith(shared) for indent in indents):
        shared = shared[:-1]
    return shared


def _regions_of(code: CodeMap, language: str | None) -> list[Region]:
    """The pieces that make up the program: those of one language, without transcripts of Python sessions."""
    regions = [region for region in code.regions if region.language is not None]
    if language is None:
        main = [region for region in regions if region.language not in _BESIDE] or regions
        language = max(main, key=lambda r: r.end - r.start).language if main else None
    wanted = canonical(language or "") or (language or "").lower()
    found = [region for region in regions if region.language == wanted]
    if wanted == "python":
        found = [r for r in found if not _SESSION.match(code.source, r.start)] or found
    return found


def _sound_end(code: CodeMap, spans: Sequence[tuple[int, int]]) -> int:
    """Where the last piece ends without a top-level statement that was still being written."""
    from tokenscope_widgets.code.diagnostics.python_parse import problem_of

    start, stop = spans[-1]
    body = joined(code.source, spans)[0]
    parses = problem_of(body) is None
    if code.complete or (parses and not _is_being_written(code, start, stop)):
        return stop
    tree = code.tree
    roots = [n for n in range(len(tree)) if tree.parent[n] < 0 and start <= tree.start[n] < stop]
    tops = [int(tree.start[child]) for root in roots for child in tree.children(root)]
    for top in reversed(tops):
        shorter = joined(code.source, [*spans[:-1], (start, top)])[0]
        if problem_of(shorter) is None and _defines(shorter):
            return top
    return stop


def _is_being_written(code: CodeMap, start: int, stop: int) -> bool:
    """Whether the writer was stopped in the middle of the last line of this piece."""
    boundary = code.run is not None and code.run.finish == "boundary"
    cut_here = stop == code.text.cut == len(code.source)
    return cut_here and not boundary and not code.source[start:stop].rstrip(b" \t").endswith((b"\n", b"\r"))


def _defines(body: bytes) -> bool:
    from tokenscope_widgets.code.diagnostics.python_parse import module_of

    module = module_of(body)
    whole = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return module is not None and any(isinstance(node, whole) for node in module.body)


def _python_syntax(body: bytes) -> tuple[str, str]:
    from tokenscope_widgets.code.diagnostics.python_parse import is_cut_off, problem_of

    problem = problem_of(body)
    if problem is None:
        return "parses", ""
    line = body[: problem.start].count(b"\n") + 1
    text = f"line {line}: {problem.message.removeprefix('Python: ').rstrip('.')}"
    return ("unfinished" if is_cut_off(body) else "broken"), text


def _tree_syntax(code: CodeMap, spans: Sequence[tuple[int, int]]) -> str:
    tree = code.tree
    parts = [(tree.start >= start) & (tree.end <= end) for start, end in spans]
    if not all(part.any() for part in parts):
        return "unknown"
    states = code.state[np.any(parts, axis=0)]
    if bool((states == _ERROR).any()):
        return "broken"
    return "unfinished" if bool((states != _OK).any()) else "parses"
