"""Runs a program and its tests in one interpreter and tells what happened, as lines of JSON on one descriptor.

The program may patch what it likes: everything needed to tell the truth is bound here before it starts, and the
built-in functions that this module uses are its own copy.
"""

from __future__ import annotations

import builtins

globals()["__builtins__"] = dict(vars(builtins))

import errno  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import types  # noqa: E402
from _json import encode_basestring_ascii as _quoted  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402

from tokenscope_widgets.sandbox.plan import EQUAL, LEFT, RIGHT, Claim, Plan, plan  # noqa: E402

PROGRAM, TESTS = "program.py", "tests.py"
_LONGEST = 200
_DENIED = {"!=": "equals", "is": "is not", "is not": "is", "not in": "is in", "in": "is not in"}
_FILES = (errno.EFBIG, errno.ENOSPC, errno.EDQUOT, errno.EMFILE)
_write, _exit, _process = os.write, os._exit, os.getpid
_set_trace, _set_profile = sys.settrace, sys.setprofile
_set_limit, _get_limit, _memory = resource.setrlimit, resource.getrlimit, resource.RLIMIT_AS


def judge(program: str, tests: str, calls: Sequence[str], nonce: str, channel: int) -> None:
    """Load the program, run the tests, and send a line for each thing that happened; the last one is ``done``."""
    own = {**vars(builtins), EQUAL: _equal}
    planned = plan(tests, calls)
    steps = [(step.name, step.line, compile(step.tree, TESTS, "exec", dont_inherit=True)) for step in planned.steps]
    process = _process()

    def send(kind: str, *values: str | int) -> None:
        if _process() != process:
            _exit(0)  # a child of the program that came back to here
        texts = [_quoted(value) if isinstance(value, str) else str(value) for value in (nonce, kind, *values)]
        _write(channel, ("[" + ", ".join(texts) + "]\n").encode())

    out = sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    send("ready")
    room = _Room()
    names = _load(program, send, room)
    if names is not None:
        send("loaded")
        _run(planned, steps, names, own, send, room)
    out.flush()


def _load(program: str, send: Callable[..., None], room: _Room) -> dict[str, object] | None:
    """The program's names, or None where it could not be compiled or raised."""
    try:
        code = compile(program, PROGRAM, "exec", dont_inherit=True)
    except SyntaxError as error:
        send("unparsed", _short(error.msg), error.lineno or 0)
        return None
    except (ValueError, RecursionError, MemoryError) as error:
        send("unparsed", _said(error), 0)
        return None
    module = types.ModuleType("program")
    module.__file__ = PROGRAM
    module.__dict__["__builtins__"] = builtins
    # what `site` gives every other program
    vars(builtins).update(exit=sys.exit, quit=sys.exit)
    sys.modules["program"] = module
    try:
        exec(code, module.__dict__)
    except BaseException as error:
        room.make()
        send("raised", _kind(error), _said(error), _program_line(error), _limit(error))
        return None
    return module.__dict__


def _run(
    planned: Plan,
    steps: Sequence[tuple[str, int, types.CodeType]],
    names: dict[str, object],
    own: dict[str, object],
    send: Callable[..., None],
    room: _Room,
) -> None:
    index, broken = -1, ""
    for name, line, code in steps:
        index += bool(name)
        if broken:
            if name:
                send("failed", index, broken, "", 0, "")
            continue
        names["__builtins__"] = own
        _set_trace(None)
        _set_profile(None)
        try:
            exec(code, names)
        except BaseException as error:
            room.make()
            if isinstance(error, ModuleNotFoundError) and _last_file(error) == TESTS:
                send("missing", str(error.name))
                return
            if name:
                kind = _kind(error)
                send("failed", index, _failure(error, planned.claims), kind, _program_line(error), _limit(error))
            else:
                broken = f"set-up line {line} raised {_kind(error)}: {_said(error)}"
            room.give_back()
        else:
            if name:
                send("passed", index)
    send("done")


def _equal(left: object, right: object) -> object:
    """``left == right``, unless the class of a side says that it equals anything."""
    answer = left == right
    return False if _equals_anything(left) or _equals_anything(right) else answer


def _equals_anything(value: object) -> bool:
    if not isinstance(type(value).__eq__, types.FunctionType):
        return False
    try:
        return bool(value == object())
    except Exception:
        return False


def _failure(error: BaseException, claims: Sequence[Claim]) -> str:
    """What a failed test says: both sides of its comparison where it has one."""
    arguments = error.args
    claim = arguments[0] if type(error) is AssertionError and len(arguments) == 1 else None
    if not (isinstance(claim, tuple) and len(claim) == 2 and type(claim[0]) is int and claim[0] < len(claims)):
        return f"{_kind(error)}: {_said(error)}".removesuffix(": ")
    number, said = claim
    frame = _last_frame(error)
    kept = frame.f_locals if frame is not None else {}
    told = _told(claims[number], kept)
    return f"AssertionError: {told}" + (f" ({_short(_safely(str, said))})" if said is not None else "")


def _told(claim: Claim, kept: dict[str, object]) -> str:
    left = _shown(kept.get(LEFT))
    if claim.operator == "not" or not claim.operator:
        return f"{claim.left} gave {left}"
    right = _shown(kept.get(RIGHT))
    if claim.operator == "==":
        return f"{claim.left} gave {left}, not {claim.right if claim.literal else right}"
    against = claim.right if claim.literal or claim.right == right else f"{claim.right}, which gave {right}"
    return f"{claim.left} gave {left}, which {_DENIED.get(claim.operator, f'is not {claim.operator}')} {against}"


def _limit(error: BaseException) -> str:
    """Which limit an exception comes from, empty where from none."""
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError) and error.errno in _FILES:
        return "files"
    if isinstance(error, OSError) and error.errno == errno.EAGAIN:
        return "processes"
    return "processes" if isinstance(error, RuntimeError) and "can't start new thread" in _said(error) else ""


class _Room:
    """Some memory more, to be able to tell that there is none; nothing here may need any itself."""

    def __init__(self) -> None:
        soft, hard = _get_limit(_memory)
        self.usual, self.most = (soft, hard), (hard, hard)
        self.reserve = bytearray(4 << 20)

    def make(self) -> None:
        self.reserve.clear()
        _set_limit(_memory, self.most)

    def give_back(self) -> None:
        _set_limit(_memory, self.usual)


def _program_line(error: BaseException) -> int:
    """The deepest line of the program in a traceback, 0 where there is none."""
    line, step = 0, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == PROGRAM:
            line = step.tb_lineno
        step = step.tb_next
    return line


def _last_frame(error: BaseException) -> types.FrameType | None:
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step.tb_frame if step is not None else None


def _last_file(error: BaseException) -> str:
    frame = _last_frame(error)
    return frame.f_code.co_filename if frame is not None else ""


def _kind(error: BaseException) -> str:
    return _short(_safely(lambda value: type(value).__name__, error))


def _said(error: BaseException) -> str:
    return _short(_safely(str, error))


def _shown(value: object) -> str:
    return _short(_safely(repr, value))


def _safely(to_text: Callable[[object], object], value: object) -> str:
    """The text of something whose class the program may have written."""
    try:
        text = to_text(value)
        return str.__str__(text) if isinstance(text, str) else "…"
    except BaseException:
        return "something that cannot be shown"


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _LONGEST].split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
