"""Modules that are not installed, and attributes that modules lack: only if asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.code.diagnostics.parsing import brief, found

SOURCE = """\
import json, nosuchmodule
from collections import Counter, OrderedDic
s = "é😀"; t = json.dumpss(s)
print(json.dumps(t), Counter, OrderedDic, nosuchmodule)
"""


def test_unknown_modules_and_attributes_are_found_at_their_bytes() -> None:
    assert brief(SOURCE, modules=True) == [
        ("unknown_module", "nosuchmodule"),
        ("unknown_attribute", "OrderedDic"),
        ("unknown_attribute", "dumpss"),
    ]


def test_nobody_looks_for_modules_unasked() -> None:
    assert brief(SOURCE) == []


def test_modules_of_the_sound_part_are_looked_for_in_damaged_code() -> None:
    assert ("unknown_attribute", "dumpss") in brief(SOURCE + "\n\ndef f():\n    return (1\n", modules=True)


def test_attributes_of_what_is_no_module_are_left_alone() -> None:
    assert brief("class A:\n    pass\n\n\nprint(A().anything)\n", modules=True) == []


def test_the_code_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    found(f"import json\nopen({str(mark)!r}, 'w').write(json.nothing)\n", modules=True)
    assert not mark.exists()


def test_without_jedi_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jedi", None)
    assert brief(SOURCE, modules=True) == []
