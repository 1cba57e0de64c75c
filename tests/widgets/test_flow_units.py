"""Flow by statement and by function, kernel side, on a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokenscope_widgets as ts
from tests.widgets.test_flow import ask, edges
from tokenscope_widgets.code.sources import sources_of
from tokenscope_widgets.errors import InputError

CODE = "a = 1\ndef f(x):\n    if x:\n        return a\n    return (x +\n        2)\nprint(f(3))\n"
PROSE = "Nothing that is said in these few words is any program at all, nor will it be."
PIECES = {
    "statement": [
        "a = 1\n", "def f(x):\n    ", "if x:\n        ", "return a\n    ", "return (x +\n        2)\n", "print(f(3))\n"
    ],
    "function": ["a = 1\n", "def f(x):\n    if x:\n        return a\n    return (x +\n        2)\n", "print(f(3))\n"],
}  # fmt: skip
UNITS = tuple(PIECES)


@pytest.fixture
def run(tiny_session: ts.Session) -> ts.Generation:
    return tiny_session.score(CODE)


@pytest.mark.parametrize("unit", UNITS)
def test_the_sources_are_the_pieces_of_the_program(run: ts.Generation, unit: str) -> None:
    assert sources_of(run, unit, len(run)).texts(run) == PIECES[unit]


@pytest.mark.parametrize("unit", UNITS)
def test_sources_end_where_the_explained_token_stands(run: ts.Generation, unit: str) -> None:
    stop = len(run) // 2
    found = sources_of(run, unit, stop)
    assert "".join(found.texts(run)) == "".join(run.tokens.texts[:stop])
    assert int(found.stops[-1]) == stop


def by_piece(run: ts.Generation, unit: str, by_token: dict[int, float]) -> dict[int, float]:
    """Weights of tokens added up over the pieces they stand in."""
    starts, out = sources_of(run, unit, len(run)).starts, {}
    for far, weight in by_token.items():
        piece = int(np.searchsorted(starts, far, side="right")) - 1
        out[piece] = out.get(piece, 0.0) + weight
    return out


@pytest.mark.parametrize("unit", UNITS)
def test_attention_by_piece_has_the_mass_that_it_has_by_token(run: ts.Generation, unit: str) -> None:
    flow, at = ts.Flow(run), len(run) - 12
    _, tokens = ask(flow, "map")
    _, pieces = ask(flow, "map", unit=unit)
    assert edges(pieces[0], at) == pytest.approx(by_piece(run, unit, edges(tokens[0], at)), abs=1e-4)
    assert sum(edges(pieces[0], at).values()) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("unit", UNITS)
def test_a_piece_that_reads_does_so_as_its_tokens_do_on_average(run: ts.Generation, unit: str) -> None:
    flow, at = ts.Flow(run), 3
    _, tokens = ask(flow, "map", direction="readers")
    _, pieces = ask(flow, "map", direction="readers", unit=unit)
    sizes = sources_of(run, unit, len(run))
    sums = by_piece(run, unit, edges(tokens[0], at))
    found = edges(pieces[0], at)
    later = {piece: weight for piece, weight in found.items() if piece > 0}
    assert later == pytest.approx(
        {i: w / float(sizes.stops[i] - sizes.starts[i]) for i, w in sums.items() if i > 0}, abs=1e-4
    )
    assert len(later) == len(PIECES[unit]) - 1


@pytest.mark.parametrize("unit", UNITS)
def test_an_ablation_by_piece_is_the_sessions(tiny_session: ts.Session, run: ts.Generation, unit: str) -> None:
    at = len(run) - 2
    flow = ts.Flow(run, selected=at, unit=unit)
    _, messages = ask(flow, "map", source="ablation", unit=unit, at=at)
    expected = tiny_session.attribute(run, at, sources=unit)
    assert expected.sources.unit == unit
    assert edges(messages[0], at) == pytest.approx(dict(enumerate(expected.total.tolist())))
    assert messages[0][0]["map"]["title"] == f"ablation of {len(PIECES[unit])} {unit}s"
    assert flow.attribution is not None


@pytest.mark.parametrize("unit", UNITS)
def test_gradients_by_piece_add_up_to_those_by_token(run: ts.Generation, unit: str) -> None:
    at, flow = len(run) - 2, ts.Flow(run)
    _, tokens = ask(flow, "map", source="input_x_gradient", at=at)
    _, pieces = ask(flow, "map", source="input_x_gradient", unit=unit, at=at)
    by_token, by_piece = edges(tokens[0], at), edges(pieces[0], at)
    assert sum(by_piece.values()) == pytest.approx(sum(by_token.values()), rel=1e-4)
    assert len(by_piece) == len(PIECES[unit])


def test_an_attribution_by_token_can_be_drawn_by_statement(tiny_session: ts.Session, run: ts.Generation) -> None:
    at = len(run) - 2
    given = tiny_session.attribute(run, at, "input_x_gradient", sources="token")
    flow = ts.Flow(given, unit="statement")
    assert flow._maps is not None
    flow._maps.keep(flow._question(), given)
    found = flow._maps.message(flow._question())
    assert found is not None
    assert sum(edges(found, at).values()) == pytest.approx(float(given.total.sum()), rel=1e-4)


@pytest.mark.parametrize("source", ["ablation", "attention"])
def test_trust_deletes_whole_statements(tiny_session: ts.Session, run: ts.Generation, source: str) -> None:
    at, flow = len(run) - 2, ts.Flow(run)
    question = {"source": source, "unit": "statement", "at": at}
    ask(flow, "map", **question)
    _, messages = ask(flow, "trust", top=1, **question)
    trust = messages[0][0]["trust"]
    assert (trust["text"], trust["top"], trust["unit"]) == (None, 1, "statements")
    if source == "ablation":
        scores = tiny_session.attribute(run, at, sources="statement").scores[0]
        assert trust["drop"] == pytest.approx(float(np.abs(scores).max()), abs=1e-4)


def test_a_saved_page_has_the_units_that_were_looked_at(run: ts.Generation) -> None:
    def held(flow: ts.Flow) -> set[str]:
        return {message["map"]["unit"] for message in flow._export_state()["_maps"] if message["kind"] == "flow"}

    flow = ts.Flow(run, source="attention", selected=len(run) - 2)
    ask(flow, "map")
    assert held(flow) == {"token", "line"}
    ask(flow, "map", unit="statement")
    assert held(flow) == {"token", "line", "statement"}


def test_a_text_without_code_is_told_and_its_flow_goes_on(tiny_session: ts.Session) -> None:
    flow = ts.Flow(tiny_session.score(PROSE))
    reply, messages = ask(flow, "map", unit="statement")
    assert (reply["ok"], messages) == (False, [])
    assert "statement" in reply["error"]
    reply, _ = ask(flow, "map", source="ablation", unit="function")
    assert "function" in reply["error"]
    assert flow.status in ("idle", "error")
    reply, messages = ask(flow, "map", unit="line")
    assert reply["ok"] is True
    assert [content["map"]["unit"] for content, _ in messages] == ["line"]
    assert flow.status == "idle"


def test_a_text_without_code_can_still_be_saved(tiny_session: ts.Session, tmp_path: Path) -> None:
    flow = ts.Flow(tiny_session.score(PROSE), source="attention", unit="statement", selected=9)
    with pytest.warns(UserWarning, match="saved without the flow that is chosen"):
        page = flow.to_html(tmp_path / "page.html")
    assert page.stat().st_size > 10_000


def test_a_script_gets_the_error_of_a_text_without_code(tiny_session: ts.Session) -> None:
    with pytest.raises(InputError, match="statement"):
        ts.Flow(tiny_session.score(PROSE), selected=9, unit="statement").compute()


def test_an_attribution_by_function_is_shown_by_function(tiny_session: ts.Session, run: ts.Generation) -> None:
    given = tiny_session.attribute(run, len(run) - 2, sources="function")
    flow: Any = ts.Flow(given)
    assert (flow.unit, flow.attribution is given) == ("function", True)
