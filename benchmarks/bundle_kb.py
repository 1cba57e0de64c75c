"""Size of the largest built bundle: script is sent, and saved, with every widget. `explorer_kb` is the workbench's."""

from __future__ import annotations

from pathlib import Path

from _paired import Row, report, row

STATIC = Path(__file__).parents[1] / "tokenscope_widgets" / "static"


def measure_bundles() -> Row:
    """The row of ``bundle_kb``; 1 kB is 1000 bytes."""
    sizes = {path.name: path.stat().st_size / 1000 for path in STATIC.glob("*.js") if path.stem != "explorer"}
    if not sizes:
        return row("bundle_kb", None, "kB", 60, 1, "no bundle is built yet: make build-js")
    largest = max(sizes, key=lambda name: sizes[name])
    return row("bundle_kb", sizes[largest], "kB", 60, 1, f"{largest}, the largest of {len(sizes)}; not compressed")


if __name__ == "__main__":
    report(measure_bundles())
