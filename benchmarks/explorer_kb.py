"""Size of the workbench's bundle. Its panels bring the other widgets' bundles when they are opened."""

from __future__ import annotations

from _paired import report, row
from bundle_kb import STATIC

if __name__ == "__main__":
    size = (STATIC / "explorer.js").stat().st_size / 1000
    report(row("explorer_kb", size, "kB", 120, 1, "explorer.js; not compressed"))
