"""Seconds of `import tokenscope_widgets` in a fresh interpreter; it must load neither torch nor transformers."""

from __future__ import annotations

import statistics
import subprocess
import sys

from _paired import CPU_NOTE, Row, report, row

REPEATS = 7
CHILD = """
import sys, time
start = time.process_time()
import tokenscope_widgets
seconds = time.process_time() - start
loaded = {"torch", "transformers"} & set(sys.modules)
assert not loaded, f"importing tokenscope_widgets loads {loaded}"
print(seconds)
"""


def measure_import() -> Row:
    """The row of ``import_s``."""
    command = [sys.executable, "-c", CHILD]
    seconds = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(REPEATS)
    ]
    return row("import_s", statistics.median(seconds), "s", 0.5, REPEATS, f"{CPU_NOTE}; interpreter start not counted")


if __name__ == "__main__":
    report(measure_import())
