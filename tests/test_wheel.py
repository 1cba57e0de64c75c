"""The wheel: what is in it, and what it can do where there is no torch."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import tokenscope_widgets

ROOT = Path(__file__).parent.parent
PACKAGE = Path(tokenscope_widgets.__file__).parent
RUNS = ROOT / "tests" / "fixtures" / "runs"
WITHOUT = {"torch", "transformers", "gguf", "safetensors"}

LOOKING = f"""
import importlib.util
import tokenscope_widgets as ts
run, branch = (ts.load({str(RUNS)!r} + name) for name in ("/fibonacci.tsw", "/fibonacci-branch-1.tsw"))
assert len(run.to_frame()) == len(run)
for widget in (ts.TokenStream(run), ts.WhatIf(run), ts.Compare([run, branch]), ts.BranchTree([run, branch]),
               ts.CodeView(run), ts.Explorer(run)):
    widget.to_html(f"{{type(widget).__name__}}.html")
ts.charts.metric_trend(run)
assert importlib.util.find_spec("torch") is None
print(ts.__version__, ts.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as for a release, in an environment of its own."""
    folder = tmp_path_factory.mktemp("dist")
    done("-m", "build", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def members(wheel: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(wheel) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(members: zipfile.ZipFile) -> Message:
    name = next(name for name in members.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(members.read(name).decode())


def done(*arguments: str, python: str | Path = sys.executable, cwd: Path | None = None) -> str:
    """What an interpreter says; its own complaint if it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ended = subprocess.run(
        [str(python), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout[-1500:] + ended.stderr[-1500:]
    return ended.stdout


def test_the_wheel_holds_every_file_of_the_package(members: zipfile.ZipFile) -> None:
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in members.namelist() if ".dist-info/" not in name}
    assert inside == sources


@pytest.mark.parametrize("name", ["py.typed", "static/page.js", "static/explorer.js", "sandbox/harness.py"])
def test_what_is_found_only_when_it_is_used_is_in_the_package(name: str, members: zipfile.ZipFile) -> None:
    assert f"tokenscope_widgets/{name}" in members.namelist()


def test_the_licence_is_in_the_wheel(members: zipfile.ZipFile, metadata: Message) -> None:
    name = next(name for name in members.namelist() if name.endswith("licenses/LICENSE"))
    assert members.read(name) == (ROOT / "LICENSE").read_bytes()
    assert metadata["License-Expression"] == "MIT"


def test_the_version_is_that_of_the_package(metadata: Message) -> None:
    assert metadata["Version"] == tokenscope_widgets.__version__


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## [{tokenscope_widgets.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_source_distribution_holds_what_the_views_are_built_from(wheel: Path) -> None:
    with tarfile.open(next(wheel.parent.glob("*.tar.gz"))) as archive:
        inside = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"LICENSE", "js/build.mjs", "js/package-lock.json", "js/src/page/index.ts", "pyproject.toml"} <= inside


def test_stored_runs_are_shown_without_torch(wheel: Path, metadata: Message, tmp_path: Path) -> None:
    """In a new environment with the declared dependencies, but for those that are there for a model."""
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    wanted = [str(one) for one in needed if one.marker is None and one.name not in WITHOUT]
    done("-m", "venv", str(tmp_path / "venv"))
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    done("-m", "pip", "install", "--quiet", "--no-deps", str(wheel), python=python)
    done("-m", "pip", "install", "--quiet", "--no-compile", *wanted, python=python)
    version, home = done("-c", LOOKING, python=python, cwd=tmp_path).split()
    assert version == tokenscope_widgets.__version__
    assert Path(home).is_relative_to(tmp_path)
