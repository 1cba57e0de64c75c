"""The how-to guides run from top to bottom, as they stand, on the default model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import tokenscope_widgets as ts

GUIDES = sorted((Path(__file__).parent.parent / "docs" / "guides").glob("*.md"))
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_runs(guide: Path, demo_session: ts.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is loaded once for all of them; files are written to a folder of their own."""
    monkeypatch.setattr(ts.Session, "from_pretrained", lambda *_, **__: demo_session)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = _CODE.findall(guide.read_text(encoding="utf-8"))
    assert blocks
    try:
        for block in blocks:
            exec(compile(block, guide.name, "exec"), names)
    finally:
        demo_session.forbid_running()
