"""The flow diagram in a real JupyterLab, on the default model: cause, by attention and by ablation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.lab.labkit import Notebook

OPEN = (
    "import tokenscope_widgets as ts\nsession = ts.Session.from_pretrained()\n"
    "run = session.generate('def fibonacci(n):\\n    if', max_new_tokens=40)\n"
    "flow = ts.Flow(run, source='attention', unit='token')\nflow"
)
AT = 30

INK = """() => { const canvas = [...document.querySelectorAll('.ts-arcs')].at(-1);
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0; for (let i = 3; i < data.length; i += 4) ink += data[i] > 60; return ink }"""


def rows(page: Page) -> Locator:
    return page.locator(".ts-flow .ts-sources tbody tr")


def table(page: Page) -> list[tuple[int, float]]:
    """(position, weight) of each row shown."""
    found = rows(page).evaluate_all(
        "rows => rows.map(r => [...r.querySelectorAll('td, th')].map(c => c.textContent.replace('−', '-')))"
    )
    return [(int(cells[1]), float(cells[3])) for cells in found]


def select(page: Page, at: int) -> None:
    page.locator(f'.ts-flow .ts-code [data-i="{at}"]').first.click()
    expect(rows(page)).not_to_have_count(0)


def statement(page: Page) -> str:
    return str(page.locator(".ts-flow .ts-statement").inner_text())


def test_a_clicked_token_shows_arcs_and_the_table_is_what_the_session_reads(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN)
    select(page, AT)
    page.wait_for_function(f"() => ({INK})() > 100")
    assert notebook.python("flow.selected") == AT
    for control, value, words, expression in (
        (None, "", "mean of 30 layers", f"session.attention(run).mean()[{AT - 1}]"),
        ("layer", "12", "layer 12, mean of 9 heads", f"session.attention(run, layer=12).mean()[{AT - 1}]"),
        ("head", "3", "layer 12, head 3", f"session.attention(run, layer=12, head=3).mean()[{AT - 1}]"),
    ):
        if control:
            page.locator(".ts-controls label").filter(has_text=control).locator("select").select_option(value)
        expect(page.locator(".ts-statement")).to_contain_text(words)
        row = f"(lambda row: (row / (1 - row[0])).tolist())({expression})"
        read = notebook.python(row)
        for position, weight in table(page):
            assert weight == pytest.approx(read[position], abs=2e-3)


def test_an_ablation_against_a_typed_contrast_is_the_sessions(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN)
    select(page, AT)
    page.locator(".ts-controls select").first.select_option("ablation")
    expect(page.locator(".ts-statement")).to_contain_text("ablation of", timeout=60_000)
    contrast = page.locator(".ts-contrast input")
    contrast.fill(" max")
    contrast.press("Enter")
    expect(page.locator(".ts-statement")).to_contain_text("against", timeout=60_000)
    expected = dict(notebook.python(EXPECTED))
    shown = table(page)
    assert shown[0][0] == max(expected, key=lambda position: abs(expected[position]))
    for position, weight in shown:
        assert weight == pytest.approx(expected[position], abs=6e-3, rel=6e-3)
    assert notebook.python("flow.attribution.explained.contrast_ids is not None") is True
    expect(page.locator(".ts-trust")).to_contain_text("at random", timeout=60_000)


EXPECTED = (
    f"(lambda a: list(zip(a.sources.starts.tolist(), a.total.tolist())))"
    f"(session.attribute(run, {AT}, sources='focus', contrast=' max'))"
)


LONG = (
    "import tokenscope_widgets as ts, inspect, heapq\nsession = ts.Session.from_pretrained()\n"
    "run = session.score(session.model.encode(inspect.getsource(heapq))[:400])\n"
    "flow = ts.Flow(run, selected=399, source='attention', unit='line')\nflow"
)


def test_a_long_computation_is_offered_started_and_cancelled_keeping_what_it_has(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(LONG)
    expect(rows(page)).not_to_have_count(0, timeout=60_000)
    page.locator(".ts-controls select").first.select_option("ablation")
    job = page.locator(".ts-job")
    expect(job).to_contain_text("forward passes")
    expect(job).to_contain_text("About")
    job.get_by_role("button", name="Start").click()
    page.wait_for_function(
        "() => Number(document.querySelector('.ts-flow .ts-progress').getAttribute('aria-valuenow')) >= 20",
        timeout=120_000,
    )
    job.get_by_role("button", name="Cancel").click()
    notebook.python("flow.wait() and 1")
    assert notebook.python("[flow.status, flow.error]") == ["idle", ""]
    expect(page.locator(".ts-statement")).to_contain_text("of 35 source lines computed so far")
    expect(rows(page)).not_to_have_count(0)
    assert rows(page).count() < notebook.python("int(run.line_index[-1])")


def test_the_stream_and_the_flow_select_together(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN.removesuffix("\nflow"), "stream = ts.TokenStream(run)\nstream", "ts.Flow(stream)")
    page.locator('.ts-token-stream .ts-code [data-i="22"]').first.click()
    expect(page.locator('.ts-flow .ts-code .sel[data-i="22"]')).to_have_count(1)
    page.locator('.ts-flow .ts-code [data-i="25"]').first.click()
    expect(page.locator('.ts-token-stream .ts-code .sel[data-i="25"]')).to_have_count(1)
    assert notebook.python("stream.selected") == 25


def test_every_head_can_be_chosen_from_its_small_map(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN)
    select(page, AT)
    page.get_by_role("button", name="all layers and heads").click()
    cell = page.get_by_role("button", name="layer 7, head 4", exact=True)
    cell.click()
    expect(page.locator(".ts-statement")).to_contain_text("layer 7, head 4")
    assert notebook.python("[flow.layer, flow.head]") == [7, 4]


def test_the_lens_map_computes_as_it_is_looked_at_and_selects_with_the_stream(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(
        OPEN.removesuffix("\nflow"), "stream = ts.TokenStream(run)\nstream", "lens = ts.LensMap(stream)\nlens"
    )
    page.locator('.ts-token-stream .ts-code [data-i="12"]').first.click()
    panel = page.get_by_label("What the layers say")
    expect(panel).to_contain_text("position 12")
    expect(panel).to_contain_text("at layer", timeout=60_000)
    expected = notebook.python("session.lens(run, positions=11).rank[:, 0].tolist()")
    page.get_by_role("button", name="all 30 layers as a table").click()
    shown = page.locator(".ts-lens-table tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.querySelectorAll('td, th')].map(c => c.textContent))"
    )
    by_layer = {int(cells[0].removeprefix("layer ")): cells for cells in shown}
    assert sorted(by_layer) == list(range(30))
    assert all(f"{int(rank):,}" in by_layer[layer] for layer, rank in enumerate(expected))
    notebook.execute("lens.selected = 15")
    expect(page.locator('.ts-token-stream .ts-code .sel[data-i="15"]')).to_have_count(1)
