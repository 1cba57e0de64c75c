"""Voila and marimo on loopback, each with one page that shows the workbench."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.lab.labkit import ISOLATED, free_port, notebook_json

OPEN = "import tokenscope_widgets as ts\nsession = ts.Session.from_pretrained()"
EXPLORE = 'explorer = session.explore("def fibonacci(n):", max_new_tokens=12)'
MARIMO = f"""import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    {OPEN.splitlines()[0]}

    {OPEN.splitlines()[1]}
    {EXPLORE}
    mo.ui.anywidget(explorer)
    return
"""


@contextlib.contextmanager
def voila(folder: Path) -> Iterator[str]:
    """A notebook as a page of its own."""
    (folder / "workbench.ipynb").write_text(notebook_json(OPEN, f"{EXPLORE}\nexplorer"), encoding="utf-8")
    port = free_port()
    command = ["-m", "voila", "workbench.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with _served(command, folder, f"http://127.0.0.1:{port}/static/") as running:
        del running
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def marimo(folder: Path) -> Iterator[str]:
    """A marimo app."""
    (folder / "workbench.py").write_text(MARIMO, encoding="utf-8")
    port = free_port()
    command = ["-m", "marimo", "--quiet", "run", "workbench.py", "--headless", "--no-token", f"--port={port}"]
    with _served(command, folder, f"http://127.0.0.1:{port}/health"):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def _served(command: list[str], folder: Path, probe: str) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, **{name: str(folder / place) for name, place in ISOLATED.items()}}
    env |= {"XDG_CONFIG_HOME": str(folder / "xdg"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(probe, process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(probe: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers, whatever it says."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(probe, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise RuntimeError(f"no server:\n{log.read_text()[-2000:]}")
