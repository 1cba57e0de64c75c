"""Fixtures that every test can use. torch is loaded only by those that ask for a model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tokenscope_widgets.session import Session

os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def demo_session() -> Session:
    """A session on the embedded default model; fetched once, then cached."""
    import torch

    from tokenscope_widgets.session import Session

    torch.set_num_threads(2)
    return Session.from_pretrained()


@pytest.fixture
def tiny_session() -> Session:
    """A new session on a tiny random llama."""
    from tests.tiny import tiny_session

    return tiny_session()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests: Playwright's synchronous interface can be started only once."""
    from playwright.sync_api import sync_playwright

    from tests.pages import ARGUMENTS, CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
