"""The documentation site: it builds strictly, its links lead somewhere, and it needs nobody else."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

import tokenscope_widgets as ts
from docs.build_examples import examples
from docs.hooks import as_on_github
from tests.pages import fibonacci

ROOT = Path(__file__).parent.parent
# what a browser fetches by itself; a link is only followed by a reader
FETCHED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
}
PACKAGES = ("charts", "code", "edits", "sandbox", "lessons")


class Read(HTMLParser):
    """The ids of a page, where its links lead, and what it fetches."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if given.get(FETCHED.get(tag, "")):
            self.fetched.append(given[FETCHED[tag]])
        self.fetched += re.findall(r"url\(['\"]?([^'\")]+)", given.get("style", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make docs` builds it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return folder


@cache
def read(page: Path) -> Read:
    return Read(page.read_text(encoding="utf-8"))


def pages(site: Path) -> list[Path]:
    """The pages of the site itself, without the widgets' own in ``live/``."""
    return [page for page in sorted(site.rglob("*.html")) if page.parent.name != "live"]


def is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https")


def problem_of(link: str, page: Path, site: Path) -> str:
    """Why a link leads nowhere; empty if it leads somewhere, or out of the site."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    target = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
    if target.is_dir():
        target = target / "index.html"
    if not target.is_relative_to(site.resolve()) or not target.exists():
        return "no such file"
    anchor = unquote(parts.fragment)
    return "no such anchor" if anchor and target.suffix == ".html" and anchor not in read(target).ids else ""


def test_every_internal_link_leads_somewhere(site: Path) -> None:
    # the page for what is not found is shown at any address, so its links start at the server's root
    found = [(page, link) for page in pages(site) if page.name != "404.html" for link in read(page).links]
    broken = [(page.name, link, why) for page, link in found if (why := problem_of(link, page, site))]
    assert broken == []
    assert sum(bool(urlsplit(link).fragment) and not is_elsewhere(link) for _, link in found) > 300


@pytest.mark.parametrize("link", ["nowhere.html", "index.html#nowhere", "../outside.html"])
def test_a_link_to_nowhere_is_found(link: str, site: Path) -> None:
    assert problem_of(link, site / "glossary.html", site)


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    asked = {(page.name, what) for page in pages(site) for what in read(page).fetched if is_elsewhere(what)}
    assert asked == set()


def test_no_style_sheet_fetches_anything_from_elsewhere(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    asked = [
        what
        for sheet in sheets
        for what in re.findall(r"(?:url\(|@import )['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8"))
        if is_elsewhere(what)
    ]
    assert sheets
    assert asked == []


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    ids = {name for page in (site / "api").glob("*.html") for name in read(page).ids}
    public = [f"tokenscope_widgets.{name}" for name in ts.__all__]
    for package in PACKAGES:
        module = importlib.import_module(f"tokenscope_widgets.{package}")
        public += [f"{module.__name__}.{name}" for name in public_names(module)]
    assert [name for name in public if not {name, home_of(name)} & ids] == []


def public_names(module: object) -> list[str]:
    """What a package offers; a module that says nothing offers the functions that give what its class is."""
    named = getattr(module, "__all__", None)
    return list(named) if named else ["Edit", "replace_text", "rename", "drop_line", "drop_example", "system"]


def home_of(name: str) -> str:
    """The name of a thing in the module where it is written."""
    package, _, last = name.rpartition(".")
    thing = getattr(importlib.import_module(package), last)
    return f"{getattr(thing, '__module__', package)}.{getattr(thing, '__qualname__', last)}"


def test_every_method_of_a_session_is_in_the_reference(site: Path) -> None:
    ids = read(site / "api" / "session.html").ids
    methods = [name for name in dir(ts.Session) if not name.startswith("_")]
    missing = [name for name in methods if callable(getattr(ts.Session, name)) and not any_ends(ids, f".{name}")]
    assert missing == []


def any_ends(ids: set[str], end: str) -> bool:
    return any(name.endswith(end) for name in ids)


def test_every_column_of_a_run_is_in_the_glossary() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert [column for column in fibonacci().to_frame().columns if f"`{column}`" not in text] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md"])
def test_links_of_the_files_at_the_root_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not is_elsewhere(link) and not (ROOT / link).exists()] == []


def test_every_widget_is_live_on_its_page(site: Path, chromium: Browser) -> None:
    """From the disk, with every request noted: what the reader sees came with the site."""
    asked: list[str] = []
    shown = {}
    page = chromium.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for stem in examples():
        page.goto((site / f"{stem}.html").as_uri())
        widget = page.frame_locator("iframe.live").locator(".ts-root").first
        widget.scroll_into_view_if_needed()
        shown[stem] = widget.inner_text()
    page.close()
    assert [stem for stem, text in shown.items() if len(text) < 100 or "could not" in text] == []
    assert [url for url in asked if is_elsewhere(url)] == []


def test_every_widget_has_a_page_with_an_example() -> None:
    widgets = {path.stem for path in (ROOT / "tokenscope_widgets" / "widgets").glob("[a-z]*.py")}
    assert set(examples()) == widgets


def test_a_list_may_follow_a_paragraph_at_once() -> None:
    assert as_on_github("Words:\n- one\n- two") == "Words:\n\n- one\n- two"
    assert as_on_github("```\na\n- b\n```") == "```\na\n- b\n```"


def test_a_bar_in_the_code_of_a_table_is_not_escaped() -> None:
    assert as_on_github(r"| `<\|end\|>` | a |") == "| `<|end|>` | a |"
    assert as_on_github(r"`a\|b`") == r"`a\|b`"
