"""The quickstart and the token stream in a real JupyterLab, on the default model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.lab.conftest import settled
from tests.lab.labkit import Notebook, Watch, serve

PROMPT = "def fibonacci(n):\\n    if"
OPEN = (
    'import tokenscope_widgets as ts\nsession = ts.Session.from_pretrained("smollm2-135m")\n'
    f'stream = ts.TokenStream(session=session, prompt="{PROMPT}", max_new_tokens=48)'
)
QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"


def drawn(page: Page) -> int:
    return page.locator(".ts-code .t").count()


def generate(page: Page) -> None:
    page.click(".ts-go")
    page.wait_for_selector(".ts-go.stop")
    settled(page)


def test_the_quickstart_runs_and_shows_its_widgets(open_notebook: Callable[..., Notebook], page: Page) -> None:
    open_notebook(file=QUICKSTART)
    assert "fibonacci" in page.locator(".ts-token-stream .ts-code").first.text_content()
    assert page.locator(".ts-compare .ts-column").count() == 4


def test_tokens_appear_while_it_generates_and_stop_ends_it_beside_a_running_cell(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, "stream.settings = {**stream.settings, 'max_new_tokens': 400}\nstream")
    page.wait_for_selector(".ts-root")
    page.wait_for_timeout(1500)
    notebook.execute("import time; time.sleep(12)")
    took_ms = []
    for _ in range(4):
        page.click(".ts-go")
        page.wait_for_selector(".ts-go.stop")
        page.wait_for_function("document.querySelectorAll('.ts-code .t').length > 12")
        before = drawn(page)
        page.wait_for_function("(n) => document.querySelectorAll('.ts-code .t').length > n", arg=before)
        took_ms.append(page.evaluate(STOP))
    # the best of four: what the widget needs, without what a busy machine adds
    assert min(took_ms) <= 200, took_ms
    assert 12 < notebook.python("len(stream.run)") < 400
    assert notebook.python("stream.status") == "stopped"
    assert notebook.python("stream.run.finish") == "cancelled"


STOP = """async () => { const start = performance.now(); document.querySelector('.ts-go.stop').click();
    while (document.querySelector('.ts-go.stop')) await new Promise(requestAnimationFrame);
    return performance.now() - start }"""


def test_a_second_alternative_is_compared_and_equals_the_branch_in_python(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, "stream")
    generate(page)
    page.click('[data-i="20"]')
    page.locator(".ts-bars button.ts-bar").nth(1).click()
    page.wait_for_selector(".ts-branches .ts-column >> nth=1")
    settled(page)
    assert notebook.python("stream.selected") == 20
    alternatives = notebook.python("[i for i, text, p in stream.run.alternatives(20)]")
    assert notebook.python("int(stream.branches[0].token_ids[20])") == alternatives[1]
    notebook.execute(f"again = session.branch(stream.run, at=20, token={alternatives[1]})")
    assert notebook.python("stream.branches[0].token_ids.tolist() == again.token_ids.tolist()") is True
    shown = page.locator(".ts-column").nth(1).locator(".t").last
    assert int(shown.get_attribute("data-i")) == notebook.python("len(again)") - 1


def test_the_selection_is_readable_and_settable_from_python(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN, "stream")
    generate(page)
    page.click('[data-i="12"]')
    page.wait_for_selector('.ts-code .sel[data-i="12"]')
    assert notebook.python("stream.selected") == 12
    # four figures in a row: JupyterLab's own style of definition lists would put one below the other
    tops = page.locator(".ts-figures dt").evaluate_all(
        "terms => terms.map(t => Math.round(t.getBoundingClientRect().top))"
    )
    assert len(set(tops)) == 2
    notebook.execute("stream.selected = 17")
    page.wait_for_selector('.ts-code .sel[data-i="17"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('.ts-code .sel[data-i="18"]')
    assert notebook.python("stream.selected") == 18


def test_reloading_the_page_in_mid_run_loses_no_token(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN, "stream.settings = {**stream.settings, 'max_new_tokens': 150}\nstream")
    page.click(".ts-go")
    page.wait_for_function("document.querySelectorAll('.ts-code .t').length > 12")
    path = page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    notebook.reload(path)
    page.wait_for_selector(".ts-code .t")
    settled(page)
    notebook.python("stream.wait() and 1")
    length = notebook.python("len(stream.run)")
    page.wait_for_function("(n) => document.querySelectorAll(`.ts-code [data-i='${n - 1}']`).length > 0", arg=length)
    shown = page.evaluate("() => new Set([...document.querySelectorAll('.ts-code .t')].map(t => t.dataset.i)).size")
    assert shown == length


def test_two_views_of_one_widget_agree(open_notebook: Callable[..., Notebook], page: Page) -> None:
    open_notebook(OPEN, "stream", "stream")
    page.locator(".ts-go").first.click()
    page.wait_for_selector(".ts-go.stop")
    page.wait_for_function("!document.querySelector('.ts-go.stop')")
    page.locator('.ts-code [data-i="9"]').first.click()
    page.wait_for_function("document.querySelectorAll('.ts-code .sel[data-i=\"9\"]').length === 2")
    texts = page.locator(".ts-code").all_text_contents()
    assert len(texts) == 2
    assert texts[0] == texts[1]


def test_light_and_dark_themes_have_enough_contrast(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN, "stream")
    for theme, expected in (("JupyterLab Dark", "dark"), ("JupyterLab Light", "light")):
        notebook.set_theme(theme)
        page.wait_for_selector(f'.ts-root[data-theme="{expected}"]')
        ratio = page.evaluate(CONTRAST)
        assert ratio >= 4.5


CONTRAST = """() => { const root = document.querySelector('.ts-root'), style = getComputedStyle(root);
    const light = (c) => { const [r, g, b] = c.match(/[0-9.]+/g).slice(0, 3).map(Number).map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126*r + 0.7152*g + 0.0722*b };
    const pairs = [...root.querySelectorAll('button, small, .ts-empty, .ts-foot')].map(e => getComputedStyle(e).color);
    const back = light(style.backgroundColor);
    return Math.min(...[style.color, ...pairs].map(c => { const f = light(c);
        return (Math.max(f, back) + 0.05) / (Math.min(f, back) + 0.05) })
        .filter((_, i) => i === 0 || !root.querySelectorAll('button, small, .ts-empty, .ts-foot')[i - 1]
            .matches('.ts-go, :disabled'))) }"""


def test_the_same_notebook_works_in_notebook_7(
    chromium: Browser, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shutil.copy(QUICKSTART, tmp_path / "quickstart.ipynb")
    with serve(tmp_path, tmp_path_factory.mktemp("server7"), app="notebook") as base:
        page = chromium.new_page(viewport={"width": 1300, "height": 1000})
        watch = Watch(page, base)
        page.goto(f"{base}/notebooks/quickstart.ipynb")
        page.wait_for_function("() => window.jupyterapp?.restored && window.jupyterapp.shell.currentWidget")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_selector(".ts-token-stream .ts-code .t", timeout=60_000)
        page.wait_for_selector(".ts-compare .ts-column >> nth=3", timeout=60_000)
        page.locator('.ts-code [data-i="20"]').first.click()
        page.wait_for_selector('.ts-code .sel[data-i="20"]')
        page.close()
    # Notebook 7 itself looks for the settings of plugins that only JupyterLab has
    assert [error for error in watch.errors if "reading 'schema'" not in error] == []
    assert watch.outside == []


def test_the_view_says_when_its_kernel_is_gone_and_keeps_its_tokens(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, "stream")
    generate(page)
    count = drawn(page)
    notebook.shut_down()
    page.click(".ts-go")
    page.wait_for_selector('.ts-notices p:not([hidden]):has-text("kernel")', timeout=15_000)
    assert drawn(page) == count
