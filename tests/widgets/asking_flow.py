"""Asking a flow diagram as its view does."""

from __future__ import annotations

from typing import Any

import numpy as np

import tokenscope_widgets as ts

PROMPT = "def f(x):\n    y = x\n    return"


AT = 20
LINES = "a = 1\nb = 2\nif a:\n  c = b\nd = c\nprint(d)"


QUESTION: dict[str, Any] = {
    "source": "attention",
    "layer": None,
    "head": None,
    "direction": "read",
    "unit": "token",
    "sink": True,
    "at": AT,
    "contrast": None,
}


Sent = list[tuple[dict[str, Any], list[bytes]]]


def ask(flow: ts.Flow, action: str, **changes: Any) -> tuple[dict[str, Any], Sent]:
    """Send a request as a view would and wait: the one reply, and the other messages."""
    sent: Sent = []
    flow.send = lambda content, buffers=None: sent.append((content, buffers or []))
    arguments = changes if action in ("grid", "contrast_info", "cancel") else {**QUESTION, **changes}
    flow._receive(flow, {"kind": "request", "request": 7, "action": action, "arguments": arguments}, [])
    flow.wait()
    replies = [content for content, _ in sent if content["kind"] == "reply"]
    assert len(replies) == 1
    found = [message for message in sent if message[0]["kind"] not in ("reply", "rows")]
    # the preview that comes before an attribution has a test of its own
    previews = arguments.get("source") != "attention" and action in ("map", "attribute")
    return replies[0], [m for m in found if not (previews and m[0]["key"].startswith("attention|"))]


def edges(message: tuple[dict[str, Any], list[bytes]], near: int) -> dict[int, float]:
    """Far end to weight of one near token."""
    content, buffers = message
    kinds = {"u32": "<u4", "f32": "<f4"}
    columns = {c["name"]: np.frombuffer(b, kinds[c["dtype"]]) for c, b in zip(content["columns"], buffers, strict=True)}
    rows = slice(columns["near_start"][near], columns["near_start"][near + 1])
    return dict(zip(columns["far"][rows].tolist(), columns["weight"][rows].tolist(), strict=True))
