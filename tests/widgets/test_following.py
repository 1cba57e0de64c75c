"""Widgets that share the run and the selection of a token stream."""

from __future__ import annotations

from typing import Any

import pytest

import tokenscope_widgets as ts
from tests.fixtures.make_syntax import mistakes
from tests.pages import fibonacci


@pytest.fixture
def pair() -> tuple[ts.TokenStream, ts.CodeView]:
    stream = ts.TokenStream(mistakes())
    return stream, ts.CodeView(stream)


def from_the_browser(widget: Any, **traits: Any) -> None:
    """Several traits in one message, as a view sends them."""
    widget.set_state(traits)


def test_a_span_is_shared_both_ways(pair: tuple[ts.TokenStream, ts.CodeView]) -> None:
    stream, view = pair
    stream.span = [24, 32]
    assert view.span == [24, 32]
    view.span = [5, 7]
    assert stream.span == [5, 7]
    stream.span = None
    assert view.span is None


@pytest.mark.parametrize("sender", [0, 1])
def test_a_token_and_its_node_set_in_one_message_arrive_together(
    pair: tuple[ts.TokenStream, ts.CodeView], sender: int
) -> None:
    pair[0].selected, pair[0].span = 3, [2, 9]
    from_the_browser(pair[sender], selected=24, span=[24, 32])
    assert [(widget.selected, widget.span) for widget in pair] == [(24, [24, 32]), (24, [24, 32])]
    from_the_browser(pair[sender], span=None, selected=27)
    assert [(widget.selected, widget.span) for widget in pair] == [(27, None), (27, None)]


def test_all_followers_of_a_stream_agree() -> None:
    stream = ts.TokenStream(mistakes())
    first, second, flow = ts.CodeView(stream), ts.CodeView(stream), ts.Flow(stream)
    from_the_browser(first, selected=24, span=[24, 32])
    assert (second.selected, second.span, flow.selected) == (24, [24, 32], 24)
    flow.selected = 30
    assert (first.selected, second.selected, stream.selected) == (30, 30, 30)
    assert second.span == [24, 32]


def test_a_follower_without_nodes_takes_the_token_only() -> None:
    stream = ts.TokenStream(mistakes())
    flow = ts.Flow(stream)
    from_the_browser(stream, selected=24, span=[24, 32])
    assert flow.selected == 24
    assert not flow.has_trait("span")


def test_another_run_is_shown_and_has_no_node_selected(pair: tuple[ts.TokenStream, ts.CodeView]) -> None:
    stream, view = pair
    stream.selected, stream.span = 24, [24, 32]
    stream._show(fibonacci())
    assert view.run is stream.run
    assert (view.span, stream.span) == (None, None)


def test_a_node_of_another_text_is_not_shared_and_the_streams_next_one_brings_its_run_back(
    pair: tuple[ts.TokenStream, ts.CodeView],
) -> None:
    stream, view = pair
    view.show(fibonacci())
    view.span = [1, 2]
    assert stream.span is None
    stream.span = [4, 6]
    assert (view.run, view.span) == (stream.run, [4, 6])


def test_a_follower_that_is_closed_lets_go(pair: tuple[ts.TokenStream, ts.CodeView]) -> None:
    stream, view = pair
    view.close()
    stream.span = [4, 6]
    assert view.span is None


def test_a_stream_that_is_closed_leaves_its_followers_as_they_are(pair: tuple[ts.TokenStream, ts.CodeView]) -> None:
    stream, view = pair
    stream.span = [4, 6]
    stream.close()
    assert view.span == [4, 6]
    view.selected = 7
    assert view.run is not None
