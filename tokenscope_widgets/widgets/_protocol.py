"""The messages between kernel and view. `tests/fixtures/protocol` holds an example of each, read by both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenscope_widgets.errors import InputError

VERSION = 1


@dataclass(frozen=True)
class Request:
    """Something a view asks for; it gets exactly one reply."""

    number: int
    action: str
    arguments: dict[str, Any]


def parse_request(content: object) -> Request:
    """A request from what a view sent.

    Raises
    ------
    InputError
        The message has another shape.
    """
    if not isinstance(content, dict) or content.get("kind") != "request":
        raise InputError(f"message={str(content)[:80]!r}: is no request. Reload the page to load the matching view.")
    number, action, arguments = content.get("request"), content.get("action"), content.get("arguments", {})
    if isinstance(number, bool) or not isinstance(number, int):
        raise InputError(f"request={str(number)[:40]!r}: must be a whole number. Reload the page.")
    if not isinstance(action, str) or not isinstance(arguments, dict):
        raise InputError(f"action={str(action)[:40]!r}: must be a name, with arguments by name. Reload the page.")
    return Request(number, action, arguments)


def reply(request: Request, result: Any = None) -> dict[str, Any]:
    """The reply to a request that was carried out."""
    return {"kind": "reply", "request": request.number, "ok": True, "result": result}


def refusal(number: int | None, error: Exception) -> dict[str, Any]:
    """The reply to a request that failed."""
    return {"kind": "reply", "request": number, "ok": False, "error": explain(error)}


def rows_message(run_id: str, start: int, count: int, columns: list[Any], meta: dict[str, Any]) -> dict[str, Any]:
    """Rows ``start … start + count`` of a run; the buffers travel beside it."""
    return {"kind": "rows", "run": run_id, "start": start, "count": count, "columns": columns, "meta": meta}


def explain(error: BaseException) -> str:
    """An error as a reader of the widget should see it."""
    from tokenscope_widgets.errors import TokenScopeError

    text = str(error) or type(error).__name__
    return text if isinstance(error, TokenScopeError) else f"{type(error).__name__}: {text}"
