"""A flow diagram on a page, and how tests look at it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.conftest import Open
from tests.fixtures.make_flow import KERNEL, flow_page, load

# how many pixels of each canvas carry ink: [overview and pins, selection and hover]
INK = """() => [...document.querySelectorAll('.ts-arcs')].map(canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) ink += data[i] > 60;
  return ink;
})"""


def open_live(open_page: Open, name: str = "75", **traits: Any) -> Page:
    stored = load(name)
    page = open_page(flow_page(stored, live=True, **traits))
    page.evaluate(KERNEL, stored["maps"])
    return page


def token(page: Page, i: int) -> Locator:
    return page.locator(f'.ts-code [data-i="{i}"]').last


def rows(page: Page) -> Locator:
    return page.locator(".ts-sources tbody tr")


def trait(page: Page, name: str) -> Any:
    return page.evaluate("name => window.tokenscope.model.get(name)", name)


def settle(page: Page) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
