"""A test text as steps in the order in which they run. The kernel names the tests by it, the child runs them.

Only `ast`, and no dataclasses: the child pays for every import in each run.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

LEFT, RIGHT, EQUAL = "@left", "@right", "@equal"
"""What a rewritten assertion compares, and how: names that no program spells by chance."""

_OPERATORS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


class PlanError(ValueError):
    """The text does not parse, or holds something that cannot be run as a test."""


class Claim:
    """What one ``assert`` says: its text, and the texts of both sides where it compares two things."""

    def __init__(self, text: str, left: str = "", operator: str = "", right: str = "", literal: bool = False) -> None:
        self.text, self.left, self.operator, self.right, self.literal = text, left, operator, right, literal


class Step:
    """One piece to run: a test where it has a name, else a set-up line."""

    def __init__(self, name: str, tree: ast.Module, line: int) -> None:
        self.name, self.tree, self.line = name, tree, line


class Plan:
    """Steps in order, and the claims that their assertions refer to by number."""

    def __init__(self, steps: list[Step], claims: list[Claim]) -> None:
        self.steps, self.claims = steps, claims

    @property
    def names(self) -> tuple[str, ...]:
        """One per test, in the order in which they run."""
        return tuple(step.name for step in self.steps if step.name)


def plan(source: str, calls: Sequence[str] = ()) -> Plan:
    """The steps of a test text.

    Parameters
    ----------
    source : str
        Asserts, set-up lines and functions named ``test_…``.
    calls : sequence of str
        Further tests, each a call of something that the text defines.

    Raises
    ------
    PlanError
        With the line, where the text does not parse or a test cannot be called.
    """
    try:
        module = ast.parse(source)
    except SyntaxError as error:
        raise PlanError(f"line {error.lineno or 1}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise PlanError(f"line 1: {error or 'nested too deeply'}") from None
    steps, later = [], list(calls)
    keeping = _Keeping(source)
    for statement in module.body:
        named = _name(statement, source)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name.startswith("test_"):
            later.append(_call(statement))
        body = keeping.rewritten(statement)
        steps.append(Step(named, ast.Module(body=body, type_ignores=[]), statement.lineno))
    steps += [Step(call, ast.parse(call), 0) for call in later]
    return Plan(steps, keeping.claims)


def defines(source: str, name: str) -> bool:
    """Whether a text that parses has a top-level function of that name."""
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.parse(source).body)


def _name(statement: ast.stmt, source: str) -> str:
    """The name of a top-level statement that is a test, else empty."""
    if isinstance(statement, ast.Assert):
        return _text(statement.test, source)
    if isinstance(statement, ast.Expr) and _is_check(statement.value):
        return _text(statement.value, source)
    if isinstance(statement, ast.For | ast.While | ast.If | ast.With | ast.Try) and any(
        isinstance(node, ast.Assert) for node in ast.walk(statement)
    ):
        return _line(source, statement.lineno)
    return ""


def _is_check(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check"


def _yields(function: ast.FunctionDef) -> bool:
    """Whether it is a generator; functions inside it do not count."""
    left: list[ast.AST] = list(function.body)
    while left:
        node = left.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            left += ast.iter_child_nodes(node)
    return False


def _call(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    needed = function.args
    if isinstance(function, ast.AsyncFunctionDef):
        raise PlanError(f"line {function.lineno}: {function.name} is async; make it a plain function")
    if _yields(function):
        raise PlanError(f"line {function.lineno}: {function.name} yields, so calling it runs nothing; remove the yield")
    required = len(needed.posonlyargs) + len(needed.args) - len(needed.defaults)
    if required or any(default is None for default in needed.kw_defaults):
        raise PlanError(f"line {function.lineno}: {function.name} needs arguments; a test is called without any")
    return f"{function.name}()"


class _Keeping(ast.NodeTransformer):
    """Assertions that keep both sides of a comparison in their frame, and say which claim failed.

    They stay ``assert`` statements. ``==`` becomes a call of the harness, which knows objects that equal everything.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.claims: list[Claim] = []

    def rewritten(self, statement: ast.stmt) -> list[ast.stmt]:
        found = self.visit(statement)
        body = found if isinstance(found, list) else [found]
        return [ast.fix_missing_locations(node) for node in body]

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        if isinstance(node.test, ast.Tuple) and node.test.elts:
            raise PlanError(f"line {node.lineno}: a tuple is always true; remove the parentheses around it")
        claim, kept, test = self._taken_apart(node.test)
        number = ast.Constant(value=len(self.claims))
        self.claims.append(claim)
        message = ast.Tuple(elts=[number, node.msg or ast.Constant(value=None)], ctx=ast.Load())
        body: list[ast.stmt] = [
            ast.Assign(targets=[ast.Name(id=name, ctx=ast.Store())], value=value) for name, value in kept
        ]
        body.append(ast.Assert(test=test, msg=message))
        return [ast.copy_location(statement, node) for statement in body]

    def _taken_apart(self, test: ast.expr) -> tuple[Claim, list[tuple[str, ast.expr]], ast.expr]:
        text = _text(test, self.source)
        left, right = ast.Name(id=LEFT, ctx=ast.Load()), ast.Name(id=RIGHT, ctx=ast.Load())
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            other = test.comparators[0]
            claim = Claim(
                text,
                _text(test.left, self.source),
                _OPERATORS[type(test.ops[0])],
                _text(other, self.source),
                _is_literal(other),
            )
            compared: ast.expr = ast.Compare(left=left, ops=test.ops, comparators=[right])
            if claim.operator == "==":
                compared = ast.Call(func=ast.Name(id=EQUAL, ctx=ast.Load()), args=[left, right], keywords=[])
            return claim, [(LEFT, test.left), (RIGHT, other)], compared
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = Claim(text, _text(test.operand, self.source), "not")
            return inner, [(LEFT, test.operand)], ast.UnaryOp(op=ast.Not(), operand=left)
        return Claim(text, text), [(LEFT, test)], left


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _text(node: ast.expr, source: str) -> str:
    segment = ast.get_source_segment(source, node)
    return segment if segment and "\n" not in segment else ast.unparse(node)


def _line(source: str, number: int) -> str:
    return source.splitlines()[number - 1].strip()
