"""The branch tree and the sampler beside a stream, in a real JupyterLab, on the default model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.lab.conftest import settled
from tests.lab.labkit import Notebook

PROMPT = "def fibonacci(n):\\n    if"
OPEN = (
    "import tokenscope_widgets as ts\nsession = ts.Session.from_pretrained()\n"
    f'stream = ts.TokenStream(session.generate("{PROMPT}", max_new_tokens=32), session=session)'
)
TREE = "tree = ts.BranchTree([stream.run], session=session, follow=stream)\ntree"
SAMPLER = "sampler = ts.Sampler(stream)\nsampler"
LONG = 60_000


def test_every_run_of_the_session_grows_on_the_tree_and_opens_in_the_stream(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, "stream", TREE)
    expect(page.get_by_role("treeitem")).to_have_count(1, timeout=LONG)
    page.locator('.ts-token-stream .ts-code [data-i="12"]').first.click()
    page.get_by_role("button", name="Regenerate the 3 likeliest others").click()
    expect(page.get_by_role("treeitem")).to_have_count(4, timeout=LONG)
    settled(page)
    assert (
        notebook.python("[r.run_id for r in tree.runs] == [r.run_id for r in [stream.run, *stream.branches]]") is True
    )
    last = page.get_by_role("treeitem").last
    run_id = last.get_attribute("data-run")
    last.click()
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.keyboard.press("c")
    expect(page.locator(".ts-branch-tree .ts-column")).to_have_count(2, timeout=LONG)
    assert notebook.python("tree.selected") == run_id
    assert notebook.python("stream.run.run_id") == run_id
    assert len(notebook.python("tree.marked")) == 2


def test_the_sampler_reweights_what_the_stream_selects_and_samples_again_from_there(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, "stream", SAMPLER)
    page.locator('.ts-token-stream .ts-code [data-i="12"]').first.click()
    page.locator(".ts-sampler .ts-code .sel[data-i='12']").first.wait_for()
    assert notebook.python("sampler.selected") == 12
    notebook.execute("sampler.top_k = 3")
    before = notebook.python("sampler.temperature")
    page.locator(".ts-sampler input[type=range]").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert notebook.python("sampler.temperature") != before
    low, high = notebook.python("[float(x) for x in (sampler.reweighted().low.sum(), sampler.reweighted().high.sum())]")
    assert (low, high) == (pytest.approx(1, abs=1e-5), pytest.approx(1, abs=1e-5))
    old = notebook.python("stream.run.run_id")
    page.get_by_role("button", name="Sample again from here").click()
    notebook.python("sampler.wait() and 1")
    assert notebook.python("stream.run.run_id") != old
    assert notebook.python("stream.run.token_ids[:12].tolist() == sampler.run.token_ids[:12].tolist()") is True
    assert notebook.python("(stream.run.settings.do_sample, stream.run.settings.top_k)") == [True, 3]
