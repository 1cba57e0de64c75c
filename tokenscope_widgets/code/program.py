"""The program that a run wrote: what can be run of it, and whether it parses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.parsing import as_map, parse
from tokenscope_widgets.code.states import STATES

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.regions import Region

_ERROR = STATES.index("error")


@dataclass(frozen=True, eq=False)
class Program:
    """The code of a run.

    Attributes
    ----------
    text : str
        What would be run: the largest piece of code, prompt included, without what was cut off at its end.
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
    """

    text: str
    language: str | None
    start: int
    left_out: str
    syntax: str
    problem: str
    code: CodeMap

    def tokens_of_line(self, line: int) -> tuple[int, int]:
        """The first and the last token of a line of ``text`` (from 1); (−1, −1) for a line that is not there."""
        lines = self.text.encode().split(b"\n")
        if not 1 <= line <= len(lines):
            return -1, -1
        first = self.start + sum(len(text) + 1 for text in lines[: line - 1])
        indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
        return self.code.tokens_in(first + indent, first + max(len(lines[line - 1]), indent + 1))


def program_of(run: CodeMap | Generation, language: str | None = None) -> Program:
    """The program of a run (in this language, else a guess), or of its map.

    Where a run was cut off, Python code that does not parse loses what stands from its last top-level statement on,
    if anything is left then.
    """
    code = as_map(run, "run") if language is None or isinstance(run, CodeMap) else parse(run, language)
    regions = [region for region in code.regions if region.language is not None]
    if not regions:
        return Program("", None, 0, "", "unknown", "There is no code in this text.", code)
    region = max(regions, key=lambda r: r.end - r.start)
    body = code.source[region.start : region.end]
    end = len(body)
    if region.language == "python":
        end = _sound_end(code, region, body)
        syntax, problem = _python_syntax(body[:end])
        if syntax == "unfinished" and code.complete:
            syntax = "broken"
    else:
        syntax, problem = _tree_syntax(code), ""
    kept, rest = (part.decode("utf-8", "replace") for part in (body[:end], body[end:]))
    return Program(kept, region.language, region.start, rest.strip("\n"), syntax, problem, code)


def _sound_end(code: CodeMap, region: Region, body: bytes) -> int:
    """Where the last whole top-level statement ends, if the code was cut and does not parse."""
    from tokenscope_widgets.code.diagnostics.python_parse import problem_of

    if code.complete or problem_of(body) is None:
        return len(body)
    tree = code.tree
    roots = [n for n in range(len(tree)) if tree.parent[n] < 0 and tree.start[n] >= region.start]
    tops = [child for root in roots for child in tree.children(root) if tree.start[child] < region.end]
    for top in reversed(tops):
        end = int(tree.start[top]) - region.start
        if not body[:end].strip():
            break
        if problem_of(body[:end]) is None and _defines(body[:end]):
            return end
    return len(body)


def _defines(body: bytes) -> bool:
    from tokenscope_widgets.code.diagnostics.python_parse import module_of

    module = module_of(body)
    return module is not None and any(hasattr(node, "body") for node in module.body)


def _python_syntax(body: bytes) -> tuple[str, str]:
    from tokenscope_widgets.code.diagnostics.python_parse import is_cut_off, problem_of

    problem = problem_of(body)
    if problem is None:
        return "parses", ""
    line = body[: problem.start].count(b"\n") + 1
    text = f"line {line}: {problem.message.removeprefix('Python: ').rstrip('.')}"
    return ("unfinished" if is_cut_off(body) else "broken"), text


def _tree_syntax(code: CodeMap) -> str:
    if not len(code.tree):
        return "unknown"
    if bool((code.state == _ERROR).any()):
        return "broken"
    return "unfinished" if bool((code.state != STATES.index("ok")).any()) else "parses"
