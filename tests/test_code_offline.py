"""Nothing is downloaded: syntax, linters and calibration work where there is no network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMESPACES = (["unshare", "-rn"], ["unshare", "-n"])

PROGRAM = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
    raise SystemExit("there is a network")
except OSError:
    pass
from pathlib import Path
from tests.code.written import written
from tokenscope_widgets import code
from tokenscope_widgets.code.grammars import canonical
parsed = 0
for path in sorted(Path("tests/fixtures/roles").glob("*.sample")):
    found = code.parse(written(path.read_bytes()), path.stem)
    assert len(found.tree), path
    assert not found.notes, found.notes
    found.diagnostics()
    parsed += 1
runs = [written("x = undefined_name\\nprint(x\\n"), written("y = 1\\nprint(y)\\n")]
print(parsed, len(code.parse(runs[0]).diagnostics(modules=True)) > 0, code.calibration(runs).runs)
"""

WITHOUT_SOCKETS = """
import socket, urllib.request
def refuse(*_, **__):
    raise OSError("no network")
socket.socket = socket.create_connection = urllib.request.urlopen = refuse
"""


def test_everything_works_without_a_network() -> None:
    """In a network namespace of its own; where those are not permitted, with sockets that refuse."""
    prefix, program = next(((p, PROGRAM) for p in NAMESPACES if permitted(p)), ([], WITHOUT_SOCKETS + PROGRAM))
    done = subprocess.run(
        [*prefix, sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["17", "True", "2"]


def permitted(prefix: list[str]) -> bool:
    return shutil.which(prefix[0]) is not None and not subprocess.run([*prefix, "true"], capture_output=True).returncode
