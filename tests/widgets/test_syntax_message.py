"""The message that brings syntax to a view, and the feed that sends it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.code.metrics import METRICS
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.widgets import _syntax_feed
from tokenscope_widgets.widgets._syntax_feed import SyntaxFeed
from tokenscope_widgets.widgets._syntax_message import NONE, full_syntax_message, syntax_message

TOKENS = [b"def", b" f", b"(", b")", b":", b"\n    ", b"return", b" nope", b"\n", b""]
RUN = written(TOKENS, special={9: "<eos>"}, surprisal=[0, *[1.0] * 9], entropy={7: 2.0}, others={7: [(b" 1", 0.3)]})
CODE = parse(RUN, "python")
DTYPES = {"u8": np.uint8, "u16": "<u2", "u32": "<u4", "f32": "<f4"}


def columns(message: dict[str, Any]) -> dict[str, np.ndarray]:
    return {
        column["name"]: np.frombuffer(buffer, DTYPES[column["dtype"]]).reshape(-1, column["width"])
        for column, buffer in zip(message["columns"], message["buffers"], strict=True)
    }


def full() -> dict[str, Any]:
    return full_syntax_message(CODE, "r", CODE.diagnostics(), CODE.hesitations(80))


def node(message: dict[str, Any], kind: str) -> int:
    return int(np.flatnonzero(columns(message)["node_kind"][:, 0] == message["kinds"].index(kind))[0])


def test_a_token_has_its_role_and_its_innermost_named_node() -> None:
    message = syntax_message(CODE, "r")
    found = columns(message)
    assert [message["roles"][role] for role in found["token_role"][[0, 1, 9], 0]] == [
        "keyword",
        "identifier.definition",
        "special",
    ]
    assert found["token_node"][6, 0] == node(message, "return_statement")
    assert found["token_node"][9, 0] == NONE


def test_a_node_has_its_parent_its_tokens_and_its_line() -> None:
    message = syntax_message(CODE, "r")
    found, at = columns(message), node(message, "return_statement")
    assert found["node_parent"][at, 0] == node(message, "block")
    assert found["node_parent"][0, 0] == NONE
    assert [int(found[name][at, 0]) for name in ("node_first", "node_last", "node_line")] == [6, 7, 2]
    assert message["structures"][found["node_structure"][at, 0]] == "statement.return"


def test_functions_have_their_names() -> None:
    message = syntax_message(CODE, "r")
    assert message["names"] == {str(node(message, "function_definition")): "f"}


def test_a_missing_node_has_no_tokens() -> None:
    message = syntax_message(parse(written("int f() { return 1 }\n"), "c"), "r")
    at = node(message, ";")
    assert columns(message)["node_first"][at, 0] == columns(message)["node_last"][at, 0] == NONE
    assert message["states"][columns(message)["node_state"][at, 0]] == "missing"


def test_columns_have_one_row_a_token_or_one_a_node() -> None:
    found = columns(full())
    assert {len(found[name]) for name in found if name.startswith("token_")} == {10}
    assert {len(found[name]) for name in found if name.startswith("node_")} == {
        int((CODE.tree.named | CODE.tree.missing).sum())
    }
    assert {found[name].shape[1] for name in ("node_mean", "node_min", "node_max")} == {len(METRICS)}


@pytest.mark.parametrize("tokens", [[], [b"Just", b" some", b" words"]])
def test_a_text_without_syntax_has_no_nodes(tokens: list[bytes]) -> None:
    message = syntax_message(parse_tokens(tokens), "r")
    assert len(columns(message)["node_kind"]) == 0
    assert (columns(message)["token_node"] == NONE).all()
    assert message["length"] == len(tokens)


def test_findings_and_hesitations_travel_as_json() -> None:
    message = full()
    (finding,) = message["findings"]
    assert (finding["kind"], finding["first"], finding["last"], finding["line"]) == ("undefined", 7, 7, 2)
    assert finding["alternatives"] == [[" 1", 0.3]]
    (hesitation,) = message["hesitations"]
    assert (hesitation["token"], hesitation["entropy"], hesitation["alternatives"]) == (
        7,
        2.0,
        [[" 1", 0.3, "structural"]],
    )
    json.dumps({name: value for name, value in message.items() if name != "buffers"}, allow_nan=False)


class Feed(SyntaxFeed):
    """One that keeps what it sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(self.sent.append)


class Growing:
    """As much of a builder as a feed needs."""

    def build(self) -> Any:
        return RUN


def test_a_finished_run_is_shown_at_once_and_then_with_its_findings() -> None:
    feed = Feed()
    feed.show(RUN, "python")
    assert [len(message["findings"]) for message in feed.sent] == [0, 1]
    assert feed.code is not None
    assert feed.code.run is RUN


def test_a_run_that_is_shown_again_is_not_parsed_again() -> None:
    feed = Feed()
    feed.show(RUN, "python")
    first = feed.code
    feed.show(RUN, "python")
    assert feed.code is first
    assert len(feed.sent) == 3


def test_a_run_in_another_language_is_parsed_again() -> None:
    feed = Feed()
    feed.show(RUN, "python")
    feed.show(RUN, "ruby")
    assert feed.sent[-1]["language"] == "ruby"


def test_a_map_that_was_made_before_is_shown_as_it_is() -> None:
    feed = Feed()
    feed.show(RUN, None, CODE)
    assert feed.code is CODE


def test_a_run_is_shown_after_its_linters_failed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed()
    with monkeypatch.context() as patch:
        patch.setattr("tokenscope_widgets.code.code_map.CodeMap.diagnostics", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            feed.show(RUN, "python")
    feed.show(RUN, "python")
    assert len(feed.sent[-1]["findings"]) == 1


def test_clearing_shows_nothing() -> None:
    feed = Feed()
    feed.show(RUN, "python")
    feed.clear()
    assert (feed.sent[-1], feed.code, feed.evidence, feed.hesitations) == ({}, None, None, ())


def test_a_growing_run_is_parsed_at_most_every_tenth_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, now = Feed(), [100.0]
    monkeypatch.setattr(_syntax_feed.time, "monotonic", lambda: now[0])
    sent = []
    for now[0] in (100.0, 100.05, 100.09, 100.11, 100.2, 100.22):
        feed.grow(Growing(), "python")  # type: ignore[arg-type]
        sent.append(len(feed.sent))
    assert sent == [1, 1, 1, 2, 2, 3]


def test_a_costly_parse_is_followed_by_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, now = Feed(), [100.0]

    def slow_clock() -> float:
        now[0] += 0.1
        return now[0]

    monkeypatch.setattr(_syntax_feed.time, "monotonic", slow_clock)
    for _ in range(20):
        feed.grow(Growing(), "python")  # type: ignore[arg-type]
    assert len(feed.sent) == 1


def test_the_next_run_does_not_wait_for_the_rest_after_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed()
    monkeypatch.setattr(_syntax_feed.time, "monotonic", lambda: 100.0)
    feed.grow(Growing(), "python")  # type: ignore[arg-type]
    feed.show(RUN, "python")
    feed.grow(Growing(), "python")  # type: ignore[arg-type]
    assert len(feed.sent) == 4
