"""Every page of the gallery, in light and in dark, before the rules of axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.gallery import ROOT, SCHEMES, states

AXE = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"
# nothing has to be fetched: what a page shows is in it
FOUND = """async () => {
  const {violations} = await axe.run({resultTypes: ['violations'], preload: false});
  const why = ({any, all, none}) => [...any, ...all, ...none].map(one => one.message).join('; ');
  return violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}: ${why(node)}`));
}"""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

pages = cache(states)
NAMES = sorted(pages())


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[Page]:
    """One tab for all pages: opening a new one for each takes longer than looking at it."""
    context = chromium.new_context(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def violations(tab: Page, name: str, folder: Path) -> list[str]:
    """What axe-core finds on a page in either scheme, one line a node."""
    text, act = pages()[name]
    file = folder / f"{name}.html"
    file.write_text(text, encoding="utf-8")
    tab.emulate_media(color_scheme=SCHEMES[0])
    tab.goto(file.as_uri())
    tab.wait_for_selector(".ts-root")
    tab.evaluate(DRAWN)
    if act is not None:
        act(tab)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = []
    for scheme in SCHEMES:
        tab.emulate_media(color_scheme=scheme)
        tab.evaluate(DRAWN)
        found += [f"{scheme}: {one}"[:300] for one in tab.evaluate(FOUND)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(tab: Page, tmp_path: Path, name: str) -> None:
    assert violations(tab, name, tmp_path) == []
