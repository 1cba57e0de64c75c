"""Run the benchmarks: ``python benchmarks/run.py [NAME ...]``; all of them without a name.

Every file here whose name starts with a letter is a benchmark: a script whose last line of output is one JSON row
(see `_paired.Row`). Each runs in a process of its own. Prints a table and writes ``build/bench.json``; a bar that is
missed is printed and does not fail the run, a benchmark that breaks does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE.parent / "build" / "bench.json"
COLUMNS = ("name", "value", "unit", "bar", "ok", "repeats", "note")


def main(names: list[str]) -> int:
    """Run the named benchmarks; the exit status."""
    known = sorted(path.stem for path in HERE.glob("[a-z]*.py") if path.stem != "run")
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No benchmark {', '.join(unknown)}. Known: {', '.join(known)}", file=sys.stderr)
        return 2
    rows = []
    for name in names or known:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows.append(run_one(name))
    print(table(rows))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(row["note"].startswith("BROKEN") for row in rows))


def run_one(name: str) -> dict[str, Any]:
    """The row of one benchmark; one that says why where it broke."""
    done = subprocess.run([sys.executable, str(HERE / f"{name}.py")], capture_output=True, text=True, encoding="utf-8")
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        found: dict[str, Any] = json.loads(lines[-1])
        return found
    reason = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
    broken = {"name": name, "value": None, "unit": "", "bar": None, "ok": False, "repeats": 0}
    return {**broken, "note": f"BROKEN: {reason}"}


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as aligned text."""
    lines = [COLUMNS, *[tuple(_cell(row[column]) for column in COLUMNS) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "ok" if value else "MISSED"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
