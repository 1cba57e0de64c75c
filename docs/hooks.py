"""What mkdocs does beside rendering: a live page of each widget, and two things that GitHub reads otherwise."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

# a hook is loaded from its file: the tests, whose stored runs it shows, are found from the root
sys.path.insert(0, str(Path(__file__).parent.parent))

from docs.build_examples import examples

PIXELS = {"token_stream": 640, "flow": 660, "what_if": 820, "lens_map": 640, "explorer": 1180, "compare": 420}
_EXAMPLES = examples()
_LIST_ITEM = re.compile(r"[-*] \S")
_NO_PARAGRAPH = re.compile(r"\s*$|\s|[-*#>|] ?")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages to the site."""
    for stem, make in _EXAMPLES.items():
        files.append(File.generated(config, f"live/{stem}.html", content=make()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Show a widget below the paragraph that says what it is for."""
    text = as_on_github(markdown)
    stem = page.file.src_uri.removesuffix(".md")
    if stem not in _EXAMPLES:
        return text
    title, what, rest = text.split("\n\n", 2)
    return "\n\n".join([title, what, frame(stem), rest])


def frame(stem: str) -> str:
    """A widget's live page inside another page."""
    source, height = f"live/{stem}.html", PIXELS.get(stem, 560)
    about = "This is the widget itself, on a stored run of the embedded model and without a kernel"
    return (
        f'<iframe class="live" src="{source}" title="Live example: {stem}" loading="lazy" style="height: {height}px">'
        f'</iframe>\n\n*{about}; <a href="{source}">open it alone</a>.*'
    )


def as_on_github(markdown: str) -> str:
    """Begin lists that follow a paragraph at once, and read an escaped bar in a table's code as a bar."""
    out: list[str] = []
    fenced = False
    for line in markdown.split("\n"):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and out and _LIST_ITEM.match(line) and not _NO_PARAGRAPH.match(out[-1]):
            out.append("")
        in_table = not fenced and line.startswith("|")
        out.append(re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\|", "|"), line) if in_table else line)
    return "\n".join(out)
