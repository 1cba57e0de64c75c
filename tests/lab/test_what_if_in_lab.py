"""From a click on a suspicious token to what becomes of its alternatives, in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.lab.labkit import Notebook

PROMPT = 'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n    if'
CASES = ((0, 0), (1, 1), (2, 1), (5, 5), (10, 55))
TESTS = "\n".join(f"assert fibonacci({n}) == {value}" for n, value in CASES)
OPEN = "import tokenscope_widgets as ts\nsession = ts.Session.from_pretrained()"
LAB = f"lab = session.what_if({PROMPT!r}, max_new_tokens=64)\nlab"
LONG = 120_000


def test_a_click_on_a_token_leads_to_alternatives_that_are_parsed_and_tested_without_typing_code(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, LAB.replace("max_new", f"tests={TESTS!r}, max_new"))
    page.get_by_role("button", name="Tests (5)").click()
    page.get_by_role("button", name="Allow running generated code").click()
    expect(page.get_by_role("button", name="Allow running generated code")).to_be_hidden()
    page.locator('.ts-code [data-i="58"]').first.click()
    page.get_by_role("button", name="Regenerate the 3 likeliest others").click()
    said = page.locator(".ts-wi-outcome")
    expect(said).to_have_text("These 3 alternatives: 2 parse; 1 passes all 5 tests.", timeout=LONG)
    verdicts = page.locator(".ts-wi-verdict b").all_inner_texts()
    assert len(verdicts) == 4
    assert verdicts[0] == "✓ all 5 tests passed"
    statuses = notebook.python("[lab.consequences[r.run_id].outcome.status for r in lab.branches]")
    assert sorted(statuses) == ["failed", "not_runnable", "passed"]


def test_the_tokens_that_decide_whether_the_tests_pass_are_found(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, f"session.allow_running()\n{LAB}")
    page.get_by_role("button", name="Tests: none").click()
    page.locator(".ts-wi-checks textarea").fill(TESTS)
    page.get_by_role("button", name="Run tests").click()
    expect(page.get_by_role("button", name="Tests (5)")).to_be_visible()
    expect(page.locator(".ts-wi-doing")).to_have_text("", timeout=LONG)
    page.get_by_role("button", name="Where was it decided?").click()
    expect(page.locator(".ts-wi-doing")).to_contain_text("trying other tokens")
    expect(page.locator(".ts-wi-doing")).to_have_text("", timeout=LONG)
    listed = page.locator(".ts-wi-decided li code").all_inner_texts()
    assert listed[:2] == ["␣a", "n"]
    assert notebook.python("[p.at for p in lab.analysis.decisive()][:2]") == [43, 58]
    page.locator(".ts-wi-decided li button").first.click()
    assert notebook.python("lab.selected") == 43
    expect(page.locator(".ts-wi-arms tr").first).to_contain_text("✓ passes")
    page.locator(".ts-wi-arms button").first.click()
    expect(page.locator(".ts-columns .ts-column")).to_have_count(2)
    expect(page.locator(".ts-wi-verdict b").nth(1)).to_have_text("✗ 2 of 5 tests passed", timeout=LONG)
