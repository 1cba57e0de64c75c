"""One-file HTML pages that need no network and no kernel."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenscope_widgets.widgets._base import BaseWidget

_PAGE_SCRIPT = Path(__file__).parent / "static" / "page.js"
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def to_html(widget: BaseWidget, path: str | os.PathLike[str]) -> Path:
    """Write a widget as one HTML file: what it holds stays explorable, and the page says that no kernel is there.

    The file is complete or not written at all.
    """
    target = Path(path)
    page = page_of(widget)
    handle, scratch = tempfile.mkstemp(dir=target.parent or ".", prefix=target.name, suffix=".partial")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        os.chmod(scratch, 0o644)
        os.replace(scratch, target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    return target


def page_of(widget: BaseWidget, title: str | None = None) -> str:
    """The page as text."""
    state = {**widget.get_state(), **widget._export_state()}
    view, style = state.pop("_esm"), state.pop("_css", "")
    kept = {k: _plain(v) for k, v in state.items() if k == "_snapshot" or not k.startswith(_FOREIGN)}
    return _TEMPLATE.format(
        title=_text(title or f"{type(widget).__name__} – TokenScope Widgets"),
        policy=_POLICY,
        style=style.replace("</", "<\\/"),
        state=_script_json({"state": kept, "view": view}),
        script=_PAGE_SCRIPT.read_text(encoding="utf-8").replace("</", "<\\/"),
    )


_FOREIGN = ("_model_", "_view_", "_dom_classes", "_anywidget", "layout", "tabbable", "tooltip", "comm")

_TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
<main id="view"><h1 class="ts-unseen">{title}</h1></main>
<script type="application/json" id="state">{state}</script>
<script type="module">{script}</script>
</html>
"""


def _plain(value: Any) -> Any:
    """JSON can hold it: bytes become ``{"base64": …}``."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _script_json(value: Any) -> str:
    """JSON that cannot end its script element, nor break a line in old parsers."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
