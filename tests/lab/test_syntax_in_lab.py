"""Syntax in a real JupyterLab, on the default model: mistakes where they are, and three views that agree."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.lab.conftest import settled
from tests.lab.labkit import Notebook

PROMPT = "def twice(x):\n    return 2 * x"
BROKEN = (
    "\n\n\ndef total(prices, tax):\n    subtotal = sum(price for price in prices\n    return subtotal * (1 + taxes)\n"
)
OPEN = (
    "import tokenscope_widgets as ts\nsession = ts.Session.from_pretrained()\n"
    f"asked = session.generate({PROMPT!r}, max_new_tokens=1)\n"
    f"run = session.branch(asked, at=asked.prompt_length, token={BROKEN!r}, max_new_tokens=1)"
)
STREAM = "stream = ts.TokenStream(run, syntax=True)\nstream"
VIEW = "view = ts.CodeView(stream)\nview"

MARKED = """(name) => [...new Set([...document.querySelectorAll(`.ts-token-stream .ts-code .${name}`)]
    .map(t => Number(t.dataset.i)))].sort((a, b) => a - b)"""


def row(page: Page, code: str) -> Locator:
    return page.get_by_role("treeitem").filter(has=page.locator("code", has_text=code)).last


def finding(page: Page, text: str) -> Locator:
    return page.locator(".ts-cv-side li").filter(has_text=text).first


def test_an_undefined_name_and_a_dropped_bracket_are_shown_where_they_are_with_what_the_model_had_there(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, STREAM, VIEW)
    expect(finding(page, "is never closed")).to_be_visible(timeout=60_000)
    # a warning: the run was cut, so a definition could still follow
    expect(finding(page, "So far nothing defines “taxes”")).to_be_visible()
    rows = notebook.python(
        "[[r.finding.kind, r.first, r.last, r.at] for r in view.diagnostics if r.finding.severity != 'note']"
    )
    assert sorted(kind for kind, *_ in rows) == ["unbalanced", "undefined"]
    page.wait_for_function(f"(name) => ({MARKED})(name).length > 0", arg="we")
    underlined = sorted(page.evaluate(MARKED, "we") + page.evaluate(MARKED, "ww"))
    assert underlined == sorted(i for _, first, last, _ in rows for i in range(first, last + 1))
    for kind, first, _, at in rows:
        text = "is never closed" if kind == "unbalanced" else "taxes"
        assert notebook.python(f"run.tokens.texts[{first}].strip()") == ("(" if kind == "unbalanced" else "taxes")
        chips = finding(page, text).locator(".ts-chips li").all_inner_texts()
        others = notebook.python(f"[[t, p] for i, t, p in run.alternatives({at}) if i != run.token_ids[{at}]]")
        assert float(chips[0].rsplit(" ", 2)[-2]) == pytest.approx(100 * others[0][1], abs=0.06)
    at = next(at for kind, _, _, at in rows if kind == "unbalanced")
    assert notebook.python(f"'\\n' in run.tokens.texts[{at}]") is True, (
        "the bracket was expected at the end of its line"
    )


def test_outline_stream_and_aggregation_agree(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN, STREAM, VIEW)
    expect(row(page, "def twice")).to_be_visible(timeout=60_000)
    frame = "view.code.aggregate('surprisal', by='node').loc['function twice']"
    columns = ["mean", "max", "sum", "tokens", "first_token", "last_token"]
    expected = notebook.python(f"[float({frame}[c]) for c in {columns}]")
    for statistic, value in zip(("mean", "max", "sum"), expected[:3], strict=True):
        page.locator(".ts-code-view").get_by_role("radio", name=statistic, exact=True).click()
        shown = row(page, "def twice").locator(".num")
        expect(shown).to_have_text(f"{value:.2f}")
    assert int(row(page, "def twice").locator(".count").inner_text()) == expected[3]
    by_statement = notebook.python(
        "float(view.code.aggregate('surprisal', by='function').loc['function twice', 'sum'])"
    )
    assert by_statement == pytest.approx(expected[2], rel=1e-6)
    row(page, "def twice").click()
    page.wait_for_function(f"(name) => ({MARKED})(name).length > 0", arg="nd")
    first, last = int(expected[4]), int(expected[5])
    assert page.evaluate(MARKED, "nd") == list(range(first, last + 1))
    assert notebook.python("[stream.selected, stream.span, view.span]") == [first, [first, last], [first, last]]


def test_a_step_of_the_path_in_the_stream_selects_the_node_in_the_outline(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, STREAM, VIEW)
    expect(row(page, "def twice")).to_be_visible(timeout=60_000)
    token = notebook.python("max(i for i, t in enumerate(run.tokens.texts) if t.strip() == 'x')")
    page.locator(f'.ts-token-stream .ts-code [data-i="{token}"]').first.click()
    crumbs = page.locator(".ts-crumbs button")
    expect(crumbs.filter(has_text="function twice")).to_be_visible()
    assert crumbs.all_inner_texts()[0] == "module"
    crumbs.filter(has_text="function twice").click()
    expect(row(page, "def twice")).to_have_attribute("aria-selected", "true")


def test_syntax_grows_while_the_model_writes_and_findings_come_at_the_end(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    prompt = json.dumps("def fibonacci(n):\n    if")
    notebook = open_notebook(
        "import tokenscope_widgets as ts\nsession = ts.Session.from_pretrained()\n"
        f"stream = ts.TokenStream(session=session, prompt={prompt}, syntax=True, max_new_tokens=60)\nstream"
    )
    page.click(".ts-go")
    page.wait_for_selector(".ts-go.stop")
    page.wait_for_function("document.querySelectorAll('.ts-code .t.yk').length > 2")
    assert page.locator(".ts-go.stop").count() == 1, "roles are there before the run is done"
    settled(page)
    notebook.python("stream.wait() and 1")
    assert notebook.python("[stream.error, stream.code.language]") == ["", "python"]
    roles = notebook.python("[i for i, r in enumerate(stream.code.roles) if r == 'keyword']")
    page.wait_for_function(f"([name, many]) => ({MARKED})(name).length === many", arg=["yk", len(roles)])
    assert page.evaluate(MARKED, "yk") == roles
