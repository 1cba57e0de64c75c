"""Runs as pictures without script."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter

import tokenscope_widgets as ts
from tests.code.written import written
from tests.pages import fibonacci, fibonacci_branches
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.pictures import Picture, picture_of
from tokenscope_widgets.pictures.static import heat

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: Picture) -> list[str]:
    return [one.text or "" for one in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def boxes(picture: Picture) -> list[ET.Element]:
    return list(ET.fromstring(picture.svg).iter(f"{SVG}rect"))


def test_every_token_is_there_in_its_line() -> None:
    run = fibonacci()
    drawn = list(ET.fromstring(picture_of(run).svg).iter(f"{SVG}text"))
    lines: dict[str, str] = {}
    for one in drawn[1:]:
        lines[one.get("y", "")] = lines.get(one.get("y", ""), "") + (one.text or "")
    assert [line.replace(" ", "") for line in lines.values()] == [
        line.replace(" ", "") for line in run.text.split("\n") if line.strip()
    ]


def test_a_token_is_as_wide_as_its_characters_whatever_the_font() -> None:
    widths = {one.text: one.get("textLength") for one in ET.fromstring(picture_of(fibonacci()).svg).iter(f"{SVG}text")}
    assert widths[" return"] == "56"


def test_the_colour_of_a_token_is_that_of_the_views() -> None:
    assert heat("surprisal", np.array([0, 1.5, 9])).tolist() == [0, 0.5, 1]
    assert heat("probability", np.array([1, 0.25])).tolist() == [0, 0.75]
    assert heat("rank", np.array([1, 8, 640])).tolist() == [0, 0.5, 1]
    run = fibonacci()
    opacity = f"{0.62 * run.tokens.model.surprisal_nats[43] / 3:.3g}"
    box = next(one for one in boxes(picture_of(run)) if one.get("fill-opacity") == opacity)
    assert box.get("width") == "16"


def test_alternatives_of_the_selected_token_are_listed_with_what_is_left() -> None:
    shown = texts(picture_of(fibonacci(), selected=43))
    assert "What else could stand at position 43?" in shown
    assert shown[-2:] == ["1.7 %", "all others 25.2 %"]
    assert "28.2 %" in shown


def test_runs_beside_it_are_shown_from_the_line_where_they_part() -> None:
    run, branches = fibonacci(), fibonacci_branches()
    shown = texts(picture_of(run, branches[:1], notes={branches[0].run_id: "✗ 2 of 5 passed"}))
    assert "with “max” at position 43: ✗ 2 of 5 passed" in shown
    assert shown.count("def") + shown.count("def fibonacci") <= 1


def test_text_of_a_model_is_text_and_never_markup() -> None:
    run = written('x = "</text><script>alert(1)</script>\x00\u202e"', prompt_length=1)
    picture = picture_of(run)
    assert "<script" not in picture.svg
    assert "".join(texts(picture)[1:]) == 'x="</text><script>alert(1)</script>⟨0⟩⟨202E⟩"'
    assert not list(ET.fromstring(picture.svg).iter(f"{SVG}script"))


def test_it_is_an_ordinary_output_with_words_beside_it(tmp_path: Path) -> None:
    picture = picture_of(fibonacci())
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"].startswith("smollm2-135m: 56 tokens, coloured by surprisal\n\ndef fibonacci(n):")
    assert picture.save(tmp_path / "run.svg").read_text(encoding="utf-8") == picture.svg
    title = ET.fromstring(picture.svg).find(f"{SVG}title")
    assert title is not None
    assert title.text == "smollm2-135m: 56 tokens, coloured by surprisal"


def test_a_dark_picture_has_a_dark_ground() -> None:
    assert boxes(picture_of(fibonacci(), dark=True))[0].get("fill") == "#14171c"
    assert boxes(picture_of(fibonacci()))[0].get("fill") == "#ffffff"


def test_the_prompt_is_not_coloured() -> None:
    run = fibonacci()
    whole = replace(run, prompt_length=len(run))
    assert len(boxes(picture_of(whole))) == 1


def test_a_widget_shows_what_is_on_display_with_its_verdicts(tiny_session: ts.Session) -> None:
    def passes(text: str) -> bool:
        return True

    lab = tiny_session.what_if("def f(x):", until="run", max_new_tokens=5, eos_token_ids=())
    lab.wait()
    lab.branch(-3, 200).wait()
    lab._take([tiny_session.consequence(lab.branches[0], passes)])
    shown = texts(lab.show_static())
    assert next(line for line in shown if line.startswith("with “")).endswith(": ✓ passes passed")
    assert "What else could stand at position" in " ".join(shown)


def test_without_a_run_there_is_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="run=None: nothing has been generated yet"):
        ts.TokenStream().show_static()


def test_it_survives_the_conversion_of_a_notebook() -> None:
    picture = picture_of(fibonacci())
    output = nbformat.v4.new_output("execute_result", picture._repr_mimebundle_())
    cell = nbformat.v4.new_code_cell("stream.show_static()", outputs=[output])
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert f"data:image/svg+xml;base64,{base64.b64encode(picture.svg.encode()).decode()}" in page
