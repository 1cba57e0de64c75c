"""JupyterLab (or Notebook 7) on loopback, driven by Playwright: a server, a page, a notebook."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat.v4 as nbf
from nbformat import NotebookNode, writes

SETTINGS = {
    "@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Light", "adaptive-theme": False},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # else cells off the screen are not there
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/completer-extension:manager": {"autoCompletion": False},
}
ISOLATED = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "run",
    "IPYTHONDIR": "ipython",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextlib.contextmanager
def serve(root: Path, scratch: Path, app: str = "jupyterlab") -> Iterator[str]:
    """Run a Jupyter server with settings of its own; yields its address."""
    if app == "jupyterlab":  # Notebook 7 fails on settings of plugins it does not have
        overrides = scratch / "config" / "labconfig"
        overrides.mkdir(parents=True)
        (overrides / "default_setting_overrides.json").write_text(json.dumps(SETTINGS))
    port = free_port()
    env = {**os.environ, **{name: str(scratch / folder) for name, folder in ISOLATED.items()}}
    env |= {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONUNBUFFERED": "1"}
    expose = "LabApp" if app == "jupyterlab" else "JupyterNotebookApp"
    command = [sys.executable, "-m", app, "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", "--ServerApp.open_browser=False", "--IdentityProvider.token="]
    command += ["--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={root}", "--ServerApp.allow_root=True"]
    command += ["--LanguageServerManager.autodetect=False", f"--{expose}.expose_app_in_browser=True"]
    log = scratch / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, cwd=root, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/status", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)  # the server ends its kernels
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"no server:\n{log.read_text()[-3000:]}")


@dataclass
class Watch:
    """Everything a page complains about, and every request that leaves the machine's own server."""

    page: Any
    base: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = (self.base, self.base.replace("http", "ws"), "data:", "blob:", "file:")
        self.page.on("console", lambda m: self.errors.append(m.text) if self._is_error(m) else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("request", lambda r: None if r.url.startswith(own) else self.outside.append(r.url))

    @staticmethod
    def _is_error(message: Any) -> bool:
        """JupyterLab's debugger complains of its own requests when a page is left before they are answered."""
        return message.type == "error" and not message.text.startswith("Could not restore the debugger state")


class Notebook:
    """A notebook open in a page: no menu clicks, no sleeps."""

    def __init__(self, page: Any, base: str, path: str) -> None:
        self.page = page
        page.goto(f"{base}/lab/tree/{path}?reset")
        self._ready(path)

    def reload(self, path: str) -> None:
        """Load the page again; the kernel stays."""
        self.page.reload()
        self._ready(path)

    def _ready(self, path: str) -> None:
        self.page.wait_for_function("() => window.jupyterapp?.restored", timeout=60_000)
        self.page.evaluate("() => window.jupyterapp.restored.then(() => true)")
        self.page.wait_for_function(
            """(path) => { const w = window.jupyterapp.shell.currentWidget, s = w?.sessionContext;
            return s && w.context?.path === path && s.isReady
                && s.session?.kernel?.connectionStatus === 'connected' }""",
            arg=path,
            timeout=60_000,
        )

    def run_all(self) -> None:
        """Run every cell; fails on a cell that failed."""
        self.page.evaluate(
            """async () => { const w = window.jupyterapp.shell.currentWidget; await w.context.ready;
            await w.revealed; await window.jupyterapp.commands.execute('notebook:run-all-cells') }"""
        )
        errors = self.page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].filter(c => c.type === 'code')
            .flatMap(c => c.outputs.toJSON()).filter(o => o.output_type === 'error')
            .map(o => o.ename + ': ' + o.evalue)"""
        )
        assert errors == []

    def python(self, expression: str) -> Any:
        """The value of a Python expression in the kernel."""
        reply = self.page.evaluate(
            """async (e) => { const k = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const f = k.requestExecute({code: '', silent: true, store_history: false,
                user_expressions: {v: `__import__('json').dumps(${e})`}});
            const v = (await f.done).content.user_expressions.v;
            return v.status === 'ok' ? {ok: v.data['text/plain']} : {error: v.ename + ': ' + v.evalue} }""",
            expression,
        )
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return json.loads(ast.literal_eval(reply["ok"]))

    def execute(self, code: str) -> None:
        """Start code in the kernel without waiting for it."""
        self.page.evaluate(
            """(c) => { const w = window.jupyterapp.shell.currentWidget;
            w.sessionContext.session.kernel.requestExecute({code: c}) }""",
            code,
        )

    def set_theme(self, name: str) -> None:
        """Switch JupyterLab's theme and wait until it is painted."""
        self.page.evaluate("(n) => window.jupyterapp.commands.execute('apputils:change-theme', {theme: n})", name)
        self.page.wait_for_function(
            """(light) => document.body.dataset.jpThemeLight === light
            && !document.querySelector('#jupyterlab-splash')""",
            arg=str("Dark" not in name).lower(),
        )

    def shut_down(self) -> None:
        with contextlib.suppress(Exception):
            self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def notebook_json(*cells: str) -> str:
    """A notebook file of code cells."""
    made: NotebookNode = nbf.new_notebook(
        cells=[nbf.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    return str(writes(made))
